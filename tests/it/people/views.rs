//! Looking at DingTalk's departments, people and attendance: who may, what is shown, and what is said where there is
//! nothing to show.

use super::test_app::config;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::dispatch::{Dispatch, app_calls};
use tenon_sandbox::{Attendance, Department, Fault, FaultKind, Person, SandboxOptions, Vendor};
use tenon_testkit::HttpEvent;
use tenon_tests::{TestApp, TestAppOptions};

const CODE: &str = "the-code-of-the-boards";
const LISTSUB: &str = "POST /topapi/v2/department/listsub";

fn served(c: &mut Value) {
    config(c);
    c["apps"] = json!([
        { "id": "boards", "app_code": CODE, "services": ["dingtalk"], "rate_per_minute": 100 },
        { "id": "query", "app_code": "the-code-that-stands-in-the-query", "services": ["dingtalk"], "code_in_query": true },
        { "id": "by-address", "allow_ips": ["192.0.2.7"], "services": ["dingtalk"] },
        { "id": "flows", "app_code": "the-code-of-another-service", "services": ["flow"] },
        { "id": "seldom", "app_code": "the-code-of-a-seldom-caller", "services": ["dingtalk"], "rate_per_minute": 2 }
    ]);
}

async fn new_app(sandbox: fn(&mut SandboxOptions)) -> TestApp {
    let options = TestAppOptions { config: Some(served), sandbox: Some(sandbox), ..TestAppOptions::default() };
    TestApp::new(options).await
}

/// Status, the wait that is asked for, and the answer.
async fn send(app: &TestApp, target: &str, code: Option<&str>, ip: &str) -> (u16, Option<String>, Value) {
    let path = target.split('?').next().unwrap();
    let event = HttpEvent::new("GET", target).route(path).from_ip(ip);
    let event = event.headers(code.iter().map(|code| ("x-apig-appcode", *code)));
    app.clock.advance(Duration::from_millis(1));
    let response = tenon_people::dingtalk::SERVICE.answer(&app.ctx, event.request()).await;
    let wait = response.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
    (response.status().as_u16(), wait, serde_json::from_slice(response.body().as_ref()).unwrap())
}

async fn get(app: &TestApp, target: &str) -> (u16, Value) {
    let (status, _, answer) = send(app, target, Some(CODE), "203.0.113.7").await;
    (status, answer)
}

async fn shown(app: &TestApp, target: &str) -> Value {
    let (status, answer) = get(app, target).await;
    assert_eq!((status, &answer["code"], &answer["msg"]), (200, &json!(0), &json!("success")), "{answer}");
    answer["data"].clone()
}

/// What it is told, with a code that is the status.
async fn refusal(app: &TestApp, target: &str) -> (u16, String) {
    let (status, answer) = get(app, target).await;
    assert_eq!((&answer["code"], &answer["data"]), (&json!(status), &Value::Null), "{answer}");
    (status, answer["msg"].as_str().unwrap().to_owned())
}

fn calls(app: &TestApp, path: &str) -> u64 {
    app.sandbox.snapshot().requests.get(path).copied().unwrap_or(0)
}

#[tokio::test]
async fn the_whole_tree_is_shown_kept_for_five_minutes_and_read_anew_when_that_is_asked_for() {
    let app = new_app(|_| {}).await;
    let leaf = |id: i64, name: &str, parent: i64| json!({ "id": id, "name": name, "parentId": parent, "children": [] });
    let wanted = json!({ "id": 1, "name": "示例公司", "parentId": null, "children": [
        { "id": 100, "name": "采购部", "parentId": 1, "children": [leaf(101, "原料采购组", 100)] },
        leaf(200, "销售部", 1), leaf(300, "仓储部", 1)
    ] });
    assert_eq!(shown(&app, "/dingtalk/department/getTree?id=1").await, wanted);
    assert_eq!(shown(&app, "/dingtalk/department/getTree").await, wanted);
    assert_eq!(calls(&app, LISTSUB), 5, "a call for each department, once");
    app.sandbox.dingtalk().put_department(Department { id: 102, name: "辅料采购组".into(), parent: 100 });
    let below = |tree: &Value| tree["children"][0]["children"].as_array().unwrap().len();
    assert_eq!(below(&shown(&app, "/dingtalk/department/getTree?id=1").await), 1);
    assert_eq!(below(&shown(&app, "/dingtalk/department/getTree?id=1&fresh=1").await), 2);
    app.sandbox.dingtalk().remove_department(102);
    assert_eq!(below(&shown(&app, "/dingtalk/department/getTree?id=1").await), 2);
    app.clock.advance(Duration::from_secs(301));
    assert_eq!(below(&shown(&app, "/dingtalk/department/getTree?id=1").await), 1);
    // Any department may be the root; its own tree alone is read.
    let before = calls(&app, LISTSUB);
    let part = shown(&app, "/dingtalk/department/getTree?id=100").await;
    assert_eq!((&part["parentId"], below(&json!({ "children": [part.clone()] }))), (&json!(1), 1));
    assert_eq!(calls(&app, LISTSUB) - before, 2);
}

#[tokio::test]
async fn a_tree_of_any_depth_and_breadth_is_read_within_the_rate() {
    let app = new_app(|_| {}).await;
    let ding = app.sandbox.dingtalk();
    // A chain as deep as a reader of JSON follows, and a thousand beside each other.
    for n in 0..50 {
        ding.put_department(Department {
            id: 1000 + n,
            name: format!("深{n}"),
            parent: if n == 0 { 300 } else { 999 + n },
        });
    }
    for n in 0..1000 {
        ding.put_department(Department { id: 5000 + n, name: format!("宽{n}"), parent: 200 });
    }
    let begun = app.clock.now_ms();
    let tree = shown(&app, "/dingtalk/department/getTree?id=1").await;
    assert_eq!(tree.to_string().matches("\"id\"").count(), 1055);
    let mut node = &tree["children"][2];
    let mut depth = 0;
    while let Some(child) = node["children"].get(0) {
        (node, depth) = (child, depth + 1);
    }
    assert_eq!((depth, &node["name"]), (50, &json!("深49")));
    assert_eq!(tree["children"][1]["children"].as_array().unwrap().len(), 1000);
    // 1,056 calls at 140 a second; a clock that is moved by hand is only ever ahead of that.
    assert!(app.clock.now_ms() - begun >= 1055 * 1000 / 140, "{}", app.clock.now_ms() - begun);
}

#[tokio::test]
async fn a_reading_that_is_out_of_time_goes_on_where_it_was() {
    let app = new_app(|_| {}).await;
    for n in 0..400 {
        app.sandbox.dingtalk().put_department(Department { id: 5000 + n, name: format!("部门{n}"), parent: 200 });
    }
    let ctx = app.ctx.within_cut(Duration::from_secs(4));
    let event = || {
        let event = HttpEvent::new("GET", "/dingtalk/department/getTree?id=1").route("/dingtalk/department/getTree");
        event.headers([("x-apig-appcode", CODE)]).request()
    };
    let first = tenon_people::dingtalk::SERVICE.answer(&ctx, event()).await;
    let answer: Value = serde_json::from_slice(first.body().as_ref()).unwrap();
    assert_eq!((first.status().as_u16(), &answer["code"]), (503, &json!(503)), "{answer}");
    assert!(answer["msg"].as_str().unwrap().contains("请稍后重试") && first.headers().contains_key("retry-after"));
    let read = calls(&app, LISTSUB);
    assert!(read > 10 && read < 405, "{read}");
    let tree = shown(&app, "/dingtalk/department/getTree?id=1").await;
    assert_eq!(tree.to_string().matches("\"id\"").count(), 405);
    assert!(calls(&app, LISTSUB) <= 405 + 8, "nothing that was read is read again: {}", calls(&app, LISTSUB));
}

#[tokio::test]
async fn unknown_ids_missing_permissions_and_limits_are_told_in_words() {
    let app = new_app(|options| options.dingtalk.out_of_scope = BTreeSet::from([300])).await;
    assert_eq!(refusal(&app, "/dingtalk/department/getTree?id=99").await, (404, "钉钉没有部门99".to_owned()));
    assert_eq!(refusal(&app, "/dingtalk/user/getByDepartmentId?id=99").await, (404, "钉钉没有部门99".to_owned()));
    let nobody = "/dingtalk/attendance/getByUserId?id=nobody&startTime=2026-11-01&endTime=2026-11-20";
    assert_eq!(refusal(&app, nobody).await, (404, "钉钉没有用户nobody".to_owned()));
    for (target, message) in [
        ("/dingtalk/department/getTree?id=x", "id: 应为部门编号（正整数），公司根部门为1"),
        ("/dingtalk/user/getByDepartmentId", "id: 不能为空"),
        ("/dingtalk/attendance/getByUserId?startTime=2026-11-01", "id: 不能为空"),
        (
            "/dingtalk/attendance/getByUserId?id=zhangsan&startTime=11/01",
            "startTime: 应为yyyy-MM-dd或yyyy-MM-dd HH:mm:ss",
        ),
        (
            "/dingtalk/attendance/getByUserId?id=zhangsan&startTime=2026-11-02&endTime=2026-11-01",
            "endTime: 早于startTime",
        ),
    ] {
        assert_eq!(refusal(&app, target).await, (400, message.to_owned()));
    }
    let unseen = refusal(&app, "/dingtalk/user/getByDepartmentId?id=300").await;
    assert!(unseen.0 == 502 && unseen.1.contains("授权范围"), "{unseen:?}");
    // What the app may not see hides nothing else.
    let tree = shown(&app, "/dingtalk/department/getTree?id=1").await;
    let hidden = &tree["children"][2];
    assert!(hidden["note"].as_str().unwrap().contains("授权范围") && hidden["children"] == json!([]), "{hidden}");
    assert_eq!(tree["children"][0]["children"][0]["name"], "原料采购组");
    let denied = new_app(|options| {
        options.dingtalk.denied =
            BTreeSet::from(["/attendance/list".to_owned(), "/topapi/v2/department/get".to_owned()]);
    })
    .await;
    for target in ["/dingtalk/attendance/getByUserId?id=zhangsan", "/dingtalk/department/getTree?id=1"] {
        let (status, message) = refusal(&denied, target).await;
        assert!(status == 502 && message.contains("没有调用该接口的权限"), "{message}");
    }
    let wrong = new_app(|_| {}).await;
    wrong.sandbox.inject(Fault::new(FaultKind::WrongPassword).vendor(Vendor::DingTalk).always());
    let (status, message) = refusal(&wrong, "/dingtalk/user/getByDepartmentId?id=100").await;
    assert!([502, 503].contains(&status) && message.contains("app_secret"), "{status} {message}");
}

#[tokio::test]
async fn a_limit_of_dingtalks_is_waited_for_a_little_and_then_told() {
    let app = new_app(|_| {}).await;
    let limited = || Fault::new(FaultKind::RateLimited).vendor(Vendor::DingTalk).on("POST", "/topapi/v2/user/list");
    app.sandbox.inject(limited());
    assert_eq!(shown(&app, "/dingtalk/user/getByDepartmentId?id=100").await.as_array().unwrap().len(), 2);
    app.sandbox.inject(limited().always());
    let (status, wait, answer) = send(&app, "/dingtalk/user/getByDepartmentId?id=100", Some(CODE), "203.0.113.7").await;
    assert_eq!((status, wait.as_deref()), (503, Some("60")), "{answer}");
    assert!(answer["msg"].as_str().unwrap().contains("钉钉限制了调用频率"), "{answer}");
}

#[tokio::test]
async fn everybody_of_a_department_is_shown_to_the_last_page_and_attendance_of_any_span() {
    for as_text in [false, true] {
        let app = if as_text { new_app(|o| o.dingtalk.success_as_text = true).await } else { new_app(|_| {}).await };
        for n in 0..230 {
            app.sandbox.dingtalk().put_person(Person::new(&format!("u{n:03}"), &format!("员工{n}"), &[300]));
        }
        let people = shown(&app, "/dingtalk/user/getByDepartmentId?id=300").await;
        let ids: BTreeSet<&str> = people.as_array().unwrap().iter().map(|p| p["userid"].as_str().unwrap()).collect();
        assert_eq!((people.as_array().unwrap().len(), ids.len()), (231, 231));
        // Twelve times a day: a week is two pages.
        let mut id = 100;
        for day in 1..=20 {
            for _ in 0..12 {
                let day = format!("2026-11-{day:02}");
                app.sandbox
                    .dingtalk()
                    .put_attendance(Attendance::came(id, "zhangsan", &day).result("Late", "09:20:00"));
                id += 1;
            }
        }
        let of = |span: &str| format!("/dingtalk/attendance/getByUserId?id=zhangsan{span}");
        let all = shown(&app, &of("&startTime=2026-11-01&endTime=2026-11-20")).await;
        let seen: BTreeSet<i64> = all.as_array().unwrap().iter().map(|r| r["id"].as_i64().unwrap()).collect();
        assert_eq!((all.as_array().unwrap().len(), seen.len()), (240, 240));
        let first = &all[0];
        assert_eq!(
            (&first["workDay"], &first["baseCheckAt"], &first["userCheckAt"], &first["timeResultText"]),
            (&json!("2026-11-01"), &json!("2026-11-01 09:00:00"), &json!("2026-11-01 09:20:00"), &json!("迟到"))
        );
        assert_eq!(first["baseCheckTime"], json!(1_793_494_800_000_i64));
        // It is 08:00 of the 22nd in China; the day before is still that day in UTC.
        app.sandbox.dingtalk().put_attendance(Attendance::came(9_000, "zhangsan", "2026-11-22"));
        let today = shown(&app, &of("")).await;
        assert_eq!((today.as_array().unwrap().len(), &today[0]["id"]), (1, &json!(9_000)));
        assert_eq!(shown(&app, &of("&startTime=2026-11-21&endTime=2026-11-21")).await, json!([]));
        let since = shown(&app, &of("&startTime=2021-07-10")).await;
        assert_eq!(since.as_array().unwrap().len(), 242, "of years, and to this day");
    }
}

#[tokio::test]
async fn who_calls_is_told_by_code_or_address_counted_and_in_the_log() {
    let app = new_app(|_| {}).await;
    let target = "/dingtalk/user/getByDepartmentId?id=100";
    let status = async |target: &str, code: Option<&str>, ip: &str| send(&app, target, code, ip).await.0;
    let in_query = |code: &str| format!("{target}&appCode={code}");
    assert_eq!(status(target, Some(CODE), "203.0.113.7").await, 200);
    assert_eq!(status(target, Some("the-code-of-another-service"), "203.0.113.7").await, 401);
    assert_eq!(status(&in_query("the-code-that-stands-in-the-query"), None, "203.0.113.7").await, 200);
    assert_eq!(status(&in_query(CODE), None, "203.0.113.7").await, 401, "not every app's code may stand there");
    assert_eq!(status(&in_query("the-code-that-stands-in-the-query"), Some(CODE), "203.0.113.7").await, 401);
    assert_eq!(status(target, None, "192.0.2.7").await, 200);
    assert_eq!(status(target, None, "192.0.2.8").await, 401);
    assert_eq!(status(target, Some("wrong"), "192.0.2.7").await, 401, "who shows a code is told by it");
    let seldom = Some("the-code-of-a-seldom-caller");
    for wanted in [200, 200, 429] {
        assert_eq!(status(target, seldom, "203.0.113.7").await, wanted);
    }
    let (_, wait, answer) = send(&app, target, seldom, "203.0.113.7").await;
    assert!((1..=60).contains(&wait.unwrap().parse::<i64>().unwrap()) && answer["code"] == 429, "{answer}");
    app.clock.advance(Duration::from_secs(60));
    assert_eq!(status(target, seldom, "203.0.113.7").await, 200);
    let log = app_calls::latest(&app.ctx, &TenantId::operator(), "seldom", 10).await.unwrap();
    let statuses: Vec<u16> = log.iter().map(|call| call.http_status).collect();
    assert_eq!(statuses, [200, 429, 429, 200, 200]);
    assert_eq!((log[0].path.as_str(), log[0].client_ip.as_str()), ("/dingtalk/user/getByDepartmentId", "203.0.113.7"));
}
