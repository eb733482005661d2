//! Custom documents, which are decided by a field of their own: stories E7.

use super::test_app::{app, numbers, of_key, over_issue_document};
use serde_json::json;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::TestApp;

fn row(app: &TestApp, key: i64) -> serde_json::Value {
    app.sandbox.b1().row("OVERISSUE", "DocEntry", &json!(key)).unwrap()
}

// R-C16, R-C17, R-C24, R-C29
#[tokio::test]
async fn a_custom_document_gets_its_result_and_one_without_a_submitter_holds_up_nobody() {
    let mut app = app().await;
    let agreed = over_issue_document(&app, Some("lisi"));
    let nobody = over_issue_document(&app, None);
    let refused = over_issue_document(&app, Some("wangwu"));
    app.minutes_until(4, "submission", |s| of_key(s, agreed).len() + of_key(s, refused).len() == 2).await;
    app.minute().await;
    assert_eq!(of_key(&app, nobody), Vec::<String>::new());
    assert_eq!(numbers(&app, "Text-2", "补料").len(), 2);
    let (one, other) = (of_key(&app, agreed).remove(0), of_key(&app, refused).remove(0));
    app.sandbox.wecom().approve(app.clock.now_ms(), &one, "", "").unwrap();
    app.sandbox.wecom().refuse(app.clock.now_ms(), &other, "", "不需要").unwrap();
    app.minutes_until(6, "results", |s| row(s, agreed)["U_SUCCESS"] == "Y" && row(s, refused)["U_SUCCESS"] == "N")
        .await;
    assert_eq!(row(&app, agreed)["U_SPNO"], one.as_str());
    assert!(row(&app, nobody)["U_SUCCESS"].is_null());
}

// R-C37: too many calls wait, and a user whom the app does not see is told
#[tokio::test]
async fn limits_are_waited_for_and_refusals_are_told_once() {
    let mut app = app().await;
    let limited = Fault::new(FaultKind::RateLimited).vendor(Vendor::WeCom).on("POST", "/cgi-bin/oa/applyevent");
    app.sandbox.inject(limited);
    let document = over_issue_document(&app, Some("lisi"));
    app.minutes_until(6, "submission", |s| of_key(s, document).len() == 1).await;
    let no_right = FaultKind::Status(200, r#"{"errcode":301055,"errmsg":"no approval auth"}"#.to_owned());
    app.sandbox.inject(Fault::new(no_right).vendor(Vendor::WeCom).on("POST", "/cgi-bin/oa/applyevent").times(20));
    let other = over_issue_document(&app, Some("hidden"));
    for _ in 0..5 {
        app.minute().await;
    }
    assert_eq!(of_key(&app, other), Vec::<String>::new());
    let sent = app.sandbox.snapshot().requests["POST /cgi-bin/oa/applyevent"];
    assert!(sent <= 4, "a refusal is not tried again every minute: {sent}");
}
