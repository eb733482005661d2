//! Inbound events: each event once, whole, and queued, whatever dies in between.

use crate::common::{Fixture, NOW, apply, field, fixture, listed, not_found, order, process, queued};
use futures::future::join_all;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tenon_delivery::events;
use tenon_engine::{Gate, GateDecision, Moment};
use tenon_model::openapi::OrderState;
use tenon_model::{EventKind, TenantId};
use tenon_trade::{inbound_events, logistics, orders, quality, reconciliations};

fn tenant() -> TenantId {
    TenantId::new("t-1")
}

fn event_of(kind: EventKind, order_no: &str) -> Value {
    match kind {
        EventKind::OrderStatus => {
            json!({ "eventId": "e-1", "orderNo": order_no, "status": "production", "completedQuantity": 40 })
        }
        EventKind::QualityResult => json!({ "eventId": "e-1", "orderNo": order_no, "processName": "车缝",
            "qualifiedQuantity": 97, "unqualifiedQuantity": 3, "inspectedAt": "2026-02-11T10:00:00" }),
        EventKind::LogisticsUpdate => json!({ "eventId": "e-1", "orderNo": order_no, "outstockNo": "OUT-1",
            "quantity": 60, "warehouse": "成品仓", "logisticsCompany": "顺丰", "trackingNo": "SF1",
            "shippedAt": "2026-02-11T12:00:00", "outstockType": "sale" }),
        EventKind::ReconciliationCreated => json!({ "eventId": "e-1", "reconciliationNo": "REC-1", "orderNo": order_no,
            "totalAmount": 1234.5, "createdAt": "2026-02-11T09:00:00" }),
        EventKind::EndpointDisabled | EventKind::AppExpiring | EventKind::QuotaReached => {
            panic!("nobody hands this in")
        }
    }
}

async fn body(fixture: &Fixture, id: &str) -> String {
    events::get(&fixture.ctx, &tenant(), id).await.unwrap().unwrap().data.body
}

/// Everything the event changes, as callers see it.
async fn seen(fixture: &Fixture, order_no: &str) -> Value {
    let t = tenant();
    let order = orders::get(&fixture.ctx, &t, order_no).await.unwrap().status();
    let quality = quality::report(&fixture.ctx, &t, order_no).await.unwrap();
    let logistics = logistics::status(&fixture.ctx, &t, order_no).await.unwrap();
    let payment = reconciliations::get(&fixture.ctx, &t, "REC-1").await.ok();
    let totals: Vec<i64> = {
        let mut totals = Vec::new();
        for state in OrderState::ALL {
            totals.push(listed(&fixture.ctx, "t-1", json!({ "status": state })).await.total);
        }
        totals
    };
    json!({ "order": order, "quality": quality, "logistics": logistics, "payment": payment, "totals": totals })
}

#[tokio::test]
async fn the_bytes_of_a_push_are_the_documents() {
    for (kind, wanted) in [
        (
            EventKind::OrderStatus,
            r#"{"event":"ORDER_STATUS","timestamp":"2026-02-11T14:30:00","data":{"orderNo":"PO202602110001","status":"production","oldStatus":"pending","newStatus":"production","message":"生产订单生产中","changedAt":"2026-02-11T14:30:00","completedQuantity":40,"orderQuantity":100}}"#,
        ),
        (
            EventKind::QualityResult,
            r#"{"event":"QUALITY_RESULT","timestamp":"2026-02-11T14:30:00","data":{"orderNo":"PO202602110001","processName":"车缝","qualifiedQuantity":97,"unqualifiedQuantity":3,"defectRate":3,"result":"unqualified","inspectedAt":"2026-02-11T10:00:00"}}"#,
        ),
        (
            EventKind::LogisticsUpdate,
            r#"{"event":"LOGISTICS_UPDATE","timestamp":"2026-02-11T14:30:00","data":{"orderNo":"PO202602110001","outstockNo":"OUT-1","quantity":60,"warehouse":"成品仓","shippedAt":"2026-02-11T12:00:00","styleNo":"S-1","outstockType":"sale","logisticsCompany":"顺丰","trackingNo":"SF1"}}"#,
        ),
        (
            EventKind::ReconciliationCreated,
            r#"{"event":"RECONCILIATION_CREATED","timestamp":"2026-02-11T14:30:00","data":{"orderNo":"PO202602110001","reconciliationId":"REC-1","reconciliationNo":"REC-1","totalAmount":1234.5,"status":"approved","createdAt":"2026-02-11T09:00:00","confirmUrl":"/openapi/v1/payment/confirm"}}"#,
        ),
    ] {
        let fixture = fixture().await;
        let order_no = order(&fixture.ctx, "t-1").await.order_no;
        apply(&fixture.ctx, "t-1", kind, &event_of(kind, &order_no)).await.unwrap();
        assert_eq!(body(&fixture, "e-1").await, wanted);
        // A repeat a day later does not write them anew.
        fixture.clock.advance(Duration::from_secs(86_400));
        assert!(apply(&fixture.ctx, "t-1", kind, &event_of(kind, &order_no)).await.unwrap().repeated);
        assert_eq!(body(&fixture, "e-1").await, wanted);
    }
}

#[tokio::test]
async fn an_event_shows_in_what_the_customer_can_ask() {
    let fixture = fixture().await;
    let order_no = order(&fixture.ctx, "t-1").await.order_no;
    let empty = seen(&fixture, &order_no).await;
    assert_eq!((&empty["quality"]["totalRecords"], &empty["logistics"]["totalShipments"]), (&json!(0), &json!(0)));
    assert_eq!(empty["quality"]["processSummary"], json!({}));
    for (index, kind) in EventKind::ALL.into_iter().enumerate() {
        let mut event = event_of(kind, &order_no);
        event["eventId"] = json!(format!("e-{index}"));
        apply(&fixture.ctx, "t-1", kind, &event).await.unwrap();
    }
    let mut second = event_of(EventKind::QualityResult, &order_no);
    second["eventId"] = json!("second");
    second["inspectedAt"] = json!("2026-02-11T11:00:00");
    apply(&fixture.ctx, "t-1", EventKind::QualityResult, &second).await.unwrap();
    let seen = seen(&fixture, &order_no).await;
    assert_eq!((&seen["order"]["status"], &seen["order"]["productionProgress"]), (&json!("production"), &json!(40)));
    assert_eq!(seen["totals"], json!([0, 1, 0, 0, 0]));
    let quality = &seen["quality"];
    assert_eq!((&quality["totalRecords"], &quality["processSummary"]), (&json!(2), &json!({ "车缝": 200 })));
    assert_eq!((&quality["defectRate"], &quality["records"][0]["id"]), (&json!(3), &json!("second")));
    assert_eq!(seen["logistics"]["shipments"][0]["trackingNo"], "SF1");
    assert_eq!(seen["payment"]["totalAmount"], 1234.5);
    let mut wanted: Vec<String> = (0..4).map(|n| format!("t-1 e-{n}")).collect();
    wanted.push("t-1 second".to_owned());
    let mut found = queued(&fixture.local).await;
    found.sort();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn a_repeat_is_queued_again_until_it_is_fanned_out_and_other_content_is_refused() {
    let fixture = fixture().await;
    let order_no = order(&fixture.ctx, "t-1").await.order_no;
    let event = event_of(EventKind::OrderStatus, &order_no);
    let first = apply(&fixture.ctx, "t-1", EventKind::OrderStatus, &event).await.unwrap();
    let again = apply(&fixture.ctx, "t-1", EventKind::OrderStatus, &event).await.unwrap();
    assert_eq!((first.repeated, again.repeated, queued(&fixture.local).await.len()), (false, true, 2));
    // The order has moved on; the repeat of its former event is still a repeat.
    let later = json!({ "eventId": "e-2", "orderNo": order_no, "status": "canceled" });
    apply(&fixture.ctx, "t-1", EventKind::OrderStatus, &later).await.unwrap();
    assert!(apply(&fixture.ctx, "t-1", EventKind::OrderStatus, &event).await.unwrap().repeated);

    let stored = events::get(&fixture.ctx, &tenant(), "e-1").await.unwrap().unwrap();
    let done = tenon_model::webhook::WebhookEvent { fanned_out: true, ..stored.data };
    let key = tenon_platform::table::Key::new(&tenant(), "WEBHOOK-EVENT", &["e-1"], "-");
    let write = tenon_platform::table::Write::put(key, &done, tenon_platform::table::Expect::Version(stored.version));
    assert_eq!(fixture.ctx.table.write(write.unwrap()).await.unwrap(), tenon_platform::table::Outcome::Done);
    let before = queued(&fixture.local).await.len();
    assert!(apply(&fixture.ctx, "t-1", EventKind::OrderStatus, &event).await.unwrap().repeated);
    assert_eq!(queued(&fixture.local).await.len(), before);

    let mut other = event.clone();
    other["completedQuantity"] = json!(41);
    assert_eq!(field(apply(&fixture.ctx, "t-1", EventKind::OrderStatus, &other).await.unwrap_err()), "eventId");
    let kind = EventKind::QualityResult;
    assert_eq!(field(apply(&fixture.ctx, "t-1", kind, &event_of(kind, &order_no)).await.unwrap_err()), "eventId");
}

#[tokio::test]
async fn a_process_may_die_at_any_write_and_the_repeat_leaves_one_event() {
    for kind in EventKind::ALL {
        let whole = {
            let fixture = fixture().await;
            let order_no = order(&fixture.ctx, "t-1").await.order_no;
            apply(&fixture.ctx, "t-1", kind, &event_of(kind, &order_no)).await.unwrap();
            (seen(&fixture, &order_no).await, body(&fixture, "e-1").await)
        };
        let mut deaths = 0;
        for at in [Moment::Before, Moment::After] {
            for n in 0.. {
                let fixture = fixture().await;
                let order_no = order(&fixture.ctx, "t-1").await.order_no;
                let dying = process(&fixture.local, Gate::crash_at_write(n, at), 7);
                let died = apply(&dying, "t-1", kind, &event_of(kind, &order_no)).await;
                let left = seen(&fixture, &order_no).await;
                let stored = events::get(&fixture.ctx, &tenant(), "e-1").await.unwrap().is_some();
                // All of it or nothing.
                assert_eq!(left == whole.0, stored, "{kind} {n} {at:?}: {left}");
                if died.is_ok() {
                    break;
                }
                deaths += 1;
                let again = apply(&fixture.ctx, "t-1", kind, &event_of(kind, &order_no)).await.unwrap();
                assert_eq!(again.repeated, stored, "{kind} {n} {at:?}");
                assert_eq!((seen(&fixture, &order_no).await, body(&fixture, "e-1").await), whole, "{kind} {n} {at:?}");
                let queued = queued(&fixture.local).await;
                assert!(!queued.is_empty() && queued.iter().all(|e| e == "t-1 e-1"), "{kind} {n} {at:?}: {queued:?}");
            }
        }
        // The transaction and the message, on both sides.
        assert_eq!(deaths, 4, "{kind}");
    }
}

#[tokio::test]
async fn many_at_once_are_one_event_and_other_events_of_the_order_all_count() {
    let fixture = fixture().await;
    let order_no = order(&fixture.ctx, "t-1").await.order_no;
    let event = event_of(EventKind::OrderStatus, &order_no);
    let same = join_all((0..20).map(|_| apply(&fixture.ctx, "t-1", EventKind::OrderStatus, &event))).await;
    assert_eq!(same.into_iter().filter(|d| !d.as_ref().unwrap().repeated).count(), 1);
    let inspections: Vec<Value> = (0..20)
        .map(|n| {
            let mut event = event_of(EventKind::QualityResult, &order_no);
            event["eventId"] = json!(format!("q-{n}"));
            event
        })
        .collect();
    let done = join_all(inspections.iter().map(|e| apply(&fixture.ctx, "t-1", EventKind::QualityResult, e))).await;
    assert!(done.iter().all(|d| d.as_ref().is_ok_and(|a| !a.repeated)));
    assert_eq!(quality::report(&fixture.ctx, &tenant(), &order_no).await.unwrap().total_records, 20);
}

#[tokio::test]
async fn a_late_change_is_pushed_and_does_not_turn_the_order_back() {
    let fixture = fixture().await;
    let order_no = order(&fixture.ctx, "t-1").await.order_no;
    let at = |id: &str, status: &str, at: &str| json!({ "eventId": id, "orderNo": order_no, "status": status, "changedAt": at });
    let send = async |event: Value| apply(&fixture.ctx, "t-1", EventKind::OrderStatus, &event).await;
    send(at("done", "completed", "2026-02-11T14:00:00")).await.unwrap();
    send(at("late", "production", "2026-02-11T13:00:00")).await.unwrap();
    let order = orders::get(&fixture.ctx, &tenant(), &order_no).await.unwrap();
    assert_eq!((order.status, order.completed_quantity, order.production_progress), (OrderState::Completed, 100, 100));
    let pushed: Value = serde_json::from_str(&body(&fixture, "late").await).unwrap();
    assert_eq!((&pushed["data"]["status"], &pushed["data"]["oldStatus"]), (&json!("production"), &json!("completed")));
    // A clock that is a year ahead does not make everything after it late.
    send(at("ahead", "delayed", "2027-02-11T14:00:00")).await.unwrap();
    fixture.clock.advance(Duration::from_secs(1));
    send(json!({ "eventId": "now", "orderNo": order_no, "status": "canceled" })).await.unwrap();
    assert_eq!(orders::get(&fixture.ctx, &tenant(), &order_no).await.unwrap().status, OrderState::Canceled);
    let back = send(json!({ "eventId": "back", "orderNo": order_no, "status": "production" })).await;
    assert_eq!(field(back.unwrap_err()), "status");
    assert_eq!(listed(&fixture.ctx, "t-1", json!({ "status": "canceled" })).await.total, 1);
}

#[tokio::test]
async fn several_events_stand_or_fall_each_alone() {
    let fixture = fixture().await;
    let order_no = order(&fixture.ctx, "t-1").await.order_no;
    let good = |id: &str| json!({ "eventId": id, "orderNo": order_no, "status": "production" });
    let events = [
        good("a"),
        json!({ "eventId": "b", "orderNo": "PO0", "status": "production" }),
        json!({ "eventId": "c", "orderNo": order_no, "status": "done" }),
        good("a"),
        json!("nothing"),
        good("d"),
    ];
    let whose = |event: &Value| if event["eventId"] == "d" { Err((403, "no".to_owned())) } else { Ok(tenant()) };
    let taken = inbound_events::apply_each(&fixture.ctx, EventKind::OrderStatus, &events, whose).await;
    assert_eq!((taken.total, taken.success_count, taken.failed_count), (6, 2, 4));
    let good: Vec<_> = taken.success_records.iter().map(|s| (s.index, s.event_id.as_str(), s.repeated)).collect();
    assert_eq!(good, [(1, "a", false), (4, "a", true)]);
    let bad: Vec<_> = taken.failed_records.iter().map(|f| (f.index, f.event_id.as_deref(), f.code)).collect();
    assert_eq!(bad, [(2, Some("b"), 404), (3, Some("c"), 400), (5, None, 400), (6, Some("d"), 403)]);
    assert!(taken.failed_records[1].error.starts_with("status: "), "{}", taken.failed_records[1].error);
    assert!(events::get(&fixture.ctx, &tenant(), "b").await.unwrap().is_none());
}

#[tokio::test]
async fn events_of_an_order_count_in_their_order_beside_those_of_others() {
    let fixture = fixture().await;
    let mut numbers = Vec::new();
    for _ in 0..8 {
        numbers.push(order(&fixture.ctx, "t-1").await.order_no);
    }
    let quantities = [10, 20, 30, 40, 50];
    let of = |quantity: usize| {
        let event = move |number: &String| {
            json!({ "eventId": format!("{number}-{quantity}"), "orderNo": number, "status": "production",
                    "completedQuantity": quantity })
        };
        numbers.iter().map(event).collect::<Vec<_>>()
    };
    let events: Vec<Value> = quantities.into_iter().flat_map(of).collect();
    let before = fixture.local.handed_on();
    let taken = inbound_events::apply_each(&fixture.ctx, EventKind::OrderStatus, &events, |_| Ok(tenant())).await;
    assert_eq!((taken.total, taken.success_count), (40, 40), "{taken:?}");
    assert_eq!(taken.success_records.iter().map(|done| done.index).collect::<Vec<_>>(), (1..=40).collect::<Vec<_>>());
    assert_eq!(fixture.local.handed_on(), before, "nobody was in another's way");
    for number in &numbers {
        assert_eq!(orders::get(&fixture.ctx, &tenant(), number).await.unwrap().completed_quantity, 50, "{number}");
    }
    assert_eq!(queued(&fixture.local).await.len(), 40);
}

#[tokio::test]
async fn a_process_may_die_at_any_write_of_several_events_and_the_repeat_leaves_each_once() {
    let ids = ["a-1", "b-1", "a-2", "a-3"];
    let mut deaths = 0;
    for at in [Moment::Before, Moment::After] {
        for n in 0.. {
            let fixture = fixture().await;
            let (a, b) = (order(&fixture.ctx, "t-1").await.order_no, order(&fixture.ctx, "t-1").await.order_no);
            let event = |(quantity, id): (usize, &&str)| {
                let order_no = if id.starts_with('a') { &a } else { &b };
                json!({ "eventId": id, "orderNo": order_no, "status": "production", "completedQuantity": quantity + 10 })
            };
            let events: Vec<Value> = ids.iter().enumerate().map(event).collect();
            let hand_in =
                async |ctx| inbound_events::apply_each(ctx, EventKind::OrderStatus, &events, |_| Ok(tenant())).await;
            let dying = process(&fixture.local, Gate::crash_at_write(n, at), 7);
            let died = hand_in(&dying).await;
            let queued_at_first = queued(&fixture.local).await;
            for done in &died.success_records {
                assert!(queued_at_first.contains(&format!("t-1 {}", done.event_id)), "{n} {at:?}: {died:?}");
            }
            if died.failed_count == 0 {
                break;
            }
            deaths += 1;
            assert!(died.failed_records.iter().all(|failed| failed.code == 500), "{n} {at:?}: {died:?}");
            let again = hand_in(&fixture.ctx).await;
            assert_eq!((again.success_count, again.failed_count), (4, 0), "{n} {at:?}: {again:?}");
            let queued = queued(&fixture.local).await;
            assert!(ids.iter().all(|id| queued.contains(&format!("t-1 {id}"))), "{n} {at:?}: {queued:?}");
            for (number, quantity) in [(&a, 13), (&b, 11)] {
                let order = orders::get(&fixture.ctx, &tenant(), number).await.unwrap();
                assert_eq!(order.completed_quantity, quantity, "{n} {at:?}");
            }
        }
    }
    assert!(deaths >= 8, "four transactions at least, on both sides: {deaths}");
}

#[tokio::test]
async fn a_failure_of_ours_is_told_without_its_reason() {
    let fixture = fixture().await;
    let order_no = order(&fixture.ctx, "t-1").await.order_no;
    let dying = process(&fixture.local, Gate::crash_at_write(0, Moment::Before), 7);
    let events = [event_of(EventKind::OrderStatus, &order_no)];
    let taken = inbound_events::apply_each(&dying, EventKind::OrderStatus, &events, |_| Ok(tenant())).await;
    assert_eq!(taken.failed_records[0].code, 500);
    assert!(!taken.failed_records[0].error.contains("killed"));
}

#[tokio::test]
async fn an_order_no_app_made_is_nobodys() {
    let fixture = fixture().await;
    for kind in [EventKind::OrderStatus, EventKind::QualityResult, EventKind::LogisticsUpdate] {
        not_found(apply(&fixture.ctx, "t-1", kind, &event_of(kind, "PO202602110001")).await, kind.code());
    }
    assert!(events::get(&fixture.ctx, &tenant(), "e-1").await.unwrap().is_none());
    assert_eq!((queued(&fixture.local).await.len(), fixture.clock.now_ms()), (0, NOW));
}

#[tokio::test]
async fn a_report_reads_three_times_however_many_records_there_are() {
    let fixture = fixture().await;
    let order_no = order(&fixture.ctx, "t-1").await.order_no;
    for n in 0..230 {
        let process = format!("工序{}", n % 115);
        let event = json!({ "eventId": format!("q-{n}"), "orderNo": order_no, "processName": process,
            "qualifiedQuantity": 9, "unqualifiedQuantity": 1 });
        apply(&fixture.ctx, "t-1", EventKind::QualityResult, &event).await.unwrap();
        let event = json!({ "eventId": format!("s-{n}"), "orderNo": order_no, "outstockNo": format!("OUT-{n}"),
            "quantity": 1 });
        apply(&fixture.ctx, "t-1", EventKind::LogisticsUpdate, &event).await.unwrap();
        fixture.clock.advance(Duration::from_secs(1));
    }
    // A delivery note that is told of again is the same shipment, at its new time.
    let again = json!({ "eventId": "again", "orderNo": order_no, "outstockNo": "OUT-0", "quantity": 7 });
    apply(&fixture.ctx, "t-1", EventKind::LogisticsUpdate, &again).await.unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    let counting = Gate::new(move |_, moment| {
        seen.fetch_add(usize::from(moment == Moment::Before), Ordering::SeqCst);
        GateDecision::Go
    });
    let ctx = process(&fixture.local, counting, 9);
    let report = quality::report(&ctx, &tenant(), &order_no).await.unwrap();
    assert_eq!(requests.swap(0, Ordering::SeqCst), 3);
    assert_eq!((report.total_records, report.records.len(), report.records[0].id.as_str()), (230, 200, "q-229"));
    assert_eq!((report.qualified_quantity, report.unqualified_quantity, report.defect_rate), (2_070, 230, 10.0));
    assert_eq!((report.process_summary.len(), report.process_summary["工序0"]), (101, 20));
    assert_eq!(report.process_summary["其他工序"], 300);
    let shipped = logistics::status(&ctx, &tenant(), &order_no).await.unwrap();
    assert_eq!(requests.load(Ordering::SeqCst), 3);
    assert_eq!((shipped.total_shipments, shipped.shipments.len()), (230, 200));
    assert_eq!((shipped.shipments[0].outstock_no.as_str(), shipped.shipments[0].quantity), ("OUT-0", 7));
    assert_eq!(shipped.shipments[1].outstock_no, "OUT-229");
}
