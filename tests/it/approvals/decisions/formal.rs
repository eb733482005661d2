//! Formal documents: written only while they are what people were shown.

use super::{app, decided, order, plain, resend, run_of, submitted_order, write};
use serde_json::{Value, json};
use tenon_flows::operator;
use tenon_model::TenantId;
use tenon_sandbox::{Fault, FaultKind, Vendor};

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
