//! Many records, records that fail, and outages.

use super::test_app::{app, app_with, change, config, item, mark, rows_of, run_of, sent};
use serde_json::{Value, json};
use tenon_sandbox::{CubeTable, Fault, FaultKind, Vendor};
use tenon_tests::TestApp;

fn calls(app: &TestApp) -> usize {
    app.sandbox.weaver().cube_savings().len()
}

// R-W9
#[tokio::test]
async fn the_record_behind_25_that_always_fail_arrives_in_the_first_run() {
    let mut app = app().await;
    for n in 0..25 {
        item(&app, &format!("A-{n:03}"), "");
    }
    item(&app, "B-001", "好的");
    app.minute().await;
    assert_eq!((mark(&app, "B-001").as_str(), rows_of(&app, "B-001").len()), ("Y", 1));
    assert_eq!(mark(&app, "A-024"), "N");
}

// R-W13
#[tokio::test]
async fn a_record_that_is_refused_is_tried_again_ever_less_often_and_at_once_when_it_changes() {
    let mut app = app().await;
    item(&app, "A-001", "");
    for _ in 0..4 {
        app.minute().await;
    }
    let soon = calls(&app);
    assert!((3..=5).contains(&soon), "{soon}");
    for _ in 0..236 {
        app.minute().await;
    }
    let after_hours = calls(&app);
    assert!((soon + 3..=15).contains(&after_hours), "{after_hours} calls in four hours");
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
    change(&app, "A-001", json!({ "ItemName": "修好" }));
    app.minute().await;
    app.step().await;
    assert_eq!((mark(&app, "A-001").as_str(), calls(&app)), ("Y", after_hours + 1));
}

// R-W13
#[tokio::test]
async fn what_was_mended_in_the_oa_goes_with_the_next_try_or_at_an_operators_wish() {
    let mut app = app().await;
    item(&app, "A-001", "");
    app.step().await;
    let allow = |app: &TestApp| {
        app.sandbox.configure(|options| {
            options.weaver.cube.insert("erpWuliao".into(), CubeTable::new(&[], "erpWuliao"));
        });
    };
    allow(&app);
    app.minute().await;
    app.step().await;
    assert_eq!(mark(&app, "A-001"), "Y");
}

fn batched(c: &mut Value) {
    config(c);
    c["flows"][0]["source"]["page_size"] = json!(50);
    c["flows"][0]["form"]["batch"] = json!(10);
}

// R-W12, R-W13
#[tokio::test]
async fn several_records_share_a_call_and_are_answered_for_one_by_one() {
    let mut app = app_with(batched, |_| {}).await;
    for n in 0..25 {
        item(&app, &format!("A-{n:03}"), if n == 13 { "" } else { "好" });
    }
    app.step().await;
    let sizes: Vec<usize> =
        app.sandbox.weaver().cube_savings().iter().map(|(_, body)| body["data"].as_array().unwrap().len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 25);
    assert_eq!(sizes.len(), 3, "{sizes:?}");
    for n in 0..25 {
        let code = format!("A-{n:03}");
        assert_eq!(mark(&app, &code), if n == 13 { "N" } else { "Y" }, "{code}");
    }
    // A change and a new one do not share a call's ids.
    change(&app, "A-001", json!({ "ItemName": "新", "U_ISSYN": "N" }));
    item(&app, "A-100", "又一个");
    app.minute().await;
    app.step().await;
    assert_eq!((rows_of(&app, "A-001").len(), rows_of(&app, "A-100").len()), (1, 1));
}

// R-W13, R-W16
#[tokio::test]
async fn records_of_a_lost_call_are_each_found_again() {
    let mut app = app_with(batched, |_| {}).await;
    for n in 0..10 {
        item(&app, &format!("A-{n:03}"), "好");
    }
    let path = "/api/cube/restful/interface/saveOrUpdateModeData";
    app.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::Weaver).on("POST", path));
    app.minutes_until(3, "all are marked", |app| (0..10).all(|n| mark(app, &format!("A-{n:03}")) == "Y")).await;
    assert_eq!(app.sandbox.weaver().cube_rows("erpWuliao").len(), 10);
}

fn slowed(c: &mut Value) {
    config(c);
    c["flows"][0]["form"]["per_minute"] = json!(4);
}

#[tokio::test]
async fn no_more_are_sent_in_a_minute_than_the_flow_allows() {
    let mut app = app_with(slowed, |_| {}).await;
    for n in 0..10 {
        item(&app, &format!("A-{n:03}"), "好");
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        app.minute().await;
        seen.push(calls(&app));
    }
    assert_eq!(seen, [4, 8, 10]);
}

#[tokio::test]
async fn an_outage_of_the_oa_loses_no_record_and_makes_no_row_twice() {
    let mut app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::DropBeforeCommit).vendor(Vendor::Weaver).always());
    for n in 0..5 {
        item(&app, &format!("A-{n:03}"), "好");
    }
    for _ in 0..30 {
        app.minute().await;
    }
    app.sandbox.clear_faults();
    app.minutes_until(60, "all are marked", |app| (0..5).all(|n| mark(app, &format!("A-{n:03}")) == "Y")).await;
    assert_eq!(app.sandbox.weaver().cube_rows("erpWuliao").len(), 5);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn no_run_and_no_log_shows_the_systems_password_or_a_proof_of_it() {
    let mut app = app().await;
    item(&app, "A-001", "好");
    item(&app, "A-002", "");
    app.minute().await;
    for code in ["A-001", "A-002"] {
        let run = run_of(&app, "items", code).await;
        let tenant = tenon_model::TenantId::operator();
        let steps = tenon_platform::runs::steps(&app.ctx, &tenant, &run.id).await.unwrap();
        let text = format!("{run:?} {steps:?}");
        assert!(text.contains("wlbm"), "the run shows what was sent: {text}");
        for secret in ["weaver-sandbox-cube", "Md5"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    assert_eq!(sent(&app, "A-001").len(), 1);
}
