//! A company with a factory, and a second company beside it.

use serde_json::{Value, json};
use tenon_model::run::Run;
use tenon_model::{FlowId, TenantId};
use tenon_platform::runs;
use tenon_sandbox::{NewReport, Sandbox, SandboxOptions};
use tenon_tests::{TestApp, TestAppOptions};

/// The flows of a company, all as their defaults are.
pub fn config(c: &mut Value) {
    let options = SandboxOptions::default();
    let mes = options.blacklake;
    c["connections"].as_array_mut().unwrap().push(json!({
        "kind": "blacklake", "id": "mes-main", "base_url": "http://mes", "app_key": mes.app_key,
        "app_secret": mes.app_secret, "factory_number": mes.factory_number }));
    let flow = |id: &str, kind: &str| json!({ "id": id, "kind": kind, "erp": "b1-main", "mes": "mes-main" });
    c["flows"] =
        json!(
            [flow("items", "mes-items"), flow("orders", "mes-work-orders"), flow("receipts", "production-receipts"),]
        );
}

/// The same, and a second company's orders with a prefix of their own.
pub fn two_companies(c: &mut Value) {
    config(c);
    let mut second = c["connections"][0].clone();
    (second["id"], second["base_url"]) = (json!("b1-b"), json!("http://b1-b"));
    c["connections"].as_array_mut().unwrap().push(second);
    c["connections"][2]["code_prefixes"] = json!({ "b1-b": "B-" });
    for (id, kind) in [("orders-b", "mes-work-orders"), ("receipts-b", "production-receipts")] {
        let flow = json!({ "id": id, "kind": kind, "erp": "b1-b", "mes": "mes-main" });
        c["flows"].as_array_mut().unwrap().push(flow);
    }
}

/// Both systems with these flows.
pub async fn app() -> TestApp {
    app_with(config, 0, None).await
}

/// The same with other flows, another seed, another sandbox.
pub async fn app_with(config: fn(&mut Value), seed: u64, sandbox: Option<fn(&mut SandboxOptions)>) -> TestApp {
    let options = TestAppOptions { config: Some(config), seed, sandbox, ..TestAppOptions::default() };
    TestApp::new(options).await
}

/// The second company beside it, without items.
pub async fn companies(seed: u64) -> TestApp {
    let options =
        TestAppOptions { config: Some(two_companies), seed, second_company: true, ..TestAppOptions::default() };
    TestApp::new(options).await
}

/// An item of the company.
pub fn item(app: &TestApp, code: &str, name: &str, unit: &str, by_batches: bool) {
    item_of((&app.sandbox, app.clock.now_ms()), code, name, unit, by_batches);
}

/// An item of a company.
pub fn item_of((company, now): (&Sandbox, i64), code: &str, name: &str, unit: &str, by_batches: bool) {
    let batches = if by_batches { "tYES" } else { "tNO" };
    let fields = json!({ "ItemCode": code, "ItemName": name, "InventoryUOM": unit, "ManageBatchNumbers": batches,
        "Valid": "tYES", "Frozen": "tNO", "InventoryItem": "tYES" });
    company.b1().create_document(now, "Items", fields).unwrap();
}

/// The contract's items: a product and two components.
pub fn items(app: &TestApp) {
    items_of((&app.sandbox, app.clock.now_ms()));
}

/// The same of a company.
pub fn items_of(company: (&Sandbox, i64)) {
    item_of(company, "FG-1001", "打印机总成", "台", true);
    item_of(company, "RM-2001", "内存条", "个", true);
    item_of(company, "RM-2002", "螺丝", "个", false);
}

/// Somebody changes an item.
pub fn change_item(app: &TestApp, code: &str, fields: Value) {
    app.sandbox.b1().change_record(app.clock.now_ms(), "Items", code, fields).unwrap();
}

/// The contract's order, released, under this number.
pub fn order(app: &TestApp, entry: i64) {
    order_of((&app.sandbox, app.clock.now_ms()), entry);
}

/// The same of a company.
pub fn order_of((company, now): (&Sandbox, i64), entry: i64) {
    let fields = json!({ "AbsoluteEntry": entry, "DocumentNumber": 10_023, "ItemNo": "FG-1001", "PlannedQuantity": 100,
        "Warehouse": "W05001", "StartDate": "2026-11-20T00:00:00Z", "DueDate": "2026-11-28T00:00:00Z",
        "ProductionOrderStatus": "boposReleased", "U_SyncStatus": "N", "U_SyncFlag": null,
        "ProductionOrderLines": [
            { "ItemNo": "RM-2001", "BaseQuantity": 0.5, "ProductionOrderIssueType": "im_Manual", "Warehouse": "W05002" },
            { "ItemNo": "RM-2002", "BaseQuantity": 4, "ProductionOrderIssueType": "im_Manual", "Warehouse": "W05002" },
            { "ItemType": "pit_Text" }] });
    company.b1().create_document(now, "ProductionOrders", fields).unwrap();
}

/// Somebody changes an order.
pub fn change_order(app: &TestApp, entry: i64, fields: Value) {
    app.sandbox.b1().change_document(app.clock.now_ms(), "ProductionOrders", entry, fields).unwrap();
}

/// An order as B1 shows it.
pub fn order_row(app: &TestApp, entry: i64) -> Value {
    app.sandbox.b1().row("ProductionOrders", "AbsoluteEntry", &json!(entry)).unwrap()
}

/// An order's mark.
pub fn mark(app: &TestApp, entry: i64) -> String {
    order_row(app, entry)["U_SyncStatus"].as_str().unwrap_or_default().to_owned()
}

/// An order that the MES has.
pub async fn sent_order(app: &mut TestApp, entry: i64) {
    items(app);
    order(app, entry);
    app.minute().await;
    app.minute().await;
    assert_eq!(mark(app, entry), "Y");
}

/// A report of finished goods in batch FG-B1, made now.
pub fn finished(work_order: &str, amount: impl Into<Value>) -> NewReport {
    NewReport { batch: "FG-B1".to_owned(), ..NewReport::of(work_order, amount) }
}

/// The receipts that B1 has.
pub fn receipts(app: &TestApp) -> Vec<Value> {
    app.sandbox.b1().rows("InventoryGenEntries")
}

/// The newest run of a thing.
pub async fn run_of(app: &TestApp, flow: &str, key: impl std::fmt::Display) -> Run {
    let key = key.to_string();
    let all = runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 200).await.unwrap();
    let of_thing = |run: &Run| run.document.as_ref().is_some_and(|document| document.to_string() == key);
    all.into_iter().find(of_thing).unwrap_or_else(|| panic!("no run of {key}"))
}

/// Bodies of the MES's calls whose path ends so.
pub fn sent(app: &TestApp, path: &str) -> Vec<Value> {
    app.sandbox.blacklake().sent(path)
}
