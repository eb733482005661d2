//! The call log.

use super::fixture::{Fixture, START, tenant};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tenon_model::call::{CallRecord, CallResult, Direction};
use tenon_model::message::Envelope;
use tenon_model::{AppId, Module, TenantId};
use tenon_platform::queue::{OPENAPI_LOG, Queue, QueueName, Received};
use tenon_platform::{Context, Error, Result};
use tenon_tenants::call_log::{self, BAD_CURSOR, Filter, enter, last_errors, page, stats};

const DAY: i64 = 86_400_000;

fn record(id: u32, at_ms: i64) -> CallRecord {
    CallRecord {
        id: format!("call-{id:05}"),
        app_id: AppId::new("app-1"),
        module: Module::OrderSync,
        direction: Direction::Inbound,
        method: "POST".into(),
        path: "/openapi/v1/orders/list".into(),
        http_status: 200,
        result: CallResult::Success,
        reason: None,
        error: None,
        at_ms,
        duration_ms: 3,
        request_id: format!("req_{id}"),
        client_ip: "203.0.113.9".into(),
        request_body: "{}".into(),
        response_body: "{}".into(),
        delivery_id: None,
        attempt: None,
        unsigned: None,
    }
}

fn push(id: u32, at_ms: i64) -> CallRecord {
    let (path, http_status, result) = ("https://c.example/hook".into(), 503, CallResult::Error);
    CallRecord { direction: Direction::Outbound, path, http_status, result, ..record(id, at_ms) }
}

/// Every page of this size, as ids.
async fn pages(ctx: &Context, filter: &Filter, size: usize) -> Vec<Vec<String>> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let found = page(ctx, &tenant(), filter, cursor.as_deref(), size).await.unwrap();
        all.push(found.records.into_iter().map(|r| r.id).collect());
        cursor = found.next;
        if cursor.is_none() {
            return all;
        }
    }
}

async fn ids(ctx: &Context, filter: Filter) -> Vec<String> {
    pages(ctx, &filter, 100).await.concat()
}

#[tokio::test]
async fn a_record_that_comes_twice_is_counted_once() {
    let fixture = Fixture::new().await;
    let some: Vec<_> = (0..60).map(|i| record(i, START + i64::from(i))).collect();
    let more: Vec<_> = (40..300).map(|i| record(i, START + i64::from(i))).collect();
    enter(&fixture.ctx, &tenant(), some.clone()).await.unwrap();
    enter(&fixture.ctx, &tenant(), some).await.unwrap();
    enter(&fixture.ctx, &tenant(), [more.clone(), more].concat()).await.unwrap();
    let counted = stats(&fixture.ctx, &tenant(), &[AppId::new("app-1")], 7).await.unwrap();
    assert_eq!(counted.len(), 1);
    assert_eq!((counted[0].calls, counted[0].success, counted[0].last_ms), (300, 300, Some(START + 299)));
    assert_eq!(ids(&fixture.ctx, Filter::default()).await.len(), 300);
}

#[tokio::test]
async fn a_push_is_entered_in_a_transaction_of_its_deliverers() {
    let fixture = Fixture::new().await;
    let writes = || call_log::writes(&tenant(), &push(1, START)).unwrap();
    assert_eq!(fixture.ctx.table.transact(writes()).await.unwrap(), tenon_platform::table::Outcome::Done);
    assert_eq!(fixture.ctx.table.transact(writes()).await.unwrap(), tenon_platform::table::Outcome::Conflict);
    enter(&fixture.ctx, &tenant(), vec![push(1, START)]).await.unwrap();
    let counted = stats(&fixture.ctx, &tenant(), &[AppId::new("app-1")], 1).await.unwrap();
    assert_eq!((counted[0].direction, counted[0].calls, counted[0].error), (Direction::Outbound, 1, 1));
}

#[tokio::test]
async fn calls_are_counted_by_app_day_and_direction() {
    let fixture = Fixture::new().await;
    let other = |id, at| CallRecord { app_id: AppId::new("app-2"), ..record(id, at) };
    let refused = CallRecord { result: CallResult::Failed, http_status: 401, ..record(4, START) };
    let all = vec![record(1, START), record(2, START - DAY), push(3, START), refused, other(5, START - 9 * DAY)];
    enter(&fixture.ctx, &tenant(), all).await.unwrap();
    let apps = [AppId::new("app-1"), AppId::new("app-2"), AppId::new("app-3")];
    let found = stats(&fixture.ctx, &tenant(), &apps, 7).await.unwrap();
    let short: Vec<_> =
        found.iter().map(|s| (s.app.as_str(), s.day.as_str(), s.direction, s.calls, s.failed, s.last_ms)).collect();
    assert_eq!(
        short,
        [
            ("app-1", "2024-02-11", Direction::Inbound, 2, 1, Some(START)),
            ("app-1", "2024-02-10", Direction::Inbound, 1, 0, Some(START - DAY)),
            ("app-1", "2024-02-11", Direction::Outbound, 1, 0, Some(START)),
        ]
    );
    assert_eq!(stats(&fixture.ctx, &tenant(), &apps, 10).await.unwrap().len(), 4);
    assert_eq!(stats(&fixture.ctx, &TenantId::new("t-2"), &apps, 10).await.unwrap(), []);
}

#[tokio::test]
async fn every_part_of_a_filter_counts() {
    let fixture = Fixture::new().await;
    let mut all: Vec<_> = (0..10).map(|i| record(i, START + i64::from(i))).collect();
    all.extend((10..15).map(|i| push(i, START + i64::from(i))));
    all.push(CallRecord { http_status: 429, result: CallResult::Failed, ..record(15, START + 15) });
    all.push(CallRecord {
        app_id: AppId::new("app-2"),
        path: "/openapi/v1/orders/create".into(),
        ..record(16, START + 16)
    });
    enter(&fixture.ctx, &tenant(), all).await.unwrap();
    let ctx = &fixture.ctx;
    let app = Some(AppId::new("app-1"));
    let newest_first: Vec<String> = (0..16).rev().map(|i| format!("call-{i:05}")).collect();
    assert_eq!(ids(ctx, Filter { app: app.clone(), ..Filter::default() }).await, newest_first);
    assert_eq!(ids(ctx, Filter::default()).await.len(), 17);
    let outbound = Filter { direction: Some(Direction::Outbound), ..Filter::default() };
    assert_eq!(ids(ctx, outbound.clone()).await, newest_first[1..6]);
    assert_eq!(ids(ctx, Filter { app: app.clone(), ..outbound }).await, newest_first[1..6]);
    let span = Filter { app, from_ms: Some(START + 3), to_ms: Some(START + 5), ..Filter::default() };
    assert_eq!(ids(ctx, span).await, ["call-00005", "call-00004", "call-00003"]);
    assert_eq!(ids(ctx, Filter { result: Some(CallResult::Failed), ..Filter::default() }).await, ["call-00015"]);
    assert_eq!(ids(ctx, Filter { http_status: Some(503), ..Filter::default() }).await.len(), 5);
    let prefix = Some("/openapi/v1/orders/c".to_owned());
    assert_eq!(ids(ctx, Filter { path_prefix: prefix, ..Filter::default() }).await, ["call-00016"]);
    let backwards = Filter { from_ms: Some(START + 5), to_ms: Some(START + 3), ..Filter::default() };
    assert_eq!(ids(ctx, backwards).await, Vec::<String>::new());
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let fixture = Fixture::new().await;
    // Both directions interleaved, several in one millisecond.
    let each = |i: u32| {
        if i.is_multiple_of(3) { push(i, START + i64::from(i / 4)) } else { record(i, START + i64::from(i / 4)) }
    };
    enter(&fixture.ctx, &tenant(), (0..250).map(each).collect()).await.unwrap();
    let expected: Vec<String> = (0..250).rev().map(|i| format!("call-{i:05}")).collect();
    for app in [None, Some(AppId::new("app-1"))] {
        let found = pages(&fixture.ctx, &Filter { app, ..Filter::default() }, 7).await;
        assert!(found.iter().rev().skip(1).all(|p| p.len() == 7));
        assert_eq!(found.concat(), expected);
    }
}

#[tokio::test]
async fn a_rare_record_is_found_over_several_short_pages() {
    let fixture = Fixture::new().await;
    let mut all: Vec<_> = (1..2_400).map(|i| record(i, START + i64::from(i))).collect();
    all.push(push(0, START));
    enter(&fixture.ctx, &tenant(), all).await.unwrap();
    let found = pages(&fixture.ctx, &Filter { http_status: Some(503), ..Filter::default() }, 10).await;
    assert_eq!(found, [vec![], vec!["call-00000".to_owned()]]);
}

#[tokio::test]
async fn a_cursor_is_good_for_the_list_it_came_from_and_nothing_else() {
    let fixture = Fixture::new().await;
    enter(&fixture.ctx, &tenant(), (0..10).map(|i| record(i, START)).collect()).await.unwrap();
    let of_app = Filter { app: Some(AppId::new("app-1")), ..Filter::default() };
    let given = page(&fixture.ctx, &tenant(), &of_app, None, 3).await.unwrap().next.unwrap();
    assert!(!given.contains("call-"), "a cursor tells nothing: {given}");
    let forged = ["", "1707638400000-call-00003", "eyJhIjoxfQ==", &format!("{given}A")];
    for cursor in forged {
        let refused = page(&fixture.ctx, &tenant(), &of_app, Some(cursor), 3).await.unwrap_err();
        assert_eq!(refused.code, BAD_CURSOR, "{cursor}");
    }
    for (tenant, filter) in [
        (TenantId::new("t-2"), of_app.clone()),
        (tenant(), Filter::default()),
        (tenant(), Filter { app: Some(AppId::new("app-2")), ..Filter::default() }),
    ] {
        let refused = page(&fixture.ctx, &tenant, &filter, Some(&given), 3).await.unwrap_err();
        assert_eq!(refused.code, BAD_CURSOR);
    }
}

#[tokio::test]
async fn another_tenants_log_is_not_seen() {
    let fixture = Fixture::new().await;
    enter(&fixture.ctx, &tenant(), vec![record(1, START)]).await.unwrap();
    let other = TenantId::new("t-2");
    for app in [None, Some(AppId::new("app-1"))] {
        let found = page(&fixture.ctx, &other, &Filter { app, ..Filter::default() }, None, 10).await.unwrap();
        assert_eq!((found.records.len(), found.next), (0, None));
    }
}

#[tokio::test]
async fn the_last_errors_are_those_that_did_not_succeed() {
    let fixture = Fixture::new().await;
    let refused = |i| CallRecord { result: CallResult::Failed, ..record(i, START + i64::from(i)) };
    let all = vec![refused(1), record(2, START + 2), push(3, START + 3), record(4, START + 4), refused(5)];
    enter(&fixture.ctx, &tenant(), all).await.unwrap();
    let deleted = CallRecord { app_id: AppId::new("app-2"), ..refused(6) };
    let elsewhere = CallRecord { module: Module::PaymentSync, ..refused(7) };
    enter(&fixture.ctx, &tenant(), vec![deleted, elsewhere]).await.unwrap();
    let apps = [AppId::new("app-1")];
    let found = last_errors(&fixture.ctx, &tenant(), Module::OrderSync, &apps, 2).await.unwrap();
    assert_eq!(found.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["call-00005", "call-00003"]);
}

#[tokio::test]
async fn calls_the_app_did_not_sign_are_counted_apart_and_few_are_kept() {
    let fixture = Fixture::new().await;
    let unsigned = |i: u32| CallRecord {
        result: CallResult::Failed,
        http_status: 401,
        unsigned: Some(3),
        ..record(i, START + i64::from(i) * 1_000)
    };
    let flood: Vec<CallRecord> = (1..=100).map(unsigned).collect();
    enter(&fixture.ctx, &tenant(), flood.clone()).await.unwrap();
    enter(&fixture.ctx, &tenant(), vec![record(200, START + 200)]).await.unwrap();
    // Those that are kept already are not counted again.
    enter(&fixture.ctx, &tenant(), flood[..10].to_vec()).await.unwrap();
    let apps = [AppId::new("app-1")];
    let day = stats(&fixture.ctx, &tenant(), &apps, 1).await.unwrap().remove(0);
    assert_eq!((day.calls, day.success, day.failed, day.unsigned), (1, 1, 0, 300));
    assert_eq!(day.last_ms, Some(START + 200), "it is no call of the app's");
    let kept = page(&fixture.ctx, &tenant(), &Filter::default(), None, 200).await.unwrap().records;
    assert_eq!(i64::try_from(kept.len()).unwrap(), call_log::KEPT_AN_HOUR + 1);
    let errors = last_errors(&fixture.ctx, &tenant(), Module::OrderSync, &apps, 3).await.unwrap();
    assert!(errors.is_empty(), "a flood hides no error: {errors:?}");
}

#[tokio::test]
async fn records_are_kept_for_ninety_days() {
    let fixture = Fixture::new().await;
    enter(&fixture.ctx, &tenant(), vec![record(1, START), record(2, START + DAY)]).await.unwrap();
    fixture.clock.advance(Duration::from_secs(90 * 86_400 + 1));
    assert_eq!(ids(&fixture.ctx, Filter::default()).await, ["call-00002"]);
    fixture.local.sweep_expired().unwrap();
    assert_eq!(ids(&fixture.ctx, Filter { from_ms: Some(0), ..Filter::default() }).await, ["call-00002"]);
}

#[tokio::test]
async fn long_texts_are_cut() {
    let fixture = Fixture::new().await;
    let long = CallRecord {
        request_body: "长".repeat(3_000),
        response_body: "长".repeat(3_000),
        error: Some("长".repeat(600)),
        ..record(1, START)
    };
    enter(&fixture.ctx, &tenant(), vec![long]).await.unwrap();
    let found = page(&fixture.ctx, &tenant(), &Filter::default(), None, 1).await.unwrap().records.remove(0);
    let length = |text: &str| text.chars().count();
    let error = found.error.unwrap();
    assert_eq!((length(&found.request_body), length(&found.response_body), length(&error)), (2_000, 2_000, 500));
}

#[tokio::test]
async fn a_call_goes_to_the_log_by_the_queue() {
    let fixture = Fixture::new().await;
    call_log::queue(&fixture.ctx, &tenant(), record(1, START)).await;
    assert_eq!(ids(&fixture.ctx, Filter::default()).await, Vec::<String>::new());
    let messages = fixture.ctx.queue.receive(&OPENAPI_LOG, 10, Duration::from_secs(1)).await.unwrap();
    let envelope: Envelope<CallRecord> = Envelope::read(&messages[0].body).unwrap().of("log-call").unwrap();
    assert_eq!((envelope.tenant, envelope.body), (tenant(), record(1, START)));
}

/// A queue that takes nothing.
struct Full;

#[async_trait]
impl Queue for Full {
    async fn send(&self, _: &QueueName, _: String, _: Duration) -> Result<()> {
        Err(Error::transient("platform.queue", "full"))
    }
    async fn receive(&self, _: &QueueName, _: u32, _: Duration) -> Result<Vec<Received>> {
        Ok(Vec::new())
    }
    async fn delete(&self, _: &QueueName, _: &str) -> Result<()> {
        Ok(())
    }
    async fn release(&self, _: &QueueName, _: &str, _: Duration) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_call_the_queue_does_not_take_is_entered_at_once() {
    let fixture = Fixture::new().await;
    let mut ctx = fixture.ctx.clone();
    ctx.queue = Arc::new(Full);
    call_log::queue(&ctx, &tenant(), record(1, START)).await;
    assert_eq!(ids(&fixture.ctx, Filter::default()).await, ["call-00001"]);
}
