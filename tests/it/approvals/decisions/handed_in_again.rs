//! Forms that people handed in again, or made, in the OA.

use super::{app, decided, order, plain, run_of, submitted_order};
use crate::approvals::main_job::purchase_request;
use serde_json::{Value, json};
use tenon_flows::operator;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

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
    let ended = runs(&app, "sales-order").await.remove(0);
    assert_eq!((ended.document.clone(), ended.status), (Some(DocumentKey::Number(key)), RunStatus::Ended));
    assert!(ended.message.contains(&early) && ended.message.contains("waits for instance"), "{}", ended.message);

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
        let ended = runs(&app, "sales-order").await.remove(0);
        assert_eq!((ended.document, ended.instance.as_deref()), (None, Some(instance.as_str())));
        assert!(ended.message.contains(why), "{}", ended.message);
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
