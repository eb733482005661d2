//! Routes behind Black Lake's envelope.

use serde_json::{Value, json};
use tenon_crypto::blacklake::Secret;
use tenon_platform::queue::PRODUCTION_ISSUES;
use tenon_tests::{TestApp, TestAppOptions};

const SECRET: &str = "tenon-bl-secret-2026";

fn config(c: &mut Value) {
    let mes = |id: &str, secret: &str| {
        json!({ "kind": "blacklake", "id": id, "base_url": "http://mes", "app_key": "k", "app_secret": "s",
            "factory_number": "1", "callback_secret": secret })
    };
    let connections = c["connections"].as_array_mut().unwrap();
    connections.push(mes("mes-main", SECRET));
    connections.push(mes("mes-other", "the secret of another factory"));
    c["flows"] = json!([{ "id": "issues", "kind": "production-issues", "erp": "b1-main", "mes": "mes-main" }]);
}

/// One case: the status it must have, and that nothing is queued by it.
pub async fn case(function: &str, case: &str) {
    assert_eq!(function, "callback-blacklake", "{function} needs its cases here");
    let app = TestApp::new(TestAppOptions { config: Some(config), ..TestAppOptions::default() }).await;
    let event = json!({ "header": { "requestId": "r", "eventType": "mfg.result_notify.feeding" },
        "data": { "result": true, "recordList": [{ "id": 1_717_171_717_171_001_i64, "workOrderId": 1 }] } });
    let sealed = |secret: &str| json!({ "encrypt": Secret::new(secret).seal(&event.to_string()) }).to_string();
    let url = |connection: &str| format!("http://tenon/callbacks/blacklake/{connection}");
    let (url, body) = match case {
        // What is not sealed is nobody's.
        "no credentials" => (url("mes-main"), event.to_string()),
        "wrong signature" => (url("mes-main"), sealed("another secret")),
        // The envelope carries no time; one of an earlier secret is an envelope that has expired.
        "expired" => (url("mes-main"), sealed("the secret of last year")),
        "other tenant" => (url("mes-other"), sealed(SECRET)),
        // A B1 connection has no callbacks.
        "wrong role" => (url("b1-main"), sealed(SECRET)),
        "replayed" => {
            for _ in 0..2 {
                // It is acknowledged, and its record is issued once: tests/it/issues.
                assert_eq!(app.post(&url("mes-main"), &sealed(SECRET)).await.0, 200, "{case}");
            }
            let queued = app.local.queue.peek(&PRODUCTION_ISSUES, 10).await.unwrap();
            let id = |body: &str| serde_json::from_str::<Value>(body).unwrap()["id"].clone();
            assert!(queued.iter().all(|message| id(&message.body) == id(&queued[0].body)), "{case}");
            return;
        }
        other => panic!("no case {other}"),
    };
    assert_eq!(app.post(&url, &body).await.0, 401, "{case}");
    assert!(app.local.queue.peek(&PRODUCTION_ISSUES, 10).await.unwrap().is_empty(), "{case}");
}
