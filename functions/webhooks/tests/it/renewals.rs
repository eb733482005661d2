//! A tenant is told, by the clock, that a trial, a subscription or a quota ends: each time once, whatever dies.

use crate::common::receiver::Receiver;
use crate::common::{Fixture, HOUR};
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tenon_delivery::record::State;
use tenon_engine::{Gate, Moment};
use tenon_model::tenant_app::TenantApp;
use tenon_model::{EventKind, Module, TenantId};
use tenon_platform::outbox::sweep::sweep;
use tenon_platform::queue::{WEBHOOK_DELIVER, WEBHOOK_FAN_OUT};
use tenon_platform::table::{Count, Key};
use tenon_tenants::store::{Edit, NewOrder, activate, create_order, edit, start_trial};
use tenon_tenants::times;
use tenon_webhooks::renewals::handler;

const DAY: Duration = Duration::from_secs(86_400);
const MODULE: Module = Module::OrderSync;

struct Receivers {
    own: (TenantApp, Receiver),
    operator: (TenantApp, Receiver),
    silent: (TenantApp, Receiver),
}

/// A tenant with a trial of so many days, an app of it that asks to be told, one that does not, and the operator's.
async fn fixture(trial_days: u16) -> (Fixture, Receivers) {
    let fixture = Fixture::new().await;
    let longer = Edit { trial_days: Some(trial_days), ..Edit::default() };
    edit(&fixture.ctx, MODULE, &longer).await.unwrap();
    start_trial(&fixture.ctx, &fixture.tenant, MODULE).await.unwrap();
    let subscribe = |app: &mut TenantApp| {
        let events = vec![EventKind::AppExpiring, EventKind::QuotaReached];
        app.callback.as_mut().unwrap().events = Some(events);
    };
    let [one, two, three] = [
        Receiver::well(&fixture.clock).await,
        Receiver::well(&fixture.clock).await,
        Receiver::well(&fixture.clock).await,
    ];
    let own = fixture.app(Module::QualityFeedback, &one.url, subscribe).await;
    let operator = fixture.app_of(&TenantId::operator(), Module::PaymentSync, &two.url, subscribe).await;
    let silent = fixture.app(Module::LogisticsSync, &three.url, |_| {}).await;
    (fixture, Receivers { own: (own, one), operator: (operator, two), silent: (silent, three) })
}

/// What a receiver was told, in order, each delivery once.
fn received(receiver: &Receiver) -> Vec<Value> {
    let mut ids = Vec::new();
    let mut bodies = Vec::new();
    for hit in receiver.hits() {
        if !ids.contains(&hit.id().to_owned()) {
            ids.push(hit.id().to_owned());
            bodies.push(serde_json::from_str(&hit.body).unwrap());
        }
    }
    bodies
}

/// A look, and all that follows from it.
async fn look(fixture: &Fixture) {
    handler(&fixture.ctx).await.unwrap();
    fixture.settle().await;
}

#[tokio::test]
async fn a_tenant_and_the_operator_are_told_thirty_seven_and_one_days_before_and_on_the_day_each_time_once() {
    let (fixture, receivers) = fixture(60).await;
    fixture.clock.advance(DAY / 12);
    for _ in 0..(66 * 8) {
        look(&fixture).await;
        fixture.clock.advance(DAY / 8);
    }
    for (app, receiver) in [&receivers.own, &receivers.operator] {
        let all = received(receiver);
        let left: Vec<i64> = all.iter().map(|body| body["data"]["daysLeft"].as_i64().unwrap()).collect();
        assert_eq!(left, [30, 7, 1, 0], "{all:?}");
        let first = &all[0];
        assert_eq!((&first["event"], &first["data"]["appType"]), (&"APP_EXPIRING".into(), &"ORDER_SYNC".into()));
        assert_eq!((&first["data"]["tenantId"], &first["data"]["subscriptionType"]), (&"t-1".into(), &"TRIAL".into()));
        assert_eq!(first["data"]["endTime"], "2027-01-21T08:00:00", "{first}");
        assert!(all.iter().all(|body| body["data"]["expired"] == false), "{all:?}");
        assert_eq!(receiver.count(), 4, "{}", app.id);
    }
    assert_eq!(receivers.silent.1.count(), 0, "who did not ask is not told");
    assert!(fixture.deliveries(&receivers.silent.0).await.is_empty());
}

#[tokio::test]
async fn a_renewal_puts_it_off_and_a_term_that_has_just_begun_is_no_news() {
    let (fixture, receivers) = fixture(7).await;
    // Seven days are left, as everybody knows who has just begun.
    fixture.clock.advance(Duration::from_secs(3_600));
    look(&fixture).await;
    assert_eq!(receivers.own.1.count(), 0);
    // Bought before the last day: it is not told of an end that is none any more.
    fixture.clock.advance(DAY * 5);
    look(&fixture).await;
    let order = serde_json::json!({ "appId": MODULE, "subscriptionType": "YEARLY", "contactName": "张三", "contactPhone": "13800138000" });
    let order: NewOrder = serde_json::from_value(order).unwrap();
    let order = create_order(&fixture.ctx, &fixture.tenant, &order).await.unwrap();
    activate(&fixture.ctx, &order.number, "", "tok-1").await.unwrap();
    for _ in 0..20 {
        look(&fixture).await;
        fixture.clock.advance(DAY);
    }
    assert_eq!(received(&receivers.own.1), Vec::<Value>::new());
}

/// Counts calls of an app as the gateway does.
async fn called(fixture: &Fixture, app: &TenantApp, times: i64) {
    let day = fixture.clock.now_ms().div_euclid(24 * HOUR).to_string();
    let key = Key::new(&app.tenant, "QUOTA", &[app.id.as_str(), &day], "-");
    fixture.ctx.table.count(Count::new(key).add("calls", times)).await.unwrap();
}

#[tokio::test]
async fn a_quota_is_told_at_eighty_and_at_a_hundred_percent_once_a_day() {
    let (fixture, receivers) = fixture(60).await;
    let app = &receivers.own.0;
    fixture.change(app, |app| app.daily_quota = 10).await;
    let percents = |receiver: &Receiver| -> Vec<i64> {
        received(receiver).iter().map(|body| body["data"]["percent"].as_i64().unwrap()).collect()
    };
    for (calls, expected) in [(7, vec![]), (1, vec![80]), (1, vec![80]), (1, vec![80, 100])] {
        called(&fixture, app, calls).await;
        for _ in 0..2 {
            look(&fixture).await;
            fixture.clock.advance(Duration::from_secs(900));
        }
        assert_eq!(percents(&receivers.own.1), expected);
        assert_eq!(percents(&receivers.operator.1), expected);
    }
    let all = received(&receivers.own.1);
    let data = &all[1]["data"];
    assert_eq!(
        (&all[1]["event"], &data["used"], &data["dailyQuota"]),
        (&"QUOTA_REACHED".into(), &10.into(), &10.into())
    );
    assert_eq!((&data["appId"], &data["resetTime"]), (&app.id.as_str().into(), &"2026-11-23T08:00:00".into()));
    // What is used up in the last minutes of a day is told in the first of the next.
    let now = fixture.clock.now_ms();
    fixture.at((now.div_euclid(24 * HOUR) + 2) * 24 * HOUR - 60_000);
    called(&fixture, app, 10).await;
    fixture.clock.advance(Duration::from_secs(120));
    look(&fixture).await;
    assert_eq!(percents(&receivers.own.1), [80, 100, 100]);
    assert_eq!(received(&receivers.own.1)[2]["data"]["day"], times::utc_day(fixture.clock.now_ms() - HOUR));
    fixture.clock.advance(Duration::from_secs(900));
    look(&fixture).await;
    assert_eq!(receivers.own.1.count(), 3);
}

/// The last day but one of a trial, told by a process that the gate kills, and by one that takes over.
async fn scenario(gate: Gate) -> (Fixture, Receivers) {
    let (mut fixture, receivers) = fixture(7).await;
    fixture.clock.advance(DAY * 6 + Duration::from_secs(3_600));
    fixture.restart(gate).await;
    let _ = handler(&fixture.ctx).await;
    for _ in 0..4 {
        for queue in [WEBHOOK_FAN_OUT, WEBHOOK_DELIVER] {
            fixture.pump(&queue).await;
        }
    }
    fixture.restart(Gate::open()).await;
    for _ in 0..2 {
        fixture.clock.advance(Duration::from_secs(900));
        sweep(&fixture.ctx).await.unwrap();
        look(&fixture).await;
    }
    fixture.run_out().await;
    (fixture, receivers)
}

#[tokio::test]
async fn whatever_write_the_process_dies_at_an_end_is_told_once() {
    let (gate, writes) = Gate::counting_writes();
    let (fixture, receivers) = scenario(gate).await;
    check(&fixture, &receivers, "without a death").await;
    assert_eq!(
        (receivers.own.1.count(), receivers.operator.1.count()),
        (1, 1),
        "nobody died, so nothing is pushed twice"
    );
    let writes = writes.load(Ordering::SeqCst);
    assert!(writes > 5, "{writes}");
    for n in 0..writes {
        for moment in [Moment::Before, Moment::After] {
            let (fixture, receivers) = scenario(Gate::crash_at_write(n, moment)).await;
            check(&fixture, &receivers, &format!("write {n}, {moment:?}")).await;
        }
    }
}

async fn check(fixture: &Fixture, receivers: &Receivers, what: &str) {
    assert!(fixture.dead_letters().await.is_empty(), "{what}");
    for (app, receiver) in [&receivers.own, &receivers.operator] {
        let delivery = fixture.delivery(app).await;
        assert_eq!((delivery.kind.as_str(), delivery.state), ("APP_EXPIRING", State::Delivered), "{what}");
        assert_eq!(received(receiver).len(), 1, "{what}");
    }
    assert_eq!(receivers.silent.1.count(), 0, "{what}");
}
