//! The Odoo connector on the wire.

use crate::support::{TestConnections, answer};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_connectors::odoo::Odoo;
use tenon_model::ConnectionId;
use tenon_model::config::{OdooConnection, Secret};
use tenon_platform::Retry;
use tenon_platform::http::Failure;
use tenon_sandbox::SandboxOptions;

fn connection() -> OdooConnection {
    OdooConnection {
        id: ConnectionId::new("odoo-main"),
        base_url: "http://odoo.test/".into(),
        database: "odoo-demo".into(),
        username: "admin".into(),
        api_key: Secret::new("sandbox-odoo-key"),
        timeout: Duration::from_secs(30),
    }
}

fn client(connections: &TestConnections) -> Odoo<'_> {
    Odoo::new(&connections.ctx, &connections.tenant, connection(), 1)
}

#[tokio::test]
async fn a_user_is_looked_up_once_and_every_call_brings_its_key() {
    let connections = TestConnections::new(SandboxOptions::default()).await;
    connections.wire.answer(|sent| {
        let body: Value = serde_json::from_slice(&sent.body).unwrap();
        if body["params"]["service"] == "common" {
            return answer(200, r#"{"jsonrpc":"2.0","id":1,"result":7}"#);
        }
        let args = &body["params"]["args"];
        assert_eq!((&args[0], &args[1], &args[2]), (&json!("odoo-demo"), &json!(7), &json!("sandbox-odoo-key")));
        assert_eq!(args[6]["context"]["active_test"], false);
        answer(200, r#"{"jsonrpc":"2.0","id":1,"result":[{"id":12,"name":"b"},{"id":11,"name":"a"}]}"#)
    });
    for _ in 0..3 {
        let page = client(&connections).page("hr.employee", &["name"], &Vec::new(), 10, 100).await.unwrap();
        assert_eq!(page.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [11, 12]);
    }
    assert_eq!(connections.wire.sent("POST", "/jsonrpc").len(), 4);
    // A page that does not go on would be read for ever.
    let error = client(&connections).page("hr.employee", &["name"], &Vec::new(), 11, 100).await.unwrap_err();
    assert_eq!(error.code, "odoo.answer");
}

#[tokio::test]
async fn a_wrong_key_is_tried_once_and_a_wrong_address_is_told() {
    let connections = TestConnections::new(SandboxOptions::default()).await;
    connections.wire.answer(|_| answer(200, r#"{"jsonrpc":"2.0","id":1,"result":false}"#));
    for _ in 0..3 {
        let error = client(&connections).page("hr.employee", &["name"], &Vec::new(), 0, 1).await.unwrap_err();
        assert_eq!(error.code, "odoo.login-refused");
        assert!(matches!(error.retry, Retry::Blocked(_)), "{error}");
    }
    assert_eq!(connections.wire.sent("POST", "/jsonrpc").len(), 1);
    let other = TestConnections::new(SandboxOptions::default()).await;
    other.wire.answer(|_| Some(Err(Failure::NotSent("no route".into()))));
    let error = client(&other).check().await.unwrap_err();
    assert_eq!((error.code, error.retry), ("odoo.unreachable", Retry::Transient));
}
