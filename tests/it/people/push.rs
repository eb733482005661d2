//! Pushes of the directory: Odoo's departments and employees at an aiflow, those above first, changes only.

use serde_json::{Value, json};
use std::time::Duration;
use tenon_flows::operator;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{FlowId, TenantId};
use tenon_platform::queue::DIRECTORY_SYNC;
use tenon_platform::runs;
use tenon_sandbox::{Fault, FaultKind, SandboxOptions, Vendor};
use tenon_tests::histories::{boundaries, play_all, run};
use tenon_tests::{Boundary, TestApp, TestAppOptions};

const PUSH_USERS: &str = "/vendor/aflow/api/sys/sync/user";

fn config(c: &mut Value) {
    let sandbox = SandboxOptions::default();
    let connections = c["connections"].as_array_mut().unwrap();
    connections.push(json!({ "kind": "odoo", "id": "odoo-main", "base_url": "http://odoo",
        "database": sandbox.odoo_hr.database, "username": sandbox.odoo_hr.username, "api_key": sandbox.odoo_hr.api_key }));
    connections.push(json!({ "kind": "aiflow", "id": "aiflow-main", "base_url": "http://aiflow/vendor",
        "enterprise_code": sandbox.aiflow.enterprise_code, "app_id": sandbox.aiflow.app_id,
        "app_secret": sandbox.aiflow.app_secret }));
    c["flows"] = json!([{ "id": "people", "kind": "directory-push", "erp": "odoo-main", "aiflow": "aiflow-main" }]);
}

async fn app() -> TestApp {
    TestApp::new(TestAppOptions { config: Some(config), ..TestAppOptions::default() }).await
}

async fn newest(app: &TestApp) -> Run {
    let runs = runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new("people"), 20).await.unwrap();
    runs.into_iter().find(|run| run.counts.contains_key("slices")).expect("a push's run")
}

/// The next hour's push.
async fn push(app: &mut TestApp) -> Run {
    app.clock.advance(Duration::from_secs(3_600));
    for _ in 0..30 {
        app.step().await;
        if app.local.queue.next_visible_at(&DIRECTORY_SYNC).await.unwrap().is_none() {
            break;
        }
        app.clock.advance(Duration::from_secs(10));
    }
    newest(app).await
}

#[tokio::test]
async fn everybody_is_pushed_those_above_first_and_then_only_what_changes() {
    let mut app = app().await;
    app.step().await;
    let run = newest(&app).await;
    assert_eq!((run.status, run.counts["departments"], run.counts["changed"]), (RunStatus::Succeeded, 3, 2), "{run:?}");
    let aiflow = app.sandbox.aiflow();
    assert_eq!(aiflow.departments()["2"]["parentId"], "1");
    assert_eq!(aiflow.users()["1"]["directSupervisor"], "2");
    assert_eq!(
        (&aiflow.users()["1"]["mobile"], &aiflow.users()["1"]["userName"]),
        (&json!("13800000002"), &json!("zhangsan@example.com"))
    );
    let again = push(&mut app).await;
    assert_eq!((again.counts["departments"], again.counts["changed"]), (0, 0), "{again:?}");
    app.sandbox.odoo_hr().put("hr.employee", 1, &json!({ "mobile_phone": "13900000000" }));
    let changed = push(&mut app).await;
    assert_eq!((changed.counts["departments"], changed.counts["changed"]), (0, 1));
    assert_eq!((app.sandbox.aiflow().taken("u:1"), app.sandbox.aiflow().taken("u:2")), (2, 1));
    // By hand, all of it.
    app.clock.advance(Duration::from_secs(1));
    operator::run_now(&app.ctx, &TenantId::operator(), &FlowId::new("people")).await.unwrap();
    app.step().await;
    assert_eq!(newest(&app).await.counts["changed"], 2);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn archived_and_deleted_records_are_switched_off_and_whoever_left_before_is_not_pushed() {
    let mut app = app().await;
    app.sandbox.odoo_hr().put("hr.employee", 9, &json!({ "name": "旧人", "active": false, "department_id": 3 }));
    app.step().await;
    assert!(!app.sandbox.aiflow().users().contains_key("9"));
    app.sandbox.odoo_hr().put("hr.employee", 1, &json!({ "active": false, "department_id": false }));
    app.sandbox.odoo_hr().put("hr.employee", 5, &json!({ "name": "新人", "department_id": 1 }));
    push(&mut app).await;
    app.sandbox.odoo_hr().remove("hr.employee", 5);
    let run = push(&mut app).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    let users = app.sandbox.aiflow().users();
    assert_eq!(
        (&users["1"]["status"], &users["1"]["deptId"], &users["5"]["status"]),
        (&json!(0), &json!("2"), &json!(0))
    );
}

#[tokio::test]
async fn an_odoo_that_shows_nobody_any_more_disables_nobody() {
    let mut app = app().await;
    app.step().await;
    for id in [1, 2] {
        app.sandbox.odoo_hr().remove("hr.employee", id);
    }
    let run = push(&mut app).await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("directory.nobody")), "{run:?}");
    let users = app.sandbox.aiflow().users();
    assert!(users.len() == 2 && users.values().all(|user| user["status"] == 1), "{users:?}");
}

#[tokio::test]
async fn a_record_that_is_refused_is_told_by_name_blocks_nobody_and_is_tried_again() {
    let mut app = app().await;
    app.sandbox.aiflow().refuse("2", true);
    app.sandbox.odoo_hr().put("hr.employee", 3, &json!({ "name": "李四", "department_id": 3, "parent_id": 2 }));
    app.sandbox.odoo_hr().put("hr.employee", 4, &json!({ "name": "王五" }));
    app.sandbox.odoo_hr().put("hr.employee", 6, &json!({ "name": "甲", "department_id": 3, "parent_id": 7 }));
    app.sandbox.odoo_hr().put("hr.employee", 7, &json!({ "name": "乙", "department_id": 3, "parent_id": 6 }));
    app.step().await;
    let run = newest(&app).await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("directory.refused")), "{run:?}");
    let steps = runs::steps(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    let outputs: Vec<String> = steps.iter().map(|step| step.output.to_string()).collect();
    for words in ["用户不允许同步", "has no department", "6 → 7"] {
        assert!(outputs.iter().any(|text| text.contains(words)), "{words}: {outputs:?}");
    }
    // Whose supervisor was refused goes without one, until the supervisor is there.
    assert!(app.sandbox.aiflow().users()["3"].get("directSupervisor").is_none());
    app.sandbox.aiflow().refuse("2", false);
    push(&mut app).await;
    push(&mut app).await;
    assert_eq!(app.sandbox.aiflow().users()["3"]["directSupervisor"], "2");
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_failure_is_no_success_and_the_batch_is_pushed_again() {
    let mut app = app().await;
    let broken = r#"{"status":0,"msg":"success","data":{}}"#;
    let fault = Fault::new(FaultKind::Status(200, broken.to_owned())).vendor(Vendor::Aiflow).on("POST", PUSH_USERS);
    app.sandbox.inject(fault);
    app.step().await;
    assert_eq!(newest(&app).await.status, RunStatus::Retrying);
    let lost = Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::Aiflow).on("POST", PUSH_USERS);
    app.sandbox.inject(lost);
    for _ in 0..3 {
        app.minute().await;
    }
    assert_eq!(newest(&app).await.status, RunStatus::Succeeded);
    assert_eq!(app.sandbox.aiflow().users().len(), 2);
}

async fn play(death: &Option<Boundary>) -> Result<usize, String> {
    let mut app = app().await;
    app.step().await;
    app.sandbox.odoo_hr().put("hr.department", 4, &json!({ "name": "新部门", "parent_id": 2 }));
    app.sandbox.odoo_hr().put("hr.employee", 3, &json!({ "name": "李四", "department_id": 4, "parent_id": 2 }));
    app.sandbox.odoo_hr().put("hr.employee", 1, &json!({ "active": false }));
    app.clock.advance(Duration::from_secs(3_600));
    app.restart(*death);
    let mut effects = None;
    for _ in 0..100 {
        let crash_injector = app.crash_injector.clone();
        app.step().await;
        effects.get_or_insert(crash_injector.effects());
        if is_there(&app).await {
            break;
        }
        app.clock.advance(Duration::from_secs(60));
    }
    match is_there(&app).await {
        true => Ok(effects.unwrap_or(0)),
        false => Err(format!(
            "{death:?}: {:?} {:?} {:?}",
            app.sandbox.aiflow().users(),
            newest(&app).await,
            app.dead_letters().await
        )),
    }
}

async fn is_there(app: &TestApp) -> bool {
    let (users, departments) = (app.sandbox.aiflow().users(), app.sandbox.aiflow().departments());
    users["1"]["status"] == 0
        && users.get("3").is_some_and(|user| user["deptId"] == "4" && user["directSupervisor"] == "2")
        && departments.contains_key("4")
        && newest(app).await.status == RunStatus::Succeeded
        && app.dead_letters().await.is_empty()
}

#[test]
fn a_push_survives_death_at_every_boundary() {
    let effects = run(play(&None)).unwrap();
    assert!(effects > 15, "only {effects} effects were counted");
    let deaths: Vec<Option<Boundary>> = boundaries(effects, 1).map(Some).collect();
    play_all(&deaths, play);
}
