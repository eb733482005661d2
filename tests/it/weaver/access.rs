//! Who may push, and which flow is meant.

use super::test_app::{CODE, URL, app, push, push_as, submitted};
use serde_json::json;

// R-W41, R-W42 (the app code is all a caller needs), E2/6
#[tokio::test]
async fn whatever_is_wrong_with_a_caller_has_one_answer() {
    let app = app().await;
    let body = r#"{"requestid":"1","status":"1"}"#;
    let none = app.post_with(URL, &[], body).await;
    assert_eq!(none.0, 401);
    for code in ["", "wrong", "the-code-of-barcode", "the-code-from-elsewhere"] {
        assert_eq!(push_as(&app, code, body).await, none, "{code}");
    }
    let headers = [("x-apig-appcode", CODE.to_owned())];
    let elsewhere = URL.replace("weaver-main", "b1-main");
    assert_eq!(app.post_with(&elsewhere, &headers, body).await, none);
    assert_eq!(push_as(&app, "wrong", "no json").await, none, "before anything is read");
    assert!(app.sandbox.snapshot().requests.is_empty());
    assert_eq!(push_as(&app, CODE, "no json").await.0, 400);
}

// R-W31
#[tokio::test]
async fn one_address_serves_every_flow_and_a_flow_may_be_meant() {
    let mut app = app().await;
    let (draft, request) = submitted(&mut app).await;
    let body = json!({ "requestid": request, "status": "1" });
    let headers = [("x-apig-appcode", CODE.to_owned())];
    let (_, answer) = app.post_with(&format!("{URL}?flow=transfer"), &headers, &body.to_string()).await;
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((&answer["success"], app.decisions(draft).len()), (&json!("N"), 0));
    let (_, answer) = app.post_with(&format!("{URL}?flow=pr"), &headers, &body.to_string()).await;
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((&answer["success"], app.decisions(draft).len()), (&json!("Y"), 1));
    assert_eq!(push(&app, &body).await["success"], "Y");
}
