//! Events on their way to endpoints that answer in every way there is.

use crate::common::receiver::{OK, Receiver, Reply};
use crate::common::{Fixture, HOUR, START};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tenon_crypto::webhook;
use tenon_crypto::webhook::standard;
use tenon_delivery::health;
use tenon_delivery::record::{Reason, State};
use tenon_model::call::CallResult;
use tenon_model::tenant_app::RetryPreset;
use tenon_model::{EventKind, Module, TenantId};
use tenon_platform::queue::{WEBHOOK_DELIVER, WEBHOOK_RETRY};

#[tokio::test]
async fn an_event_goes_to_every_app_of_its_tenant_that_listens_and_to_no_other() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let url = &receiver.url;
    let one = fixture.app(Module::OrderSync, url, |_| {}).await;
    let two = fixture
        .app(Module::OrderSync, url, |a| a.callback.as_mut().unwrap().events = Some(vec![EventKind::OrderStatus]))
        .await;
    let failing = [
        fixture.app(Module::OrderSync, url, |a| a.callback.as_mut().unwrap().events = Some(vec![])).await,
        fixture.app(Module::LogisticsSync, url, |_| {}).await,
        fixture.app(Module::OrderSync, url, |a| a.expires_ms = Some(START - 91 * 24 * HOUR)).await,
        fixture.app_of(&TenantId::new("t-2"), Module::OrderSync, url, |_| {}).await,
    ];
    let off = [
        (fixture.app(Module::OrderSync, url, |a| a.enabled = false).await, Reason::AppDisabled),
        (fixture.app(Module::OrderSync, url, |a| a.expires_ms = Some(START)).await, Reason::AppExpired),
        (fixture.app(Module::OrderSync, url, |a| a.callback = None).await, Reason::NoCallback),
    ];
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.run_out().await;
    assert_eq!(fixture.all_delivered(&one).await, 1);
    assert_eq!(fixture.all_delivered(&two).await, 1);
    for app in &failing {
        assert!(fixture.deliveries(app).await.is_empty());
    }
    for (app, reason) in off {
        let kept = fixture.delivery(&app).await;
        assert_eq!((kept.state, kept.reason, kept.made), (State::Skipped, Some(reason), 0));
    }
    let hits = receiver.hits();
    assert_eq!(hits.len(), 2);
    assert_ne!(hits[0].id(), hits[1].id());
    assert!(hits[0].body.contains(r#""orderNo":"e-1""#));
    assert_eq!(hits[0].header("content-type"), "application/json");
    assert_eq!(hits[0].header("x-webhook-event"), "ORDER_STATUS");
    assert!(hits[0].header("user-agent").starts_with("Tenon-Webhooks/"));
}

#[tokio::test]
async fn a_fan_out_that_comes_twice_pushes_once() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    tenon_delivery::events::queue(&fixture.ctx, &fixture.tenant, "e-1").await.unwrap();
    fixture.run_out().await;
    tenon_delivery::events::queue(&fixture.ctx, &fixture.tenant, "e-1").await.unwrap();
    fixture.run_out().await;
    assert_eq!((receiver.count(), fixture.all_delivered(&app).await), (1, 1));
}

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
async fn both_secrets_sign_while_one_replaces_the_other() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let new = standard::Secret::from_bytes([9; 32]);
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    let secrets = vec![
        fixture.secret(&app.tenant, &app.id, &new.reveal(), None),
        fixture.secret(&app.tenant, &app.id, "plain-secret", Some(START + HOUR)),
        fixture.secret(&app.tenant, &app.id, "long-dead", Some(START)),
    ];
    fixture.change(&app, |a| a.callback.as_mut().unwrap().secrets = secrets).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.run_out().await;
    fixture.at(START + HOUR);
    fixture.event("e-2", EventKind::OrderStatus).await;
    fixture.run_out().await;
    let hits = receiver.hits();
    // "plain-secret" in base64: the key is the text's bytes.
    let old = standard::Secret::parse("whsec_cGxhaW4tc2VjcmV0").unwrap();
    let holds = |hit: &crate::common::receiver::Hit, secret: &standard::Secret| {
        let (id, at) = (hit.id(), hit.header("webhook-timestamp"));
        secret.verify(id, at, hit.body.as_bytes(), hit.header("webhook-signature")).is_ok()
    };
    let plain = |hit: &crate::common::receiver::Hit, secret: &str, header: &str| {
        webhook::verify(secret, hit.header("x-webhook-timestamp"), hit.body.as_bytes(), hit.header(header))
    };
    let during = &hits[0];
    assert!(holds(during, &old) && holds(during, &new));
    assert_eq!(during.header("webhook-signature").split(' ').count(), 2);
    assert!(plain(during, "plain-secret", "x-webhook-signature"), "the receiver's code keeps working");
    assert!(plain(during, &new.reveal(), "x-webhook-signature-new"));
    assert_eq!(during.header("x-webhook-timestamp"), (START / 1000).to_string());
    let all: Vec<&str> = during.header("x-webhook-signature-all").split(' ').collect();
    assert_eq!(all, [during.header("x-webhook-signature-new"), during.header("x-webhook-signature")]);
    let after = &hits[1];
    assert!(!holds(after, &old) && holds(after, &new));
    assert!(plain(after, &new.reveal(), "x-webhook-signature"));
    assert_eq!(after.header("x-webhook-signature-new"), "");
    assert_eq!(after.header("x-webhook-signature-all"), "");
}

#[tokio::test]
async fn after_two_resets_every_secret_that_counts_signs_by_both_schemes() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    let names = ["the-newest-secret", "the-secret-between", "the-oldest-secret"];
    let until = [None, Some(START + 2 * HOUR), Some(START + HOUR)];
    let secrets =
        names.iter().zip(until).map(|(name, until)| fixture.secret(&app.tenant, &app.id, name, until)).collect();
    fixture.change(&app, |a| a.callback.as_mut().unwrap().secrets = secrets).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.run_out().await;
    let hit = &receiver.hits()[0];
    let (timestamp, body) = (hit.header("x-webhook-timestamp"), hit.body.as_bytes());
    let signed = |name: &str, header: &str| {
        hit.header(header).split(' ').any(|given| webhook::verify(name, timestamp, body, given))
    };
    for name in names {
        assert!(signed(name, "x-webhook-signature-all"), "{name}");
        let standard = standard::Secret::of_text(name).unwrap();
        assert_eq!(standard.verify(hit.id(), timestamp, body, hit.header("webhook-signature")), Ok(()), "{name}");
    }
    assert!(signed(names[2], "x-webhook-signature") && signed(names[0], "x-webhook-signature-new"));
}

#[tokio::test]
async fn gone_switches_the_endpoint_off_and_what_waits_is_canceled() {
    let fixture = Fixture::new().await;
    let receiver =
        Receiver::new(&fixture.clock, |n| if n == 0 { Reply::Status(500, "", "") } else { Reply::Status(410, "", "") })
            .await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.settle().await;
    fixture.at(START + 1);
    fixture.event("e-2", EventKind::OrderStatus).await;
    fixture.run_out().await;
    let all = fixture.deliveries(&app).await;
    assert_eq!((all[0].state, all[0].reason), (State::Canceled, Some(Reason::EndpointDisabled)));
    assert_eq!((all[1].state, all[1].reason), (State::Failed, Some(Reason::Gone)));
    assert_eq!(receiver.count(), 2);
    fixture.event("e-3", EventKind::OrderStatus).await;
    fixture.run_out().await;
    let kept = fixture.deliveries(&app).await;
    assert_eq!((kept.len(), kept[2].state, kept[2].reason), (3, State::Skipped, Some(Reason::EndpointDisabled)));
    assert_eq!(receiver.count(), 2, "a switched-off endpoint is left alone");
    health::enable(&fixture.ctx, &app.tenant, &app.id).await.unwrap();
    fixture.at(START + 100_000_000);
    fixture.event("e-4", EventKind::OrderStatus).await;
    fixture.settle().await;
    assert_eq!(receiver.count(), 3);
}

#[tokio::test]
async fn what_happened_while_an_endpoint_was_off_is_kept_and_a_range_resend_sends_it() {
    type Change = fn(&mut tenon_model::tenant_app::TenantApp);
    let known: [(Change, Change); 3] = [
        (|a| a.enabled = false, |a| a.enabled = true),
        (|a| a.expires_ms = Some(START), |a| a.expires_ms = None),
        (
            |a| a.callback.as_mut().unwrap().url.clear(),
            |a| a.callback.as_mut().unwrap().url = "to be replaced".to_owned(),
        ),
    ];
    for (off, on) in known {
        let fixture = Fixture::new().await;
        let receiver = Receiver::well(&fixture.clock).await;
        let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
        fixture.change(&app, off).await;
        for n in 0..3 {
            fixture.event(&format!("e-{n}"), EventKind::OrderStatus).await;
        }
        // A fan-out that comes twice changes nothing.
        tenon_delivery::events::queue(&fixture.ctx, &fixture.tenant, "e-0").await.unwrap();
        fixture.run_out().await;
        assert_eq!(receiver.count(), 0);
        let known = tenon_delivery::events::get(&fixture.ctx, &fixture.tenant, "e-1").await.unwrap().unwrap().data;
        let skipped = || tenon_delivery::events::still_skipped(&fixture.ctx, &fixture.tenant, &known);
        assert_eq!(skipped().await.unwrap(), std::slice::from_ref(&app.id));
        fixture.change(&app, on).await;
        fixture.change(&app, |a| a.callback.as_mut().unwrap().url = receiver.url.clone()).await;
        let only = tenon_delivery::jobs::Only::Failed;
        tenon_delivery::jobs::begin(&fixture.ctx, &app.tenant, &app.id, (START, START + HOUR), only).await.unwrap();
        fixture.run_out().await;
        assert_eq!((fixture.all_delivered(&app).await, receiver.count()), (3, 3));
        assert!(skipped().await.unwrap().is_empty());
    }
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

#[tokio::test]
async fn an_endpoint_that_keeps_failing_is_switched_off_after_its_alerts() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::new(&fixture.clock, |_| Reply::Status(500, "", "")).await;
    let app = fixture
        .app(Module::OrderSync, &receiver.url, |a| a.callback.as_mut().unwrap().preset = RetryPreset::Quick)
        .await;
    for hour in 0..40 {
        fixture.run_until(START + hour * HOUR).await;
        fixture.event(&format!("e-{hour}"), EventKind::OrderStatus).await;
    }
    fixture.run_out().await;
    let health = health::get(&fixture.ctx, &app.tenant, &app.id).await.unwrap().unwrap().data;
    assert_eq!(health.alerts.iter().map(|a| a.percent).collect::<Vec<_>>(), [50, 70, 90, 100]);
    // Three attempts an hour: the hundredth is the first of hour 33.
    let disabled = health.disabled.unwrap();
    assert_eq!((disabled.at_ms - START) / HOUR, 33);
    assert_eq!((receiver.count(), health.failures), (100, 100));
    // An address that is corrected begins anew.
    fixture.change(&app, |a| a.callback.as_mut().unwrap().generation = 1).await;
    fixture.event("e-new", EventKind::OrderStatus).await;
    fixture.settle().await;
    assert_eq!(receiver.count(), 101);
}

#[tokio::test]
async fn the_rate_limit_holds_in_every_second() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let app =
        fixture.app(Module::OrderSync, &receiver.url, |a| a.callback.as_mut().unwrap().rate_per_second = Some(3)).await;
    for n in 0..40 {
        fixture.event(&format!("e-{n}"), EventKind::OrderStatus).await;
    }
    fixture.run_out().await;
    assert_eq!(fixture.all_delivered(&app).await, 40);
    let mut seconds: BTreeMap<i64, u32> = BTreeMap::new();
    for hit in receiver.hits() {
        *seconds.entry(hit.at_ms / 1000).or_default() += 1;
    }
    assert!(seconds.values().all(|n| *n <= 3), "{seconds:?}");
    assert!(fixture.deliveries(&app).await.iter().all(|d| d.made == 1), "being put off is no attempt");
    assert!(fixture.clock.now_ms() - START < 120_000, "{} s", (fixture.clock.now_ms() - START) / 1000);
}

#[tokio::test]
async fn a_dead_endpoint_does_not_hold_up_another() {
    let mut fixture = Fixture::new().await;
    fixture.timeout = Duration::from_secs(600);
    let (well, dead) = (Receiver::well(&fixture.clock).await, Receiver::new(&fixture.clock, |_| Reply::Never).await);
    let other = TenantId::new("t-dead");
    let app = fixture.app(Module::OrderSync, &well.url, |_| {}).await;
    fixture.app_of(&other, Module::OrderSync, &dead.url, |_| {}).await;
    for n in 0..50 {
        fixture.event_of(&other, &format!("d-{n}"), EventKind::OrderStatus).await;
        fixture.event(&format!("e-{n}"), EventKind::OrderStatus).await;
    }
    while fixture.pump(&tenon_platform::queue::WEBHOOK_FAN_OUT).await > 0 {}
    let pump = || async {
        loop {
            if fixture.pump(&WEBHOOK_DELIVER).await == 0 {
                // What found the dead endpoint's places taken waits for a second.
                fixture.clock.advance(Duration::from_millis(100));
                tokio::task::yield_now().await;
            }
        }
    };
    // Two batches can hang with the two pushes that may be under way; the third goes on.
    tokio::select! {
        ((), (), ()) = async { tokio::join!(pump(), pump(), pump()) } => unreachable!(),
        () = well.reached(50) => {}
        () = tokio::time::sleep(Duration::from_secs(60)) => panic!("only {} of 50 arrived", well.count()),
    }
    assert!(dead.count() <= 2, "{} pushes hang", dead.count());
    assert_eq!(fixture.deliveries(&app).await.len(), 50);
}

#[tokio::test]
async fn an_endpoint_that_takes_its_time_is_known_while_it_does_and_is_served_in_the_slow_lane() {
    let mut fixture = Fixture::new().await;
    fixture.timeout = Duration::from_secs(600);
    let slow = Receiver::new(&fixture.clock, |n| if n < 2 { Reply::Never } else { OK }).await;
    let app = fixture.app(Module::OrderSync, &slow.url, |_| {}).await;
    for n in 0..40 {
        fixture.event(&format!("e-{n}"), EventKind::OrderStatus).await;
    }
    while fixture.pump(&tenon_platform::queue::WEBHOOK_FAN_OUT).await > 0 {}
    let known = async {
        loop {
            let health = health::get(&fixture.ctx, &app.tenant, &app.id).await.unwrap();
            if health.is_some_and(|h| h.data.slow.is_some()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let pump = || async {
        loop {
            if fixture.pump(&WEBHOOK_DELIVER).await == 0 {
                fixture.clock.advance(Duration::from_millis(100));
                tokio::task::yield_now().await;
            }
        }
    };
    tokio::select! {
        ((), ()) = async { tokio::join!(pump(), pump()) } => unreachable!(),
        () = known => {}
        () = tokio::time::sleep(Duration::from_secs(60)) => panic!("nobody noticed"),
    }
    assert_eq!(slow.count(), 2, "two attempts hang, and no third was made");
    // The process that holds the hanging attempts sends the others over without a look at the table.
    fixture.at(fixture.clock.now_ms() + 60_000);
    let health = health::get(&fixture.ctx, &app.tenant, &app.id).await.unwrap().unwrap().data;
    assert!(health.is_trouble() && !health.is_failing());
}

#[tokio::test]
async fn an_endpoint_that_fails_is_served_in_the_slow_lane_until_it_is_well() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::new(&fixture.clock, |n| if n == 0 { Reply::Status(500, "", "") } else { OK }).await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.settle().await;
    fixture.at(START + 1);
    fixture.event("e-2", EventKind::OrderStatus).await;
    while fixture.pump(&tenon_platform::queue::WEBHOOK_FAN_OUT).await > 0 {}
    fixture.pump(&WEBHOOK_DELIVER).await;
    assert_eq!(receiver.count(), 1, "the fast lane leaves it alone");
    fixture.pump(&WEBHOOK_RETRY).await;
    assert_eq!(receiver.count(), 2);
    fixture.at(START + 2);
    fixture.event("e-3", EventKind::OrderStatus).await;
    while fixture.pump(&tenon_platform::queue::WEBHOOK_FAN_OUT).await > 0 {}
    fixture.pump(&WEBHOOK_DELIVER).await;
    assert_eq!(receiver.count(), 3, "a success brings it back to the fast lane");
    fixture.run_out().await;
    assert_eq!(fixture.all_delivered(&app).await, 3);
}

#[tokio::test]
async fn a_push_that_cannot_be_signed_fails_with_its_reason_and_can_be_sent_again() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |a| a.callback.as_mut().unwrap().secrets.clear()).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.run_out().await;
    let delivery = fixture.delivery(&app).await;
    assert_eq!((delivery.state, delivery.reason), (State::Failed, Some(Reason::Abandoned)));
    assert_eq!(delivery.detail.as_deref(), Some("webhook.no-secret"));
    // It is no healthy endpoint, and its app's log says why.
    let health = health::get(&fixture.ctx, &app.tenant, &app.id).await.unwrap().unwrap().data;
    assert_eq!((health.failures, health.last_error.as_deref()), (1, Some("webhook.no-secret")));
    let log = fixture.log(&app).await;
    assert_eq!((log.len(), log[0].reason.as_deref(), log[0].result), (1, Some("webhook.no-secret"), CallResult::Error));
    assert_eq!((log[0].delivery_id.as_deref(), log[0].attempt), (Some(delivery.id.as_str()), None));
    let secret = fixture.secret(&app.tenant, &app.id, "mended", None);
    fixture.change(&app, |a| a.callback.as_mut().unwrap().secrets = vec![secret]).await;
    tenon_delivery::again::resend(&fixture.ctx, &app.tenant, &app.id, &delivery.id).await.unwrap();
    fixture.run_out().await;
    assert_eq!(fixture.delivery(&app).await.state, State::Delivered);
    assert_eq!(receiver.hits()[0].id(), delivery.id);
}
