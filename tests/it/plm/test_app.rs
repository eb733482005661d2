//! A site with a PLM and two companies.

use serde_json::{Value, json};
use tenon_model::run::Run;
use tenon_model::{FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, Sandbox, SandboxOptions, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

/// The app code of the PLM.
pub const CODE: &str = "plm-4f2c0d6a9e51";
/// The object that takes routings.
pub const ROUTING: &str = "GYLX";

fn config(c: &mut Value) {
    let options = SandboxOptions::default();
    let b1 = |id: &str, url: &str| {
        json!({ "kind": "b1", "id": id, "base_url": url, "company_db": options.b1.company_db,
            "username": options.b1.username, "password": options.b1.password })
    };
    c["connections"][0] = b1("b1-main", "http://b1");
    c["connections"].as_array_mut().unwrap().push(b1("b1-b", "http://b1-b"));
    c["apps"] = json!([
        { "id": "plm", "app_code": CODE },
        { "id": "plm-b", "app_code": "the-code-for-company-b", "connections": ["b1-b"] },
        { "id": "elsewhere", "app_code": "the-code-from-elsewhere", "allow_ips": ["203.0.113.0/24"] },
        { "id": "production", "app_code": "the-code-of-a-tenant", "tenant": "t-1" },
    ]);
    let plm =
        |id: &str, erp: &str, receives: &str| json!({ "id": id, "kind": "plm", "erp": erp, "receives": receives });
    let mut routings = plm("plm-routings", "b1-main", "routings");
    (routings["object"], routings["collections"]) = (json!(ROUTING), json!(["GYLX_LINESCollection"]));
    c["flows"] = json!([
        plm("plm-items", "b1-main", "items"),
        plm("plm-boms", "b1-main", "boms"),
        routings,
        plm("plm-items-b", "b1-b", "items"),
    ]);
}

/// The site with a change to its flows; another seed, other ids.
pub async fn new_app(seed: u64, change: Option<fn(&mut Value)>) -> TestApp {
    let options = TestAppOptions { seed, second_company: true, config: Some(config), ..TestAppOptions::default() };
    let app = TestApp::new(options).await;
    if let Some(change) = change {
        let mut changed = tenon_tests::standard_config();
        config(&mut changed);
        change(&mut changed);
        app.apply(changed).await;
    }
    app.sandbox.b1().register_set(ROUTING, "Code", false);
    app
}

/// The site.
pub async fn app() -> TestApp {
    new_app(0, None).await
}

/// The site of the contract's scenario: B1 knows LM4029MC and not test1234.
pub async fn scenario() -> TestApp {
    let app = app().await;
    item(&app.sandbox, &app, "LM4029MC", "内存条");
    app
}

/// An item that B1 has.
pub fn item(sandbox: &Sandbox, app: &TestApp, code: &str, name: &str) {
    let fields = json!({ "ItemCode": code, "ItemName": name, "ManageBatchNumbers": "tNO" });
    sandbox.b1().create_document(app.clock.now_ms(), "Items", fields).unwrap();
}

/// Posts a body as the PLM does.
pub async fn post(app: &TestApp, path: &str, code: &str, body: &str) -> (u16, Value) {
    let (status, answer) =
        app.post_with(&format!("http://tenon/plm/{path}"), &[("x-apig-appcode", code.to_owned())], body).await;
    (status, serde_json::from_slice(&answer).unwrap())
}

/// Pushes to the first company and reads the answer.
pub async fn push(app: &TestApp, what: &str, body: &Value) -> Value {
    push_text(app, what, &body.to_string()).await
}

/// The same with a body as it is sent.
pub async fn push_text(app: &TestApp, what: &str, body: &str) -> Value {
    let (status, answer) = post(app, &format!("b1-main/{what}"), CODE, body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// The actions of an answer, in its order.
pub fn actions(answer: &Value) -> Vec<String> {
    let entries = answer["data"].as_array().unwrap().iter();
    entries.map(|entry| format!("{} {}", entry["key"].as_str().unwrap(), entry["action"].as_str().unwrap())).collect()
}

/// A row of B1.
pub fn row(app: &TestApp, set: &str, key: &str, value: &str) -> Value {
    app.sandbox.b1().row(set, key, &json!(value)).unwrap_or(Value::Null)
}

/// The components of a bill of materials: code and quantity.
pub fn components(app: &TestApp, tree: &str) -> Vec<(String, Value)> {
    let tree = row(app, "ProductTrees", "TreeCode", tree);
    let lines = tree["ProductTreeLines"].as_array().cloned().unwrap_or_default();
    lines.into_iter().map(|line| (line["ItemCode"].as_str().unwrap().to_owned(), line["Quantity"].clone())).collect()
}

/// The writes that B1 saw, `METHOD path`, in their order; logins aside.
pub fn writes(app: &TestApp) -> Vec<String> {
    let log = app.sandbox.snapshot().log;
    let writes = log.iter().filter(|r| r.method != "GET" && !r.path.ends_with("Login"));
    writes.map(|r| format!("{} {}", r.method, r.path.trim_start_matches("/b1s/v1/"))).collect()
}

/// A fault of B1's.
pub fn fault(app: &TestApp, method: &str, path: &str, kind: FaultKind) {
    app.sandbox.inject(Fault::new(kind).vendor(Vendor::B1).on(method, path));
}

/// The newest runs of a flow, newest first.
pub async fn runs(app: &TestApp, flow: &str) -> Vec<Run> {
    tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 50).await.unwrap()
}
