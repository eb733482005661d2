//! The Feishu connector against the sandbox: what every connector shows. Messages are tried in `notice.rs`.

use crate::support::{TestConnections, answer};
use std::time::Duration;
use tenon_connectors::feishu::Feishu;
use tenon_model::ConnectionId;
use tenon_model::config::{FeishuConnection, Secret};
use tenon_platform::Retry;
use tenon_platform::http::Failure;
use tenon_sandbox::{FeishuOptions, SandboxOptions};

pub fn connection() -> FeishuConnection {
    let options = FeishuOptions::default();
    FeishuConnection {
        id: ConnectionId::new("feishu-main"),
        base_url: "http://feishu.test".into(),
        app_id: options.app_id,
        app_secret: Secret::new(options.app_secret),
        timeout: Duration::from_secs(10),
    }
}

fn client(connections: &TestConnections) -> Feishu<'_> {
    Feishu::new(&connections.ctx, &connections.tenant, connection(), 1)
}

fn token_calls(connections: &TestConnections) -> usize {
    connections.wire.sent("POST", "/tenant_access_token/internal").len()
}

#[tokio::test]
async fn a_check_names_what_answered_and_a_bot_that_is_off() {
    let connections = TestConnections::new(SandboxOptions::default()).await;
    let report = client(&connections).check().await.unwrap();
    assert!(report.answered.starts_with("Feishu"), "{report:?}");
    assert_eq!(report.steps.len(), 2);
    let off = TestConnections::new(FeishuOptions { bot: false, ..FeishuOptions::default() }).await;
    let error = client(&off).check().await.unwrap_err();
    assert_eq!(error.code, "feishu.forbidden");
    assert!(error.message.contains("机器人"), "{error}");
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_renewed_once() {
    let connections = TestConnections::new(SandboxOptions::default()).await;
    connections.wire.answer(|sent| {
        if sent.url.contains("/auth/") { None } else { answer(400, r#"{"code":99991663,"msg":"no such token"}"#) }
    });
    let error = client(&connections).check().await.unwrap_err();
    assert_eq!((error.code, error.retry), ("feishu.session", Retry::Session));
    assert_eq!(token_calls(&connections), 2);
}

#[tokio::test]
async fn one_token_serves_until_five_minutes_before_its_end_and_every_process() {
    let connections = TestConnections::new(SandboxOptions::default()).await;
    client(&connections).check().await.unwrap();
    let calls = token_calls(&connections);
    let other = connections.another_process();
    for (wait, more) in [(0, 0), (6_800, 0), (200, 1)] {
        connections.wait(Duration::from_secs(wait));
        let other_send = crate::notice::send_card(&other, &connection(), "ou_1", &format!("n{wait}")).await;
        assert!(other_send.is_ok(), "{other_send:?}");
        assert_eq!((token_calls(&connections), token_calls(&other)), (calls, more), "after {wait} s");
    }
}

#[tokio::test]
async fn a_refused_login_is_told_and_a_wrong_address_too() {
    let connections = TestConnections::new(SandboxOptions::default()).await;
    let wrong = FeishuConnection { app_secret: Secret::new("no-such-secret"), ..connection() };
    let client = Feishu::new(&connections.ctx, &connections.tenant, wrong, 1);
    let error = client.check().await.unwrap_err();
    assert_eq!(error.code, "feishu.login-refused");
    assert!(!format!("{error:?}").contains("no-such-secret"));
    connections.wire.answer(|_| Some(Err(Failure::NotSent("no route".into()))));
    let error = self::client(&connections).check().await.unwrap_err();
    assert_eq!((error.code, error.retry), ("feishu.unreachable", Retry::Transient));
}
