//! Leases: whoever is late changes nothing of those who came after; other transactions in the way of a write
//! cost a moment; work that runs out of time goes on later.

use super::main_job::purchase_request;
use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::clock::SKEW;
use tenon_platform::{Context, lease};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

const TIME: Duration = Duration::from_secs(30);

async fn acquire(ctx: &Context) -> Option<lease::Lease> {
    lease::acquire(ctx, &TenantId::operator(), "thing", TIME).await.unwrap()
}

#[tokio::test]
async fn a_late_holder_neither_ends_nor_prolongs_the_lease_of_a_third() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let first = app.ctx.clone();
    app.restart(None);
    let second = app.ctx.clone();
    app.restart(None);
    let third = app.ctx.clone();

    let mut late = acquire(&first).await.unwrap();
    assert!(!late.inherited);
    assert!(acquire(&second).await.is_none());
    app.clock.advance(TIME);
    assert!(acquire(&second).await.is_none(), "its clock may be behind");
    app.clock.advance(SKEW);
    let middle = acquire(&second).await.unwrap();
    assert!(middle.inherited, "the first did not say that it was done");
    lease::release(&second, middle).await.unwrap();
    let held = acquire(&third).await.unwrap();
    assert!(!held.inherited);

    assert!(!lease::renew(&first, &mut late, TIME).await.unwrap());
    lease::release(&first, late).await.unwrap();
    assert!(acquire(&second).await.is_none(), "a late holder ended the lease of a third");
    lease::release(&third, held).await.unwrap();
    assert!(acquire(&second).await.is_some());
}

#[tokio::test]
async fn a_renewed_lease_binds_and_its_former_token_does_not() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let first = app.ctx.clone();
    app.restart(None);
    let mut held = acquire(&first).await.unwrap();
    app.clock.advance(TIME - Duration::from_secs(1));
    assert!(lease::renew(&first, &mut held, TIME).await.unwrap());
    app.clock.advance(TIME - Duration::from_secs(1));
    assert!(acquire(&app.ctx).await.is_none());
    lease::release(&first, held).await.unwrap();
    assert!(acquire(&app.ctx).await.is_some());
}

#[tokio::test]
async fn what_a_process_holds_it_holds_whatever_becomes_of_the_wall_clock() {
    let app = TestApp::new(TestAppOptions::default()).await;
    let held = acquire(&app.ctx).await.unwrap();
    app.clock.step(600_000);
    assert!(acquire(&app.ctx).await.is_none(), "set ahead");
    app.clock.step(-1_200_000);
    app.clock.advance(TIME);
    assert!(acquire(&app.ctx).await.is_some(), "set back");
    drop(held);
}

#[tokio::test]
async fn transactions_in_the_way_of_every_third_operation_change_nothing_of_the_work() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    app.crash_injector.contend_every(3);
    let draft = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0;
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.minutes_until(3, "write-back", |s| !s.decisions(draft).is_empty()).await;
    app.minute().await;
    assert_eq!(app.instances_of(draft).len(), 1);
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

/// A call of 29 s ends within its time-out of 30 s, and ten documents of three such calls are far more than a
/// function can do.
#[tokio::test]
async fn calls_that_nearly_time_out_exhaust_no_message() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    for (method, path) in [("GET", "Drafts"), ("GET", "ApprovalRequests"), ("PATCH", "Drafts")] {
        let slow = FaultKind::Latency(Duration::from_secs(29));
        app.sandbox.inject(Fault::new(slow).vendor(Vendor::B1).on(method, path).always());
    }
    let now = app.clock.now_ms();
    let drafts: Vec<i64> = (0..10).map(|_| app.sandbox.b1().create_draft(now, purchase_request()).unwrap().0).collect();
    let done = |s: &TestApp| drafts.iter().all(|d| s.draft(*d)["U_ISSYN"] == "Y");
    app.minutes_until(60, "submission of all", done).await;
    for draft in &drafts {
        assert_eq!(app.instances_of(*draft).len(), 1);
    }
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

/// The same on the way back: a decision takes a reading, a decision and a field of 29 s each.
#[tokio::test]
async fn decisions_whose_calls_nearly_time_out_are_written_once_and_exhaust_no_message() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let now = app.clock.now_ms();
    let drafts: Vec<i64> = (0..5).map(|_| app.sandbox.b1().create_draft(now, purchase_request()).unwrap().0).collect();
    app.minutes_until(10, "submission", |s| drafts.iter().all(|d| s.draft(*d)["U_ISSYN"] == "Y")).await;
    for (method, path) in
        [("GET", "Drafts"), ("GET", "ApprovalRequests"), ("PATCH", "ApprovalRequests"), ("PATCH", "Drafts")]
    {
        let slow = FaultKind::Latency(Duration::from_secs(29));
        app.sandbox.inject(Fault::new(slow).vendor(Vendor::B1).on(method, path).always());
    }
    for draft in &drafts {
        let instance = app.open_instance(*draft).unwrap();
        app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    }
    let written = |s: &TestApp| drafts.iter().all(|d| s.draft(*d)["U_Remarks"] == "同意");
    app.minutes_until(90, "write-back of all", written).await;
    assert!(drafts.iter().all(|draft| app.decisions(*draft) == ["ardApproved"]));
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_begun_that_cannot_end_in_time() {
    let app = TestApp::new(TestAppOptions::default()).await;
    let ctx = app.ctx.within(Duration::from_secs(20));
    assert!(ctx.time_for(Duration::from_secs(20)).is_ok());
    let error = ctx.time_for(Duration::from_secs(21)).unwrap_err();
    assert_eq!((error.code, error.retry), ("platform.deadline", tenon_platform::Retry::Transient));
    // An end that is set does not move away.
    assert_eq!(ctx.within(Duration::from_secs(60)).time_left(), Some(Duration::from_secs(20)));
    app.clock.advance(Duration::from_secs(5));
    assert_eq!(ctx.within(Duration::from_secs(60)).time_left(), Some(Duration::from_secs(15)));
}
