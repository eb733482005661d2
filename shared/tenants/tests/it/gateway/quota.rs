//! The daily quota.

use super::fixture::{Fixture, SECRET, START, Signed, at_once, word};
use futures::future::join_all;
use std::collections::BTreeMap;
use std::time::Duration;
use tenon_engine::limits::Rejections;
use tenon_engine::{Gate, GateDecision, Limits, Moment};
use tenon_model::tenant_app::TenantApp;
use tenon_platform::Clock;
use tenon_platform::table::{Count, Key};
use tenon_tenants::{manage, quota};

#[tokio::test]
async fn a_hundred_of_four_hundred_reads_get_through() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    let calls = (0..400).map(|i| (fixture.v1(&app, &format!("{{\"page\":{i}}}")), false)).collect();
    assert_eq!(at_once(&fixture.ctx, calls), BTreeMap::from([("admitted", 100), ("quota", 300)]));
    assert_eq!(fixture.used(&app).await, 100);
}

#[tokio::test]
async fn a_hundred_of_four_hundred_calls_with_nonces_get_through() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    let calls = (0..400).map(|i| (fixture.v2(&app, &format!("nonce-{i:010}")), i % 2 == 0)).collect();
    assert_eq!(at_once(&fixture.ctx, calls), BTreeMap::from([("admitted", 100), ("quota", 300)]));
    assert_eq!(fixture.used(&app).await, 100);
}

#[tokio::test]
async fn replays_take_nothing_from_the_quota() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    // Each of 50 calls eight times, all at once.
    let calls = (0..400).map(|i| (fixture.v2(&app, &format!("nonce-{:010}", i % 50)), true)).collect();
    assert_eq!(at_once(&fixture.ctx, calls), BTreeMap::from([("admitted", 50), ("replay", 350)]));
    assert_eq!(fixture.used(&app).await, 50);
    let writes = (0..60).map(|i| (fixture.v1(&app, &format!("{{\"n\":{}}}", i % 20)), true)).collect();
    assert_eq!(at_once(&fixture.ctx, writes), BTreeMap::from([("admitted", 20), ("replay", 40)]));
    assert_eq!(fixture.used(&app).await, 70);
}

#[tokio::test]
async fn a_call_the_quota_refuses_may_be_sent_again_unchanged() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|app| app.daily_quota = 1).await;
    fixture.v2(&app, "nonce-0123456789").write(&fixture.ctx).await.unwrap();
    let (one, two) = (fixture.v1(&app, "{\"n\":1}"), fixture.v2(&app, "nonce-9876543210"));
    assert_eq!(word(&one.write(&fixture.ctx).await), "quota");
    assert_eq!(word(&two.write(&fixture.ctx).await), "quota");
    quota::reset(&fixture.ctx, &app).await.unwrap();
    assert_eq!(word(&two.write(&fixture.ctx).await), "admitted");
    quota::reset(&fixture.ctx, &app).await.unwrap();
    assert_eq!(word(&one.write(&fixture.ctx).await), "admitted");
}

#[tokio::test]
async fn a_trials_app_made_anew_brings_no_new_calls() {
    let fixture = Fixture::new().await;
    let of_trial = |app: &mut TenantApp| (app.trial, app.daily_quota) = (true, 2);
    let first = fixture.app(of_trial).await;
    fixture.v1(&first, "{}").read(&fixture.ctx).await.unwrap();
    manage::delete(&fixture.ctx, &first.tenant, &first.id).await.unwrap();
    let second = fixture.app(of_trial).await;
    assert_eq!(fixture.used(&second).await, 1);
    assert_eq!(word(&fixture.v1(&second, "{}").read(&fixture.ctx).await), "admitted");
    assert_eq!(word(&fixture.v1(&second, "{}").read(&fixture.ctx).await), "quota");
    // Bought, it counts for itself.
    fixture.change(&second.id, |app| app.trial = false).await;
    assert_eq!(word(&fixture.v1(&second, "{}").read(&fixture.ctx).await), "admitted");
}

#[tokio::test]
async fn the_quota_begins_anew_at_midnight_utc() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|app| app.daily_quota = 2).await;
    // 08:00; midnight is 16 hours off.
    let first = fixture.v1(&app, "{}").read(&fixture.ctx).await.unwrap().usage.unwrap();
    assert_eq!((first.limit, first.used, first.remaining(), first.reset_s), (2, 1, Some(1), 16 * 3600));
    fixture.clock.advance(Duration::from_millis(16 * 3_600_000 - 1));
    fixture.v1(&app, "{}").read(&fixture.ctx).await.unwrap();
    let refused = fixture.v1(&app, "{}").read(&fixture.ctx).await.unwrap_err();
    assert_eq!((refused.rejection.status(), refused.usage.unwrap().reset_s), (429, 1));
    let write = fixture.v1(&app, "{\"w\":1}").write(&fixture.ctx).await.unwrap_err();
    assert_eq!(write.usage.map(|u| (u.remaining(), u.reset_s)), Some((Some(0), 1)));
    fixture.clock.advance(Duration::from_millis(1));
    let anew = fixture.v1(&app, "{}").read(&fixture.ctx).await.unwrap().usage.unwrap();
    assert_eq!((anew.used, anew.reset_s), (1, 86_400));
}

#[tokio::test]
async fn an_app_without_a_limit_is_counted_all_the_same() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|app| app.daily_quota = 0).await;
    for _ in 0..151 {
        let admitted = fixture.v1(&app, "{}").read(&fixture.ctx).await.unwrap();
        assert_eq!(admitted.usage, None, "there is no limit to tell of");
    }
    assert_eq!(fixture.used(&app).await, 151);
    quota::reset(&fixture.ctx, &app).await.unwrap();
    assert_eq!(fixture.used(&app).await, 0);
}

/// Calls at once, half of them such as may come once; how they ended, and how many were counted.
async fn overrun(many: usize, quota: u32) -> (BTreeMap<&'static str, usize>, i64, Limits) {
    let (fixture, limits) = (Fixture::new().await, Limits::by(Clock::manual_for_many(START)));
    let app = fixture.app(|app| app.daily_quota = quota).await;
    let ctx = fixture.within(&limits);
    let calls: Vec<_> = (0..many).map(|n| (fixture.v1(&app, &format!("{{\"n\":{n}}}")), n % 2 == 0)).collect();
    let ended = join_all(calls.iter().map(|(call, write)| async {
        let outcome = if *write { call.write(&ctx).await } else { call.read(&ctx).await };
        word(&outcome)
    }));
    let mut outcomes = BTreeMap::new();
    for word in ended.await {
        *outcomes.entry(word).or_default() += 1;
    }
    (outcomes, fixture.used(&app).await, limits)
}

#[tokio::test]
async fn beyond_what_a_key_takes_calls_wait_and_none_goes_uncounted() {
    let (outcomes, used, limits) = overrun(1_400, 10_000).await;
    assert!(limits.refused().throttled >= 400, "{:?}", limits.refused());
    assert_eq!((outcomes, used), (BTreeMap::from([("admitted", 1_400)]), 1_400));
}

#[tokio::test]
async fn beyond_what_a_key_takes_the_quota_is_exact() {
    let (outcomes, used, limits) = overrun(1_300, 1_100).await;
    assert!(limits.refused().throttled >= 300, "{:?}", limits.refused());
    assert_eq!((outcomes, used), (BTreeMap::from([("admitted", 1_100), ("quota", 200)]), 1_100));
}

#[tokio::test]
async fn whoever_may_call_a_million_times_is_counted_on_several_keys() {
    let (outcomes, used, limits) = overrun(1_400, 1_000_000).await;
    assert_eq!((outcomes, used), (BTreeMap::from([("admitted", 1_400)]), 1_400));
    assert_eq!(limits.refused(), Rejections::default());
}

#[tokio::test]
async fn a_counter_that_stays_busy_puts_calls_off_and_counts_none_of_them() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    let busy = fixture.gated(Gate::new(|operation, moment| match (operation, moment) {
        ("UpdateItem", Moment::Before) => GateDecision::Contend,
        _ => GateDecision::Go,
    }));
    let call = fixture.v2(&app, "nonce-0123456789");
    for _ in 0..2 {
        let refused = call.write(&busy).await.unwrap_err();
        assert_eq!((refused.rejection.status(), refused.reason, refused.usage), (429, "busy", None));
    }
    assert_eq!(fixture.used(&app).await, 0);
    assert_eq!(word(&call.write(&fixture.ctx).await), "admitted", "it may be sent again unchanged");
}

#[tokio::test]
async fn the_parts_of_a_large_quota_are_exact_together() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|app| app.daily_quota = 1_000_003).await;
    // All but 11 calls are made; the parts differ in what is left of them.
    for shard in 0..8 {
        let (day, part) = ((START / 86_400_000).to_string(), shard.to_string());
        let parts = [app.id.as_str(), &day, &part];
        let key = Key::new(&app.tenant, "QUOTA", if shard == 0 { &parts[..2] } else { &parts }, "-");
        let made = if shard == 5 { 124_989 } else { 125_000 + i64::from(shard < 3) };
        fixture.ctx.table.count(Count::new(key).add("calls", made)).await.unwrap();
    }
    let calls = (0..40).map(|n| (fixture.v1(&app, &format!("{{\"n\":{n}}}")), n % 2 == 0)).collect();
    assert_eq!(at_once(&fixture.ctx, calls), BTreeMap::from([("admitted", 11), ("quota", 29)]));
    assert_eq!(fixture.used(&app).await, 1_000_003);
}

#[tokio::test]
async fn refused_calls_are_not_counted() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    let old = Signed::v1(&app.app_key, super::fixture::SECRET, super::fixture::START - 300_001, "{}");
    let forged = Signed { signature: "0".repeat(64), ..fixture.v1(&app, "{}") };
    for call in [old, forged] {
        assert!(call.write(&fixture.ctx).await.is_err());
    }
    fixture.change(&app.id, |app| app.allow_ips = vec!["10.0.0.0/8".into()]).await;
    assert_eq!(word(&fixture.v1(&app, "{}").write(&fixture.ctx).await), "ip");
    assert_eq!(fixture.used(&app).await, 0);
}

#[tokio::test]
async fn counters_are_forgotten_after_three_days() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|_| ()).await;
    fixture.v1(&app, "{}").read(&fixture.ctx).await.unwrap();
    fixture.clock.advance(Duration::from_secs(3 * 86_400));
    assert_eq!(fixture.local.sweep_expired().unwrap(), 0);
    fixture.clock.advance(Duration::from_secs(86_400));
    assert_eq!(fixture.local.sweep_expired().unwrap(), 1);
}

/// How many nonces and signatures the table remembers, once it has deleted what is over.
async fn remembered(fixture: &Fixture) -> usize {
    fixture.local.sweep_expired().unwrap();
    let all = fixture.ctx.table.scan(None, 1_000).await.unwrap().records;
    all.iter().filter(|record| record.key.partition().contains("#SEEN#")).count()
}

#[tokio::test]
async fn a_call_is_remembered_for_as_long_as_its_timestamp_may_pass_and_hardly_longer() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|app| app.daily_quota = 2).await;
    // Its clock is as far ahead as it may be, so it passes for ten minutes.
    let at_ms = fixture.clock.now_ms() + 5 * 60_000;
    let calls =
        [Signed::v1(&app.app_key, SECRET, at_ms, "{}"), Signed::v2(&app.app_key, SECRET, at_ms, "nonce-0123456789")];
    for call in &calls {
        assert_eq!(word(&call.write(&fixture.ctx).await), "admitted");
    }
    let refused = Signed::v2(&app.app_key, SECRET, at_ms, "nonce-9876543210");
    assert_eq!(word(&refused.write(&fixture.ctx).await), "quota");
    fixture.clock.advance(Duration::from_secs(600));
    assert_eq!(remembered(&fixture).await, 3);
    for call in &calls {
        assert_eq!(word(&call.write(&fixture.ctx).await), "replay");
    }
    fixture.clock.advance(Duration::from_secs(120));
    assert_eq!(remembered(&fixture).await, 0);
}

#[tokio::test]
async fn a_call_that_the_quota_refused_is_no_replay_to_an_app_that_is_switched_off() {
    let fixture = Fixture::new().await;
    let app = fixture.app(|app| app.daily_quota = 1).await;
    let (admitted, refused) = (fixture.v1(&app, "{\"n\":1}"), fixture.v1(&app, "{\"n\":2}"));
    assert_eq!(word(&admitted.write(&fixture.ctx).await), "admitted");
    assert_eq!(word(&refused.write(&fixture.ctx).await), "quota");
    fixture.change(&app.id, |app| app.enabled = false).await;
    assert_eq!(word(&refused.write(&fixture.ctx).await), "disabled");
    assert_eq!(word(&admitted.write(&fixture.ctx).await), "replay", "whoever repeats another's call learns nothing");
}
