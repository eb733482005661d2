//! Routes behind DingTalk's envelope.

use serde_json::json;
use tenon_crypto::envelope::Codec;
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_sandbox::DingTalkOptions;
use tenon_tests::{TestApp, TestAppOptions};

/// One case: the status it must have, and that nothing is queued by it.
pub async fn case(function: &str, case: &str) {
    assert_eq!(function, "callback-dingtalk", "{function} needs its cases here");
    let app = TestApp::new(TestAppOptions::default()).await;
    let options = DingTalkOptions::default();
    let ours = Codec::new(&options.token, &options.aes_key, &options.owner).unwrap();
    let stranger = Codec::new("StrangersToken", &"x".repeat(43), "dingstranger").unwrap();
    let now = app.clock.now_ms();
    let event = json!({ "EventType": "bpms_instance_change", "processInstanceId": "i", "processCode": "PROC-PR",
                        "type": "finish", "result": "agree", "eventId": "e" })
    .to_string();
    let push = |codec: &Codec, timestamp: i64, connection: &str| {
        let sealed = codec.seal(&event, &timestamp.to_string(), "n", [7; 16]);
        let url = format!(
            "http://tenon/callbacks/dingtalk/{connection}?msg_signature={}&timestamp={timestamp}&nonce=n",
            sealed.signature
        );
        (url, json!({ "encrypt": sealed.encrypt }).to_string())
    };
    let (url, body) = match case {
        "no credentials" => {
            let (url, body) = push(&ours, now, "ding-main");
            (url.split('?').next().unwrap().to_owned(), body)
        }
        "wrong signature" => push(&stranger, now, "ding-main"),
        "expired" => push(&ours, now - 3_600_000, "ding-main"),
        "other tenant" => push(&ours, now, "ding-other"),
        // A B1 connection has no callbacks.
        "wrong role" => push(&ours, now, "b1-main"),
        "replayed" => {
            let (url, body) = push(&ours, now, "ding-main");
            assert_eq!(app.post(&url, &body).await.0, 200);
            let name = tenon_platform::events::event_name("id:e");
            let connection = tenon_model::ConnectionId::new("ding-main");
            tenon_platform::events::mark_done(&app.ctx, &tenon_model::TenantId::operator(), &connection, &name)
                .await
                .unwrap();
            let queued = app.local.queue.depth(&APPROVALS_WRITE_BACK).await.unwrap().total();
            // DingTalk redelivers by the same bytes, so a replay is acknowledged; it must do nothing.
            assert_eq!(app.post(&url, &body).await.0, 200);
            assert_eq!(app.local.queue.depth(&APPROVALS_WRITE_BACK).await.unwrap().total(), queued, "{case}");
            return;
        }
        other => panic!("no case {other}"),
    };
    let (status, reply) = app.post(&url, &body).await;
    let expected = if case == "no credentials" { 400 } else { 401 };
    assert_eq!(status, expected, "{case}: {}", String::from_utf8_lossy(&reply));
    assert_eq!(app.local.queue.depth(&APPROVALS_WRITE_BACK).await.unwrap().total(), 0, "{case}");
}
