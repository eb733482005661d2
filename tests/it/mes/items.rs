//! Items as materials.

use super::test_app::{app, app_with, change_item, config, item, run_of, sent};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::run::RunStatus;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::TestApp;

const IMPORT: &str = "/material/open/v1/material/_doimport";

fn imports(app: &TestApp, code: &str) -> Vec<Value> {
    sent(app, "/material/_doimport").into_iter().filter(|body| body["materialCode"] == code).collect()
}

// R-M7, R-M8, R-M13
#[tokio::test]
async fn everything_is_read_and_what_changed_during_an_outage_is_found_after_it() {
    let mut app = app().await;
    for n in 0..25 {
        item(&app, &format!("A{n:02}"), "x", "个", false);
    }
    app.minute().await;
    app.minute().await;
    assert_eq!(sent(&app, "/material/_doimport").len(), 25);
    // Half a minute before midnight B1 is out for an hour.
    let midnight = Duration::from_secs(16 * 3600 - 30 - 120);
    app.clock.advance(midnight);
    let until_ms = app.clock.now_ms() + 3_600_000;
    change_item(&app, "A07", json!({ "ItemName": "late" }));
    app.sandbox.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1));
    app.clock.advance(Duration::from_secs(1_800));
    app.minute().await;
    assert_eq!(imports(&app, "A07").len(), 1);
    app.clock.advance(Duration::from_secs(2_400));
    for _ in 0..40 {
        app.minute().await;
    }
    assert_eq!(imports(&app, "A07").last().unwrap()["materialName"], "late");
    assert_eq!(sent(&app, "/material/_doimport").len(), 26, "and nothing else is sent again");
}

// R-M14, R-M28
#[tokio::test]
async fn one_items_refusal_is_told_and_stops_no_other() {
    let mut app = app_with(config, 0, Some(|options| options.blacklake.units = vec!["个".into()])).await;
    item(&app, "A1", "x", "个", false);
    item(&app, "B1", "x", "箩", false);
    item(&app, "C1", "x", "个", false);
    app.minute().await;
    assert_eq!((imports(&app, "A1").len(), imports(&app, "C1").len()), (1, 1));
    let run = run_of(&app, "items", "B1").await;
    assert!(run.status == RunStatus::Failed && run.message.contains("单位[箩]不存在"), "{run:?}");
    let tries = imports(&app, "B1").len();
    for _ in 0..10 {
        app.minute().await;
    }
    assert!((1..=4).contains(&(imports(&app, "B1").len() - tries)), "tried again, less and less");
    // Mended in B1 it goes at once, and in the same run.
    change_item(&app, "B1", json!({ "InventoryUOM": "个" }));
    app.minute().await;
    app.minute().await;
    let mended = run_of(&app, "items", "B1").await;
    assert_eq!((mended.id, mended.status), (run.id, RunStatus::Succeeded));
}

// R-M11, R-M12
#[tokio::test]
async fn a_material_is_stopped_and_started_as_its_item_is() {
    let mut app = app_with(config, 0, Some(|options| options.blacklake.imports_stopped = false)).await;
    item(&app, "A1", "x", "个", false);
    change_item(&app, "A1", json!({ "Valid": "tNO" }));
    app.minute().await;
    let material = app.sandbox.blacklake().material("A1").unwrap();
    assert_eq!((&material["enabled"], &material["imports"]), (&json!(false), &json!(1)));
    app.clock.advance(Duration::from_secs(600));
    change_item(&app, "A1", json!({ "Valid": "tYES", "ItemName": "y" }));
    app.minute().await;
    let material = app.sandbox.blacklake().material("A1").unwrap();
    assert_eq!((&material["enabled"], &material["fields"]["materialName"]), (&json!(true), &json!("y")));
    let calls = app.sandbox.blacklake().called();
    let place = |end: &str| calls.iter().rposition(|call| call.ends_with(end)).unwrap();
    assert!(place("/_start") < place("/_doimport"), "{calls:?}");
    // What is stopped already is not stopped again.
    app.sandbox.blacklake().set_material_enabled("A1", false);
    app.clock.advance(Duration::from_secs(600));
    change_item(&app, "A1", json!({ "Frozen": "tYES" }));
    app.minute().await;
    assert_eq!(sent(&app, "/_stop").len(), 1);
}

// R-M2, R-M7
#[tokio::test]
async fn a_lost_answer_an_ended_token_and_a_limit_lose_nothing() {
    for kind in
        [FaultKind::DropAfterCommit, FaultKind::DropBeforeCommit, FaultKind::ExpireSessions, FaultKind::RateLimited]
    {
        let mut app = app().await;
        app.sandbox.inject(Fault::new(kind.clone()).vendor(Vendor::Blacklake).on("POST", IMPORT));
        item(&app, "A1", "x", "个", false);
        app.minutes_until(10, "import", |app| app.sandbox.blacklake().material("A1").is_some()).await;
        for _ in 0..8 {
            app.minute().await;
        }
        assert_eq!(run_of(&app, "items", "A1").await.status, RunStatus::Succeeded, "{kind:?}");
        assert_eq!(app.sandbox.blacklake().material_count(), 1);
    }
}

// R-M7: a change while the item is on its way
#[tokio::test]
async fn a_change_in_between_is_not_lost() {
    let mut app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::Html(502)).vendor(Vendor::Blacklake).on("POST", IMPORT));
    item(&app, "A1", "0", "个", false);
    app.step().await;
    change_item(&app, "A1", json!({ "ItemName": "1" }));
    for _ in 0..8 {
        app.minute().await;
    }
    assert_eq!(app.sandbox.blacklake().material("A1").unwrap()["fields"]["materialName"], "1");
}

// R-M58
#[tokio::test]
async fn a_preview_shows_the_material_and_writes_nothing() {
    let app = app().await;
    item(&app, "A1", "x", "个", false);
    let tenant = tenon_model::TenantId::operator();
    let flow = tenon_model::FlowId::new("items");
    let shown = tenon_flows::operator::preview(&app.ctx, &tenant, &flow, None).await.unwrap();
    assert_eq!((&shown["would_send"]["body"]["materialCode"], &shown["already_there"]), (&json!("A1"), &json!(false)));
    assert_eq!(app.sandbox.blacklake().material_count(), 0);
}
