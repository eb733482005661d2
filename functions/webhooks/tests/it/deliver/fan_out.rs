//! Whom an event goes to.

use crate::common::receiver::Receiver;
use crate::common::{Fixture, HOUR, START};
use tenon_delivery::record::{Reason, State};
use tenon_model::{EventKind, Module, TenantId};

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
