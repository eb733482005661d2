//! A factory with one company, whose order 478 has a component by hand, one by backflush and a text.

use bytes::Bytes;
use serde_json::{Value, json};
use tenon_crypto::blacklake::Secret;
use tenon_model::run::{Run, Step};
use tenon_model::{FlowId, TenantId};
use tenon_platform::runs;
use tenon_sandbox::{NewFeeding, Sandbox, SandboxOptions, StockPlace};
use tenon_tests::{TestApp, TestAppOptions};

/// Where events are posted.
pub const URL: &str = "http://tenon/callbacks/blacklake/mes-main";
/// The content secret.
pub const SECRET: &str = "tenon-bl-secret-2026";
/// The order, and the code of its work order.
pub const ORDER: i64 = 478;

pub fn config(c: &mut Value) {
    let mes = SandboxOptions::default().blacklake;
    c["connections"].as_array_mut().unwrap().push(json!({
        "kind": "blacklake", "id": "mes-main", "base_url": "http://mes", "app_key": mes.app_key,
        "app_secret": mes.app_secret, "factory_number": mes.factory_number, "callback_secret": SECRET }));
    c["flows"] = json!([{ "id": "issues", "kind": "production-issues", "erp": "b1-main", "mes": "mes-main" }]);
}

/// The factory.
pub async fn app() -> TestApp {
    app_with(0, config).await
}

/// The factory with other settings and ids.
pub async fn app_with(seed: u64, config: fn(&mut Value)) -> TestApp {
    let app = installed(seed, config, false).await;
    fill(&app.sandbox, app.clock.now_ms());
    app.sandbox.blacklake().make_order(app.clock.now_ms(), "478", "FG-1001");
    app
}

async fn installed(seed: u64, config: fn(&mut Value), second_company: bool) -> TestApp {
    let sandbox: fn(&mut SandboxOptions) = |options| options.blacklake.callback_url = Some(URL.to_owned());
    let (config, sandbox) = (Some(config), Some(sandbox));
    TestApp::new(TestAppOptions { seed, config, sandbox, second_company, ..TestAppOptions::default() }).await
}

/// A second company beside it.
pub fn two(c: &mut Value) {
    config(c);
    let b1 = SandboxOptions::default().b1;
    c["connections"].as_array_mut().unwrap().push(json!({ "kind": "b1", "id": "b1-b", "base_url": "http://b1-b",
        "company_db": b1.company_db, "username": b1.username, "password": b1.password }));
    c["flows"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "id": "issues-b", "kind": "production-issues", "erp": "b1-b", "mes": "mes-main" }));
}

/// The same, whose orders have a prefix in the MES.
pub fn prefixed(c: &mut Value) {
    two(c);
    let mes = c["connections"].as_array_mut().unwrap().iter_mut().find(|c| c["id"] == "mes-main").unwrap();
    mes["code_prefixes"] = json!({ "b1-b": "B-" });
}

/// The factory of two companies, which both have an order of the same number.
pub async fn companies(seed: u64, config: fn(&mut Value)) -> (TestApp, Sandbox) {
    let app = installed(seed, config, true).await;
    let other = app.second.clone().unwrap();
    for company in [&app.sandbox, &other] {
        fill(company, app.clock.now_ms());
    }
    for code in ["478", "B-478"] {
        app.sandbox.blacklake().make_order(app.clock.now_ms(), code, "FG-1001");
    }
    (app, other)
}

/// The company's items, its order and its stock.
pub fn fill(sandbox: &Sandbox, now: i64) {
    let b1 = sandbox.b1();
    let add = |set: &str, row: Value| drop(b1.create_document(now, set, row).unwrap());
    add("Items", json!({ "ItemCode": "FG-1001", "InventoryUOM": "台", "ManageBatchNumbers": "tYES" }));
    add("Items", json!({ "ItemCode": "RM-2001", "InventoryUOM": "个", "ManageBatchNumbers": "tYES" }));
    add("Items", json!({ "ItemCode": "RM-2002", "InventoryUOM": "个", "ManageBatchNumbers": "tNO" }));
    add("Items", json!({ "ItemCode": "RM-2003", "InventoryUOM": "千克", "ManageBatchNumbers": "tNO" }));
    add("Items", json!({ "ItemCode": "RM-9", "InventoryUOM": "个", "ManageBatchNumbers": "tNO" }));
    add_order(sandbox, now, ORDER);
    b1.put_stock(StockPlace::of("RM-2001", "W05002").batch("RM2001-B7"), "1000").unwrap();
    b1.put_stock(StockPlace::of("RM-2003", "W05002"), "1000").unwrap();
}

/// An order of the company.
pub fn add_order(company: &Sandbox, now: i64, entry: i64) {
    let order = json!({ "AbsoluteEntry": entry, "ItemNo": "FG-1001", "PlannedQuantity": 100, "Warehouse": "W05001",
        "ProductionOrderStatus": "boposReleased", "ProductionOrderLines": [
            { "ItemNo": "RM-2001", "BaseQuantity": 0.5, "ProductionOrderIssueType": "im_Manual", "Warehouse": "W05002" },
            { "ItemNo": "RM-2002", "BaseQuantity": 4, "ProductionOrderIssueType": "im_Backflush", "Warehouse": "W05002" },
            { "ItemType": "pit_Text", "LineText": "小心" },
            { "ItemNo": "RM-2003", "BaseQuantity": 2, "ProductionOrderIssueType": "im_Manual", "Warehouse": "W05002" }] });
    company.b1().create_document(now, "ProductionOrders", order).unwrap();
}

/// So much of RM-2001 in its batch, told by an event. Returns the feeding's id.
pub fn feed(app: &TestApp, amount: &str) -> i64 {
    fed(app, NewFeeding { batch: "RM2001-B7".to_owned(), ..NewFeeding::of("478", "RM-2001", amount) })
}

/// A feeding.
pub fn fed(app: &TestApp, feeding: NewFeeding) -> i64 {
    app.sandbox.blacklake().feed(app.clock.now_ms(), feeding).unwrap()
}

/// The issues of a feeding.
pub fn issues_of(app: &TestApp, id: i64) -> Vec<Value> {
    let mark = format!("MES-F {id}");
    app.sandbox.b1().rows("InventoryGenExits").into_iter().filter(|row| row["Comments"] == mark.as_str()).collect()
}

/// The newest run that tells of a feeding.
pub async fn run_of(app: &TestApp, id: i64) -> Run {
    let all = runs_of(app, "issues").await;
    let id = id.to_string();
    all.into_iter().find(|run| run.instance.as_deref() == Some(id.as_str())).expect("a run tells of the feeding")
}

/// The runs of a flow, newest first.
pub async fn runs_of(app: &TestApp, flow: &str) -> Vec<Run> {
    runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 100).await.unwrap()
}

/// The steps of a run.
pub async fn steps_of(app: &TestApp, run: &Run) -> Vec<Step> {
    runs::steps(&app.ctx, &TenantId::operator(), &run.id).await.unwrap()
}

/// An event as it is posted.
pub fn sealed(event: &Value) -> String {
    json!({ "encrypt": Secret::new(SECRET).seal(&event.to_string()) }).to_string()
}

/// A feeding's event.
pub fn event_of(request: &str, records: &[(i64, i64)]) -> Value {
    let ids: Vec<i64> = records.iter().map(|(id, _)| *id).collect();
    let list: Vec<Value> = records
        .iter()
        .map(|(id, order)| json!({ "id": id, "workOrderId": order, "opeAmount": 999, "opeAmountStr": "999.00" }))
        .collect();
    json!({ "header": { "requestId": request, "eventType": "mfg.result_notify.feeding" },
        "data": { "recordIds": ids, "result": true, "reason": null, "recordList": list } })
}

/// Posts an event as the factory does.
pub async fn push(app: &TestApp, event: &Value) -> Value {
    let (status, answer) = post(app, &sealed(event)).await;
    assert_eq!(status, 200, "{answer:?}");
    serde_json::from_slice(&answer).unwrap()
}

/// Posts a body.
pub async fn post(app: &TestApp, body: &str) -> (u16, Bytes) {
    app.post(URL, body).await
}

/// The id of a work order of the MES.
pub fn work_order(app: &TestApp, code: &str) -> i64 {
    app.sandbox.blacklake().order(code).unwrap()["id"].as_i64().unwrap()
}
