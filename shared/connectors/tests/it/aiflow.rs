//! The aiflow connector against the sandbox: what is pushed is signed, and no failure is taken for a success.

use crate::support::{TestConnections, answer};
use serde_json::json;
use std::time::Duration;
use tenon_connectors::aiflow::Aiflow;
use tenon_model::ConnectionId;
use tenon_model::config::{AiflowConnection, Secret};
use tenon_platform::Retry;
use tenon_sandbox::{AiflowOptions, SandboxOptions};

fn connection() -> AiflowConnection {
    let options = AiflowOptions::default();
    AiflowConnection {
        id: ConnectionId::new("aiflow-main"),
        base_url: "http://aiflow.test/vendor".into(),
        enterprise_code: options.enterprise_code,
        app_id: options.app_id,
        app_secret: Secret::new(options.app_secret),
        header: "A-Signature".into(),
        timeout: Duration::from_secs(30),
    }
}

fn client(connections: &TestConnections, connection: AiflowConnection) -> Aiflow<'_> {
    Aiflow::new(&connections.ctx, &connections.tenant, connection, 1)
}

#[tokio::test]
async fn what_is_pushed_is_signed_whichever_way_the_header_is_called_and_counted_record_by_record() {
    for header in ["A-Signature", "X-A-Signature"] {
        let connections = TestConnections::new(SandboxOptions::default()).await;
        let client = client(&connections, AiflowConnection { header: header.into(), ..connection() });
        client.check().await.unwrap();
        let all = [
            json!({ "deptId": "1", "deptName": "总部", "parentId": "" }),
            json!({ "deptId": "9", "deptName": "孤儿", "parentId": "8" }),
            json!({ "deptId": "2", "deptName": "销售", "parentId": "1" }),
        ];
        let pushed = client.departments(&all).await.unwrap();
        assert_eq!((pushed.taken, pushed.failed.len(), pushed.failed[0].code.as_str()), (2, 1, "9"));
        assert!(pushed.failed[0].message.contains('8'), "{pushed:?}");
        assert_eq!(connections.sandbox.aiflow().departments().len(), 2);
    }
}

#[tokio::test]
async fn a_signature_that_is_not_accepted_is_a_refused_login() {
    let connections = TestConnections::new(SandboxOptions::default()).await;
    let wrong = AiflowConnection { app_secret: Secret::new("not-the-secret"), ..connection() };
    let error = client(&connections, wrong).check().await.unwrap_err();
    assert_eq!(error.code, "aiflow.login-refused");
    assert!(error.message.contains("签名验证失败") && !format!("{error:?}").contains("not-the-secret"), "{error}");
}

#[tokio::test]
async fn an_empty_answer_is_no_success() {
    let connections = TestConnections::new(SandboxOptions::default()).await;
    connections.wire.answer(|_| answer(200, r#"{"status":0,"msg":"success","data":{}}"#));
    let people = [json!({ "userId": "1", "userName": "zhangsan" })];
    let error = client(&connections, connection()).people(&people).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("aiflow.answer", Retry::Transient));
}
