//! One factory, two companies: an order of the one is never posted to the other.

use super::test_app::{URL, config, fed, fill, runs_of};
use serde_json::{Value, json};
use tenon_sandbox::{NewFeeding, Sandbox, SandboxOptions};
use tenon_tests::{TestApp, TestAppOptions};

fn two(c: &mut Value) {
    config(c);
    let b1 = SandboxOptions::default().b1;
    c["connections"].as_array_mut().unwrap().push(json!({ "kind": "b1", "id": "b1-b", "base_url": "http://b1-b",
        "company_db": b1.company_db, "username": b1.username, "password": b1.password }));
    c["flows"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "id": "issues-b", "kind": "production-issues", "erp": "b1-b", "mes": "mes-main" }));
}

fn prefixed(c: &mut Value) {
    two(c);
    let mes = c["connections"].as_array_mut().unwrap().iter_mut().find(|c| c["id"] == "mes-main").unwrap();
    mes["code_prefixes"] = json!({ "b1-b": "B-" });
}

async fn companies(config: fn(&mut Value)) -> (TestApp, Sandbox) {
    let sandbox: fn(&mut SandboxOptions) = |options| options.blacklake.callback_url = Some(URL.to_owned());
    let options = TestAppOptions {
        second_company: true,
        config: Some(config),
        sandbox: Some(sandbox),
        ..TestAppOptions::default()
    };
    let app = TestApp::new(options).await;
    let other = app.second.clone().unwrap();
    for company in [&app.sandbox, &other] {
        fill(company, app.clock.now_ms());
    }
    for code in ["478", "B-478"] {
        app.sandbox.blacklake().make_order(app.clock.now_ms(), code, "FG-1001");
    }
    (app, other)
}

fn of(order: &str) -> NewFeeding {
    NewFeeding { batch: "RM2001-B7".into(), ..NewFeeding::of(order, "RM-2001", "2") }
}

// R-M59
#[tokio::test]
async fn the_prefix_says_whose_order_it_is() {
    let (mut app, other) = companies(prefixed).await;
    fed(&app, of("478"));
    fed(&app, of("B-478"));
    fed(&app, of("B-478"));
    app.minute().await;
    app.minute().await;
    assert_eq!((app.sandbox.b1().postings().len(), other.b1().postings().len()), (1, 2));
    assert_eq!((runs_of(&app, "issues").await.len(), runs_of(&app, "issues-b").await.len()), (1, 2));
}

// R-M59
#[tokio::test]
async fn an_order_that_may_be_either_companys_is_neithers() {
    let (mut app, other) = companies(two).await;
    fed(&app, of("478"));
    for _ in 0..3 {
        app.minute().await;
    }
    assert!(app.sandbox.b1().postings().is_empty() && other.b1().postings().is_empty());
    let runs = runs_of(&app, "issues").await;
    assert_eq!(runs[0].code.as_deref(), Some("flow.issue-order"), "{runs:?}");
    assert!(runs[0].message.contains("code_prefixes"), "{}", runs[0].message);
}
