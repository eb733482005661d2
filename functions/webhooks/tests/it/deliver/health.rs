//! Endpoints that are off, slow, failing, or want fewer pushes.

use crate::common::receiver::{OK, Receiver, Reply};
use crate::common::{Fixture, HOUR, START};
use std::collections::BTreeMap;
use std::time::Duration;
use tenon_delivery::health;
use tenon_delivery::record::{Reason, State};
use tenon_model::tenant_app::RetryPreset;
use tenon_model::{EventKind, Module, TenantId};
use tenon_platform::queue::{WEBHOOK_DELIVER, WEBHOOK_RETRY};

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
