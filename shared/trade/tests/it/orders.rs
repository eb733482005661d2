//! Orders: created once however often and however many at a time ask, numbered, listed and counted.

use crate::common::{Fixture, NOW, app, apply, field, fixture, listed, order, order_body, parsed, process};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tenon_engine::{Gate, GateDecision, Moment};
use tenon_model::openapi::OrderState;
use tenon_model::tenant_app::TenantApp;
use tenon_model::{AppId, EventKind, TenantId};
use tenon_platform::body;
use tenon_platform::table::{Expect, Key, Write};
use tenon_trade::orders;

#[tokio::test]
async fn an_order_is_answered_and_found_as_the_document_shows() {
    let fixture = fixture().await;
    let created = orders::create(&fixture.ctx, &app("t-1"), parsed(&order_body())).await.unwrap();
    let answer = serde_json::to_value(created.order.created(created.repeated)).unwrap();
    assert_eq!(
        answer,
        json!({
            "status": "created", "message": "订单创建成功", "orderNo": "PO202602110001",
            "orderId": created.order.order_id, "externalOrderNo": "ERP-20260211-001", "styleNo": "FZ2024001",
            "styleName": "春季衬衫A款", "company": null, "quantity": 500, "orderStatus": "pending",
            "createdAt": "2026-02-11T14:30:00", "viewUrl": "/openapi/v1/orders/PO202602110001", "repeated": false
        })
    );
    let found = orders::get(&fixture.ctx, &app("t-1").tenant, "PO202602110001").await.unwrap();
    let status = serde_json::to_value(found.status()).unwrap();
    assert_eq!(
        (&status["createdByName"], &status["status"], &status["orderQuantity"], &status["factoryId"]),
        (&json!("OpenAPI-下单对接"), &json!("pending"), &json!(500), &json!(1))
    );
    assert!(status["plannedStartDate"].is_null() && status.get("plannedStartDate").is_some());
}

#[tokio::test]
async fn a_repeat_finds_the_first_order_and_other_content_is_refused() {
    let fixture = fixture().await;
    let create = |body: Value| {
        let ctx = fixture.ctx.clone();
        async move { orders::create(&ctx, &app("t-1"), parsed(&body)).await }
    };
    let first = create(order_body()).await.unwrap();
    fixture.clock.advance(Duration::from_secs(86_400));
    // The same content, written otherwise.
    let text = order_body().to_string().replace("\"quantity\":500", " \"quantity\" : 500, \"company\": null");
    let again = orders::create(&fixture.ctx, &app("t-1"), body::read(text.as_bytes()).unwrap()).await.unwrap();
    assert!(!first.repeated && again.repeated);
    assert_eq!(first.order, again.order);
    let mut other = order_body();
    other["quantity"] = json!(501);
    assert_eq!(field(create(other).await.unwrap_err()), "externalOrderNo");
    // Blanks around the customer's number are no part of it.
    let mut blank = order_body();
    blank["externalOrderNo"] = json!(" ERP-20260211-001\u{3000}");
    let trimmed = create(blank).await.unwrap();
    assert!(trimmed.repeated);
    assert_eq!(trimmed.order, first.order);
    assert_eq!(listed(&fixture.ctx, "t-1", json!({})).await.total, 1);
    // The number is the tenant's own.
    let elsewhere = orders::create(&fixture.ctx, &app("t-2"), parsed(&order_body())).await.unwrap();
    assert!(!elsewhere.repeated);
    // Without a number every call is an order.
    assert_ne!(order(&fixture.ctx, "t-1").await.order_no, order(&fixture.ctx, "t-1").await.order_no);
}

#[tokio::test]
async fn fifty_at_once_with_one_number_make_one_order() {
    let fixture = fixture().await;
    // As many processes as calls, so that none shares another's numbers.
    let calls = (0..50).map(|seed| {
        let ctx = process(&fixture.local, Gate::open(), 1_000 + seed);
        async move { orders::create(&ctx, &app("t-1"), parsed(&order_body())).await.unwrap() }
    });
    let created = join_all(calls).await;
    let numbers: BTreeSet<&str> = created.iter().map(|c| c.order.order_no.as_str()).collect();
    assert_eq!(numbers.len(), 1);
    assert_eq!(created.iter().filter(|c| !c.repeated).count(), 1);
    assert_eq!(listed(&fixture.ctx, "t-1", json!({})).await.total, 1);
}

#[tokio::test]
async fn two_hundred_at_once_have_numbers_of_their_own() {
    let fixture = fixture().await;
    let others: Vec<_> = (0..4).map(|seed| process(&fixture.local, Gate::open(), 50 + seed)).collect();
    let created = join_all((0..200).map(|n| order(&others[n % 4], "t-1"))).await;
    let numbers: BTreeSet<&str> = created.iter().map(|o| o.order_no.as_str()).collect();
    assert_eq!(numbers.len(), 200);
    assert!(numbers.iter().all(|n| n.len() == 14 && n.starts_with("PO20260211")), "{numbers:?}");
    assert_eq!(listed(&fixture.ctx, "t-1", json!({})).await.total, 200);
    // Numbers are reserved ten at a time: an order costs one write, and every tenth two.
    let (gate, writes) = Gate::counting_writes();
    let counted = process(&fixture.local, gate, 99);
    for _ in 0..10 {
        order(&counted, "t-1").await;
    }
    assert_eq!(writes.load(std::sync::atomic::Ordering::SeqCst), 11);
}

#[tokio::test]
async fn numbers_begin_anew_each_day_in_shanghai() {
    let fixture = fixture().await;
    fixture.clock.advance(Duration::from_secs(9 * 3600 + 29 * 60 + 59));
    assert_eq!(order(&fixture.ctx, "t-1").await.order_no, "PO202602110001");
    fixture.clock.advance(Duration::from_secs(1));
    assert_eq!(order(&fixture.ctx, "t-1").await.order_no, "PO202602120001");
    assert_eq!(order(&fixture.ctx, "t-2").await.order_no, "PO202602120001");
}

#[tokio::test]
async fn a_call_that_dies_anywhere_and_is_repeated_makes_one_order() {
    for at in [Moment::Before, Moment::After] {
        for n in 0..2 {
            let fixture = fixture().await;
            let dying = process(&fixture.local, Gate::crash_at_write(n, at), 5);
            let died = orders::create(&dying, &app("t-1"), parsed(&order_body())).await;
            assert!(died.is_err(), "{n} {at:?}");
            let again = orders::create(&fixture.ctx, &app("t-1"), parsed(&order_body())).await.unwrap();
            assert_eq!(again.repeated, n == 1 && at == Moment::After, "{n} {at:?}");
            let page = listed(&fixture.ctx, "t-1", json!({})).await;
            assert_eq!((page.total, page.records.len()), (1, 1), "{n} {at:?}");
        }
    }
}

async fn moved(fixture: &Fixture, order_no: &str, status: &str) {
    let id = format!("{order_no}-{status}-{}", fixture.clock.now_ms());
    let event = json!({ "eventId": id, "orderNo": order_no, "status": status });
    apply(&fixture.ctx, "t-1", EventKind::OrderStatus, &event).await.unwrap();
}

#[tokio::test]
async fn lists_are_newest_first_and_their_totals_follow_the_states() {
    let fixture = fixture().await;
    let mut numbers = Vec::new();
    for _ in 0..45 {
        numbers.push(order(&fixture.ctx, "t-1").await.order_no);
        fixture.clock.advance(Duration::from_secs(1));
    }
    for (index, number) in numbers.iter().enumerate() {
        match index % 3 {
            0 => moved(&fixture, number, "production").await,
            1 => {
                moved(&fixture, number, "production").await;
                moved(&fixture, number, "completed").await;
            }
            _ => {}
        }
    }
    // The same state once more is no other state.
    moved(&fixture, &numbers[0], "production").await;
    let newest: Vec<&String> = numbers.iter().rev().collect();
    let mut leafed = Vec::new();
    for page in 1..=3 {
        let found = listed(&fixture.ctx, "t-1", json!({ "page": page })).await;
        assert_eq!((found.total, found.page, found.size), (45, page, 20));
        leafed.extend(found.records.into_iter().map(|r| r.order_no));
    }
    assert_eq!(leafed.iter().collect::<Vec<_>>(), newest);
    for state in OrderState::ALL {
        let found = listed(&fixture.ctx, "t-1", json!({ "status": state, "size": 100 })).await;
        let wanted = match state {
            OrderState::Pending | OrderState::Production | OrderState::Completed => 15,
            OrderState::Delayed | OrderState::Canceled => 0,
        };
        assert_eq!((found.total, found.records.len()), (wanted, usize::try_from(wanted).unwrap()), "{state:?}");
        assert!(found.records.iter().all(|r| r.status == state));
        assert!(found.records.windows(2).all(|w| w[0].created_at > w[1].created_at));
    }
    let past = listed(&fixture.ctx, "t-1", json!({ "page": 4 })).await;
    assert_eq!((past.total, past.records.len()), (45, 0));
}

#[tokio::test]
async fn a_list_holds_the_orders_of_the_calling_app_and_on_request_those_of_its_tenant() {
    let fixture = fixture().await;
    let second = TenantApp { id: AppId::new("app-2"), ..app("t-1") };
    let mut made = Vec::new();
    for n in 0..30 {
        let by = if n % 3 == 0 { &second } else { &app("t-1") };
        let body = json!({ "styleNo": "S-1", "quantity": 100 });
        made.push((orders::create(&fixture.ctx, by, parsed(&body)).await.unwrap().order.order_no, n % 3 == 0));
        fixture.clock.advance(Duration::from_secs(1));
    }
    for (number, _) in made.iter().step_by(2) {
        moved(&fixture, number, "production").await;
    }
    made.reverse();
    let numbers = |wanted: fn(bool) -> bool| -> Vec<String> {
        made.iter().filter(|(_, second)| wanted(*second)).map(|(number, _)| number.clone()).collect()
    };
    let of = async |by: &TenantApp, body: Value| {
        let page = orders::list(&fixture.ctx, by, &body::from_value(&body).unwrap()).await.unwrap();
        (page.total, page.records.into_iter().map(|r| r.order_no).collect::<Vec<_>>(), page.next_cursor)
    };
    let whole = json!({ "size": 100 });
    assert_eq!(of(&app("t-1"), whole.clone()).await, (20, numbers(|second| !second), None));
    assert_eq!(of(&second, whole).await, (10, numbers(|second| second), None));
    assert_eq!(of(&second, json!({ "scope": "tenant", "size": 100 })).await, (30, numbers(|_| true), None));
    assert_eq!(of(&second, json!({ "scope": "app", "status": "production" })).await.0, 5);
    assert_eq!(of(&second, json!({ "scope": "tenant", "status": "production" })).await.0, 15);
    assert!(of(&app("t-2"), json!({ "scope": "tenant" })).await.1.is_empty(), "no other tenant's");
    // A cursor leads through all of them, and through no order twice.
    for scope in ["app", "tenant"] {
        let (mut seen, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let (_, page, next) = of(&app("t-1"), json!({ "scope": scope, "size": 7, "cursor": cursor })).await;
            assert!(!page.is_empty());
            seen.extend(page);
            match next {
                Some(next) => cursor = json!(next),
                None => break,
            }
        }
        assert_eq!(seen, if scope == "app" { numbers(|second| !second) } else { numbers(|_| true) });
    }
}

#[tokio::test]
async fn a_list_goes_ten_thousand_deep_and_no_further() {
    let fixture = fixture().await;
    for (wanted, wrong) in [
        (json!({ "page": 101, "size": 100 }), "page"),
        (json!({ "page": 0 }), "page"),
        (json!({ "page": -1 }), "page"),
        (json!({ "page": i64::MAX, "size": 100 }), "page"),
        (json!({ "size": 101 }), "size"),
        (json!({ "size": 0 }), "size"),
        (json!({ "cursor": "x" }), "cursor"),
        (json!({ "cursor": "x#y", "page": 2 }), "page"),
    ] {
        let list = body::from_value(&wanted).unwrap();
        let error = orders::list(&fixture.ctx, &app("t-1"), &list).await.unwrap_err();
        assert_eq!(field(error), wrong, "{wanted}");
    }
    assert_eq!(listed(&fixture.ctx, "t-1", json!({ "page": 100, "size": 100 })).await.total, 0);
}

#[tokio::test]
async fn the_deepest_page_costs_seventeen_requests_at_most() {
    let fixture = fixture().await;
    let pointer = |n: usize| json!({ "order_no": format!("PO20260211{n:04}") });
    let states = OrderState::ALL;
    // As many orders of each state as make the walk longest.
    for chunk in (0..10_000).collect::<Vec<usize>>().chunks(500) {
        let write = |n: &usize| {
            let key = Key::new(
                &TenantId::new("t-1"),
                "ORDERS",
                &[states[n % states.len()].word()],
                format!("{:013x}#PO20260211{n:04}", NOW + *n as i64),
            );
            Write::put(key, &pointer(*n), Expect::Anything).unwrap()
        };
        fixture.ctx.table.put_many(chunk.iter().map(write).collect()).await.unwrap();
    }
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    let counting = Gate::new(move |_, moment| {
        seen.fetch_add(usize::from(moment == Moment::Before), Ordering::SeqCst);
        GateDecision::Go
    });
    let ctx = process(&fixture.local, counting, 9);
    for (page, most) in [(1, 7), (100, 17)] {
        requests.store(0, Ordering::SeqCst);
        listed(&ctx, "t-1", json!({ "scope": "tenant", "page": page, "size": 100 })).await;
        let cost = requests.load(Ordering::SeqCst);
        println!("page {page}: {cost} requests");
        assert!(cost <= most, "page {page} costs {cost}");
    }
}
