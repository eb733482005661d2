//! Feedings whose event never came, or came late.

use super::test_app::{ORDER, app, event_of, fed, issues_of, push, run_of, work_order};
use serde_json::Value;
use std::time::Duration;
use tenon_flows::kinds::Schedule;
use tenon_flows::poll::poll_due;
use tenon_model::TenantId;
use tenon_model::run::RunStatus;
use tenon_platform::queue::PRODUCTION_ISSUES;
use tenon_sandbox::{Fault, FaultKind, NewFeeding, Vendor};
use tenon_tests::TestApp;

fn quiet(app: &TestApp, order: &str, amount: &str) -> i64 {
    fed(app, NewFeeding { publishes: false, batch: "RM2001-B7".into(), ..NewFeeding::of(order, "RM-2001", amount) })
}

// R-M56
#[tokio::test]
async fn a_feeding_that_no_event_told_of_is_found_and_posts_once_with_a_late_event() {
    let mut app = app().await;
    app.minute().await;
    let id = quiet(&app, "478", "4");
    app.minutes_until(25, "it is issued", |app| issues_of(app, id).len() == 1).await;
    push(&app, &event_of("late", &[(id, work_order(&app, "478"))])).await;
    for _ in 0..25 {
        app.minute().await;
    }
    assert_eq!(app.sandbox.b1().postings_of(ORDER).len(), 1);
    for body in app.sandbox.blacklake().sent("feed_record/_list") {
        let (from, to) = (body["feedTimeStart"].as_i64().unwrap(), body["feedTimeEnd"].as_i64().unwrap());
        assert!(to - from <= 3_600_000, "{body}");
    }
}

// R-M56
#[tokio::test]
async fn after_a_day_without_the_mes_nothing_is_missing() {
    let mut app = app().await;
    app.minute().await;
    let ids: Vec<i64> = (1..=3).map(|n| quiet(&app, "478", &n.to_string())).collect();
    app.sandbox.inject(Fault::new(FaultKind::Html(502)).vendor(Vendor::Blacklake).always());
    for _ in 0..26 {
        app.step().await;
        app.clock.advance(Duration::from_secs(3600));
    }
    app.sandbox.clear_faults();
    let late = quiet(&app, "478", "9");
    app.minutes_until(60, "all are issued", |app| ids.iter().chain([&late]).all(|id| issues_of(app, *id).len() == 1))
        .await;
    assert_eq!(app.sandbox.b1().postings_of(ORDER).len(), 4);
}

// R-M50, R-M56: the list does not say for which order, so our orders are asked.
#[tokio::test]
async fn a_found_feeding_of_somebody_elses_order_is_passed_over_once() {
    let mut app = app().await;
    app.minute().await;
    app.sandbox.blacklake().make_order(app.clock.now_ms(), "PO-9", "FG-1001");
    let id = quiet(&app, "PO-9", "4");
    for _ in 0..25 {
        app.minute().await;
    }
    let run = run_of(&app, id).await;
    assert_eq!(run.status, RunStatus::Ended);
    assert!(app.sandbox.b1().postings().is_empty());
    assert_eq!(app.sandbox.blacklake().sent("feed_record/_detail").len(), 1);
}

// R-M46, R-M57
#[tokio::test]
async fn an_event_is_taken_in_while_both_systems_are_down_and_issued_when_they_are_back() {
    let mut app = app().await;
    for vendor in [Vendor::Blacklake, Vendor::B1] {
        app.sandbox.inject(Fault::new(FaultKind::DropBeforeCommit).vendor(vendor).always());
    }
    let id = quiet(&app, "478", "4");
    push(&app, &event_of("r", &[(id, work_order(&app, "478"))])).await;
    for _ in 0..10 {
        app.minute().await;
    }
    app.sandbox.clear_faults();
    app.minutes_until(60, "it is issued", |app| issues_of(app, id).len() == 1).await;
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

// R-M56: whoever issued by hand until then must not find it issued again.
#[tokio::test]
async fn what_was_fed_before_the_first_look_was_issued_by_others() {
    let mut app = app().await;
    let before = quiet(&app, "478", "4");
    app.clock.advance(Duration::from_secs(600));
    app.minute().await;
    let after = quiet(&app, "478", "5");
    app.minutes_until(25, "what came later is issued", |app| issues_of(app, after).len() == 1).await;
    for _ in 0..70 {
        app.minute().await;
    }
    assert_eq!(issues_of(&app, before), Vec::<Value>::new());
    assert_eq!(app.sandbox.b1().postings_of(ORDER).len(), 1);
}

// R-M56
#[tokio::test]
async fn a_found_feeding_has_one_message_however_long_the_erp_is_away() {
    let mut app = app().await;
    app.minute().await;
    let id = quiet(&app, "478", "4");
    // Nobody takes messages: only the looks go on.
    for _ in 0..6 {
        app.clock.advance(Duration::from_secs(600));
        poll_due(&app.ctx, &TenantId::operator(), Schedule::Manufacturing).await.unwrap();
    }
    assert_eq!(app.local.queue.depth(&PRODUCTION_ISSUES).await.unwrap().total(), 1);
    app.minutes_until(25, "it is issued", |app| issues_of(app, id).len() == 1).await;
}
