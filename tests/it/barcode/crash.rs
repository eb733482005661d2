//! A process that dies at any boundary of a save, and the application that sends it again until it is answered: one
//! document of each kind, never two.

use super::test_app::{app, app_with, config, post, receipt, rows, with_backflush};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_engine::Moment;
use tenon_tests::{Boundary, TestApp};

/// Sends it, dies at the boundary, and sends it again in a new process until it is answered well.
async fn sent_until_done(app: &mut TestApp, body: &Value, at: Option<Boundary>) -> usize {
    app.restart(at);
    let first = send(app, body).await;
    let effects = app.crash_injector.effects();
    if app.crash_injector.is_dead() || first["success"] != true {
        for _ in 0..6 {
            app.clock.advance(Duration::from_secs(50));
            app.restart(None);
            if send(app, body).await["success"] == true {
                break;
            }
        }
    }
    let last = send(app, body).await;
    assert_eq!((&last["success"], &last["repeated"]), (&json!(true), &json!(true)), "{at:?}: {last}");
    effects
}

async fn send(app: &TestApp, body: &Value) -> Value {
    let headers = [("x-apig-appcode", super::test_app::CODE)];
    super::test_app::call(app, "POST", "/barcode/b1-main/save", &headers, Some(&body.to_string())).await.body
}

fn counts(app: &TestApp) -> (usize, usize) {
    (rows(app, "InventoryGenExits").len(), rows(app, "InventoryGenEntries").len())
}

async fn dies_everywhere(body: Value, config: fn(&mut Value), expected: (usize, usize), least: usize) {
    let mut counting = app_with(config, |_| {}).await;
    let effects = sent_until_done(&mut counting, &body, None).await;
    assert!(effects >= least, "only {effects} boundaries");
    for effect in 0..effects {
        for moment in [Moment::Before, Moment::After] {
            let mut app = app_with(config, |_| {}).await;
            sent_until_done(&mut app, &body, Some(Boundary { effect, moment })).await;
            assert_eq!(counts(&app), expected, "died at {effect} {moment:?}");
            let of = |set: &str| rows(&app, set).first().map(|row| row["U_TenonKey"].clone());
            if expected.0 > 0 {
                assert_eq!(of("InventoryGenExits"), of("InventoryGenEntries"), "{effect} {moment:?}");
            }
        }
    }
}

// R-B24, R-B25
#[tokio::test]
async fn a_save_is_posted_once_wherever_its_process_dies() {
    dies_everywhere(receipt(), config, (0, 1), 6).await;
}

// R-B34, R-B35
#[tokio::test]
async fn a_backflush_in_one_changeset_is_one_issue_and_one_receipt_wherever_its_process_dies() {
    dies_everywhere(with_backflush(), config, (1, 1), 8).await;
}

// R-B34, R-B35
#[tokio::test]
async fn a_backflush_one_by_one_is_one_issue_and_one_receipt_wherever_its_process_dies() {
    fn one_by_one(c: &mut Value) {
        config(c);
        c["barcode"][0]["changeset"] = json!(false);
    }
    dies_everywhere(with_backflush(), one_by_one, (1, 1), 9).await;
}

// R-B24
#[tokio::test]
async fn a_call_that_died_holds_its_request_up_for_its_lease_and_no_longer() {
    let mut app = app().await;
    app.restart(Some(Boundary { effect: 1, moment: Moment::After }));
    send(&app, &receipt()).await;
    assert!(app.crash_injector.is_dead());
    app.restart(None);
    app.clock.advance(Duration::from_secs(60));
    assert_eq!(post(&app, "b1-main/save", &receipt()).await["success"], true);
}
