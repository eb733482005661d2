use crate::support::{Answer, Client};
use serde_json::{Value, json};
use tenon_sandbox::{B1Options, Fault, FaultKind, Outcome, SandboxOptions, StockPlace};

/// A released order of 100 FG-1001 with a component by batches, one by backflush and a text.
fn factory(options: B1Options) -> Client {
    let client = Client::ready(SandboxOptions { b1: options, ..SandboxOptions::default() });
    let b1 = client.sandbox.b1();
    let add = |set: &str, row: Value| drop(b1.create_document(client.now.get(), set, row).unwrap());
    add("Items", json!({"ItemCode": "FG-1001", "InventoryUOM": "台", "ManageBatchNumbers": "tYES"}));
    add("Items", json!({"ItemCode": "RM-2001", "InventoryUOM": "个", "ManageBatchNumbers": "tYES"}));
    add("Items", json!({"ItemCode": "RM-2002", "InventoryUOM": "个", "ManageBatchNumbers": "tNO"}));
    for code in ["W1", "W2"] {
        add("Warehouses", json!({"WarehouseCode": code}));
    }
    add("Warehouses", json!({"WarehouseCode": "WB", "EnableBinLocations": "tYES"}));
    for bin in [14, 15] {
        add("BinLocations", json!({"AbsEntry": bin, "Warehouse": "WB"}));
    }
    add(
        "ProductionOrders",
        json!({"AbsoluteEntry": 478, "ItemNo": "FG-1001", "PlannedQuantity": 100, "Warehouse": "W1",
            "ProductionOrderStatus": "boposReleased", "ProductionOrderLines": [
                {"ItemNo": "RM-2001", "BaseQuantity": 0.5, "ProductionOrderIssueType": "im_Manual", "Warehouse": "W2"},
                {"ItemNo": "RM-2002", "BaseQuantity": 4, "ProductionOrderIssueType": "im_Backflush", "Warehouse": "W2"},
                {"ItemType": "pit_Text", "LineText": "小心"}]}),
    );
    b1.put_stock(StockPlace::of("RM-2001", "W2").batch("B7"), "20").unwrap();
    b1.put_stock(StockPlace::of("RM-2002", "W2"), "200").unwrap();
    client
}

fn receipt(quantity: Value, batches: Value) -> Value {
    json!({"Comments": "MES 1", "DocumentLines": [{"BaseEntry": 478, "BaseType": 202, "Quantity": quantity,
        "BatchNumbers": batches}]})
}

fn issue(line: i64, quantity: Value, batches: Value) -> Value {
    json!({"Comments": "MES-F 1", "DocumentLines": [{"BaseEntry": 478, "BaseType": 202, "BaseLine": line,
        "Quantity": quantity, "BatchNumbers": batches}]})
}

fn batch(number: &str, quantity: Value) -> Value {
    json!([{"BatchNumber": number, "Quantity": quantity, "BaseLineNumber": 0}])
}

fn refused(answer: &Answer, code: i64, part: &str) {
    assert_eq!((answer.status, answer.code()), (400, code), "{}", answer.text);
    assert!(answer.text.contains(part), "{}", answer.text);
}

fn order(client: &Client) -> Value {
    client.get("/b1s/v1/ProductionOrders(478)").json()
}

#[test]
fn a_receipt_needs_neither_line_nor_item_and_takes_what_is_backflushed() {
    let client = factory(B1Options::default());
    let answer = client.post("/b1s/v1/InventoryGenEntries", receipt(json!(30.5), batch("FG-B1", json!(30.5))));
    assert_eq!(answer.status, 201, "{}", answer.text);
    let made = answer.json();
    let line = &made["DocumentLines"][0];
    assert_eq!((&line["ItemCode"], &line["WarehouseCode"]), (&json!("FG-1001"), &json!("W1")));
    assert!(made["DocNum"].is_number());
    assert_eq!(order(&client)["CompletedQuantity"], 30.5);
    assert_eq!(order(&client)["ProductionOrderLines"][1]["IssuedQuantity"], 122.0);
    let b1 = client.sandbox.b1();
    assert_eq!(b1.stock(&StockPlace::of("FG-1001", "W1").batch("FG-B1")), "30.5");
    assert_eq!(b1.stock(&StockPlace::of("RM-2002", "W2")), "78");
    let found = client.get("/b1s/v1/InventoryGenEntries?$filter=Comments eq 'MES 1'").json();
    assert_eq!(found["value"][0]["DocEntry"], made["DocEntry"]);
    let batches = client.get("/b1s/v1/BatchNumberDetails?$filter=Batch eq 'FG-B1'").json();
    assert_eq!(batches["value"][0]["ItemCode"], "FG-1001");
    assert_eq!(client.get("/b1s/v1/Items('FG-1001')").json()["QuantityOnStock"], 30.5);
    let short = client.post("/b1s/v1/InventoryGenEntries", receipt(json!(20), batch("FG-B1", json!(20))));
    refused(&short, -5002, "[Message 3559-7]");
    assert_eq!(order(&client)["CompletedQuantity"], 30.5);
}

#[test]
fn quantities_are_kept_as_they_were_written() {
    let client = factory(B1Options::default());
    for quantity in [json!("0.1"), json!(0.2), json!(1.234_567)] {
        let answer = client.post("/b1s/v1/InventoryGenExits", issue(0, quantity.clone(), batch("B7", quantity)));
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let b1 = client.sandbox.b1();
    let quantities: Vec<String> = b1.postings_of(478).into_iter().map(|p| p.quantity).collect();
    assert_eq!(quantities, ["0.1", "0.2", "1.234567"]);
    assert_eq!(b1.stock(&StockPlace::of("RM-2001", "W2")), "18.465433");
    let seven = client.post("/b1s/v1/InventoryGenExits", issue(0, json!(0.000_000_1), batch("B7", json!(0.000_000_1))));
    refused(&seven, -5002, "decimals");
}

#[test]
fn an_issue_is_for_a_line_and_never_below_zero() {
    let client = factory(B1Options::default());
    let post = |body: Value| client.post("/b1s/v1/InventoryGenExits", body);
    let answer = post(issue(0, json!(12.5), batch("B7", json!(12.5))));
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(order(&client)["ProductionOrderLines"][0]["IssuedQuantity"], 12.5);
    refused(&post(issue(0, json!(12.5), batch("B7", json!(12.5)))), -10, "negative inventory");
    refused(&post(issue(0, json!(1), batch("NONE", json!(1)))), -10, "negative inventory");
    refused(&post(issue(0, json!(2), json!([]))), -10, "complete selection of batch");
    refused(&post(issue(0, json!(2), batch("B7", json!(1)))), -10, "complete selection of batch");
    refused(&post(issue(1, json!(2), batch("B7", json!(2)))), -5002, "not managed by batches");
    refused(&post(issue(2, json!(2), json!([]))), -5002, "holds no item");
    refused(&post(issue(9, json!(2), json!([]))), -2028, "No matching");
    let mut without_line = issue(0, json!(1), batch("B7", json!(1)));
    without_line["DocumentLines"][0].as_object_mut().unwrap().remove("BaseLine");
    refused(&post(without_line), -5002, "BaseLine");
    let mut other_item = issue(0, json!(1), batch("B7", json!(1)));
    other_item["DocumentLines"][0]["ItemCode"] = json!("RM-2002");
    refused(&post(other_item), -5002, "not that of the base document");
    assert_eq!(client.sandbox.b1().postings().len(), 1);
}

#[test]
fn an_order_that_is_not_released_takes_nothing_and_one_that_ended_only_marks() {
    let client = factory(B1Options::default());
    let now = client.now.get();
    let planned = json!({"AbsoluteEntry": 479, "ItemNo": "FG-1001", "PlannedQuantity": 1});
    client.sandbox.b1().create_document(now, "ProductionOrders", planned).unwrap();
    let mut body = receipt(json!(1), batch("FG-B1", json!(1)));
    body["DocumentLines"][0]["BaseEntry"] = json!(479);
    refused(&client.post("/b1s/v1/InventoryGenEntries", body.clone()), -10, "not released");
    body["DocumentLines"][0]["BaseEntry"] = json!(99);
    refused(&client.post("/b1s/v1/InventoryGenEntries", body), -2028, "No matching");
    assert_eq!(client.post("/b1s/v1/ProductionOrders(478)/Cancel", json!({})).status, 204);
    assert_eq!(order(&client)["ProductionOrderStatus"], "boposCancelled");
    assert_eq!(client.patch("/b1s/v1/ProductionOrders(478)", json!({"PlannedQuantity": 5})).code(), -10);
    assert_eq!(client.patch("/b1s/v1/ProductionOrders(478)", json!({"U_SyncStatus": "Y"})).status, 204);
    client.sandbox.configure(|o| o.b1.ended_orders_refuse_fields = true);
    assert_eq!(client.patch("/b1s/v1/ProductionOrders(478)", json!({"U_SyncStatus": "Y"})).code(), -10);
}

#[test]
fn the_procedure_sets_a_changed_order_back_unless_the_flag_says_where_it_comes_from() {
    let client = factory(B1Options::default());
    let uri = "/b1s/v1/ProductionOrders(478)";
    let marks = |client: &Client| {
        let order = order(client);
        (order["U_SyncStatus"].clone(), order["U_SyncFlag"].clone())
    };
    assert_eq!(client.patch(uri, json!({"U_SyncStatus": "Y", "U_SyncFlag": "Y"})).status, 204);
    assert_eq!(marks(&client), (json!("Y"), json!("N")));
    let b1 = client.sandbox.b1();
    b1.change_document(client.now.get(), "ProductionOrders", 478, json!({"PlannedQuantity": 120})).unwrap();
    assert_eq!(marks(&client), (json!("N"), json!("N")));
    assert_eq!(order(&client)["ProductionOrderLines"][0]["PlannedQuantity"], 60.0);
    client.sandbox.configure(|o| o.b1.sync_procedure = false);
    assert_eq!(client.patch(uri, json!({"U_SyncStatus": "Y", "U_SyncFlag": "Y"})).status, 204);
    assert_eq!(marks(&client), (json!("Y"), json!("Y")));
    assert_eq!(client.get("/b1s/v1/ProductionOrders?$filter=UpdateDate gt '2022-12-31'").code(), -1000);
}

#[test]
fn an_order_is_made_from_the_tree_and_released_by_a_change() {
    let client = factory(B1Options::default());
    let tree = json!({"TreeCode": "FG-1001", "Quantity": 2, "ProductTreeLines": [
        {"ItemCode": "RM-2001", "Quantity": 1, "IssueMethod": "im_Manual"}, {"ItemCode": "RM-2002", "Quantity": 3}]});
    client.sandbox.b1().create_document(0, "ProductTrees", tree).unwrap();
    let made =
        client.post("/b1s/v1/ProductionOrders", json!({"ItemNo": "FG-1001", "PlannedQuantity": 10, "Warehouse": "W1"}));
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!(made["ProductionOrderLines"][0]["PlannedQuantity"], 5.0);
    assert_eq!(made["ProductionOrderLines"][1]["BaseQuantity"], 1.5);
    assert_eq!((&made["InventoryUOM"], &made["ProductionOrderStatus"]), (&json!("台"), &json!("boposPlanned")));
    let uri = format!("/b1s/v1/ProductionOrders({})", made["AbsoluteEntry"]);
    assert_eq!(client.patch(&uri, json!({"ProductionOrderStatus": "boposReleased"})).status, 204);
    refused(&client.post("/b1s/v1/ProductionOrders", json!({"PlannedQuantity": 10})), -5002, "product is missing");
    let backflush = json!({"ItemNo": "FG-1001", "PlannedQuantity": 1, "ProductionOrderLines": [
        {"ItemNo": "RM-2001", "ProductionOrderIssueType": "im_Backflush"}]});
    refused(&client.post("/b1s/v1/ProductionOrders", backflush), -5002, "cannot be backflush");
}

#[test]
fn bins_are_allocated_completely_where_a_warehouse_has_them() {
    let client = factory(B1Options::default());
    let body = |allocations: Value| {
        let mut body = receipt(json!(30), batch("FG-B1", json!(30)));
        body["DocumentLines"][0]["WarehouseCode"] = json!("WB");
        body["DocumentLines"][0]["DocumentLinesBinAllocations"] = allocations;
        body
    };
    let bin = |entry: i64, quantity: i64| json!({"BinAbsEntry": entry, "Quantity": quantity, "SerialAndBatchNumbersBaseLine": 0, "BaseLineNumber": 0});
    let post = |allocations: Value| client.post("/b1s/v1/InventoryGenEntries", body(allocations));
    refused(&post(json!([])), -10, "bin locations");
    refused(&post(json!([bin(14, 20)])), -10, "bin locations");
    refused(&post(json!([bin(14, 20), bin(99, 10)])), -2028, "No matching");
    let answer = post(json!([bin(14, 20), bin(15, 10)]));
    assert_eq!(answer.status, 201, "{}", answer.text);
    let place = StockPlace::of("FG-1001", "WB");
    assert_eq!(client.sandbox.b1().stock(&place.clone().bin(15)), "10");
    assert_eq!(client.sandbox.b1().stock(&place), "30");
}

#[test]
fn what_exceeds_the_plan_is_a_setting() {
    let client = factory(B1Options { over_planned_refused: true, ..B1Options::default() });
    let post = |quantity: i64| {
        client.post("/b1s/v1/InventoryGenExits", issue(0, json!(quantity), batch("B7", json!(quantity))))
    };
    client.sandbox.b1().put_stock(StockPlace::of("RM-2001", "W2").batch("B7"), "100").unwrap();
    refused(&post(51), -10, "exceeds the planned quantity");
    client.sandbox.configure(|o| o.b1.over_planned_refused = false);
    assert_eq!(post(51).status, 201);
    client.sandbox.configure(|o| o.b1.negative_stock = true);
    assert_eq!(post(500).status, 201);
    assert_eq!(client.sandbox.b1().stock(&StockPlace::of("RM-2001", "W2")), "-431");
}

#[test]
fn an_answer_that_is_lost_after_the_posting_leaves_the_posting() {
    let client = factory(B1Options::default());
    client.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).on("POST", "InventoryGenExits"));
    let body = issue(0, json!(1), batch("B7", json!(1))).to_string();
    let outcome = client.outcome("POST", "/b1s/v1/InventoryGenExits", &[], body.as_bytes());
    assert!(matches!(outcome, Outcome::Dropped { committed: true, .. }));
    assert_eq!(client.sandbox.b1().postings_of(478).len(), 1);
    let found = client.get("/b1s/v1/InventoryGenExits?$filter=Comments eq 'MES-F 1'").json();
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
}

#[test]
fn a_change_set_whose_receipt_is_refused_leaves_no_issue() {
    let client = factory(B1Options::default());
    let part = |set: &str, body: Value| {
        format!(
            "--c1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nPOST /b1s/v1/{set}\r\n\r\n{body}\r\n"
        )
    };
    let parts = part("InventoryGenExits", issue(0, json!(5), batch("B7", json!(5))))
        + &part("InventoryGenEntries", receipt(json!(5), json!([])));
    let body = format!("--b1\r\nContent-Type: multipart/mixed;boundary=c1\r\n\r\n{parts}--c1--\r\n--b1--\r\n");
    let answer =
        client.send("POST", "/b1s/v1/$batch", &[("content-type", "multipart/mixed;boundary=b1")], body.as_bytes());
    assert!(answer.text.contains("complete selection of batch"), "{}", answer.text);
    let b1 = client.sandbox.b1();
    assert!(b1.postings().is_empty());
    assert_eq!(b1.stock(&StockPlace::of("RM-2001", "W2")), "20");
    assert_eq!(order(&client)["ProductionOrderLines"][0]["IssuedQuantity"], 0.0);
}
