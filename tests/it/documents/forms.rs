//! Forms that begin in DingTalk or WeCom and become documents of B1 when they are approved.

use super::test_app::{app, newest_run, rows};
use serde_json::{Value, json};
use tenon_connectors::oa::Oa;
use tenon_model::oa::{Field, FieldValue, FormDraft};
use tenon_model::run::RunStatus;
use tenon_model::{ConnectionId, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, NewInstance, Vendor, WecomControl, WecomTemplate};
use tenon_tests::TestApp;

const FLOW: &str = "ding-orders";

/// A form of DingTalk with these items and quantities.
pub fn form(customer: &str, lines: &[(&str, &str)]) -> NewInstance {
    let cell = |name: &str, value: &str| json!({ "name": name, "value": value });
    let table: Vec<Value> =
        lines.iter().map(|(item, quantity)| json!([cell("物料", item), cell("数量", quantity)])).collect();
    NewInstance::new("PROC-ORDER").field("客户", customer).field("明细", &Value::Array(table).to_string())
}

async fn approve(app: &mut TestApp, form: NewInstance) -> String {
    let instance = app.sandbox.dingtalk().create_instance(app.clock.now_ms(), form).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.minute().await;
    instance
}

#[tokio::test]
async fn an_approved_form_becomes_one_order_however_often_it_is_told() {
    let mut app = app().await;
    let instance = approve(&mut app, form("C100", &[("A-001", "5.5"), ("A-003", "0.000001")])).await;
    let made = rows(&app, "Orders");
    assert_eq!(made.len(), 1);
    assert_eq!((&made[0]["CardCode"], &made[0]["U_instanceID"]), (&json!("C100"), &json!(instance)));
    let lines = &made[0]["DocumentLines"];
    assert_eq!((lines[0]["Quantity"].as_f64(), lines[1]["Quantity"].as_f64()), (Some(5.5), Some(0.000_001)));
    let run = newest_run(&app, FLOW).await;
    assert_eq!((run.status, run.instance.as_deref()), (RunStatus::Succeeded, Some(instance.as_str())));
    app.sandbox.dingtalk().replay_last_callback(app.clock.now_ms()).unwrap();
    app.minute().await;
    assert_eq!(rows(&app, "Orders").len(), 1);
}

// Forms are texts; every digit of them is in what B1 gets.
#[tokio::test]
async fn numbers_of_a_form_go_to_b1_digit_for_digit() {
    let mut app = app().await;
    approve(&mut app, form("C100", &[("A-001", "1234567890123.4500000001"), ("A-003", "0.10")])).await;
    let sent = app.crash_injector.sent("POST", "/Orders");
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(
        sent[0].contains(r#""Quantity":1234567890123.4500000001"#) && sent[0].contains(r#""Quantity":0.1"#),
        "{}",
        sent[0]
    );
}

#[tokio::test]
async fn a_refused_form_becomes_nothing() {
    let mut app = app().await;
    let now = app.clock.now_ms();
    let instance = app.sandbox.dingtalk().create_instance(now, form("C100", &[("A-001", "1")])).unwrap();
    app.sandbox.dingtalk().refuse(now, &instance, "", "不同意").unwrap();
    for _ in 0..5 {
        app.minute().await;
    }
    assert!(rows(&app, "Orders").is_empty());
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_form_whose_callback_never_came_and_one_whose_create_was_not_answered_become_one_order_each() {
    let mut app = app().await;
    app.minute().await;
    app.sandbox.dingtalk().set_callback_url(None);
    approve(&mut app, form("C100", &[("A-001", "1")])).await;
    assert!(rows(&app, "Orders").is_empty());
    app.minutes_until(22, "the order", |app| rows(app, "Orders").len() == 1).await;
    for (kind, count) in [(FaultKind::DropAfterCommit, 2), (FaultKind::DropBeforeCommit, 3)] {
        app.sandbox.dingtalk().set_callback_url(Some("http://tenon/callbacks/dingtalk/ding-main".to_owned()));
        app.sandbox.inject(Fault::new(kind).vendor(Vendor::B1).on("POST", "Orders"));
        approve(&mut app, form("C100", &[("A-003", "2")])).await;
        app.minutes_until(10, "the order", |app| rows(app, "Orders").len() == count).await;
        for _ in 0..5 {
            app.minute().await;
        }
        assert_eq!(rows(&app, "Orders").len(), count);
    }
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_form_that_b1_refuses_is_told_and_retried_by_an_operator() {
    let mut app = app().await;
    let instance = approve(&mut app, form("C100", &[("NEW", "1")])).await;
    let run = newest_run(&app, FLOW).await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("b1.refused")));
    assert!(app.dead_letters().await[0].contains(&instance));
    app.sandbox.b1().create_document(app.clock.now_ms(), "Items", json!({ "ItemCode": "NEW" })).unwrap();
    tenon_flows::operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    app.minute().await;
    assert_eq!((rows(&app, "Orders").len(), newest_run(&app, FLOW).await.status), (1, RunStatus::Succeeded));
}

fn revocation(of: &str) -> NewInstance {
    NewInstance {
        biz_action: Some("REVOKE".to_owned()),
        main_instance: Some(of.to_owned()),
        ..form("C100", &[("A-001", "1")])
    }
}

#[tokio::test]
async fn a_revoked_form_makes_no_document_and_one_that_was_made_is_named() {
    let mut app = app().await;
    let first = approve(&mut app, form("C100", &[("A-001", "1")])).await;
    approve(&mut app, revocation(&first)).await;
    let run = newest_run(&app, FLOW).await;
    assert_eq!((rows(&app, "Orders").len(), run.status), (1, RunStatus::Ended));
    assert!(run.message.contains(&first) && run.message.contains("by hand"), "{}", run.message);
    let late = app.sandbox.dingtalk().create_instance(app.clock.now_ms(), form("C100", &[("A-001", "1")])).unwrap();
    approve(&mut app, revocation(&late)).await;
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &late, "", "同意").unwrap();
    app.minute().await;
    assert_eq!(rows(&app, "Orders").len(), 1);
    // One that was withdrawn, and handed in again.
    let withdrawn =
        app.sandbox.dingtalk().create_instance(app.clock.now_ms(), form("C100", &[("A-001", "1")])).unwrap();
    app.sandbox.dingtalk().terminate(app.clock.now_ms(), &withdrawn).unwrap();
    approve(&mut app, revocation(&withdrawn)).await;
    assert_eq!(rows(&app, "Orders").len(), 2);
}

#[tokio::test]
async fn a_preview_shows_the_newest_approved_form() {
    let mut app = app().await;
    let (tenant, flow) = (TenantId::operator(), FlowId::new(FLOW));
    let none = tenon_flows::operator::preview(&app.ctx, &tenant, &flow, None).await.unwrap_err();
    assert_eq!(none.code, "flow.document");
    let instance = approve(&mut app, form("C100", &[("A-001", "7")])).await;
    let shown = tenon_flows::operator::preview(&app.ctx, &tenant, &flow, None).await.unwrap();
    let fields = &shown["would_create_in_erp"]["fields"];
    assert_eq!((&shown["request"], &fields["DocumentLines"][0]["Quantity"]), (&json!(instance), &json!(7)));
    assert_eq!(shown["state"], "created");
}

#[tokio::test]
async fn an_approved_form_of_wecom_becomes_an_order() {
    let mut app = app().await;
    let wecom = app.sandbox.wecom();
    wecom.set_callback_url(Some("http://tenon/callbacks/wecom/wecom-main".to_owned()));
    let columns = vec![WecomControl::new("Text", "Text-6", "物料"), WecomControl::new("Number", "Number-7", "数量")];
    let template = WecomTemplate::new("订单")
        .with(WecomControl::new("Text", "Text-1", "客户"))
        .with(WecomControl::table("Table-5", "明细", columns));
    wecom.set_template("TMPL-ORDER", template);
    let tenant = TenantId::operator();
    let loaded = app.ctx.config.load(&tenant).await.unwrap();
    let field = |name: &str, value| Field { name: name.into(), value };
    let row = vec![field("物料", FieldValue::Text("A-001".into())), field("数量", FieldValue::Number("2.5".into()))];
    let draft = FormDraft {
        template: "TMPL-ORDER".into(),
        originator: "zhangtao".into(),
        fields: vec![field("客户", FieldValue::Text("C100".into())), field("明细", FieldValue::Table(vec![row]))],
        summary: vec!["订单".into()],
        ..FormDraft::default()
    };
    let number = {
        let oa = Oa::open(&app.ctx, &tenant, &loaded, &ConnectionId::new("wecom-main")).unwrap();
        oa.create(&draft).await.unwrap().to_string()
    };
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "同意").unwrap();
    app.minute().await;
    let made = rows(&app, "Orders");
    assert_eq!(made.len(), 1);
    assert_eq!((&made[0]["CardCode"], &made[0]["U_SPNO"]), (&json!("C100"), &json!(number)));
    assert_eq!(made[0]["DocumentLines"][0]["Quantity"].as_f64(), Some(2.5));
}
