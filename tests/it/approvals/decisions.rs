//! A decision holds for the document that people were shown, and for its request, and for nothing else.

use super::main_job::purchase_request;
use serde_json::{Value, json};
use tenon_flows::operator;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, NewDraft, Vendor};
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

/// Somebody refuses the request in B1, changes the draft, and hands it in again.
fn changed_and_handed_in_again(app: &TestApp, draft: i64, request: i64, status: &str) -> i64 {
    let now = app.clock.now_ms();
    app.sandbox.b1().end_request(request, status).unwrap();
    app.sandbox.b1().change_document(now, "Drafts", draft, json!({ "DocTotal": 1_000_000.0 })).unwrap();
    app.sandbox.b1().hand_in_again(now, "Drafts", draft).unwrap()
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

async fn steps_of(app: &TestApp, run: &Run) -> Vec<tenon_model::run::Step> {
    tenon_platform::runs::steps(&app.ctx, &TenantId::operator(), &run.id).await.unwrap()
}

#[tokio::test]
async fn a_payment_draft_with_the_same_number_is_another_document() {
    let mut app = app(plain).await;
    let now = app.clock.now_ms();
    let payment = NewDraft::new("46").field("CardCode", "V1").field("TransferSum", 5_000.0);
    let (paid, before) = app.sandbox.b1().create_draft(now, payment.clone()).unwrap();
    let (draft, instance, request) = submitted(&mut app, for_100()).await;
    app.sandbox.b1().end_request(before.unwrap(), "arsCancelled").unwrap();
    let waiting = app.sandbox.b1().hand_in_again(app.clock.now_ms(), "PaymentDrafts", paid).unwrap();
    assert_eq!(paid, draft, "the numbers were to be the same");
    decided(&mut app, &instance, true).await;
    assert_eq!((status(&app, request), status(&app, waiting)), ("arsApproved".into(), "arsPending".into()));
}

#[tokio::test]
async fn a_draft_is_not_submitted_because_a_payment_of_its_number_waits() {
    let mut app = app(|c| c["flows"][0]["source"]["approval"] = json!("required")).await;
    let now = app.clock.now_ms();
    let (paid, _) = app.sandbox.b1().create_draft(now, NewDraft::new("46")).unwrap();
    let (draft, _) = app.sandbox.b1().create_draft(now, for_100().stages(&[])).unwrap();
    assert_eq!(paid, draft, "the numbers were to be the same");
    for _ in 0..3 {
        app.minute().await;
    }
    assert!(app.instances_of(draft).is_empty());
}

#[tokio::test]
async fn a_payment_draft_goes_to_the_oa_as_any_other() {
    fn payments(c: &mut Value) {
        c["flows"][0]["source"] = json!({ "object": "PaymentDrafts", "filter": "U_ISSYN eq 'N'" });
        c["flows"][0]["form"]["fields"] = json!([{ "from": "TransferSum", "to": "金额", "format": "money" }]);
        c["flows"][0]["form"].as_object_mut().unwrap().remove("lines");
    }
    let mut app = app(payments).await;
    let now = app.clock.now_ms();
    let (_, other) = app.sandbox.b1().create_draft(now, for_100()).unwrap();
    let payment = NewDraft::new("46").field("TransferSum", 5_000.0).field("U_UserID", "zhangsan");
    let (paid, instance, request) = submitted(&mut app, payment).await;
    assert_eq!(paid, 1);
    decided(&mut app, &instance, true).await;
    assert_eq!((status(&app, request), status(&app, other.unwrap())), ("arsApproved".into(), "arsPending".into()));
}

#[tokio::test]
async fn a_draft_that_was_changed_and_handed_in_again_is_not_approved_by_the_old_form() {
    for (ended, agree) in [("arsNotApproved", true), ("arsCancelled", true), ("arsCancelled", false)] {
        let mut app = app(plain).await;
        let (draft, instance, old) = submitted(&mut app, for_100()).await;
        let new = changed_and_handed_in_again(&app, draft, old, ended);
        decided(&mut app, &instance, agree).await;
        assert_eq!(status(&app, new), "arsPending", "{ended}: the new content was decided on");
        assert_eq!(app.decisions(draft), Vec::<String>::new());
        let run = run_of(&app, "purchase-request", draft).await;
        assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("flow.changed")));
        for told in ["DocTotal: 100 → 1000000", "approval request: ", "--accept-change", run.id.as_str()] {
            assert!(run.message.contains(told), "{told} not in {}", run.message);
        }
        assert_eq!(app.dead_letters().await, Vec::<String>::new());

        // Looked at again, it is the same.
        operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
        app.minute().await;
        let run = run_of(&app, "purchase-request", draft).await;
        assert_eq!((run.status, status(&app, new)), (RunStatus::Failed, "arsPending".into()));

        operator::accept_change(&app.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
        app.minute().await;
        let wanted = if agree { "arsApproved" } else { "arsNotApproved" };
        assert_eq!(status(&app, new), wanted);
        let run = run_of(&app, "purchase-request", draft).await;
        assert_eq!(run.status, RunStatus::Succeeded);
        assert!(run.message.contains("wang.lei accepted the change"), "{}", run.message);
        let steps = steps_of(&app, &run).await;
        let accepted = steps.iter().find(|s| s.name == "change accepted by operator").unwrap();
        assert_eq!(accepted.output["by"], "wang.lei");
        assert_eq!(app.draft(draft)["U_Approver"], "manager01");
    }
}

#[tokio::test]
async fn an_operator_accepts_the_change_he_saw_and_no_later_one() {
    let mut app = app(plain).await;
    let (draft, instance, old) = submitted(&mut app, for_100()).await;
    let new = changed_and_handed_in_again(&app, draft, old, "arsCancelled");
    decided(&mut app, &instance, true).await;
    let run = run_of(&app, "purchase-request", draft).await;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, json!({ "DocTotal": 2_000_000.0 })).unwrap();
    operator::accept_change(&app.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
    app.minute().await;
    assert_eq!(status(&app, new), "arsPending");
    let run = run_of(&app, "purchase-request", draft).await;
    assert_eq!(run.status, RunStatus::Failed);
    assert!(run.message.contains("DocTotal: 100 → 2000000"), "{}", run.message);
    operator::accept_change(&app.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
    app.minute().await;
    assert_eq!(status(&app, new), "arsApproved");
    let refused = operator::accept_change(&app.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap_err();
    assert_eq!(refused.code, "run.succeeded");
}

#[tokio::test]
async fn there_is_nothing_to_accept_where_nothing_is_on_hold() {
    let mut app = app(plain).await;
    let (draft, instance, _) = submitted(&mut app, for_100()).await;
    let run = run_of(&app, "purchase-request", draft).await;
    let error = operator::accept_change(&app.ctx, &TenantId::operator(), &run.id, "x").await.unwrap_err();
    assert_eq!(error.code, "run.not-on-hold");
    decided(&mut app, &instance, true).await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
}

#[tokio::test]
async fn a_change_that_was_taken_back_lets_the_decision_through() {
    let mut app = app(plain).await;
    let (draft, instance, request) = submitted(&mut app, for_100()).await;
    let change = |app: &TestApp, total: f64| {
        let fields = json!({ "DocTotal": total, "Comments": "not shown", "Printed": "psYes" });
        app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, fields).unwrap();
    };
    change(&app, 101.0);
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, request), "arsPending");
    change(&app, 100.0);
    let run = run_of(&app, "purchase-request", draft).await;
    operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    app.minute().await;
    assert_eq!(status(&app, request), "arsApproved");
}

#[tokio::test]
async fn a_changed_document_is_sent_again_when_the_flow_says_so() {
    let mut app = app(resend).await;
    let (draft, instance, old) = submitted(&mut app, for_100()).await;
    let new = changed_and_handed_in_again(&app, draft, old, "arsNotApproved");
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, new), "arsPending");
    app.minutes_until(3, "second submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let again = app.open_instance(draft).unwrap();
    let shown = app.instances_of(draft).pop().unwrap();
    let total = shown["formComponentValues"].as_array().unwrap().iter().find(|v| v["name"] == "金额").unwrap();
    assert_eq!(total["value"], "1000000.00");
    decided(&mut app, &again, true).await;
    assert_eq!(status(&app, new), "arsApproved");
    assert_eq!(app.instances_of(draft).len(), 2);
}

#[tokio::test]
async fn a_changed_document_is_written_when_the_flow_says_so_and_the_run_tells_it() {
    let mut app = app(write).await;
    let (draft, instance, old) = submitted(&mut app, for_100()).await;
    let new = changed_and_handed_in_again(&app, draft, old, "arsNotApproved");
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, new), "arsApproved");
    let run = run_of(&app, "purchase-request", draft).await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert!(run.message.contains("DocTotal: 100 → 1000000"), "{}", run.message);
}

#[tokio::test]
async fn watch_says_which_changes_count() {
    let mut app = app(|c| c["flows"][0]["watch"] = json!(["DocumentLines.Quantity"])).await;
    let (draft, instance, request) = submitted(&mut app, for_100()).await;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, json!({ "DocTotal": 9.0 })).unwrap();
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, request), "arsApproved");

    let (draft, instance, request) = submitted(&mut app, for_100()).await;
    let lines = json!({ "DocumentLines": [{ "ItemCode": "11028", "Quantity": 5_500.0 }, { "ItemCode": "14003", "Quantity": 11.5 }] });
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, lines).unwrap();
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, request), "arsPending");
    let run = run_of(&app, "purchase-request", draft).await;
    assert!(run.message.contains("DocumentLines[0].Quantity: 55 → 5500"), "{}", run.message);
}

#[tokio::test]
async fn a_held_draft_whose_mark_is_cleared_goes_to_the_oa_as_it_is_now() {
    let mut app = app(plain).await;
    let (draft, instance, old) = submitted(&mut app, for_100()).await;
    let new = changed_and_handed_in_again(&app, draft, old, "arsNotApproved");
    decided(&mut app, &instance, true).await;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, json!({ "U_ISSYN": "N" })).unwrap();
    app.minutes_until(3, "second submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let again = app.open_instance(draft).unwrap();
    decided(&mut app, &again, true).await;
    assert_eq!(status(&app, new), "arsApproved");
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

#[tokio::test]
async fn a_changed_formal_document_does_not_receive_what_was_given_to_its_former_content() {
    let mut app = app(plain).await;
    let (key, instance) = submitted_order(&mut app).await;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Orders", key, json!({ "CardName": "北京客户" })).unwrap();
    decided(&mut app, &instance, true).await;
    assert_eq!(order(&app, key)["U_SUCCESS"], Value::Null);
    let run = run_of(&app, "sales-order", key).await;
    assert!(run.message.contains("CardName: 上海客户 → 北京客户"), "{}", run.message);
    operator::accept_change(&app.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
    app.minute().await;
    assert_eq!(order(&app, key)["U_SUCCESS"], "Y");
}

#[tokio::test]
async fn a_changed_formal_document_is_sent_again_or_written_as_the_flow_says() {
    let mut app = app(resend).await;
    let (key, instance) = submitted_order(&mut app).await;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Orders", key, json!({ "CardName": "北京客户" })).unwrap();
    decided(&mut app, &instance, true).await;
    assert_eq!(order(&app, key)["U_SUCCESS"], Value::Null);
    app.minutes_until(3, "second submission", |s| s.open_instance(key).is_some()).await;
    app.minute().await;
    let again = app.open_instance(key).unwrap();
    decided(&mut app, &again, false).await;
    assert_eq!(order(&app, key)["U_SUCCESS"], "N");

    let mut app = self::app(write).await;
    let (key, instance) = submitted_order(&mut app).await;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Orders", key, json!({ "CardName": "北京客户" })).unwrap();
    decided(&mut app, &instance, true).await;
    assert_eq!(order(&app, key)["U_SUCCESS"], "Y");
    let run = run_of(&app, "sales-order", key).await;
    assert!(run.message.contains("CardName: 上海客户 → 北京客户"), "{}", run.message);
}

#[tokio::test]
async fn a_formal_document_is_changed_only_while_it_is_the_one_that_was_read() {
    let mut app = app(plain).await;
    let (key, instance) = submitted_order(&mut app).await;
    let stale =
        r#"{"error":{"code":-2039,"message":{"lang":"en-us","value":"Another user modified data (ODBC -2039)"}}}"#;
    app.sandbox.inject(Fault::new(FaultKind::Status(412, stale.to_owned())).vendor(Vendor::B1).on("PATCH", "Orders"));
    decided(&mut app, &instance, true).await;
    assert_eq!(order(&app, key)["U_SUCCESS"], "Y");
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

fn sql(c: &mut Value) {
    c["flows"][0]["source"] = json!({ "sql": {
        "main": "select T0.DocEntry, T0.U_UserID, T0.ReqName, T0.DocTotal from ODRF T0 where T0.U_ISSYN = 'N'",
        "lines": "select T1.ItemCode, T1.Quantity from DRF1 T1 where T1.DocEntry = :key" } });
    c["flows"][0]["form"]["fields"] =
        json!([{ "from": "ReqName", "to": "申请人" }, { "from": "DocTotal", "to": "金额", "format": "money" }]);
}

#[tokio::test]
async fn a_document_from_sql_is_compared_too() {
    let changes = [
        (json!({ "DocTotal": 1_000_000.0 }), "DocTotal: 100 → 1000000"),
        (json!({ "RequesterName": "李四" }), "ReqName: 销售经理：张涛 → 李四"),
        (json!({ "DocumentLines": [{ "ItemCode": "11028", "Quantity": 1.0 }] }), "DocumentLines[0].Quantity: 55 → 1"),
    ];
    for (change, told) in changes {
        let mut app = app(sql).await;
        let (draft, instance, request) = submitted(&mut app, for_100()).await;
        app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, change).unwrap();
        decided(&mut app, &instance, true).await;
        assert_eq!(status(&app, request), "arsPending");
        let run = run_of(&app, "purchase-request", draft).await;
        assert!(run.message.contains(told), "{told} not in {}", run.message);
    }
    let mut app = app(sql).await;
    let (_, instance, request) = submitted(&mut app, for_100()).await;
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, request), "arsApproved");
}

#[tokio::test]
async fn a_row_of_its_own_query_is_compared_whole() {
    fn with_row(c: &mut Value) {
        sql(c);
        c["flows"][0]["source"]["sql"]["row"] =
            json!("select T0.U_UserID, T0.ReqName, T0.DocTotal from ODRF T0 where T0.DocEntry = :key");
    }
    let mut app = app(with_row).await;
    let (draft, instance, request) = submitted(&mut app, for_100()).await;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, json!({ "RequesterName": "李四" })).unwrap();
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, request), "arsPending");
    let run = run_of(&app, "purchase-request", draft).await;
    assert!(run.message.contains("ReqName: 销售经理：张涛 → 李四"), "{}", run.message);
}

async fn runs(app: &TestApp, flow: &str) -> Vec<Run> {
    tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 50).await.unwrap()
}

/// An order whose instance was withdrawn, and the instance it was handed in again as.
async fn handed_in_again(app: &mut TestApp, action: Option<&str>) -> (i64, String) {
    let (key, instance) = submitted_order(app).await;
    app.sandbox.dingtalk().terminate(app.clock.now_ms(), &instance).unwrap();
    app.minute().await;
    let again = app.sandbox.dingtalk().resubmit(app.clock.now_ms(), &instance, action).unwrap();
    (key, again)
}

#[tokio::test]
async fn a_form_handed_in_again_in_the_oa_takes_the_place_of_the_withdrawn_one() {
    for action in [None, Some("REVOKE")] {
        let mut app = app(plain).await;
        let (key, again) = handed_in_again(&mut app, action).await;
        decided(&mut app, &again, true).await;
        assert_eq!(order(&app, key)["U_SUCCESS"], "Y", "{action:?}");
        assert_eq!(order(&app, key)["U_instanceID"], again.as_str());
        let run = runs(&app, "sales-order").await.remove(0);
        assert_eq!((run.status, run.instance.as_deref()), (RunStatus::Succeeded, Some(again.as_str())));
    }
}

#[tokio::test]
async fn a_form_handed_in_again_says_what_the_document_says_or_waits_for_an_operator() {
    let mut app = app(plain).await;
    let (key, again) = handed_in_again(&mut app, None).await;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Orders", key, json!({ "CardName": "北京客户" })).unwrap();
    decided(&mut app, &again, true).await;
    assert_eq!(order(&app, key)["U_SUCCESS"], Value::Null);
    let run = run_of(&app, "sales-order", key).await;
    assert_eq!(run.code.as_deref(), Some("flow.changed"));
    assert!(run.message.contains("客户: the form says 上海客户, the document 北京客户"), "{}", run.message);
    operator::accept_change(&app.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
    app.minute().await;
    assert_eq!(order(&app, key)["U_SUCCESS"], "Y");
}

#[tokio::test]
async fn the_end_of_the_former_instance_may_be_heard_of_after_its_successors() {
    let mut app = app(plain).await;
    let (key, instance) = submitted_order(&mut app).await;
    let url = app.sandbox.dingtalk().callback_url();
    app.sandbox.dingtalk().set_callback_url(None);
    app.sandbox.dingtalk().terminate(app.clock.now_ms(), &instance).unwrap();
    app.sandbox.dingtalk().set_callback_url(url);
    let again = app.sandbox.dingtalk().resubmit(app.clock.now_ms(), &instance, None).unwrap();
    decided(&mut app, &again, true).await;
    assert_eq!(order(&app, key)["U_SUCCESS"], "Y");
}

#[tokio::test]
async fn a_form_that_names_a_document_with_a_decision_or_with_an_open_instance_is_told_in_a_run() {
    let mut app = app(plain).await;
    let (key, instance) = submitted_order(&mut app).await;
    let early = app.sandbox.dingtalk().resubmit(app.clock.now_ms(), &instance, None).unwrap();
    decided(&mut app, &early, true).await;
    assert_eq!(order(&app, key)["U_SUCCESS"], Value::Null);
    let told = runs(&app, "sales-order").await.remove(0);
    assert_eq!((told.document.clone(), told.status), (Some(DocumentKey::Number(key)), RunStatus::Ended));
    assert!(told.message.contains(&early) && told.message.contains("waits for instance"), "{}", told.message);

    decided(&mut app, &instance, false).await;
    assert_eq!(order(&app, key)["U_SUCCESS"], "N");
    let late = app.sandbox.dingtalk().resubmit(app.clock.now_ms(), &instance, None).unwrap();
    decided(&mut app, &late, true).await;
    app.sandbox.dingtalk().replay_last_callback(app.clock.now_ms()).unwrap();
    app.minute().await;
    assert_eq!(order(&app, key)["U_SUCCESS"], "N");
    let all = runs(&app, "sales-order").await;
    let of = |instance: &str| {
        all.iter().filter(|r| r.message.contains(instance) && r.message.contains("left aside")).count()
    };
    assert_eq!((of(&early), of(&late)), (1, 1), "{all:?}");
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_form_that_names_no_document_of_ours_is_told_in_a_run_of_the_flow() {
    let mut app = app(plain).await;
    for (fields, why) in [(vec![("来源单号", "4711")], "never sent"), (vec![], "is empty")] {
        let mut form = tenon_sandbox::NewInstance::new("PROC-SO").field("客户", "x");
        for (name, value) in fields {
            form = form.field(name, value);
        }
        let instance = app.sandbox.dingtalk().create_instance(app.clock.now_ms(), form).unwrap();
        decided(&mut app, &instance, true).await;
        let told = runs(&app, "sales-order").await.remove(0);
        assert_eq!((told.document, told.instance.as_deref()), (None, Some(instance.as_str())));
        assert!(told.message.contains(why), "{}", told.message);
    }
}

#[tokio::test]
async fn a_lost_create_is_recognised_by_what_reads_back() {
    fn contacts(c: &mut Value) {
        let form = c["flows"][0]["form"].as_object_mut().unwrap();
        form.remove("key");
        form["fields"].as_array_mut().unwrap().push(json!({ "from": "U_Buyer", "to": "采购员", "format": "contact" }));
        let columns = form["lines"]["fields"].as_array_mut().unwrap();
        columns.push(json!({ "from": "U_User", "to": "领用人", "format": "contact" }));
    }
    let kinds = |o: &mut tenon_sandbox::SandboxOptions| {
        for control in ["采购员", "领用人"] {
            o.dingtalk.control_kinds.insert(control.to_owned(), "InnerContactField".to_owned());
        }
    };
    let mut app =
        TestApp::new(TestAppOptions { config: Some(contacts), sandbox: Some(kinds), ..TestAppOptions::default() })
            .await;
    let lost =
        Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::DingTalk).on("POST", "/v1.0/workflow/processInstances");
    app.sandbox.inject(lost);
    let draft = purchase_request()
        .field("U_Buyer", "manager01")
        .line(json!({ "ItemCode": "9", "Quantity": 1, "U_User": "manager01" }));
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), draft).unwrap();
    app.minutes_until(5, "the mark", |s| s.draft(draft)["U_ISSYN"] == "Y").await;
    let instances = app.sandbox.dingtalk().instances();
    assert_eq!(instances.len(), 1);
    let values = instances[0]["formComponentValues"].as_array().unwrap();
    assert_ne!(values.iter().find(|v| v["name"] == "采购员").unwrap()["value"], r#"["manager01"]"#);
}
