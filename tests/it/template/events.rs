//! One golden event per function, of the shape its trigger sends.

use std::collections::BTreeSet;

use aws_lambda_events::sqs::SqsEvent;
use serde_json::Value;
use tenon_catalog::{Auth, FUNCTIONS, Route, Trigger};
use tenon_crypto::envelope::Codec;
use tenon_crypto::{aiflow, openapi};
use tenon_model::openapi::{ConfirmPayment, CreateOrder, OrderStatusEvent};

use super::source::{root, text};

fn event(name: &str) -> Value {
    serde_json::from_str(&text(&format!("events/{name}.json"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What a caller of this route shows.
fn headers_of(route: &Route) -> &'static [&'static str] {
    match route.auth {
        Auth::Open | Auth::DingTalkEnvelope | Auth::WecomEnvelope | Auth::BlacklakeEnvelope => &[],
        Auth::OpenApi { .. } => &["x-app-key", "x-timestamp", "x-signature"],
        Auth::Bearer { .. } => &["authorization"],
        Auth::Aiflow => &["a-signature"],
        Auth::AppCode | Auth::ConnectionApp | Auth::PermittedApp | Auth::Service { .. } => &["x-apig-appcode"],
        Auth::OaToken => &["token"],
        Auth::Session | Auth::Console { .. } => &["cookie"],
    }
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
            Trigger::Http { routes } => {
                assert_eq!(event["version"], "2.0", "{}", function.name);
                let key = event["routeKey"].as_str().expect("a text");
                let route = routes.iter().find(|route| format!("{} {}", route.method, route.path) == key);
                let route = route.unwrap_or_else(|| panic!("{} has no route {key}", function.name));
                assert_eq!(event["requestContext"]["routeKey"], key);
                assert_eq!(event["requestContext"]["http"]["method"], route.method);
                assert_eq!(event["requestContext"]["http"]["path"], event["rawPath"]);
                let mut filled = route.path.to_owned();
                for (name, value) in event["pathParameters"].as_object().into_iter().flatten() {
                    filled = filled.replace(&format!("{{{name}}}"), value.as_str().expect("a text"));
                }
                assert_eq!(event["rawPath"], filled);
                for header in headers_of(route) {
                    let sent = event["headers"][header].as_str().unwrap_or_default();
                    assert!(!sent.is_empty(), "{} lacks {header}", function.name);
                }
                lambda_http::request::from_str(&event.to_string()).expect("an event of API Gateway");
            }
            Trigger::Schedule { .. } => {
                assert_eq!(event["source"], "aws.scheduler", "{}", function.name);
                // EventBridge Scheduler sends the detail as text, unlike an EventBridge rule.
                assert_eq!(event["detail"], "{}", "{}", function.name);
            }
            Trigger::Queue(_) => {
                let queue = function.name;
                let batch: SqsEvent = serde_json::from_value(event).expect("an event of SQS");
                assert!(!batch.records.is_empty(), "{}", function.name);
                for record in batch.records {
                    let source = record.event_source_arn.expect("an ARN");
                    assert!(source.ends_with(&format!("-{queue}")), "{source}");
                }
            }
        }
    }
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

#[test]
fn the_signed_calls_are_really_signed() {
    let mut signed = 0;
    for function in FUNCTIONS.iter().filter(|f| f.routes().iter().any(|r| matches!(r.auth, Auth::OpenApi { .. }))) {
        let event = event(function.name);
        let header = |name: &str| event["headers"][name].as_str().expect("a text").to_owned();
        let (key, timestamp) = (header("x-app-key"), header("x-timestamp"));
        let body = event["body"].as_str().unwrap_or_default();
        let signature =
            openapi::sign_v1("example-app-secret-of-the-golden-events-000", &key, &timestamp, body.as_bytes());
        assert_eq!(header("x-signature"), signature, "{}", function.name);
        signed += 1;
    }
    assert_eq!(signed, 5);
}

#[test]
fn the_calls_of_aiflows_interface_are_really_signed() {
    for function in FUNCTIONS.iter().filter(|f| f.routes().iter().any(|r| r.auth == Auth::Aiflow)) {
        let event = event(function.name);
        let header = event["headers"]["a-signature"].as_str().expect("a text");
        let body = event["body"].as_str().unwrap_or_default();
        let signed = aiflow::sign("COMPANY001", "APP001", "your_app_secret", 1_795_312_800_000, body.as_bytes());
        assert_eq!(header, signed, "{}", function.name);
    }
}

#[test]
fn bodies_are_what_their_routes_take() {
    let body = |name: &str| event(name)["body"].as_str().expect("a body").to_owned();
    let order: CreateOrder = serde_json::from_str(&body("openapi-orders")).expect("an order");
    assert_eq!(order.quantity, 500);
    let payment: ConfirmPayment = serde_json::from_str(&body("openapi-payment")).expect("a payment");
    assert_eq!(payment.payment_method, "银行转账");
    let status: OrderStatusEvent = serde_json::from_str(&body("webhook-events")).expect("a business event");
    assert_eq!(status.tenant_id.as_deref(), Some("t-1"));
}
