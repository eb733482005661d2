//! A site with two companies: the first with a DI API, the second without.

use lambda_http::Response;
use serde_json::{Value, json};
use tenon_model::run::Run;
use tenon_model::{FlowId, TenantId};
use tenon_platform::dispatch::Dispatch;
use tenon_sandbox::{SandboxOptions, StockPlace};
use tenon_testkit::HttpEvent;
use tenon_tests::{TestApp, TestAppOptions};

/// The code of the barcode application.
pub const CODE: &str = "the-code-of-the-barcode-application";
/// Of one that may use the second company alone.
pub const SECOND: &str = "the-code-of-the-second-companys-app";

pub fn config(c: &mut Value) {
    let options = SandboxOptions::default();
    let b1 = |id: &str, url: &str| {
        json!({ "kind": "b1", "id": id, "base_url": url, "company_db": options.b1.company_db,
            "username": options.b1.username, "password": options.b1.password })
    };
    c["connections"] = json!([
        b1("b1-main", "http://b1"),
        b1("b1-two", "http://b1-b"),
        { "kind": "di_api", "id": "di-main", "base_url": "http://di/diapi/6160", "company_db": options.di_api.company_db,
          "username": options.di_api.username, "password": options.di_api.password }
    ]);
    c["flows"] = json!([]);
    c["apps"] = json!([
        { "id": "udp", "app_code": CODE, "connections": ["b1-main", "b1-two"] },
        { "id": "second", "app_code": SECOND, "connections": ["b1-two"] },
        { "id": "elsewhere", "app_code": "the-code-of-an-app-elsewhere", "allow_ips": ["198.51.100.0/24"] }
    ]);
    c["barcode"] = json!([
        { "connection": "b1-main", "di_api": "di-main", "objects": ["UDTNAME"], "key_field": "U_TenonKey",
          "queries": [{ "name": "stock", "sql": "select \"ItemCode\" from OITM where \"ItemCode\" = :item",
                        "parameters": { "item": "text" } }] },
        { "connection": "b1-two", "name": "二号公司" }
    ]);
}

pub async fn app_with(change: fn(&mut Value), sandbox: fn(&mut SandboxOptions)) -> TestApp {
    let options =
        TestAppOptions { seed: 7, sandbox: Some(sandbox), second_company: true, config: Some(change), begins_ms: None };
    let app = TestApp::new(options).await;
    factory(&app);
    app.sandbox.b1().register_set("UDTNAME", "DocEntry", true);
    app
}

/// Orders, items, warehouses with and without bins, and components in stock.
fn factory(app: &TestApp) {
    let b1 = app.sandbox.b1();
    let add = |set: &str, row: Value| drop(b1.create_document(app.clock.now_ms(), set, row).unwrap());
    for (item, batches) in [("FG-1001", "tYES"), ("RM-2001", "tYES"), ("FG-1002", "tNO"), ("RM-2002", "tNO")] {
        add("Items", json!({ "ItemCode": item, "ManageBatchNumbers": batches }));
    }
    for (warehouse, bins) in [("W05001", "tYES"), ("W05002", "tYES"), ("01", "tNO"), ("02", "tNO")] {
        add("Warehouses", json!({ "WarehouseCode": warehouse, "EnableBinLocations": bins }));
    }
    for (entry, product, component, warehouses) in
        [(478, "FG-1001", "RM-2001", ["W05001", "W05002"]), (479, "FG-1002", "RM-2002", ["01", "01"])]
    {
        let line = json!({ "LineNumber": 0, "ItemNo": component, "BaseQuantity": 0.5, "Warehouse": warehouses[1],
            "ProductionOrderIssueType": "im_Manual" });
        let order = json!({ "AbsoluteEntry": entry, "DocumentNumber": 9_545 + entry, "ItemNo": product,
            "PlannedQuantity": 100, "ProductionOrderStatus": "boposReleased", "Warehouse": warehouses[0],
            "ProductionOrderLines": [line] });
        add("ProductionOrders", order);
    }
    // What the other documents are based on: of each kind one, with ten of the product.
    for set in ["PurchaseOrders", "PurchaseDeliveryNotes", "Orders", "DeliveryNotes"] {
        let line = json!({ "LineNum": 0, "ItemCode": "FG-1002", "Quantity": 10, "WarehouseCode": "01" });
        add(set, json!({ "DocEntry": 1, "CardCode": "P1", "DocumentLines": [line] }));
    }
    for (batch, bin) in [("RM2001-B6", 31), ("RM2001-B7", 32)] {
        b1.put_stock(StockPlace::of("RM-2001", "W05002").batch(batch).bin(bin), "1000").unwrap();
    }
    for item in ["FG-1002", "RM-2002"] {
        b1.put_stock(StockPlace::of(item, "01"), "1000").unwrap();
    }
}

pub async fn app() -> TestApp {
    app_with(config, |_| {}).await
}

/// An answer: its status and body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

pub async fn call(app: &TestApp, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
    let action = path.rsplit('/').next().unwrap();
    let event = HttpEvent::new(method, path).route(&format!("/barcode/{{connection}}/{action}")).from_ip("127.0.0.1");
    let event = event.headers(headers.iter().copied());
    let request = body.into_iter().fold(event, HttpEvent::body).request();
    let service: &dyn Dispatch =
        if action == "save" { &tenon_barcode::save::SERVICE } else { &tenon_barcode::query::SERVICE };
    let response: Response<_> = service.answer(&app.ctx, request).await;
    let body = serde_json::from_slice(response.body().as_ref()).unwrap_or(Value::Null);
    Answer { status: response.status().as_u16(), body }
}

/// The application posts a body.
pub async fn post(app: &TestApp, path: &str, body: &Value) -> Value {
    let headers = [("x-apig-appcode", CODE), ("content-type", "application/json")];
    let answer = call(app, "POST", &format!("/barcode/{path}"), &headers, Some(&body.to_string())).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// A receipt from production, as the application sends it.
pub fn receipt() -> Value {
    json!({ "method": "InventoryGenEntry", "table": "OIGN",
        "data": [{ "U_SCRKLX": "合格入库", "BaseEntry": "478", "BaseType": "202", "Quantity": "30", "ManBtchNum": "Y",
            "WarehouseCode": "W05001", "U_FJDSJ": "", "U_BGR1": "SF0006", "linetable": [
                { "Quantity": "20", "BatchNumber": "11007510-01-50|20230920", "BinAbsEntry": "14", "AddmisionDate": "20230920" },
                { "Quantity": "10", "BatchNumber": "11007510-01-50|20230920", "BinAbsEntry": "15", "AddmisionDate": "20230920" }] }],
        "MainTable": { "U_CZR": "CS01", "U_CZSJ": "2023-09-20 21:04:44", "DocDate": "20230920", "DocDueDate": "20230920",
            "U_BFYY1": "" } })
}

pub const COMPONENTS: &str = "\nSelect T0.\"DocEntry\",T1.\"LineNum\",T1.\"ItemCode\",T2.\"ItemName\",T1.\"BaseQty\",T1.\"wareHouse\" \nFrom OWOR T0 Left Join WOR1 T1 On T0.\"DocEntry\"=T1.\"DocEntry\" \nLeft Join OITM T2 On T1.\"ItemCode\"=T2.\"ItemCode\" \nWhere T2.\"ManBtchNum\"='Y' \n";

/// The same with a backflush.
pub fn with_backflush() -> Value {
    let mut body = receipt();
    body["MainTable"]["Inverted"] = json!("Y");
    body["MainTable"]["InvertedSql"] = json!(COMPONENTS);
    body["MainTable"]["InvertedBathSql"] = json!("call TMDK('{0}','{1}','{2}')");
    body
}

/// What a company's B1 has of a set.
pub fn rows(app: &TestApp, set: &str) -> Vec<Value> {
    app.sandbox.b1().rows(set)
}

/// What a company has of an item in a warehouse.
pub fn stock(app: &TestApp, item: &str, warehouse: &str) -> String {
    app.sandbox.b1().stock(&StockPlace::of(item, warehouse))
}

/// The newest runs of the first company.
pub async fn runs(app: &TestApp) -> Vec<Run> {
    let flow = FlowId::new("barcode-b1-main");
    tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &flow, 50).await.unwrap()
}
