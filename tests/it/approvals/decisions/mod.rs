//! A decision holds for the document that people were shown, and for its request, and for nothing else.

mod drafts;
mod formal;
mod from_sql;
mod handed_in_again;

use crate::approvals::main_job::purchase_request;
use serde_json::{Value, json};
use tenon_model::run::Run;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::NewDraft;
use tenon_tests::{TestApp, TestAppOptions};

/// A site whose purchase requests show their total.
async fn app(config: fn(&mut Value)) -> TestApp {
    fn with_total(c: &mut Value) {
        let fields = c["flows"][0]["form"]["fields"].as_array_mut().unwrap();
        fields.push(json!({ "from": "DocTotal", "to": "金额", "format": "money" }));
    }
    let app = TestApp::new(TestAppOptions { config: Some(with_total), ..TestAppOptions::default() }).await;
    let mut value = tenon_tests::standard_config();
    with_total(&mut value);
    config(&mut value);
    app.apply(value).await;
    app
}

fn plain(_: &mut Value) {}

fn resend(c: &mut Value) {
    for flow in [0, 1] {
        c["flows"][flow]["on_changed"] = json!("resend");
    }
}

fn write(c: &mut Value) {
    for flow in [0, 1] {
        c["flows"][flow]["on_changed"] = json!("write");
    }
}

fn for_100() -> NewDraft {
    purchase_request().field("DocTotal", 100.0)
}

/// A draft that is in DingTalk, with its instance and its request.
async fn submitted(app: &mut TestApp, draft: NewDraft) -> (i64, String, i64) {
    let (draft, request) = app.sandbox.b1().create_draft(app.clock.now_ms(), draft).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    (draft, app.open_instance(draft).unwrap(), request.unwrap())
}

async fn decided(app: &mut TestApp, instance: &str, agree: bool) {
    let now = app.clock.now_ms();
    match agree {
        true => app.sandbox.dingtalk().approve(now, instance, "", "同意").unwrap(),
        false => app.sandbox.dingtalk().refuse(now, instance, "", "不同意").unwrap(),
    }
    for _ in 0..3 {
        app.minute().await;
    }
}

fn status(app: &TestApp, request: i64) -> String {
    let requests = app.sandbox.b1().rows("ApprovalRequests");
    requests.iter().find(|r| r["Code"] == request).unwrap()["Status"].as_str().unwrap().to_owned()
}

async fn run_of(app: &TestApp, flow: &str, key: i64) -> Run {
    let runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 50).await.unwrap();
    runs.into_iter().find(|r| r.document == Some(DocumentKey::Number(key))).unwrap()
}

fn order(app: &TestApp, key: i64) -> Value {
    let snapshot = app.sandbox.snapshot();
    snapshot.b1.documents["Orders"].iter().find(|o| o["DocEntry"] == key).unwrap().clone()
}

async fn submitted_order(app: &mut TestApp) -> (i64, String) {
    let fields = json!({ "CardCode": "C20000", "CardName": "上海客户", "U_ISSYN": "N", "U_UserID": "zhangsan" });
    let order = app.sandbox.b1().create_document(app.clock.now_ms(), "Orders", fields).unwrap();
    let key = order["DocEntry"].as_i64().unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(key).is_some()).await;
    app.minute().await;
    (key, app.open_instance(key).unwrap())
}
