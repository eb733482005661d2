//! A customer is told that an endpoint was switched off: once, and whatever dies on the way.

use crate::common::Fixture;
use crate::common::receiver::{Receiver, Reply};
use tenon_delivery::record::State;
use tenon_engine::{Gate, Moment};
use tenon_model::tenant_app::TenantApp;
use tenon_model::{EventKind, Module, TenantId};
use tenon_platform::queue::{WEBHOOK_DELIVER, WEBHOOK_FAN_OUT, WEBHOOK_RETRY};

struct Receivers {
    other: (TenantApp, Receiver),
    silent: (TenantApp, Receiver),
    operator: (TenantApp, Receiver),
}

/// An endpoint that answers 410; another app of the tenant that asks to be told, one that does not, and the operator's.
/// A process that the gate kills, and one that takes over.
async fn scenario(gate: Gate) -> (Fixture, Receivers) {
    let mut fixture = Fixture::new().await;
    let gone = Receiver::new(&fixture.clock, |_| Reply::Status(410, "", "")).await;
    fixture.app(Module::OrderSync, &gone.url, |_| {}).await;
    let subscribe = |app: &mut TenantApp| {
        app.callback.as_mut().unwrap().events = Some(vec![EventKind::QualityResult, EventKind::EndpointDisabled]);
    };
    let (one, two, three) = (
        Receiver::well(&fixture.clock).await,
        Receiver::well(&fixture.clock).await,
        Receiver::well(&fixture.clock).await,
    );
    let other = fixture.app(Module::QualityFeedback, &one.url, subscribe).await;
    let silent = fixture.app(Module::PaymentSync, &two.url, |_| {}).await;
    let operator = fixture.app_of(&TenantId::operator(), Module::QualityFeedback, &three.url, subscribe).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.restart(gate).await;
    for _ in 0..8 {
        for queue in [WEBHOOK_FAN_OUT, WEBHOOK_DELIVER, WEBHOOK_RETRY] {
            fixture.pump(&queue).await;
        }
        fixture.clock.advance(std::time::Duration::from_secs(2));
    }
    fixture.restart(Gate::open()).await;
    fixture.run_out().await;
    (fixture, Receivers { other: (other, one), silent: (silent, two), operator: (operator, three) })
}

async fn check(fixture: &Fixture, receivers: &Receivers, what: &str) {
    assert!(fixture.dead_letters().await.is_empty(), "{what}");
    for (app, receiver) in [&receivers.other, &receivers.operator] {
        let delivery = fixture.delivery(app).await;
        assert_eq!((delivery.kind.as_str(), delivery.state), ("ENDPOINT_DISABLED", State::Delivered), "{what}");
        let body: serde_json::Value = serde_json::from_str(&delivery.body).unwrap();
        assert_eq!((&body["event"], &body["data"]["reason"]), (&"ENDPOINT_DISABLED".into(), &"gone".into()), "{what}");
        assert_eq!(body["data"]["tenantId"], fixture.tenant.as_str(), "{what}");
        assert!(receiver.count() >= 1, "{what}");
    }
    assert_eq!(receivers.silent.1.count(), 0, "{what}: who did not ask is not told");
    assert!(fixture.deliveries(&receivers.silent.0).await.is_empty(), "{what}");
}

#[tokio::test]
async fn whatever_write_the_process_dies_at_a_customer_is_told_once_that_an_endpoint_was_switched_off() {
    let (gate, writes) = Gate::counting_writes();
    let (fixture, receivers) = scenario(gate).await;
    check(&fixture, &receivers, "without a death").await;
    assert_eq!(
        (receivers.other.1.count(), receivers.operator.1.count()),
        (1, 1),
        "nobody died, so nothing is pushed twice"
    );
    let writes = writes.load(std::sync::atomic::Ordering::SeqCst);
    assert!(writes > 15, "{writes}");
    for n in 0..writes {
        for moment in [Moment::Before, Moment::After] {
            let (fixture, receivers) = scenario(Gate::crash_at_write(n, moment)).await;
            check(&fixture, &receivers, &format!("write {n}, {moment:?}")).await;
        }
    }
}
