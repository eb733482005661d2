//! A document from its preview to its run.

use super::TestApp;
use serde_json::Value;
use tenon::commands::{apply, check, preview, retry, run, runs, show};
use tenon_platform::Clock;
use tenon_sandbox::NewDraft;

#[tokio::test]
async fn a_document_is_previewed_submitted_and_found_in_the_history() {
    let test_app = TestApp::open().await;
    let (done, applied) = output!(apply::apply, test_app.write(&test_app.config()), test_app);
    assert_eq!(done, Ok(()));
    let connections: Vec<_> = test_app.config().connections.iter().map(|c| c.id().clone()).collect();
    assert_eq!(applied["result"]["connections"], serde_json::json!(connections));

    let (done, checked) = output!(check::check, check::CheckArgs { connection: None }, test_app);
    assert_eq!(done, Ok(()), "{checked}");

    let now = Clock::system().now_ms();
    let line = serde_json::json!({ "ItemCode": "A1", "ItemDescription": "螺丝", "Quantity": 10, "Price": 1.5 });
    let draft = NewDraft::new("1470000113").field("U_UserID", "user-zhang").field("RequesterName", "张三").line(line);
    let (key, _) = test_app.sandbox.sandbox.b1().create_draft(now, draft).unwrap();

    let flow = "purchase-request".to_owned();
    let (done, found) =
        output!(preview::preview, preview::PreviewArgs { flow: flow.clone(), document: None, body: None }, test_app);
    assert_eq!((done, &found["document"]["key"]), (Ok(()), &Value::from(key)), "{found}");

    let (done, ran) = output!(run::run, run::RunArgs { flow: flow.clone() }, test_app);
    assert_eq!((done, &ran["queued"], &ran["worked_by"]), (Ok(()), &Value::from(1), &Value::from("this command")));

    let (_, history) = output!(runs::runs, runs::RunsArgs { flow: Some(flow), limit: 20 }, test_app);
    let of_document = history["runs"].as_array().unwrap().iter().find(|r| r["document"] == key).unwrap();
    assert_eq!(of_document["status"], "running");
    let id = of_document["id"].as_str().unwrap().to_owned();

    let (_, shown) = output!(show::show, show::ShowArgs { run: id.clone() }, test_app);
    let names: Vec<&str> = shown["steps"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"create instance"), "{names:?}");

    let (done, again) = output!(retry::retry, retry::RetryArgs { run: id, accept_change: false, by: None }, test_app);
    assert_eq!((done, &again["worked_by"]), (Ok(()), &Value::Null));
    assert!(again["result"].as_str().unwrap().contains("still waits for the decision"), "{again}");
}
