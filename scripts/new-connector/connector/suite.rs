//! The {{Type}} connector against the sandbox: what every connector shows.

use crate::support::{TestConnections, answer};
use std::time::Duration;
use tenon_connectors::{{name}}::{{Type}};
use tenon_model::ConnectionId;
use tenon_model::config::{Secret, {{Type}}Connection};
use tenon_platform::Retry;
use tenon_platform::http::Failure;
use tenon_sandbox::{SandboxOptions, {{Type}}Options};

pub fn connection() -> {{Type}}Connection {
    let options = {{Type}}Options::default();
    {{Type}}Connection {
        id: ConnectionId::new("{{name}}-main"),
        base_url: "http://{{name}}.test".into(),
        app_key: options.app_key,
        app_secret: Secret::new(options.app_secret),
{{#oa}}
        reconcile_every: Duration::from_secs(600),
        check_open_after: Duration::from_secs(1_800),
{{/oa}}
        timeout: Duration::from_secs(10),
    }
}

fn client(connections: &TestConnections) -> {{Type}}<'_> {
    {{Type}}::new(&connections.ctx, &connections.tenant, connection(), 1)
}

fn token_calls(connections: &TestConnections) -> usize {
    connections.wire.sent("POST", "/{{name}}/token").len()
}

#[tokio::test]
async fn a_check_names_what_answered() {
    let connections = TestConnections::new(SandboxOptions::default()).await;
    let report = client(&connections).try_connection().await.unwrap();
    assert!(report.answered.starts_with("{{Type}}"), "{report:?}");
    assert_eq!(report.steps.len(), 2);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_renewed_once() {
    let connections = TestConnections::new(SandboxOptions::default()).await;
    connections.wire.answer(|sent| {
        if sent.url.contains("/token") { None } else { answer(200, r#"{"code":40014,"message":"no such token"}"#) }
    });
    let error = client(&connections).try_connection().await.unwrap_err();
    assert_eq!((error.code, error.retry), ("{{name}}.session", Retry::Session));
    assert_eq!(token_calls(&connections), 2);
}

#[tokio::test]
async fn a_refused_login_is_remembered_and_a_wrong_address_is_told() {
    let connections = TestConnections::new(SandboxOptions::default()).await;
    let wrong = {{Type}}Connection { app_secret: Secret::new("no-such-secret"), ..connection() };
    let client = {{Type}}::new(&connections.ctx, &connections.tenant, wrong, 1);
    let error = client.try_connection().await.unwrap_err();
    assert_eq!(error.code, "{{name}}.login-refused");
    assert!(!format!("{error:?}").contains("no-such-secret"));
    connections.wire.answer(|_| Some(Err(Failure::NotSent("no route".into()))));
    let error = self::client(&connections).try_connection().await.unwrap_err();
    assert_eq!((error.code, error.retry), ("{{name}}.unreachable", Retry::Transient));
}
