//! Pulls of the directory: everybody once, leavers disabled, a half of a pull changes nothing that it did not see.

use super::test_app::{config, put, with};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tenon_directory::{Department, Directory, Person, SHARDS};
use tenon_flows::operator;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{FlowId, TenantId};
use tenon_platform::runs;
use tenon_sandbox::{
    Department as DingDepartment, Fault, FaultKind, Person as DingPerson, Vendor, WecomDepartment, WecomMember,
};
use tenon_tests::{TestApp, TestAppOptions};

pub fn pulling(c: &mut Value) {
    config(c);
    c["flows"] = json!([{ "id": "people", "kind": "directory-pull", "oa": "ding-main" }]);
}

pub async fn app() -> TestApp {
    TestApp::new(TestAppOptions { config: Some(pulling), ..TestAppOptions::default() }).await
}

/// Everybody in the directory, by id.
pub async fn everybody(app: &TestApp) -> BTreeMap<String, Person> {
    let tenant = TenantId::operator();
    let directory = Directory::new(&app.ctx, &tenant);
    let mut all = BTreeMap::new();
    for shard in 0..SHARDS {
        let mut after: Option<String> = None;
        loop {
            let page = directory.people_of_shard(shard, after.as_deref(), 500).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.data.id.clone());
            all.extend(page.into_iter().map(|stored| (stored.data.id.clone(), stored.data)));
        }
    }
    all
}

pub async fn departments(app: &TestApp) -> BTreeMap<String, Department> {
    let tenant = TenantId::operator();
    let all = Directory::new(&app.ctx, &tenant).departments().await.unwrap();
    all.into_iter().map(|(id, stored)| (id, stored.data)).collect()
}

pub async fn newest(app: &TestApp) -> Run {
    let runs = runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new("people"), 20).await.unwrap();
    runs.into_iter().find(|run| run.counts.contains_key("slices")).expect("a pull's run")
}

/// One pull, to its end.
async fn pull(app: &mut TestApp) -> Run {
    app.clock.advance(Duration::from_secs(1));
    operator::run_now(&app.ctx, &TenantId::operator(), &FlowId::new("people")).await.unwrap();
    for _ in 0..60 {
        app.step().await;
        let run = newest(app).await;
        if !matches!(run.status, RunStatus::Running | RunStatus::Retrying) {
            return run;
        }
        app.clock.advance(Duration::from_secs(5));
    }
    newest(app).await
}

fn calls(app: &TestApp, path: &str) -> u64 {
    app.sandbox.snapshot().requests.get(&format!("POST {path}")).copied().unwrap_or(0)
}

#[tokio::test]
async fn everybody_is_there_once_with_all_departments_and_the_next_pull_changes_nothing() {
    let mut app = app().await;
    app.step().await;
    let run = newest(&app).await;
    assert_eq!((run.status, run.counts["made"]), (RunStatus::Succeeded, 4), "{run:?}");
    let people = everybody(&app).await;
    assert_eq!(people.keys().collect::<Vec<_>>(), ["lisi", "manager01", "wangwu", "zhangsan"]);
    let manager = &people["manager01"];
    assert_eq!((manager.departments.as_slice(), manager.active), (["1".to_owned(), "100".to_owned()].as_slice(), true));
    assert_eq!((manager.mobile.as_deref(), manager.accounts["ding-main"].as_str()), (Some("13800000001"), "manager01"));
    let tree = departments(&app).await;
    assert_eq!(
        (tree["101"].parent.as_deref(), tree["100"].parent.as_deref(), tree["1"].parent.as_deref()),
        (Some("100"), Some("1"), None)
    );
    let second = pull(&mut app).await;
    assert_eq!(
        (second.counts["made"], second.counts["changed"], second.counts["departments"], second.counts["left"]),
        (0, 0, 0, 0)
    );
    assert_eq!(everybody(&app).await, people);
    assert_eq!((tree["100"].managers.as_slice(), tree["200"].managers.len()), (["manager01".to_owned()].as_slice(), 0));
    app.sandbox.dingtalk().clear_managers(100);
    app.sandbox.dingtalk().put_manager(200, "lisi");
    assert_eq!(pull(&mut app).await.counts["departments"], 2);
    let tree = departments(&app).await;
    assert_eq!((tree["100"].managers.len(), tree["200"].managers.as_slice()), (0, ["lisi".to_owned()].as_slice()));
    // Twenty-four hours apart.
    let before = calls(&app, "/topapi/v2/user/list");
    app.clock.advance(Duration::from_secs(23 * 3600));
    app.step().await;
    assert_eq!(calls(&app, "/topapi/v2/user/list"), before);
    app.clock.advance(Duration::from_secs(3600));
    app.step().await;
    assert!(calls(&app, "/topapi/v2/user/list") > before);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn leavers_and_dissolved_departments_are_disabled_and_never_deleted_and_who_comes_back_is_the_same() {
    let mut app = app().await;
    pull(&mut app).await;
    app.sandbox.dingtalk().remove_person("lisi");
    app.sandbox.dingtalk().remove_department(101);
    let run = pull(&mut app).await;
    assert_eq!((run.counts["left"], run.counts["departments"]), (1, 1), "{run:?}");
    let people = everybody(&app).await;
    assert_eq!((people.len(), people["lisi"].active, people["zhangsan"].active), (4, false, true));
    assert!(!departments(&app).await["101"].active);
    let change = people["lisi"].changes.last().unwrap();
    assert_eq!((change.by.as_str(), change.fields[0].field.as_str()), ("flow people", "active"));
    app.sandbox.dingtalk().put_person(DingPerson::new("lisi", "李四", &[100]));
    pull(&mut app).await;
    let back = &everybody(&app).await["lisi"];
    assert_eq!((back.active, back.departments.as_slice()), (true, ["100".to_owned()].as_slice()));
    // The number that the app does not see any more is not forgotten.
    assert_eq!(back.mobile.as_deref(), Some("13800000003"));
}

#[tokio::test]
async fn a_pull_that_fails_half_way_disables_nobody_and_goes_on_where_it_was() {
    let mut app = app().await;
    pull(&mut app).await;
    app.sandbox.dingtalk().remove_person("lisi");
    for n in 0..250 {
        app.sandbox.dingtalk().put_person(DingPerson::new(&format!("new-{n:03}"), "新人", &[300]));
    }
    let trouble = Fault::new(FaultKind::Html(502)).vendor(Vendor::DingTalk).on("POST", "/topapi/v2/user/list");
    app.sandbox.inject(trouble.nth(4).times(2));
    app.clock.advance(Duration::from_secs(1));
    operator::run_now(&app.ctx, &TenantId::operator(), &FlowId::new("people")).await.unwrap();
    app.step().await;
    assert_eq!(newest(&app).await.status, RunStatus::Retrying);
    assert!(everybody(&app).await["lisi"].active);
    for _ in 0..4 {
        app.minute().await;
    }
    let run = newest(&app).await;
    assert_eq!((run.status, run.counts["left"], run.counts["made"]), (RunStatus::Succeeded, 1, 250), "{run:?}");
    assert!(!everybody(&app).await["lisi"].active);
}

#[tokio::test]
async fn a_department_that_goes_while_it_is_read_disables_nobody() {
    let mut app = app().await;
    pull(&mut app).await;
    app.sandbox.dingtalk().remove_person("lisi");
    let words = r#"{"errcode":60003,"errmsg":"部门不存在"}"#;
    let fault = Fault::new(FaultKind::Status(200, words.to_owned())).vendor(Vendor::DingTalk);
    app.sandbox.inject(fault.on("POST", "/topapi/v2/user/list"));
    let run = pull(&mut app).await;
    assert_eq!((run.status, run.counts["left"]), (RunStatus::Succeeded, 0), "{run:?}");
    assert!(run.message.contains("nobody was disabled"), "{run:?}");
    assert!(everybody(&app).await.values().all(|person| person.active));
    assert_eq!(pull(&mut app).await.counts["left"], 1);
}

#[tokio::test]
async fn an_app_that_sees_nobody_is_no_company_that_everybody_left() {
    let mut app = app().await;
    pull(&mut app).await;
    for id in ["lisi", "manager01", "wangwu", "zhangsan"] {
        app.sandbox.dingtalk().remove_person(id);
    }
    let run = pull(&mut app).await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("directory.nobody")));
    assert!(everybody(&app).await.values().all(|person| person.active));
}

#[tokio::test]
async fn the_one_active_person_of_the_same_number_is_the_same_person_and_of_two_neither_is() {
    let mut app = app().await;
    let erp = |id: &str, mobile: &str| {
        let mut person =
            Person { mobile: Some(mobile.to_owned()), departments: vec!["ERP-D1".into()], ..Person::new(id, id) };
        person.external.insert("COMPANY001".into(), id.to_owned());
        person
    };
    put(&app, erp("E1", "13800000002")).await;
    put(&app, Person { active: false, ..erp("E2", "13800000002") }).await;
    put(&app, erp("E3", "13800000003")).await;
    put(&app, erp("E4", "13800000003")).await;
    // Whose id an OA's user has already.
    put(&app, erp("wangwu", "13900000000")).await;
    pull(&mut app).await;
    let people = everybody(&app).await;
    assert_eq!(people["E1"].accounts.get("ding-main").map(String::as_str), Some("zhangsan"));
    assert_eq!(people["E1"].departments, ["ERP-D1", "100"]);
    assert!(people["E3"].accounts.is_empty() && people["E4"].accounts.is_empty() && people["E2"].accounts.is_empty());
    assert!(people.contains_key("lisi") && !people.contains_key("zhangsan"));
    assert!(people["wangwu"].accounts.is_empty());
    assert!(people.values().any(|person| person.accounts.get("ding-main").map(String::as_str) == Some("wangwu")));
}

#[tokio::test]
async fn flags_that_are_texts_and_pages_are_read_to_the_end() {
    let mut app = TestApp::new(TestAppOptions {
        config: Some(pulling),
        sandbox: Some(|options| options.dingtalk.success_as_text = true),
        ..TestAppOptions::default()
    })
    .await;
    for n in 0..201 {
        app.sandbox.dingtalk().put_person(DingPerson::new(&format!("p-{n:03}"), "人", &[200, 300]));
    }
    let run = pull(&mut app).await;
    assert_eq!((run.status, run.counts["made"]), (RunStatus::Succeeded, 205), "{run:?}");
}

#[tokio::test]
async fn wecom_is_read_alike_and_people_of_two_oas_stay_when_one_of_them_loses_them() {
    let mut app = TestApp::new(TestAppOptions {
        config: Some(|c| {
            pulling(c);
            c["flows"][0] = json!({ "id": "people", "kind": "directory-pull", "oa": "wecom-main" });
        }),
        ..TestAppOptions::default()
    })
    .await;
    let run = pull(&mut app).await;
    assert_eq!((run.status, run.counts["made"]), (RunStatus::Succeeded, 2), "{run:?}");
    let people = everybody(&app).await;
    assert_eq!(people["zhaoliu"].departments, ["2", "3"]);
    assert_eq!(departments(&app).await["3"].parent.as_deref(), Some("2"));
    let member = |id: &str, status: i64| WecomMember {
        userid: id.into(),
        name: "名".into(),
        departments: vec![2],
        mobile: String::new(),
        status,
        leader: if id == "two" { "zhaoliu".into() } else { String::new() },
    };
    app.sandbox.wecom().put_member(member("off", 2));
    app.sandbox.wecom().put_member(member("two", 1));
    let leaders = ["zhaoliu".to_owned(), "two".to_owned(), "nobody".to_owned()].to_vec();
    app.sandbox.wecom().put_department(WecomDepartment { id: 2, name: "销售部".into(), parent: 1, leaders });
    pull(&mut app).await;
    assert!(!everybody(&app).await["off"].active);
    assert_eq!(everybody(&app).await["two"].supervisor.as_deref(), Some("zhaoliu"));
    assert_eq!(departments(&app).await["2"].managers, ["zhaoliu", "two"], "who leads it manages it");
    // An app that is told of no leaders leaves them as they are known.
    let forbidden = FaultKind::Status(200, r#"{"errcode":60011,"errmsg":"no privilege"}"#.into());
    app.sandbox.inject(Fault::new(forbidden).on("GET", "/cgi-bin/department/get"));
    assert_eq!(pull(&mut app).await.status, RunStatus::Succeeded);
    assert_eq!(departments(&app).await["2"].managers, ["zhaoliu", "two"]);
    app.sandbox.clear_faults();
    put(&app, with(everybody(&app).await["two"].clone(), "ding-main", "two")).await;
    app.sandbox.wecom().remove_member("two");
    app.sandbox.wecom().remove_member("zhaoliu");
    pull(&mut app).await;
    let people = everybody(&app).await;
    assert!(people["two"].active && !people["two"].accounts.contains_key("wecom-main"));
    assert!(!people["zhaoliu"].active);
}

#[tokio::test]
async fn a_pull_for_a_tenant_fills_that_tenants_directory_alone() {
    let mut app = TestApp::new(TestAppOptions {
        config: Some(|c| {
            pulling(c);
            c["flows"][0]["tenant"] = json!("t-7");
        }),
        ..TestAppOptions::default()
    })
    .await;
    let run = pull(&mut app).await;
    assert_eq!((run.status, run.counts["made"]), (RunStatus::Succeeded, 4), "{run:?}");
    assert!(everybody(&app).await.is_empty() && departments(&app).await.is_empty());
    let tenant = TenantId::new("t-7");
    let directory = Directory::new(&app.ctx, &tenant);
    assert_eq!(directory.by_mobile("13800000002").await.unwrap()[0].id, "zhangsan");
    assert_eq!(directory.departments().await.unwrap().len(), 5);
    app.sandbox.dingtalk().remove_person("lisi");
    assert_eq!(pull(&mut app).await.counts["left"], 1);
    let directory = Directory::new(&app.ctx, &tenant);
    assert!(!directory.person("lisi").await.unwrap().unwrap().data.active);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

// Pages are counted from the beginning: whoever leaves while they are read moves others up.
#[tokio::test]
async fn somebody_who_slips_between_two_pages_is_not_taken_for_a_leaver() {
    let mut app = app().await;
    for n in 0..150 {
        app.sandbox.dingtalk().put_person(DingPerson::new(&format!("p-{n:03}"), "人", &[200]));
    }
    pull(&mut app).await;
    // The second page fails once; meanwhile one of the first page leaves.
    let fault = Fault::new(FaultKind::Html(502)).vendor(Vendor::DingTalk).on("POST", "/topapi/v2/user/list");
    app.sandbox.inject(fault.nth(5).times(4));
    app.clock.advance(Duration::from_secs(1));
    operator::run_now(&app.ctx, &TenantId::operator(), &FlowId::new("people")).await.unwrap();
    app.step().await;
    app.sandbox.dingtalk().remove_person("p-001");
    for _ in 0..4 {
        app.minute().await;
    }
    assert_eq!(newest(&app).await.status, RunStatus::Succeeded);
    let gone: Vec<String> = everybody(&app).await.into_values().filter(|p| !p.active).map(|p| p.id).collect();
    assert!(gone.iter().all(|id| id == "p-001"), "{gone:?}");
    pull(&mut app).await;
    let gone: Vec<String> = everybody(&app).await.into_values().filter(|p| !p.active).map(|p| p.id).collect();
    assert_eq!(gone, ["p-001"]);
}

#[tokio::test]
async fn ten_thousand_people_take_several_slices_survive_a_kill_and_no_page_is_read_twice() {
    let mut app = TestApp::new(TestAppOptions {
        config: Some(pulling),
        sandbox: Some(|options| options.dingtalk.latency = Duration::from_millis(800)),
        ..TestAppOptions::default()
    })
    .await;
    for department in 0..100_i64 {
        let id = 1_000 + department;
        app.sandbox.dingtalk().put_department(DingDepartment { id, name: format!("部门{department}"), parent: 1 });
        for n in 0..100 {
            app.sandbox.dingtalk().put_person(DingPerson::new(&format!("u-{department}-{n}"), "人", &[id]));
        }
    }
    operator::run_now(&app.ctx, &TenantId::operator(), &FlowId::new("people")).await.unwrap();
    // The first slices are for the departments.
    let mut so_far = 0;
    for _ in 0..20 {
        if so_far == 0 {
            app.step().await;
            app.clock.advance(Duration::from_secs(1));
            so_far = everybody(&app).await.len();
        }
    }
    assert_eq!(newest(&app).await.status, RunStatus::Running);
    assert!((1..10_004).contains(&so_far), "{so_far}");
    app.restart(None);
    for _ in 0..20 {
        app.step().await;
        app.clock.advance(Duration::from_secs(1));
    }
    let run = newest(&app).await;
    assert_eq!((run.status, run.counts["made"]), (RunStatus::Succeeded, 10_004), "{run:?}");
    assert!(run.counts["slices"] > 1, "{run:?}");
    assert_eq!(everybody(&app).await.len(), 10_004);
    assert_eq!(calls(&app, "/topapi/v2/user/list"), 105);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}
