//! Deliveries, returns and transfers, and the stock they move.

use crate::support::{Answer, Client};
use serde_json::{Value, json};
use tenon_sandbox::{B1Options, SandboxOptions, StockPlace};

/// Items with and without batches, warehouses with and without bins, and one open order of each kind.
fn company(options: B1Options) -> Client {
    let client = Client::ready(SandboxOptions { b1: options, ..SandboxOptions::default() });
    let b1 = client.sandbox.b1();
    let add = |set: &str, row: Value| drop(b1.create_document(client.now.get(), set, row).unwrap());
    for (code, batches, kept) in [("A", "tNO", "tYES"), ("B", "tYES", "tYES"), ("SERVICE", "tNO", "tNO")] {
        add(
            "Items",
            json!({"ItemCode": code, "ManageBatchNumbers": batches, "InventoryItem": kept, "DefaultWarehouse": "01"}),
        );
    }
    add("Warehouses", json!({"WarehouseCode": "01"}));
    add("Warehouses", json!({"WarehouseCode": "02"}));
    add("Warehouses", json!({"WarehouseCode": "WB", "EnableBinLocations": "tYES"}));
    for bin in [14, 15] {
        add("BinLocations", json!({"AbsEntry": bin, "Warehouse": "WB"}));
    }
    let lines = json!([{"LineNum": 0, "ItemCode": "A", "Quantity": 10, "WarehouseCode": "02"},
                       {"LineNum": 1, "ItemCode": "B", "Quantity": 4, "WarehouseCode": "01"}]);
    for set in ["PurchaseOrders", "Orders"] {
        add(set, json!({"DocEntry": 5, "CardCode": "P", "DocumentLines": lines}));
    }
    client
}

fn line(base: i64, kind: i64, number: i64, quantity: Value) -> Value {
    json!({"BaseEntry": base, "BaseType": kind, "BaseLine": number, "Quantity": quantity})
}

fn post(client: &Client, set: &str, lines: Value) -> Answer {
    client.post(&format!("/b1s/v1/{set}"), json!({"DocumentLines": lines}))
}

fn refused(answer: &Answer, code: i64, part: &str) {
    assert_eq!((answer.status, answer.code()), (400, code), "{}", answer.text);
    assert!(answer.text.contains(part), "{}", answer.text);
}

fn stock(client: &Client, item: &str, warehouse: &str) -> String {
    client.sandbox.b1().stock(&StockPlace::of(item, warehouse))
}

#[test]
fn goods_come_with_a_purchase_delivery_and_go_back_with_its_return() {
    let client = company(B1Options::default());
    let batches = json!([{"BatchNumber": "L1", "Quantity": 4, "BaseLineNumber": 1}]);
    let mut second = line(5, 22, 1, json!(4));
    second["BatchNumbers"] = batches;
    let answer = post(&client, "PurchaseDeliveryNotes", json!([line(5, 22, 0, json!("2.5")), second]));
    assert_eq!(answer.status, 201, "{}", answer.text);
    let made = answer.json();
    assert_eq!(
        (&made["DocumentLines"][0]["ItemCode"], &made["DocumentLines"][0]["WarehouseCode"]),
        (&json!("A"), &json!("02"))
    );
    assert_eq!((stock(&client, "A", "02"), stock(&client, "B", "01")), ("2.5".to_owned(), "4".to_owned()));
    let order = client.get("/b1s/v1/PurchaseOrders(5)").json();
    assert_eq!(order["DocumentLines"][0]["RemainingOpenQuantity"], 7.5);
    assert_eq!(
        (&order["DocumentLines"][1]["LineStatus"], &order["DocumentStatus"]),
        (&json!("bost_Close"), &json!("bost_Open"))
    );
    // What is left of a line is taken where no quantity is said; the order is closed with its last line.
    let mut rest = line(5, 22, 0, json!(null));
    rest.as_object_mut().unwrap().remove("Quantity");
    assert_eq!(post(&client, "PurchaseDeliveryNotes", json!([rest])).status, 201);
    assert_eq!(client.get("/b1s/v1/PurchaseOrders(5)").json()["DocumentStatus"], "bost_Close");
    refused(&post(&client, "PurchaseDeliveryNotes", json!([line(5, 22, 0, json!(1))])), -10, "already been closed");
    let entry = made["DocEntry"].as_i64().unwrap();
    refused(&post(&client, "PurchaseReturns", json!([line(entry, 20, 0, json!(11))])), -10, "negative inventory");
    assert_eq!(post(&client, "PurchaseReturns", json!([line(entry, 20, 0, json!(1))])).status, 201);
    assert_eq!(stock(&client, "A", "02"), "9");
    assert_eq!(client.sandbox.b1().postings().last().unwrap().set, "PurchaseReturns");
}

#[test]
fn what_is_not_there_or_lacks_its_batch_is_not_delivered() {
    let client = company(B1Options::default());
    let deliver = |lines: Value| post(&client, "DeliveryNotes", lines);
    refused(&deliver(json!([line(5, 17, 0, json!(1))])), -10, "negative inventory");
    refused(&deliver(json!([line(5, 17, 1, json!(1))])), -10, "complete selection of batch");
    refused(&deliver(json!([line(5, 17, 7, json!(1))])), -2028, "No matching");
    refused(&deliver(json!([line(6, 17, 0, json!(1))])), -2028, "No matching");
    refused(&deliver(json!([line(5, 22, 0, json!(1))])), -5002, "BaseType");
    refused(&deliver(json!([{"ItemCode": "Z", "Quantity": 1}])), -2028, "No matching");
    let b1 = client.sandbox.b1();
    b1.put_stock(StockPlace::of("B", "01").batch("L1"), "3").unwrap();
    let of = |batch: &str, quantity: Value| {
        let mut row = line(5, 17, 1, quantity.clone());
        row["BatchNumbers"] = json!([{"BatchNumber": batch, "Quantity": quantity, "BaseLineNumber": 0}]);
        json!([row])
    };
    refused(&deliver(of("L2", json!(1))), -10, "batch L2");
    refused(&deliver(of("L1", json!(3.5))), -10, "negative inventory");
    let answer = deliver(of("L1", json!(3)));
    assert_eq!(answer.status, 201, "{}", answer.text);
    let entry = answer.json()["DocEntry"].as_i64().unwrap();
    let mut back = line(entry, 15, 0, json!(1));
    back["BatchNumbers"] = json!([{"BatchNumber": "L1", "Quantity": 1, "BaseLineNumber": 0}]);
    assert_eq!(post(&client, "Returns", json!([back])).status, 201);
    assert_eq!(stock(&client, "B", "01"), "1");
    // Nothing of a document is booked when one of its lines is refused.
    let both = json!([{"ItemCode": "A", "Quantity": 1, "WarehouseCode": "01"}, {"ItemCode": "SERVICE", "Quantity": 2}]);
    refused(&deliver(both.clone()), -10, "item A");
    b1.put_stock(StockPlace::of("A", "01"), "1").unwrap();
    assert_eq!(deliver(both).status, 201);
    client.sandbox.configure(|options| options.b1.negative_stock = true);
    assert_eq!(deliver(json!([{"ItemCode": "A", "Quantity": 1}])).status, 201);
    assert_eq!(stock(&client, "A", "01"), "-1");
}

#[test]
fn a_transfer_takes_from_one_place_what_it_puts_to_another() {
    let client = company(B1Options::default());
    let b1 = client.sandbox.b1();
    b1.put_stock(StockPlace::of("B", "WB").batch("L1").bin(14), "5").unwrap();
    let move_it = |lines: Value| {
        client.post(
            "/b1s/v1/StockTransfers",
            json!({"FromWarehouse": "WB", "ToWarehouse": "01", "StockTransferLines": lines}),
        )
    };
    let bin = |entry: i64, action: &str, quantity: Value| json!({"BinAbsEntry": entry, "Quantity": quantity, "SerialAndBatchNumbersBaseLine": 0, "BaseLineNumber": 0, "BinActionType": action});
    let row = |quantity: Value, bins: Value, to: &str| {
        json!([{"ItemCode": "B", "Quantity": quantity, "WarehouseCode": to,
            "BatchNumbers": [{"BatchNumber": "L1", "Quantity": quantity, "BaseLineNumber": 0}],
            "StockTransferLinesBinAllocations": bins}])
    };
    let answer = move_it(row(json!(2), json!([bin(14, "batFromWarehouse", json!(2))]), ""));
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!((stock(&client, "B", "WB"), stock(&client, "B", "01")), ("3".to_owned(), "2".to_owned()));
    // Within a warehouse, from bin to bin.
    let within = row(
        json!("1.5"),
        json!([bin(14, "batFromWarehouse", json!("1.5")), bin(15, "batToWarehouse", json!("1.5"))]),
        "WB",
    );
    assert_eq!(move_it(within).status, 201);
    assert_eq!(b1.stock(&StockPlace::of("B", "WB").batch("L1").bin(15)), "1.5");
    for (lines, code, part) in [
        (row(json!(2), json!([bin(14, "batFromWarehouse", json!(2))]), ""), -10, "negative inventory"),
        (row(json!(1), json!([]), ""), -10, "not allocated completely"),
        (row(json!(1), json!([bin(14, "batFromWarehouse", json!(1))]), "WB"), -10, "not allocated completely"),
        (
            row(json!(1), json!([bin(14, "batFromWarehouse", json!(1)), bin(14, "batToWarehouse", json!(1))]), "WB"),
            -10,
            "are the same",
        ),
        (row(json!(1), json!([bin(14, "batFromWarehouse", json!(1))]), "99"), -2028, "No matching"),
    ] {
        refused(&move_it(lines), code, part);
    }
    let without =
        client.post("/b1s/v1/StockTransfers", json!({"StockTransferLines": [{"ItemCode": "A", "Quantity": 1}]}));
    refused(&without, -5002, "FromWhsCod");
    assert_eq!(b1.postings().len(), 2);
}

#[test]
fn a_company_without_items_takes_any_document_and_keeps_no_stock() {
    let client = Client::ready(SandboxOptions::default());
    assert_eq!(post(&client, "PurchaseDeliveryNotes", json!([line(55, 22, 0, json!(2.5))])).status, 201);
    assert!(client.sandbox.b1().postings().is_empty());
}
