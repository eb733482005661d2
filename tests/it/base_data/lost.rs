//! Answers that are lost, late or none of the OA's: one row a record.

use super::test_app::{app, app_with, change, config, item, mark, rows_of, run_of, sent};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_model::run::RunStatus;
use tenon_sandbox::{CubeTable, Fault, FaultKind, Vendor};
use tenon_tests::TestApp;

const SAVE: &str = "/api/cube/restful/interface/saveOrUpdateModeData/erpWuliao";

fn save_fault(kind: FaultKind) -> Fault {
    Fault::new(kind).vendor(Vendor::Weaver).on("POST", SAVE)
}

// R-W16
#[tokio::test]
async fn an_answer_lost_after_the_oa_saved_leads_to_one_row() {
    let kinds = [
        FaultKind::DropAfterCommit,
        FaultKind::StatusAfterCommit(500, "{}".into()),
        FaultKind::StatusAfterCommit(200, "<html>".into()),
        FaultKind::Late(Duration::from_secs(15)),
    ];
    for kind in kinds {
        let mut app = app().await;
        app.sandbox.inject(save_fault(kind.clone()));
        item(&app, "A-004", "钢管");
        app.minutes_until(5, "the record is marked", |app| mark(app, "A-004") == "Y").await;
        assert_eq!(rows_of(&app, "A-004").len(), 1, "{kind:?}");
        assert_eq!(run_of(&app, "items", "A-004").await.status, RunStatus::Succeeded);
        assert_eq!(app.dead_letters().await, Vec::<String>::new());
    }
}

// R-W16
#[tokio::test]
async fn a_saving_that_never_arrived_is_sent_again_once_it_can_no_longer_arrive() {
    let mut app = app().await;
    app.sandbox.inject(save_fault(FaultKind::DropBeforeCommit));
    item(&app, "A-004", "钢管");
    app.step().await;
    app.clock.advance(Duration::from_secs(10));
    app.step().await;
    assert_eq!(rows_of(&app, "A-004").len(), 0, "it may still arrive");
    app.minutes_until(5, "the record is marked", |app| mark(app, "A-004") == "Y").await;
    assert_eq!(rows_of(&app, "A-004").len(), 1);
}

fn nothing_lists(app: &TestApp) {
    app.sandbox.configure(|options| {
        options.weaver.cube.insert("erpWuliao".into(), CubeTable::new(&["wlbm"], ""));
    });
}

// R-W16
#[tokio::test]
async fn a_lost_saving_that_cannot_be_looked_for_waits_for_a_person() {
    let mut app = app().await;
    nothing_lists(&app);
    app.sandbox.inject(save_fault(FaultKind::DropAfterCommit));
    item(&app, "A-004", "钢管");
    for _ in 0..30 {
        app.minute().await;
    }
    assert_eq!((sent(&app, "A-004").len(), mark(&app, "A-004").as_str()), (1, "N"), "nothing is sent a second time");
    let run = run_of(&app, "items", "A-004").await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("flow.row-unclear")));
    assert!(run.message.contains("form.look_up") && run.message.contains("接口不存在"), "{}", run.message);
    let tenant = TenantId::operator();
    // An operator who has looked says that it is not there.
    let text = tenon_flows::operator::accept_change(&app.ctx, &tenant, &run.id, "li").await.unwrap().into_message();
    assert!(text.contains("li says that it did not arrive"), "{text}");
    app.minute().await;
    assert_eq!((sent(&app, "A-004").len(), mark(&app, "A-004").as_str()), (2, "Y"));
}

fn repeats(c: &mut Value) {
    config(c);
    c["flows"][0]["form"]["on_lost"] = json!("repeat");
}

// R-W16
#[tokio::test]
async fn a_site_whose_interface_keeps_one_row_of_a_key_may_have_it_repeated() {
    let mut app = app_with(repeats, |_| {}).await;
    nothing_lists(&app);
    app.sandbox.inject(save_fault(FaultKind::DropBeforeCommit));
    item(&app, "A-004", "钢管");
    app.minutes_until(3, "the record is marked", |app| mark(app, "A-004") == "Y").await;
    assert_eq!(rows_of(&app, "A-004").len(), 1);
}

// R-W15
#[tokio::test]
async fn a_change_that_is_carried_out_late_does_not_undo_a_later_one() {
    let mut app = app().await;
    item(&app, "A-004", "一");
    app.minute().await;
    app.sandbox.inject(save_fault(FaultKind::Late(Duration::from_secs(30))));
    change(&app, "A-004", json!({ "ItemName": "二", "U_ISSYN": "N" }));
    app.step().await;
    change(&app, "A-004", json!({ "ItemName": "三", "U_ISSYN": "N" }));
    app.minutes_until(5, "the record is marked", |app| mark(app, "A-004") == "Y").await;
    app.minute().await;
    let rows = rows_of(&app, "A-004");
    assert_eq!((rows.len(), &rows[0]["wlmc"]), (1, &json!("三")));
}

// R-W16
#[tokio::test]
async fn two_rows_of_one_key_are_told_and_neither_is_touched() {
    let mut app = app().await;
    for name in ["甲", "乙"] {
        app.sandbox.weaver().cube_fill("erpWuliao", &json!({ "wlbm": "A-004", "wlmc": name }));
    }
    app.sandbox.inject(save_fault(FaultKind::DropBeforeCommit));
    item(&app, "A-004", "钢管");
    app.minute().await;
    let run = run_of(&app, "items", "A-004").await;
    assert_eq!(run.code.as_deref(), Some("flow.row-unclear"));
    assert!(run.message.contains("501, 502"), "{}", run.message);
    assert_eq!(rows_of(&app, "A-004").len(), 2);
}

// R-W16: the mark's answer is lost.
#[tokio::test]
async fn a_mark_whose_answer_was_lost_sends_nothing_again() {
    let mut app = app().await;
    let lost = Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::B1).on("PATCH", "Items");
    app.sandbox.inject(lost);
    item(&app, "A-004", "钢管");
    app.minute().await;
    assert_eq!((sent(&app, "A-004").len(), mark(&app, "A-004").as_str()), (1, "Y"));
    assert_eq!(run_of(&app, "items", "A-004").await.status, RunStatus::Succeeded);
}

// R-W3
#[tokio::test]
async fn the_oa_needs_no_token_for_the_cube_and_one_that_ended_is_renewed() {
    let mut app = app().await;
    item(&app, "A-001", "聚氯乙烯");
    app.minute().await;
    assert_eq!(app.sandbox.weaver().tokens_issued(), 1);
    app.sandbox.inject(Fault::new(FaultKind::ExpireSessions).vendor(Vendor::Weaver).on("POST", SAVE));
    item(&app, "A-002", "聚丙烯");
    app.minute().await;
    assert_eq!((mark(&app, "A-002").as_str(), sent(&app, "A-002").len()), ("Y", 1));
    // A registration that is gone stops approvals, and no base data.
    app.sandbox.configure(|options| options.weaver.secret = "another".into());
    app.sandbox.inject(Fault::new(FaultKind::ExpireSessions).vendor(Vendor::Weaver).on("POST", SAVE));
    item(&app, "A-003", "钢管");
    app.minute().await;
    assert_eq!((mark(&app, "A-003").as_str(), rows_of(&app, "A-003").len()), ("Y", 1));
}
