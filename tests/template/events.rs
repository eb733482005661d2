//! One golden event per function, of the shape its trigger sends.

use std::collections::BTreeSet;

use serde_json::Value;
use tenon_catalog::{FUNCTIONS, Trigger};
use tenon_crypto::envelope::Codec;
use tenon_model::message::{Envelope, Work};

use crate::source::{root, text};

fn event(name: &str) -> Value {
    serde_json::from_str(&text(&format!("events/{name}.json"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_function_has_exactly_one_event() {
    let found: BTreeSet<_> = std::fs::read_dir(root().join("events"))
        .expect("events")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    let wanted = FUNCTIONS.iter().map(|function| format!("{}.json", function.name)).collect();
    assert_eq!(found, wanted);
}

#[test]
fn events_are_of_their_triggers_shape() {
    for function in FUNCTIONS {
        let event = event(function.name);
        match function.trigger {
            Trigger::Http { method, path, .. } => {
                assert_eq!(event["version"], "2.0", "{}", function.name);
                assert_eq!(event["routeKey"], format!("{method} {path}"));
                assert_eq!(event["requestContext"]["http"]["method"], method);
                assert_eq!(event["requestContext"]["http"]["path"], event["rawPath"]);
                let mut filled = path.to_owned();
                for (name, value) in event["pathParameters"].as_object().into_iter().flatten() {
                    filled = filled.replace(&format!("{{{name}}}"), value.as_str().expect("a text"));
                }
                assert_eq!(event["rawPath"], filled);
            }
            Trigger::Schedule { .. } => {
                assert_eq!(event["source"], "aws.scheduler", "{}", function.name);
                // EventBridge Scheduler sends the detail as text, unlike an EventBridge rule.
                assert_eq!(event["detail"], "{}", "{}", function.name);
            }
            Trigger::Queue { queue } => {
                let records = event["Records"].as_array().expect("records");
                assert!(!records.is_empty(), "{}", function.name);
                for record in records {
                    let source = record["eventSourceARN"].as_str().expect("an ARN");
                    assert!(source.ends_with(&format!("-{queue}")), "{source}");
                }
            }
        }
    }
}

#[test]
fn queue_events_carry_their_kind_of_work() {
    let work = |name: &str| {
        let event = event(name);
        let body = event["Records"][0]["body"].as_str().expect("a body");
        serde_json::from_str::<Envelope>(body).unwrap_or_else(|error| panic!("{name}: {error}")).body
    };
    assert!(matches!(work("approvals-submit"), Work::Submit(_)));
    assert!(matches!(work("approvals-write-back"), Work::WriteBack(_)));
}

#[test]
fn the_callbacks_event_is_really_sealed() {
    let event = event("callback-dingtalk");
    let query = |name: &str| event["queryStringParameters"][name].as_str().expect("a text").to_owned();
    let body: Value = serde_json::from_str(event["body"].as_str().expect("a body")).expect("JSON");
    let codec = Codec::new("mes2dingToken01", "KAvVdN0Blk1u6u8nPPtXg9StIM459ZDgeZmw4Vh2Dja", "dingq8x2m4n6b1v3c5z7")
        .expect("a key");
    let encrypt = body["encrypt"].as_str().expect("a text");
    let opened = codec
        .open(&query("msg_signature"), &query("timestamp"), &query("nonce"), encrypt)
        .expect("DingTalk's own envelope");
    let plain: Value = serde_json::from_str(&opened).expect("JSON");
    assert_eq!(plain["EventType"], "bpms_instance_change");
    assert_eq!(plain["processInstanceId"], "pIn5-QAfR1uExampleInst0_1234");
}
