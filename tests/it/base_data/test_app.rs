//! A site whose items and partners go to the OA.

use serde_json::{Value, json};
use tenon_model::run::Run;
use tenon_model::{FlowId, TenantId};
use tenon_platform::runs;
use tenon_sandbox::SandboxOptions;
use tenon_tests::{TestApp, TestAppOptions};

/// The flows of the template: items, and a copy of them for partners.
pub fn config(c: &mut Value) {
    let weaver = SandboxOptions::default().weaver;
    c["connections"].as_array_mut().unwrap().push(json!({
        "kind": "weaver", "id": "weaver-main", "base_url": "http://weaver", "app_id": weaver.app_id,
        "secret": weaver.secret, "spk": weaver.spk, "system_id": weaver.system_id,
        "system_password": weaver.system_password, "operator": "1" }));
    let flows = c["flows"].as_array_mut().unwrap();
    flows.clear();
    flows.push(json!({ "id": "items", "kind": "base-data", "erp": "b1-main", "oa": "weaver-main",
        "source": { "object": "Items", "key": "/ItemCode", "page_size": 2 },
        "form": { "template": "erpWuliao", "fields": [
            { "from": "ItemCode", "to": "wlbm" }, { "from": "ItemName", "to": "wlmc" },
            { "from": "QuantityOnStock", "to": "kc", "format": "number" } ] } }));
    flows.push(json!({ "id": "partners", "kind": "base-data", "erp": "b1-main", "oa": "weaver-main",
        "source": { "object": "BusinessPartners", "key": "CardCode" },
        "form": { "template": "erpKehu", "look_up": "erpKehuList", "fields": [
            { "from": "CardCode", "to": "khbm" }, { "from": "CardName", "to": "khmc" } ] } }));
}

/// Both systems with these flows.
pub async fn app() -> TestApp {
    app_with(config, |_| {}).await
}

/// The same with other flows or another sandbox.
pub async fn app_with(config: fn(&mut Value), sandbox: fn(&mut SandboxOptions)) -> TestApp {
    let options = TestAppOptions { config: Some(config), sandbox: Some(sandbox), ..TestAppOptions::default() };
    TestApp::new(options).await
}

/// A new item.
pub fn item(app: &TestApp, code: &str, name: &str) {
    item_marked(app, code, name, "N");
}

/// A new item with this mark.
pub fn item_marked(app: &TestApp, code: &str, name: &str, mark: &str) {
    let fields = json!({ "ItemCode": code, "ItemName": name, "QuantityOnStock": 55.0, "U_ISSYN": mark });
    app.sandbox.b1().create_document(app.clock.now_ms(), "Items", fields).unwrap();
}

/// A new partner.
pub fn partner(app: &TestApp, code: &str, name: &str) {
    let fields = json!({ "CardCode": code, "CardName": name, "Phone1": "1", "U_ISSYN": "N" });
    app.sandbox.b1().create_document(app.clock.now_ms(), "BusinessPartners", fields).unwrap();
}

/// Somebody changes an item.
pub fn change(app: &TestApp, code: &str, fields: Value) {
    app.sandbox.b1().change_record(app.clock.now_ms(), "Items", code, fields).unwrap();
}

/// An item's mark.
pub fn mark(app: &TestApp, code: &str) -> String {
    let row = app.sandbox.b1().row("Items", "ItemCode", &json!(code)).unwrap();
    row["U_ISSYN"].as_str().unwrap_or_default().to_owned()
}

/// Main tables of the OA's rows with this item code.
pub fn rows_of(app: &TestApp, code: &str) -> Vec<Value> {
    let rows = app.sandbox.weaver().cube_rows("erpWuliao").into_iter().map(|row| row["mainTable"].clone());
    rows.filter(|row| row["wlbm"] == code).collect()
}

/// Main tables that were sent for this item code, in their order.
pub fn sent(app: &TestApp, code: &str) -> Vec<Value> {
    let savings = app.sandbox.weaver().cube_savings().into_iter();
    let records = savings.flat_map(|(_, body)| body["data"].as_array().cloned().unwrap_or_default());
    records.map(|record| record["mainTable"].clone()).filter(|main| main["wlbm"] == code).collect()
}

/// The newest run of a record.
pub async fn run_of(app: &TestApp, flow: &str, code: &str) -> Run {
    let all = runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 100).await.unwrap();
    let of_record = |run: &Run| run.document.as_ref().is_some_and(|key| key.to_string() == code);
    all.into_iter().find(of_record).unwrap_or_else(|| panic!("no run of {code}"))
}
