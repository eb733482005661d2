//! What an operator sees of people: whether they can be told, who they are, and what ERPs called.

use super::TestApp;
use serde_json::{Value, json};
use tenon::commands::{apply, calls, check, person, run, sandbox_people};
use tenon::environment::Environment;
use tenon::output::ExitKind;
use tenon::serve::{handlers, registry::Handler};
use tenon_crypto::aiflow;
use tenon_testkit::HttpEvent;

fn who(who: &str) -> person::PersonArgs {
    person::PersonArgs { who: who.to_owned(), enterprise: None, tenant: None, department: false }
}

#[tokio::test]
async fn a_check_names_notices_that_are_missing_where_an_erp_pushes_tasks() {
    let test_app = TestApp::open().await;
    let mut config = test_app.config();
    config.aiflow_apps.push(sandbox_people::erp(&test_app.sandbox.url));
    config.notices = None;
    output!(apply::apply, test_app.write(&config), test_app).0.unwrap();
    let look = || check::CheckArgs { connection: None };
    let (_, checked) = output!(check::check, look(), test_app);
    let warning = checked["notices"]["warnings"][0].as_str().unwrap_or_default().to_owned();
    assert!(warning.contains("[notices]") && warning.contains("\"ding-sandbox\""), "{checked}");
    config.notices = test_app.config().notices;
    output!(apply::apply, test_app.write(&config), test_app).0.unwrap();
    let (_, checked) = output!(check::check, look(), test_app);
    assert_eq!(checked.get("notices"), None);
}

#[tokio::test]
async fn a_person_is_found_by_what_others_call_them_with_who_changed_what() {
    let test_app = TestApp::open().await;
    output!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    output!(run::run, run::RunArgs { flow: "people".to_owned() }, test_app).0.unwrap();
    for name in ["zhangsan", "13800000001", "ZhangSan@example.com"] {
        let (done, found) = output!(person::person, who(name), test_app);
        assert_eq!((done, &found["people"][0]["id"]), (Ok(()), &json!("zhangsan")), "{name}: {found}");
        assert_eq!(found["people"][0]["changes"][0]["by"], "flow people");
    }
    let department = person::PersonArgs { department: true, ..who("100") };
    let (done, found) = output!(person::person, department, test_app);
    assert_eq!((done, &found["departments"][0]["accounts"]["ding-sandbox"]), (Ok(()), &json!("100")), "{found}");
    assert_eq!(output!(person::person, who("nobody"), test_app).0, Err(ExitKind::NotFound));
}

#[tokio::test]
async fn the_calls_of_an_erp_are_shown_newest_first_and_those_that_failed_alone() {
    let test_app = TestApp::open().await;
    let mut config = test_app.config();
    let app = sandbox_people::erp(&test_app.sandbox.url);
    config.aiflow_apps.push(app.clone());
    output!(apply::apply, test_app.write(&config), test_app).0.unwrap();
    let ctx = Environment::open(&test_app.place).await.unwrap().ctx;
    let Some(Handler::Http(service)) = handlers::handler("aiflow-directory") else { panic!() };
    for body in [json!({ "departments": [] }), json!({ "departments": 5 })] {
        let (path, text) = ("/aflow/api/sys/sync/department", body.to_string());
        let secret = app.app_secret.expose();
        let signature = aiflow::sign(&app.enterprise_code, &app.app_id, secret, ctx.now_ms(), text.as_bytes());
        let event = HttpEvent::new("POST", path).route(path).header("a-signature", &signature).body(text);
        service.answer(&ctx, event.request()).await;
    }
    let calls_args = |app: Option<&str>, failed| calls::CallsArgs { app: app.map(str::to_owned), failed, limit: 20 };
    let (done, shown) = output!(calls::calls, calls_args(None, false), test_app);
    let statuses: Vec<&Value> = shown["calls"].as_array().unwrap().iter().map(|call| &call["status"]).collect();
    assert_eq!((done, statuses), (Ok(()), vec![&json!(-4002), &json!(0)]), "{shown}");
    let (_, failed) = output!(calls::calls, calls_args(Some("COMPANY001/APP001"), true), test_app);
    assert_eq!(failed["calls"].as_array().unwrap().len(), 1, "{failed}");
    assert!(failed["calls"][0]["message"].as_str().unwrap().contains("departments"), "{failed}");
    assert_eq!(output!(calls::calls, calls_args(Some("NOBODY"), false), test_app).0, Err(ExitKind::NotFound));
}
