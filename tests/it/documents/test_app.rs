//! A site whose OAs hand documents over, with two companies.

use bytes::Bytes;
use serde_json::{Value, json};
use tenon_model::run::Run;
use tenon_model::{FlowId, TenantId};
use tenon_sandbox::{Sandbox, SandboxOptions};
use tenon_tests::{TestApp, TestAppOptions};

/// The app code of the OA.
pub const CODE: &str = "wv-4f2c0d6a9e51";
/// The second company's address.
const OTHER: &str = "http://b1-b";

/// Its configuration.
pub fn config(c: &mut Value) {
    let options = SandboxOptions::default();
    let b1 = |id: &str, url: &str, company: &str| {
        json!({ "kind": "b1", "id": id, "base_url": url, "company_db": company,
            "username": options.b1.username, "password": options.b1.password })
    };
    let mut dingtalk = c["connections"][1].clone();
    (dingtalk["reconcile_every"], dingtalk["check_open_after"]) = (json!("1m"), json!("2m"));
    c["connections"] = json!([
        b1("b1-main", "http://b1", &options.b1.company_db),
        b1("b1-b", OTHER, &options.b1.company_db),
        dingtalk,
        { "kind": "wecom", "id": "wecom-main", "api_url": "http://wecom", "corp_id": options.wecom.corp_id,
          "secret": options.wecom.secret, "token": options.wecom.token, "aes_key": options.wecom.aes_key,
          "reconcile_every": "1m", "check_open_after": "2m" },
        { "kind": "weaver", "id": "weaver-main", "base_url": "http://weaver", "app_id": options.weaver.app_id,
          "secret": options.weaver.secret, "spk": options.weaver.spk, "app": "weaver", "reconcile_every": "1m" },
    ]);
    c["apps"] = json!([
        { "id": "weaver", "app_code": CODE },
        { "id": "barcode", "app_code": "the-code-of-barcode" },
        { "id": "elsewhere", "app_code": "the-code-from-elsewhere", "allow_ips": ["203.0.113.0/24"] },
    ]);
    let pushed = |id: &str, erp: &str, object: &str, lines: &str| json!({ "id": id, "kind": "document", "erp": erp, "oa": "weaver-main", "object": object, "lines": lines });
    let form = |id: &str, oa: &str, template: &str, customer: &str, rows: &str| {
        json!({ "id": id, "kind": "document", "erp": "b1-main", "oa": oa, "object": "Orders", "lines": "DocumentLines",
            "form": { "template": template, "fields": [ { "from": customer, "to": "CardCode", "required": true } ],
                "lines": { "from": rows, "fields": [
                    { "from": "物料", "to": "ItemCode" }, { "from": "数量", "to": "Quantity", "format": "number" } ] } } })
    };
    let mut mapped = pushed("oa-quotations", "b1-main", "Quotations", "DocumentLines");
    mapped["form"] = json!({ "fields": [ { "from": "kh", "to": "CardCode", "required": true },
                                         { "from": "rq", "to": "DocDueDate", "format": "date" } ],
        "lines": { "from": "mx", "fields": [ { "from": "wl", "to": "ItemCode" }, { "from": "sl", "to": "Quantity" } ] } });
    let mut off = pushed("oa-off", "b1-main", "Invoices", "DocumentLines");
    off["enabled"] = json!(false);
    c["flows"] = json!([
        pushed("oa-orders", "b1-main", "Orders", "DocumentLines"),
        pushed("oa-suppliers", "b1-main", "BusinessPartners", ""),
        pushed("oa-orders-b", "b1-b", "Orders", "DocumentLines"),
        pushed("oa-returns", "b1-main", "Returns", "DocumentLines"),
        pushed("oa-returns-2", "b1-main", "Returns", "DocumentLines"),
        mapped,
        off,
        form("ding-orders", "ding-main", "PROC-ORDER", "客户", "明细"),
        form("wecom-orders", "wecom-main", "TMPL-ORDER", "客户", "明细"),
    ]);
}

/// The site with both companies; another seed, other ids.
pub async fn companies(seed: u64, sandbox: Option<fn(&mut SandboxOptions)>) -> (TestApp, Sandbox) {
    let options =
        TestAppOptions { seed, sandbox, second_company: true, config: Some(config), ..TestAppOptions::default() };
    let app = TestApp::new(options).await;
    let other = app.second.clone().unwrap();
    for b1 in [app.sandbox.b1(), other.b1()] {
        let now = app.clock.now_ms();
        b1.create_document(now, "BusinessPartners", json!({ "CardCode": "C100", "CardName": "宁波客户" })).unwrap();
        for item in ["A-001", "A-003"] {
            b1.create_document(now, "Items", json!({ "ItemCode": item })).unwrap();
        }
    }
    (app, other)
}

/// The site.
pub async fn app() -> TestApp {
    companies(0, None).await.0
}

/// The scenario's order under a request.
pub fn order(request: &str) -> Value {
    json!({ "requestid": request, "CardCode": "C100", "DocDueDate": "2024-12-31", "Comments": "OA 合同 HT-12",
        "DocumentLines": [ { "ItemCode": "A-001", "Quantity": "5", "UnitPrice": "300" },
                           { "ItemCode": "A-003", "Quantity": 2, "UnitPrice": 33.5 } ] })
}

/// Posts a body to a flow's address as the OA does.
pub async fn post(app: &TestApp, flow: &str, body: &str) -> (u16, Bytes) {
    let url = format!("http://tenon/callbacks/weaver/weaver-main/documents/{flow}");
    app.post_with(&url, &[("x-apig-appcode", CODE.to_owned())], body).await
}

/// Pushes a document and reads the answer.
pub async fn push(app: &TestApp, flow: &str, body: &Value) -> Value {
    let (status, answer) = post(app, flow, &body.to_string()).await;
    assert_eq!(status, 200, "{answer:?}");
    serde_json::from_slice(&answer).unwrap()
}

/// What B1 has of an object.
pub fn rows(app: &TestApp, object: &str) -> Vec<Value> {
    app.sandbox.b1().rows(object)
}

/// The newest run of a flow.
pub async fn newest_run(app: &TestApp, flow: &str) -> Run {
    tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 1).await.unwrap().remove(0)
}
