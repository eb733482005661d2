//! What comes of an attempt, and when the next one is made.

use crate::common::receiver::{OK, Receiver, Reply};
use crate::common::{Fixture, HOUR, START};
use std::collections::BTreeSet;
use std::time::Duration;
use tenon_delivery::record::{Reason, State};
use tenon_model::call::CallResult;
use tenon_model::tenant_app::RetryPreset;
use tenon_model::{EventKind, Module};

/// What became of the first attempt: state, class, status, log result.
async fn first(reply: Reply) -> (Fixture, State, Option<String>, u16, CallResult, String) {
    let mut fixture = Fixture::new().await;
    fixture.timeout = Duration::from_millis(200);
    let receiver = Receiver::new(&fixture.clock, move |_| reply.clone()).await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.settle().await;
    assert_eq!(receiver.count(), 1);
    let delivery = fixture.delivery(&app).await;
    let log = fixture.log(&app).await;
    assert_eq!((delivery.attempts.len(), log.len()), (1, 1));
    let (attempt, call) = (&delivery.attempts[0], &log[0]);
    assert_eq!((&attempt.class, attempt.status, attempt.number), (&call.reason, call.http_status, 1));
    assert_eq!((call.delivery_id.as_deref(), call.attempt), (Some(delivery.id.as_str()), Some(1)));
    let (class, status) = (attempt.class.clone(), attempt.status);
    (fixture, delivery.state, class, status, call.result, call.response_body.clone())
}

#[tokio::test]
async fn only_2xx_is_success_and_every_other_answer_is_recorded_as_what_it_is() {
    let known: [(Reply, State, Option<&str>, u16, CallResult); 7] = [
        (Reply::Status(204, "", ""), State::Delivered, None, 204, CallResult::Success),
        (
            Reply::Status(301, "location: http://127.0.0.1:1/\r\n", ""),
            State::Pending,
            Some("status-3xx"),
            301,
            CallResult::Failed,
        ),
        (Reply::Status(404, "", "no such hook"), State::Pending, Some("status-4xx"), 404, CallResult::Failed),
        (Reply::Status(500, "", "oh"), State::Pending, Some("status-5xx"), 500, CallResult::Failed),
        (Reply::Status(410, "", ""), State::Failed, Some("status-4xx"), 410, CallResult::Failed),
        (Reply::Never, State::Pending, Some("timeout"), 0, CallResult::Error),
        (Reply::Break, State::Pending, Some("broken"), 0, CallResult::Error),
    ];
    for (reply, state, class, status, result) in known {
        let seen = first(reply.clone()).await;
        assert_eq!((seen.1, seen.2.as_deref(), seen.3, seen.4), (state, class, status, result), "{reply:?}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_a_success_and_sixteen_kilobytes_of_it_are_kept() {
    let (_, state, _, _, _, body) = first(Reply::Huge).await;
    assert_eq!((state, body.len()), (State::Delivered, 16 * 1024));
    let (_, state, _, status, _, body) = first(Reply::Drip).await;
    assert_eq!((state, status), (State::Delivered, 200));
    assert!(body.len() < 100, "{}", body.len());
}

#[tokio::test]
async fn an_endpoint_that_cannot_be_reached_or_may_not_be_called_is_recorded_so() {
    let fixture = Fixture::new().await;
    let closed = fixture.app(Module::OrderSync, "http://127.0.0.1:1/hook", |_| {}).await;
    let private = fixture.app(Module::OrderSync, "http://10.0.0.1/hook", |_| {}).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.settle().await;
    let class = |d: tenon_delivery::record::Delivery| d.attempts[0].class.clone().unwrap();
    assert_eq!(class(fixture.delivery(&closed).await), "connect");
    assert_eq!(class(fixture.delivery(&private).await), "refused");
}

#[tokio::test]
async fn ten_attempts_are_made_at_the_promised_times_under_one_id() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::new(&fixture.clock, |_| Reply::Status(500, "", "")).await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.run_out().await;
    let hits = receiver.hits();
    let waits: Vec<i64> = RetryPreset::Standard.waits_s().iter().map(|s| i64::try_from(*s).unwrap() * 1000).collect();
    assert_eq!(hits.len(), waits.len());
    let mut before = START;
    for (hit, wait) in hits.iter().zip(waits) {
        let waited = hit.at_ms - before;
        assert!((wait * 8 / 10..=wait * 12 / 10).contains(&waited), "{waited} instead of {wait}");
        before = hit.at_ms;
    }
    assert_eq!(hits.iter().map(crate::common::receiver::Hit::id).collect::<BTreeSet<_>>().len(), 1);
    let delivery = fixture.delivery(&app).await;
    assert_eq!((delivery.state, delivery.reason, delivery.made), (State::Failed, Some(Reason::Exhausted), 10));
    let log: Vec<Option<u32>> = fixture.log(&app).await.iter().map(|c| c.attempt).collect();
    assert_eq!(log, (1..=10).map(Some).collect::<Vec<_>>());
    assert!(fixture.dead_letters().await.is_empty());
}

#[tokio::test]
async fn the_shorter_presets_end_earlier() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::new(&fixture.clock, |_| Reply::Status(500, "", "")).await;
    for (preset, attempts) in [(RetryPreset::Short, 6), (RetryPreset::Quick, 3)] {
        let app = fixture.app(Module::OrderSync, &receiver.url, |a| a.callback.as_mut().unwrap().preset = preset).await;
        fixture.event(&format!("e-{attempts}"), EventKind::OrderStatus).await;
        fixture.run_out().await;
        assert_eq!(fixture.delivery(&app).await.made, attempts);
        fixture.change(&app, |a| a.enabled = false).await;
    }
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::new(&fixture.clock, |n| match n {
        0 => Reply::Status(429, "retry-after: 7200\r\n", ""),
        1 => Reply::Status(503, "retry-after: Sun, 22 Nov 2026 10:00:00 GMT\r\n", ""),
        _ => OK,
    })
    .await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.run_out().await;
    let times: Vec<i64> = receiver.hits().iter().map(|h| h.at_ms).collect();
    // START is 2026-11-22 00:00 UTC.
    assert_eq!(times, [START, START + 2 * HOUR, START + 10 * HOUR]);
    assert_eq!(fixture.delivery(&app).await.state, State::Delivered);
}

#[tokio::test]
async fn an_app_that_ends_while_a_push_waits_gets_no_more() {
    type Change = fn(&mut tenon_model::tenant_app::TenantApp);
    let known: [(Change, Reason); 3] = [
        (|a| a.enabled = false, Reason::AppDisabled),
        (|a| a.expires_ms = Some(START + 1), Reason::AppExpired),
        (|a| a.callback = None, Reason::NoCallback),
    ];
    for (change, reason) in known {
        let fixture = Fixture::new().await;
        let receiver = Receiver::new(&fixture.clock, |_| Reply::Status(500, "", "")).await;
        let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
        fixture.event("e-1", EventKind::OrderStatus).await;
        fixture.settle().await;
        fixture.change(&app, change).await;
        fixture.run_out().await;
        let delivery = fixture.delivery(&app).await;
        assert_eq!((delivery.state, delivery.reason), (State::Canceled, Some(reason)));
        assert_eq!(receiver.count(), 1);
    }
}
