//! What somebody who can write into the table, and has not the master key, comes by: nothing.

use super::main_job::purchase_request;
use serde_json::{Value, json};
use tenon_crypto::digest::sha256_hex;
use tenon_model::config::Config;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::Retry;
use tenon_platform::table::{Expect, Key, Write};
use tenon_tests::{TestApp, TestAppOptions};

fn row(sort: &str) -> Key {
    Key::new(&TenantId::operator(), "CONFIG", &[], sort)
}

/// Changes a stored record as somebody would who holds the table alone.
async fn tamper(app: &TestApp, sort: &str, change: impl FnOnce(&mut Value)) {
    let mut stored = app.ctx.table.get::<Value>(&row(sort)).await.unwrap().unwrap().data;
    change(&mut stored);
    put(app, sort, &stored).await;
}

async fn put(app: &TestApp, sort: &str, stored: &Value) {
    app.ctx.table.write(Write::put(row(sort), stored, Expect::Anything).unwrap()).await.unwrap();
    app.ctx.config.forget();
}

/// The code of the error a connection has, none when it opens.
async fn broken(app: &TestApp, id: &str) -> Option<&'static str> {
    let loaded = app.ctx.config.load(&TenantId::operator()).await.unwrap();
    loaded.connection(&ConnectionId::new(id)).err().map(|error| {
        assert!(matches!(error.retry, Retry::Blocked(_)), "the work waits for a person: {error:?}");
        error.code
    })
}

#[tokio::test]
async fn a_password_goes_nowhere_but_where_it_was_applied_for() {
    let app = TestApp::new(TestAppOptions::default()).await;
    let b1 = "connection#b1-main";
    let (good, ding) = (row(b1), row("connection#ding-main"));
    let good = app.ctx.table.get::<Value>(&good).await.unwrap().unwrap().data;
    let good_ding = app.ctx.table.get::<Value>(&ding).await.unwrap().unwrap().data;
    for (name, other) in [
        ("base_url", "http://elsewhere"),
        ("company_db", "OTHER"),
        ("username", "somebody"),
        ("ca_pem", "-----BEGIN CERTIFICATE-----"),
    ] {
        tamper(&app, b1, |stored| stored["value"][name] = json!(other)).await;
        assert_eq!(broken(&app, "b1-main").await, Some("config.sealed"), "{name}");
        assert_eq!(broken(&app, "ding-main").await, None, "one that does not open stops no other");
        put(&app, b1, &good).await;
        assert_eq!(broken(&app, "b1-main").await, None);
    }
    for (name, other) in [("api_url", "http://elsewhere"), ("oapi_url", "http://elsewhere"), ("app_key", "other")] {
        tamper(&app, "connection#ding-main", |stored| stored["value"][name] = json!(other)).await;
        assert_eq!(broken(&app, "ding-main").await, Some("config.sealed"), "{name}");
        assert_eq!(broken(&app, "b1-main").await, None);
        put(&app, "connection#ding-main", &good_ding).await;
    }
    // Under another id, the same row opens as little.
    let mut renamed = good.clone();
    renamed["value"]["id"] = json!("b1-two");
    put(&app, "connection#b1-two", &renamed).await;
    assert_eq!(broken(&app, "b1-two").await, Some("config.sealed"));
    // What does not decide where the password goes can be changed by a new version without sealing anew.
    tamper(&app, b1, |stored| stored["value"]["max_sessions"] = json!(2)).await;
    assert_eq!(broken(&app, "b1-main").await, None);
}

#[tokio::test]
async fn nothing_is_sent_while_an_address_is_not_the_applied_one_and_all_goes_on_after() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let good = app.ctx.table.get::<Value>(&row("connection#b1-main")).await.unwrap().unwrap().data;
    tamper(&app, "connection#b1-main", |stored| stored["value"]["base_url"] = json!("http://elsewhere")).await;
    let draft = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0;
    for _ in 0..3 {
        app.minute().await;
    }
    let logins = app.sandbox.snapshot().log.iter().filter(|r| r.path.contains("/b1s/")).count();
    assert_eq!(logins, 0, "the password has left");
    put(&app, "connection#b1-main", &good).await;
    app.minutes_until(3, "the instance", |app| app.open_instance(draft).is_some()).await;
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_caller_that_was_not_applied_does_not_count_and_one_that_was_stops_at_no_other() {
    let app = TestApp::new(TestAppOptions::default()).await;
    let tenant = TenantId::operator();
    let code = "0123456789abcdef0123456789abcdef";
    let config: Config = serde_json::from_value(json!({ "apps": [{ "id": "mes", "app_code": code }] })).unwrap();
    app.ctx.config.replace_all(&tenant, config, &app.ctx.entropy).await.unwrap();
    let known = async |code: &str| {
        app.ctx.config.forget();
        let loaded = app.ctx.config.load(&tenant).await.unwrap();
        loaded.caller(code, "10.0.0.1").map(|app| app.id.clone())
    };
    assert_eq!(known(code).await.as_deref(), Some("mes"));
    let good = app.ctx.table.get::<Value>(&row("app#mes")).await.unwrap().unwrap().data;
    let bare =
        json!({ "record": "app", "value": { "id": "evil", "code_sha256": sha256_hex(b"evil-code-evil-code-evil") } });
    for forged in [bare, json!({ "record": "other" }), json!(7), good.clone()] {
        put(&app, "app#evil", &forged).await;
        assert_eq!(known("evil-code-evil-code-evil").await, None, "{forged}");
        assert_eq!(known(code).await.as_deref(), Some("mes"), "{forged}");
    }
    let mut changed = good;
    let record = changed["value"]["record"].as_str().unwrap();
    let record = record.replace(&sha256_hex(code.as_bytes()), &sha256_hex(b"evil-code-evil-code-evil"));
    changed["value"]["record"] = json!(record);
    put(&app, "app#mes", &changed).await;
    assert_eq!(known("evil-code-evil-code-evil").await, None);
}
