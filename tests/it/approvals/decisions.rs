//! A decision holds for the document that people were shown, and for its request, and for nothing else.

use super::main_job::purchase_request;
use serde_json::{Value, json};
use tenon_flows::operator;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, NewDraft, Vendor};
use tenon_tests::{Site, SiteOptions};

/// A site whose purchase requests show their total.
async fn site(config: fn(&mut Value)) -> Site {
    fn with_total(c: &mut Value) {
        let fields = c["flows"][0]["form"]["fields"].as_array_mut().unwrap();
        fields.push(json!({ "from": "DocTotal", "to": "金额", "format": "money" }));
    }
    let site = Site::new(SiteOptions { config: Some(with_total), ..SiteOptions::default() }).await;
    let mut value = tenon_tests::standard_config();
    with_total(&mut value);
    config(&mut value);
    site.apply(value).await;
    site
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
async fn submitted(site: &mut Site, draft: NewDraft) -> (i64, String, i64) {
    let (draft, request) = site.sandbox.b1().create_draft(site.clock.now_ms(), draft).unwrap();
    site.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    site.minute().await;
    (draft, site.open_instance(draft).unwrap(), request.unwrap())
}

/// Somebody refuses the request in B1, changes the draft, and hands it in again.
fn changed_and_handed_in_again(site: &Site, draft: i64, request: i64, status: &str) -> i64 {
    let now = site.clock.now_ms();
    site.sandbox.b1().end_request(request, status).unwrap();
    site.sandbox.b1().change_document(now, "Drafts", draft, json!({ "DocTotal": 1_000_000.0 })).unwrap();
    site.sandbox.b1().hand_in_again(now, "Drafts", draft).unwrap()
}

async fn decided(site: &mut Site, instance: &str, agree: bool) {
    let now = site.clock.now_ms();
    match agree {
        true => site.sandbox.dingtalk().approve(now, instance, "", "同意").unwrap(),
        false => site.sandbox.dingtalk().refuse(now, instance, "", "不同意").unwrap(),
    }
    for _ in 0..3 {
        site.minute().await;
    }
}

fn status(site: &Site, request: i64) -> String {
    let requests = site.sandbox.b1().rows("ApprovalRequests");
    requests.iter().find(|r| r["Code"] == request).unwrap()["Status"].as_str().unwrap().to_owned()
}

async fn run_of(site: &Site, flow: &str, key: i64) -> Run {
    let runs = tenon_platform::runs::newest(&site.ctx, &TenantId::operator(), &FlowId::new(flow), 50).await.unwrap();
    runs.into_iter().find(|r| r.document == Some(DocumentKey::Number(key))).unwrap()
}

async fn steps_of(site: &Site, run: &Run) -> Vec<tenon_model::run::Step> {
    tenon_platform::runs::steps(&site.ctx, &TenantId::operator(), &run.id).await.unwrap()
}

#[tokio::test]
async fn a_payment_draft_with_the_same_number_is_another_document() {
    let mut site = site(plain).await;
    let now = site.clock.now_ms();
    let payment = NewDraft::new("46").field("CardCode", "V1").field("TransferSum", 5_000.0);
    let (paid, before) = site.sandbox.b1().create_draft(now, payment.clone()).unwrap();
    let (draft, instance, request) = submitted(&mut site, for_100()).await;
    site.sandbox.b1().end_request(before.unwrap(), "arsCancelled").unwrap();
    let waiting = site.sandbox.b1().hand_in_again(site.clock.now_ms(), "PaymentDrafts", paid).unwrap();
    assert_eq!(paid, draft, "the numbers were to be the same");
    decided(&mut site, &instance, true).await;
    assert_eq!((status(&site, request), status(&site, waiting)), ("arsApproved".into(), "arsPending".into()));
}

#[tokio::test]
async fn a_draft_is_not_submitted_because_a_payment_of_its_number_waits() {
    let mut site = site(|c| c["flows"][0]["source"]["approval"] = json!("required")).await;
    let now = site.clock.now_ms();
    let (paid, _) = site.sandbox.b1().create_draft(now, NewDraft::new("46")).unwrap();
    let (draft, _) = site.sandbox.b1().create_draft(now, for_100().stages(&[])).unwrap();
    assert_eq!(paid, draft, "the numbers were to be the same");
    for _ in 0..3 {
        site.minute().await;
    }
    assert!(site.instances_of(draft).is_empty());
}

#[tokio::test]
async fn a_payment_draft_goes_to_the_oa_as_any_other() {
    fn payments(c: &mut Value) {
        c["flows"][0]["source"] = json!({ "object": "PaymentDrafts", "filter": "U_ISSYN eq 'N'" });
        c["flows"][0]["form"]["fields"] = json!([{ "from": "TransferSum", "to": "金额", "format": "money" }]);
        c["flows"][0]["form"].as_object_mut().unwrap().remove("lines");
    }
    let mut site = site(payments).await;
    let now = site.clock.now_ms();
    let (_, other) = site.sandbox.b1().create_draft(now, for_100()).unwrap();
    let payment = NewDraft::new("46").field("TransferSum", 5_000.0).field("U_UserID", "zhangsan");
    let (paid, instance, request) = submitted(&mut site, payment).await;
    assert_eq!(paid, 1);
    decided(&mut site, &instance, true).await;
    assert_eq!((status(&site, request), status(&site, other.unwrap())), ("arsApproved".into(), "arsPending".into()));
}

#[tokio::test]
async fn a_draft_that_was_changed_and_handed_in_again_is_not_approved_by_the_old_form() {
    for (ended, agree) in [("arsNotApproved", true), ("arsCancelled", true), ("arsCancelled", false)] {
        let mut site = site(plain).await;
        let (draft, instance, old) = submitted(&mut site, for_100()).await;
        let new = changed_and_handed_in_again(&site, draft, old, ended);
        decided(&mut site, &instance, agree).await;
        assert_eq!(status(&site, new), "arsPending", "{ended}: the new content was decided on");
        assert_eq!(site.decisions(draft), Vec::<String>::new());
        let run = run_of(&site, "purchase-request", draft).await;
        assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("flow.changed")));
        for told in ["DocTotal: 100 → 1000000", "approval request: ", "--accept-change", run.id.as_str()] {
            assert!(run.message.contains(told), "{told} not in {}", run.message);
        }
        assert_eq!(site.dead_letters().await, Vec::<String>::new());

        // Looked at again, it is the same.
        operator::retry(&site.ctx, &TenantId::operator(), &run.id).await.unwrap();
        site.minute().await;
        let run = run_of(&site, "purchase-request", draft).await;
        assert_eq!((run.status, status(&site, new)), (RunStatus::Failed, "arsPending".into()));

        operator::accept_change(&site.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
        site.minute().await;
        let wanted = if agree { "arsApproved" } else { "arsNotApproved" };
        assert_eq!(status(&site, new), wanted);
        let run = run_of(&site, "purchase-request", draft).await;
        assert_eq!(run.status, RunStatus::Succeeded);
        assert!(run.message.contains("wang.lei accepted the change"), "{}", run.message);
        let steps = steps_of(&site, &run).await;
        let accepted = steps.iter().find(|s| s.name == "change accepted by operator").unwrap();
        assert_eq!(accepted.output["by"], "wang.lei");
        assert_eq!(site.draft(draft)["U_Approver"], "manager01");
    }
}

#[tokio::test]
async fn an_operator_accepts_the_change_he_saw_and_no_later_one() {
    let mut site = site(plain).await;
    let (draft, instance, old) = submitted(&mut site, for_100()).await;
    let new = changed_and_handed_in_again(&site, draft, old, "arsCancelled");
    decided(&mut site, &instance, true).await;
    let run = run_of(&site, "purchase-request", draft).await;
    site.sandbox
        .b1()
        .change_document(site.clock.now_ms(), "Drafts", draft, json!({ "DocTotal": 2_000_000.0 }))
        .unwrap();
    operator::accept_change(&site.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
    site.minute().await;
    assert_eq!(status(&site, new), "arsPending");
    let run = run_of(&site, "purchase-request", draft).await;
    assert_eq!(run.status, RunStatus::Failed);
    assert!(run.message.contains("DocTotal: 100 → 2000000"), "{}", run.message);
    operator::accept_change(&site.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
    site.minute().await;
    assert_eq!(status(&site, new), "arsApproved");
    let refused = operator::accept_change(&site.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap_err();
    assert_eq!(refused.code, "run.succeeded");
}

#[tokio::test]
async fn there_is_nothing_to_accept_where_nothing_is_on_hold() {
    let mut site = site(plain).await;
    let (draft, instance, _) = submitted(&mut site, for_100()).await;
    let run = run_of(&site, "purchase-request", draft).await;
    let error = operator::accept_change(&site.ctx, &TenantId::operator(), &run.id, "x").await.unwrap_err();
    assert_eq!(error.code, "run.not-on-hold");
    decided(&mut site, &instance, true).await;
    assert_eq!(site.decisions(draft), ["ardApproved"]);
}

#[tokio::test]
async fn a_change_that_was_taken_back_lets_the_decision_through() {
    let mut site = site(plain).await;
    let (draft, instance, request) = submitted(&mut site, for_100()).await;
    let change = |site: &Site, total: f64| {
        let fields = json!({ "DocTotal": total, "Comments": "not shown", "Printed": "psYes" });
        site.sandbox.b1().change_document(site.clock.now_ms(), "Drafts", draft, fields).unwrap();
    };
    change(&site, 101.0);
    decided(&mut site, &instance, true).await;
    assert_eq!(status(&site, request), "arsPending");
    change(&site, 100.0);
    let run = run_of(&site, "purchase-request", draft).await;
    operator::retry(&site.ctx, &TenantId::operator(), &run.id).await.unwrap();
    site.minute().await;
    assert_eq!(status(&site, request), "arsApproved");
}

#[tokio::test]
async fn a_changed_document_is_sent_again_when_the_flow_says_so() {
    let mut site = site(resend).await;
    let (draft, instance, old) = submitted(&mut site, for_100()).await;
    let new = changed_and_handed_in_again(&site, draft, old, "arsNotApproved");
    decided(&mut site, &instance, true).await;
    assert_eq!(status(&site, new), "arsPending");
    site.minutes_until(3, "second submission", |s| s.open_instance(draft).is_some()).await;
    site.minute().await;
    let again = site.open_instance(draft).unwrap();
    let shown = site.instances_of(draft).pop().unwrap();
    let total = shown["formComponentValues"].as_array().unwrap().iter().find(|v| v["name"] == "金额").unwrap();
    assert_eq!(total["value"], "1000000.00");
    decided(&mut site, &again, true).await;
    assert_eq!(status(&site, new), "arsApproved");
    assert_eq!(site.instances_of(draft).len(), 2);
}

#[tokio::test]
async fn a_changed_document_is_written_when_the_flow_says_so_and_the_run_tells_it() {
    let mut site = site(write).await;
    let (draft, instance, old) = submitted(&mut site, for_100()).await;
    let new = changed_and_handed_in_again(&site, draft, old, "arsNotApproved");
    decided(&mut site, &instance, true).await;
    assert_eq!(status(&site, new), "arsApproved");
    let run = run_of(&site, "purchase-request", draft).await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert!(run.message.contains("DocTotal: 100 → 1000000"), "{}", run.message);
}

#[tokio::test]
async fn watch_says_which_changes_count() {
    let mut site = site(|c| c["flows"][0]["watch"] = json!(["DocumentLines.Quantity"])).await;
    let (draft, instance, request) = submitted(&mut site, for_100()).await;
    site.sandbox.b1().change_document(site.clock.now_ms(), "Drafts", draft, json!({ "DocTotal": 9.0 })).unwrap();
    decided(&mut site, &instance, true).await;
    assert_eq!(status(&site, request), "arsApproved");

    let (draft, instance, request) = submitted(&mut site, for_100()).await;
    let lines = json!({ "DocumentLines": [{ "ItemCode": "11028", "Quantity": 5_500.0 }, { "ItemCode": "14003", "Quantity": 11.5 }] });
    site.sandbox.b1().change_document(site.clock.now_ms(), "Drafts", draft, lines).unwrap();
    decided(&mut site, &instance, true).await;
    assert_eq!(status(&site, request), "arsPending");
    let run = run_of(&site, "purchase-request", draft).await;
    assert!(run.message.contains("DocumentLines[0].Quantity: 55 → 5500"), "{}", run.message);
}

#[tokio::test]
async fn a_held_draft_whose_mark_is_cleared_goes_to_the_oa_as_it_is_now() {
    let mut site = site(plain).await;
    let (draft, instance, old) = submitted(&mut site, for_100()).await;
    let new = changed_and_handed_in_again(&site, draft, old, "arsNotApproved");
    decided(&mut site, &instance, true).await;
    site.sandbox.b1().change_document(site.clock.now_ms(), "Drafts", draft, json!({ "U_ISSYN": "N" })).unwrap();
    site.minutes_until(3, "second submission", |s| s.open_instance(draft).is_some()).await;
    site.minute().await;
    let again = site.open_instance(draft).unwrap();
    decided(&mut site, &again, true).await;
    assert_eq!(status(&site, new), "arsApproved");
}

fn order(site: &Site, key: i64) -> Value {
    let snapshot = site.sandbox.snapshot();
    snapshot.b1.documents["Orders"].iter().find(|o| o["DocEntry"] == key).unwrap().clone()
}

async fn submitted_order(site: &mut Site) -> (i64, String) {
    let fields = json!({ "CardCode": "C20000", "CardName": "上海客户", "U_ISSYN": "N", "U_UserID": "zhangsan" });
    let order = site.sandbox.b1().create_document(site.clock.now_ms(), "Orders", fields).unwrap();
    let key = order["DocEntry"].as_i64().unwrap();
    site.minutes_until(3, "submission", |s| s.open_instance(key).is_some()).await;
    site.minute().await;
    (key, site.open_instance(key).unwrap())
}

#[tokio::test]
async fn a_changed_formal_document_does_not_receive_what_was_given_to_its_former_content() {
    let mut site = site(plain).await;
    let (key, instance) = submitted_order(&mut site).await;
    site.sandbox.b1().change_document(site.clock.now_ms(), "Orders", key, json!({ "CardName": "北京客户" })).unwrap();
    decided(&mut site, &instance, true).await;
    assert_eq!(order(&site, key)["U_SUCCESS"], Value::Null);
    let run = run_of(&site, "sales-order", key).await;
    assert!(run.message.contains("CardName: 上海客户 → 北京客户"), "{}", run.message);
    operator::accept_change(&site.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
    site.minute().await;
    assert_eq!(order(&site, key)["U_SUCCESS"], "Y");
}

#[tokio::test]
async fn a_changed_formal_document_is_sent_again_or_written_as_the_flow_says() {
    let mut site = site(resend).await;
    let (key, instance) = submitted_order(&mut site).await;
    site.sandbox.b1().change_document(site.clock.now_ms(), "Orders", key, json!({ "CardName": "北京客户" })).unwrap();
    decided(&mut site, &instance, true).await;
    assert_eq!(order(&site, key)["U_SUCCESS"], Value::Null);
    site.minutes_until(3, "second submission", |s| s.open_instance(key).is_some()).await;
    site.minute().await;
    let again = site.open_instance(key).unwrap();
    decided(&mut site, &again, false).await;
    assert_eq!(order(&site, key)["U_SUCCESS"], "N");

    let mut site = self::site(write).await;
    let (key, instance) = submitted_order(&mut site).await;
    site.sandbox.b1().change_document(site.clock.now_ms(), "Orders", key, json!({ "CardName": "北京客户" })).unwrap();
    decided(&mut site, &instance, true).await;
    assert_eq!(order(&site, key)["U_SUCCESS"], "Y");
    let run = run_of(&site, "sales-order", key).await;
    assert!(run.message.contains("CardName: 上海客户 → 北京客户"), "{}", run.message);
}

#[tokio::test]
async fn a_formal_document_is_changed_only_while_it_is_the_one_that_was_read() {
    let mut site = site(plain).await;
    let (key, instance) = submitted_order(&mut site).await;
    let stale =
        r#"{"error":{"code":-2039,"message":{"lang":"en-us","value":"Another user modified data (ODBC -2039)"}}}"#;
    site.sandbox.inject(Fault::new(FaultKind::Status(412, stale.to_owned())).vendor(Vendor::B1).on("PATCH", "Orders"));
    decided(&mut site, &instance, true).await;
    assert_eq!(order(&site, key)["U_SUCCESS"], "Y");
    assert_eq!(site.dead_letters().await, Vec::<String>::new());
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
        let mut site = site(sql).await;
        let (draft, instance, request) = submitted(&mut site, for_100()).await;
        site.sandbox.b1().change_document(site.clock.now_ms(), "Drafts", draft, change).unwrap();
        decided(&mut site, &instance, true).await;
        assert_eq!(status(&site, request), "arsPending");
        let run = run_of(&site, "purchase-request", draft).await;
        assert!(run.message.contains(told), "{told} not in {}", run.message);
    }
    let mut site = site(sql).await;
    let (_, instance, request) = submitted(&mut site, for_100()).await;
    decided(&mut site, &instance, true).await;
    assert_eq!(status(&site, request), "arsApproved");
}

#[tokio::test]
async fn a_row_of_its_own_query_is_compared_whole() {
    fn with_row(c: &mut Value) {
        sql(c);
        c["flows"][0]["source"]["sql"]["row"] =
            json!("select T0.U_UserID, T0.ReqName, T0.DocTotal from ODRF T0 where T0.DocEntry = :key");
    }
    let mut site = site(with_row).await;
    let (draft, instance, request) = submitted(&mut site, for_100()).await;
    site.sandbox
        .b1()
        .change_document(site.clock.now_ms(), "Drafts", draft, json!({ "RequesterName": "李四" }))
        .unwrap();
    decided(&mut site, &instance, true).await;
    assert_eq!(status(&site, request), "arsPending");
    let run = run_of(&site, "purchase-request", draft).await;
    assert!(run.message.contains("ReqName: 销售经理：张涛 → 李四"), "{}", run.message);
}

async fn runs(site: &Site, flow: &str) -> Vec<Run> {
    tenon_platform::runs::newest(&site.ctx, &TenantId::operator(), &FlowId::new(flow), 50).await.unwrap()
}

/// An order whose instance was withdrawn, and the instance it was handed in again as.
async fn handed_in_again(site: &mut Site, action: Option<&str>) -> (i64, String) {
    let (key, instance) = submitted_order(site).await;
    site.sandbox.dingtalk().terminate(site.clock.now_ms(), &instance).unwrap();
    site.minute().await;
    let again = site.sandbox.dingtalk().resubmit(site.clock.now_ms(), &instance, action).unwrap();
    (key, again)
}

#[tokio::test]
async fn a_form_handed_in_again_in_the_oa_takes_the_place_of_the_withdrawn_one() {
    for action in [None, Some("REVOKE")] {
        let mut site = site(plain).await;
        let (key, again) = handed_in_again(&mut site, action).await;
        decided(&mut site, &again, true).await;
        assert_eq!(order(&site, key)["U_SUCCESS"], "Y", "{action:?}");
        assert_eq!(order(&site, key)["U_instanceID"], again.as_str());
        let run = runs(&site, "sales-order").await.remove(0);
        assert_eq!((run.status, run.instance.as_deref()), (RunStatus::Succeeded, Some(again.as_str())));
    }
}

#[tokio::test]
async fn a_form_handed_in_again_says_what_the_document_says_or_waits_for_an_operator() {
    let mut site = site(plain).await;
    let (key, again) = handed_in_again(&mut site, None).await;
    site.sandbox.b1().change_document(site.clock.now_ms(), "Orders", key, json!({ "CardName": "北京客户" })).unwrap();
    decided(&mut site, &again, true).await;
    assert_eq!(order(&site, key)["U_SUCCESS"], Value::Null);
    let run = run_of(&site, "sales-order", key).await;
    assert_eq!(run.code.as_deref(), Some("flow.changed"));
    assert!(run.message.contains("客户: the form says 上海客户, the document 北京客户"), "{}", run.message);
    operator::accept_change(&site.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
    site.minute().await;
    assert_eq!(order(&site, key)["U_SUCCESS"], "Y");
}

#[tokio::test]
async fn the_end_of_the_former_instance_may_be_heard_of_after_its_successors() {
    let mut site = site(plain).await;
    let (key, instance) = submitted_order(&mut site).await;
    let url = site.sandbox.dingtalk().callback_url();
    site.sandbox.dingtalk().set_callback_url(None);
    site.sandbox.dingtalk().terminate(site.clock.now_ms(), &instance).unwrap();
    site.sandbox.dingtalk().set_callback_url(url);
    let again = site.sandbox.dingtalk().resubmit(site.clock.now_ms(), &instance, None).unwrap();
    decided(&mut site, &again, true).await;
    assert_eq!(order(&site, key)["U_SUCCESS"], "Y");
}

#[tokio::test]
async fn a_form_that_names_a_document_with_a_decision_or_with_an_open_instance_is_told_in_a_run() {
    let mut site = site(plain).await;
    let (key, instance) = submitted_order(&mut site).await;
    let early = site.sandbox.dingtalk().resubmit(site.clock.now_ms(), &instance, None).unwrap();
    decided(&mut site, &early, true).await;
    assert_eq!(order(&site, key)["U_SUCCESS"], Value::Null);
    let told = runs(&site, "sales-order").await.remove(0);
    assert_eq!((told.document.clone(), told.status), (Some(DocumentKey::Number(key)), RunStatus::Ended));
    assert!(told.message.contains(&early) && told.message.contains("waits for instance"), "{}", told.message);

    decided(&mut site, &instance, false).await;
    assert_eq!(order(&site, key)["U_SUCCESS"], "N");
    let late = site.sandbox.dingtalk().resubmit(site.clock.now_ms(), &instance, None).unwrap();
    decided(&mut site, &late, true).await;
    site.sandbox.dingtalk().replay_last_callback(site.clock.now_ms()).unwrap();
    site.minute().await;
    assert_eq!(order(&site, key)["U_SUCCESS"], "N");
    let all = runs(&site, "sales-order").await;
    let of = |instance: &str| {
        all.iter().filter(|r| r.message.contains(instance) && r.message.contains("left aside")).count()
    };
    assert_eq!((of(&early), of(&late)), (1, 1), "{all:?}");
    assert_eq!(site.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_form_that_names_no_document_of_ours_is_told_in_a_run_of_the_flow() {
    let mut site = site(plain).await;
    for (fields, why) in [(vec![("来源单号", "4711")], "never sent"), (vec![], "is empty")] {
        let mut form = tenon_sandbox::NewInstance::new("PROC-SO").field("客户", "x");
        for (name, value) in fields {
            form = form.field(name, value);
        }
        let instance = site.sandbox.dingtalk().create_instance(site.clock.now_ms(), form).unwrap();
        decided(&mut site, &instance, true).await;
        let told = runs(&site, "sales-order").await.remove(0);
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
    let mut site =
        Site::new(SiteOptions { config: Some(contacts), sandbox: Some(kinds), ..SiteOptions::default() }).await;
    let lost =
        Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::DingTalk).on("POST", "/v1.0/workflow/processInstances");
    site.sandbox.inject(lost);
    let draft = purchase_request()
        .field("U_Buyer", "manager01")
        .line(json!({ "ItemCode": "9", "Quantity": 1, "U_User": "manager01" }));
    let (draft, _) = site.sandbox.b1().create_draft(site.clock.now_ms(), draft).unwrap();
    site.minutes_until(5, "the mark", |s| s.draft(draft)["U_ISSYN"] == "Y").await;
    let instances = site.sandbox.dingtalk().instances();
    assert_eq!(instances.len(), 1);
    let values = instances[0]["formComponentValues"].as_array().unwrap();
    assert_ne!(values.iter().find(|v| v["name"] == "采购员").unwrap()["value"], r#"["manager01"]"#);
}
