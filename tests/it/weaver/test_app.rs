//! A site whose documents are approved in E-cology: two companies, drafts, formal and custom documents.

use bytes::Bytes;
use serde_json::{Value, json};
use tenon_model::run::Run;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{NewDraft, Sandbox, SandboxOptions, WeaverPush, WeaverWorkflow};
use tenon_tests::{TestApp, TestAppOptions};

/// The app code of the OA.
pub const CODE: &str = "wv-4f2c0d6a";
/// Where results are pushed.
pub const URL: &str = "http://tenon/callbacks/weaver/weaver-main/approvals";
/// The second company's address.
const OTHER: &str = "http://b1-b";

pub fn config(c: &mut Value) {
    let options = SandboxOptions::default();
    let b1 = |id: &str, url: &str, company: &str| {
        json!({ "kind": "b1", "id": id, "base_url": url, "company_db": company,
            "username": options.b1.username, "password": options.b1.password })
    };
    c["connections"] = json!([
        b1("b1-main", "http://b1", &options.b1.company_db),
        b1("b1-b", OTHER, &options.b1.company_db),
        { "kind": "weaver", "id": "weaver-main", "base_url": "http://weaver", "app_id": options.weaver.app_id,
          "secret": options.weaver.secret, "spk": options.weaver.spk, "app": "weaver",
          "reconcile_every": "1m", "check_open_after": "5m",
          "result": { "approved": ["1"], "rejected": [2], "approver": "approver", "comments": "remark", "time": "at" } },
    ]);
    c["apps"] = json!([
        { "id": "weaver", "app_code": CODE },
        { "id": "barcode", "app_code": "the-code-of-barcode" },
        { "id": "elsewhere", "app_code": "the-code-from-elsewhere", "allow_ips": ["203.0.113.0/24"] },
    ]);
    c["flows"] = json!([
        draft_flow("pr", "1470000113", "采购申请", "23", "formtable_main_45_dt1"),
        draft_flow("transfer", "67", "库存转储", "24", "formtable_main_46_dt1"),
        document_flow("po", "b1-main", "PurchaseOrders", "DocEntry"),
        document_flow("po-b", "b1-b", "PurchaseOrders", "DocEntry"),
        document_flow("tooling", "b1-main", "TOOLING", "Code"),
    ]);
}

fn draft_flow(id: &str, code: &str, title: &str, workflow: &str, table: &str) -> Value {
    json!({ "id": id, "kind": "approval", "erp": "b1-main", "oa": "weaver-main",
        "source": { "filter": format!("DocObjectCode eq '{code}' and U_ISSYN eq 'N'") },
        "form": { "template": workflow, "title": title, "originator": "U_OAUser", "key": "erpkey", "on_withdrawn": "resend",
                  "fields": [ { "from": "RequesterName", "to": "sqr" },
                              { "from": "RequriedDate", "to": "xqrq", "format": "date" } ],
                  "lines": { "to": table, "fields": [ { "from": "ItemCode", "to": "wlbm" },
                                                      { "from": "Quantity", "to": "sl", "format": "number" } ] } },
        "marks": { "approver": "U_Approver", "decided_at": "U_ApprovalDate", "comments": "U_Remarks" } })
}

fn document_flow(id: &str, erp: &str, object: &str, key: &str) -> Value {
    json!({ "id": id, "kind": "approval", "erp": erp, "oa": "weaver-main",
        "source": { "document": "document", "object": object, "key": key },
        "form": { "template": "25", "title": "单据审批", "originator": "U_OAUser", "key": "erpkey",
                  "fields": [ { "from": "CardName", "to": "gys" } ] } })
}

/// The site, its second company's B1 beside it.
pub async fn app() -> TestApp {
    companies(0).await.0
}

/// The site, configured so.
pub async fn with(config: fn(&mut Value)) -> TestApp {
    configured(0, config).await.0
}

/// The site with both companies; another seed, other ids.
pub async fn companies(seed: u64) -> (TestApp, Sandbox) {
    configured(seed, config).await
}

async fn configured(seed: u64, config: fn(&mut Value)) -> (TestApp, Sandbox) {
    let options = TestAppOptions { seed, second_company: true, config: Some(config), ..TestAppOptions::default() };
    let app = TestApp::new(options).await;
    let other = app.second.clone().unwrap();
    let weaver = app.sandbox.weaver();
    weaver.set_push(Some(WeaverPush::to(URL, CODE)));
    let draft =
        |name: &str, table: &str| WeaverWorkflow::new(name, &["sqr", "xqrq", "erpkey"]).table(table, &["wlbm", "sl"]);
    weaver.set_workflow("23", draft("采购申请", "formtable_main_45_dt1"));
    weaver.set_workflow("24", draft("库存转储", "formtable_main_46_dt1"));
    weaver.set_workflow("25", WeaverWorkflow::new("单据审批", &["gys", "erpkey"]));
    for sandbox in [&app.sandbox, &other] {
        sandbox.b1().register_set("TOOLING", "Code", false);
    }
    (app, other)
}

/// A purchase request of the scenario, whose user in the OA is this one.
pub fn purchase_request(user: &str) -> NewDraft {
    draft("1470000113", user)
}

/// A draft of a kind.
pub fn draft(code: &str, user: &str) -> NewDraft {
    NewDraft::new(code)
        .field("U_ISSYN", "N")
        .field("U_OAUser", user)
        .field("RequesterName", "销售经理：张涛")
        .field("RequriedDate", "2022-08-23T00:00:00Z")
        .line(json!({ "ItemCode": "11028", "Quantity": 55.0 }))
        .line(json!({ "ItemCode": "14003", "Quantity": 11.0 }))
        .stages(&[&[1]])
}

/// Requests whose form carries this key, oldest first: those of a workflow.
pub fn requests_of(app: &TestApp, workflow: &str, key: &str) -> Vec<Value> {
    let carries = |request: &Value| {
        let main = request["main"].as_array().unwrap();
        request["workflow"] == workflow && main.iter().any(|pair| pair[0] == "erpkey" && pair[1] == key)
    };
    app.sandbox.weaver().requests().into_iter().filter(carries).collect()
}

/// The id of a document's latest request.
pub fn request_of(app: &TestApp, workflow: &str, key: &str) -> Option<String> {
    requests_of(app, workflow, key).last().map(|request| request["id"].to_string())
}

/// A purchase request that is in the OA: its number and its request's.
pub async fn submitted(app: &mut TestApp) -> (i64, String) {
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request("66")).unwrap();
    (draft, marked(app, "23", draft).await)
}

/// Waits until a draft carries its request.
pub async fn marked(app: &mut TestApp, workflow: &str, draft: i64) -> String {
    let key = draft.to_string();
    app.minutes_until(4, "submission", |s| {
        request_of(s, workflow, &key).is_some_and(|id| s.draft(draft)["U_REQUESTID"] == id.as_str())
    })
    .await;
    request_of(app, workflow, &key).unwrap()
}

/// Pushes a body as the OA does.
pub async fn push(app: &TestApp, body: &Value) -> Value {
    let (status, answer) = push_as(app, CODE, &body.to_string()).await;
    assert_eq!(status, 200, "{answer:?}");
    serde_json::from_slice(&answer).unwrap()
}

/// Pushes a text with a code.
pub async fn push_as(app: &TestApp, code: &str, body: &str) -> (u16, Bytes) {
    let headers = [("content-type", "application/json".to_owned()), ("x-apig-appcode", code.to_owned())];
    app.post_with(URL, &headers, body).await
}

/// The run of a document.
pub async fn run_of(app: &TestApp, flow: &str, key: i64) -> Run {
    let (tenant, flow) = (TenantId::operator(), FlowId::new(flow));
    let link = tenon_flows::approvals::links::get(&app.ctx, &tenant, &flow, &DocumentKey::Number(key)).await.unwrap();
    tenon_platform::runs::get(&app.ctx, &tenant, &link.unwrap().data.run).await.unwrap().unwrap()
}
