//! Departments and people as an ERP pushes them, and binding.

use super::fixture::{Answer, Call, ENTERPRISE, Fixture};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tenon_directory::{Directory, Person};
use tenon_engine::gate::is_write;
use tenon_engine::{Gate, GateDecision, Moment};
use tenon_model::TenantId;
use tenon_platform::http::NoHttp;
use tenon_platform::table::Outcome;
use tenon_testkit::Installation;

fn failed(answer: &Answer) -> (u64, u64, Vec<(String, String, String)>) {
    let data = answer.data();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let details = data["failDetails"].as_array().unwrap();
    let details = details.iter().map(|d| (text(&d["code"]), text(&d["path"]), text(&d["message"]))).collect();
    (data["successCount"].as_u64().unwrap(), data["failCount"].as_u64().unwrap(), details)
}

fn department(id: &str, parent: &str) -> Value {
    json!({ "deptId": id, "deptName": format!("部门{id}"), "parentId": parent })
}

fn departments(of: &[(&str, &str)]) -> Value {
    json!({ "departments": of.iter().map(|(id, parent)| department(id, parent)).collect::<Vec<_>>() })
}

fn users(of: &[(&str, &str)]) -> Value {
    let user = |(id, supervisor): &(&str, &str)| json!({ "userId": id, "userName": id.to_lowercase(), "deptId": "D1", "directSupervisor": supervisor });
    json!({ "users": of.iter().map(user).collect::<Vec<_>>() })
}

#[tokio::test]
async fn a_child_without_its_parent_fails_by_itself_and_the_rest_is_stored() {
    let fixture = Fixture::new().await;
    let body = departments(&[("D1", ""), ("D3", "D2"), ("D4", "D3"), ("D2", "D1"), ("D5", "D2"), ("D6", "D9")]);
    let (done, not, details) = failed(&fixture.post("sys/sync/department", &body).await);
    assert_eq!((done, not), (3, 3));
    let seen: Vec<(&str, &str)> = details.iter().map(|(code, path, _)| (code.as_str(), path.as_str())).collect();
    assert_eq!(
        seen,
        [("D3", "departments[1].parentId"), ("D4", "departments[2].parentId"), ("D6", "departments[5].parentId")]
    );
    assert!(details[0].2.contains("D2") && details[0].2.contains("排在其后"), "{details:?}");
    assert!(details[2].2.contains("D9") && details[2].2.contains("不存在"), "{details:?}");
    // What failed finds its parent when it is pushed again, in whatever order the others are.
    let (done, not, _) = failed(
        &fixture
            .post("sys/sync/department", &departments(&[("D6", "D5"), ("D3", "D2"), ("D4", "D3"), ("D1", "")]))
            .await,
    );
    assert_eq!((done, not), (4, 0));
    let all = fixture.directory().departments().await.unwrap();
    let parents: Vec<(&str, Option<&str>)> =
        all.values().map(|d| (d.data.id.as_str(), d.data.parent.as_deref())).collect();
    let expected = [
        ("D1", None),
        ("D2", Some("D1")),
        ("D3", Some("D2")),
        ("D4", Some("D3")),
        ("D5", Some("D2")),
        ("D6", Some("D5")),
    ];
    assert_eq!(parents, expected);
}

#[tokio::test]
async fn circles_are_named_whether_they_are_in_the_body_or_with_what_is_stored() {
    let fixture = Fixture::new().await;
    let reasons = |answer: Answer| failed(&answer).2.into_iter().map(|(code, _, why)| (code, why)).collect::<Vec<_>>();
    let own = reasons(fixture.post("sys/sync/department", &departments(&[("A", "A"), ("B", "C"), ("C", "B")])).await);
    let circle = |code: &str, way: &str| (code.to_owned(), format!("上级部门成环：{way}"));
    assert_eq!(own, [circle("A", "A → A"), circle("B", "B → C → B"), circle("C", "C → B → C")]);
    fixture.post("sys/sync/department", &departments(&[("R", ""), ("S", "R"), ("T", "S")])).await.data();
    let stored = reasons(fixture.post("sys/sync/department", &departments(&[("R", "T")])).await);
    assert_eq!(stored, [circle("R", "R → T → S → R")]);
    assert_eq!(fixture.directory().department("R").await.unwrap().unwrap().data.parent, None);
    // People likewise.
    fixture.post("sys/sync/department", &departments(&[("D1", "")])).await.data();
    fixture.post("sys/sync/user", &users(&[("U1", ""), ("U2", "U1"), ("U3", "U2")])).await.data();
    let people =
        reasons(fixture.post("sys/sync/user", &users(&[("U1", "U3"), ("U9", "U9"), ("U4", "U5"), ("U5", "U4")])).await);
    assert_eq!(
        people,
        [
            ("U1".to_owned(), "直接上级成环：U1 → U3 → U2 → U1".to_owned()),
            ("U9".to_owned(), "直接上级成环：U9 → U9".to_owned()),
            ("U4".to_owned(), "直接上级成环：U4 → U5 → U4".to_owned()),
            ("U5".to_owned(), "直接上级成环：U5 → U4 → U5".to_owned()),
        ]
    );
}

#[tokio::test]
async fn people_need_their_department_and_supervisor_and_defaults_are_the_documents() {
    let fixture = Fixture::new().await.with_people().await;
    let body = json!({ "users": [
        { "userId": "U4", "userName": "zhao", "deptId": "D9" },
        { "userId": "U5", "userName": "qian", "deptId": "D2", "directSupervisor": "U6" },
        { "userId": "U6", "userName": "sun", "deptId": "D2", "directSupervisor": "U1", "personnelType": 3, "status": 0 },
        { "userId": "U7", "userName": "zhou", "deptId": "D2", "nickname": "?", "phones": [] } ] });
    let answer = fixture.post("sys/sync/user", &body).await;
    let (done, not, details) = failed(&answer);
    assert_eq!((done, not), (2, 2));
    assert_eq!((details[0].0.as_str(), details[0].1.as_str()), ("U4", "users[0].deptId"));
    assert_eq!((details[1].0.as_str(), details[1].1.as_str()), ("U5", "users[1].directSupervisor"));
    assert_eq!(
        answer.data()["warnings"],
        json!(["users[3].nickname: 未知字段，已忽略", "users[3].phones: 未知字段，已忽略"])
    );
    let person = |id: &'static str| {
        let directory = fixture.directory();
        async move { directory.by_external(ENTERPRISE, id).await.unwrap().map(|stored| stored.data) }
    };
    let six = person("U6").await.unwrap();
    assert_eq!((six.active, six.personnel_type, six.supervisor.as_deref()), (false, 3, Some("U1")));
    let seven = person("U7").await.unwrap();
    assert_eq!((seven.active, seven.personnel_type, seven.departments), (true, 1, vec!["D2".to_owned()]));
    assert_eq!(person("U4").await, None);
}

#[tokio::test]
async fn a_body_of_another_form_is_refused_with_every_field_and_nothing_is_stored() {
    let fixture = Fixture::new().await;
    let body = json!({ "departments": [
        { "deptId": "D1", "deptName": "总部" },
        { "deptId": 7, "orderNum": "first", "status": 2 },
        { "deptId": "D3", "deptName": "", "parentId": ["D1"], "orderNum": 1.5 } ] });
    let wrong = fixture.post("sys/sync/department", &body).await.wrong();
    let expected = [
        ("departments[1].deptId", "应为文本"),
        ("departments[1].deptName", "不能为空"),
        ("departments[1].orderNum", "应为整数"),
        ("departments[1].status", "应在0到1之间"),
        ("departments[2].deptName", "不能为空"),
        ("departments[2].parentId", "应为文本"),
        ("departments[2].orderNum", "应为整数"),
    ];
    let expected: Vec<(String, String)> =
        expected.into_iter().map(|(field, why)| (field.to_owned(), why.to_owned())).collect();
    assert_eq!(wrong, expected);
    assert!(fixture.directory().departments().await.unwrap().is_empty());
    let many: Vec<Value> = (0..5_001).map(|n| department(&format!("D{n}"), "")).collect();
    let wrong = fixture.post("sys/sync/department", &json!({ "departments": many })).await.wrong();
    assert_eq!(wrong, [("departments".to_owned(), "一次最多5000条，请分批提交".to_owned())]);
}

#[tokio::test]
async fn what_has_not_changed_is_not_written_and_the_history_says_who_changed_what() {
    let fixture = Fixture::new().await.with_people().await;
    let two = || async { fixture.directory().by_external(ENTERPRISE, "U2").await.unwrap().unwrap() };
    let before = two().await;
    assert_eq!((before.data.mobile.as_deref(), before.data.supervisor.as_deref()), (Some("13800000002"), Some("U1")));
    let same = json!({ "users": [{ "userId": "U2", "userName": "li", "realName": "李四", "mobile": "13800000002",
        "deptId": "D2", "directSupervisor": "U1", "email": "Li@example.com" }] });
    fixture.post("sys/sync/user", &same).await.data();
    assert_eq!(two().await, before);
    // What an ERP leaves out stays; status 0 disables.
    let gone = json!({ "users": [{ "userId": "U2", "userName": "li", "deptId": "D2", "directSupervisor": "U1", "status": 0 }] });
    fixture.post("sys/sync/user", &gone).await.data();
    let after = two().await.data;
    assert_eq!((after.active, after.mobile.as_deref(), after.changes.len()), (false, Some("13800000002"), 2));
    let change = &after.changes[1];
    assert_eq!((change.by.as_str(), change.fields[0].field.as_str()), ("aiflow/COMPANY001/APP001", "active"));
    assert_eq!((&change.fields[0].from, &change.fields[0].to), (&json!(true), &json!(false)));
    assert_eq!(fixture.directory().by_email("li@EXAMPLE.com").await.unwrap()[0].id, "U2");
    assert_eq!(fixture.directory().by_mobile("+8613800000002").await.unwrap()[0].id, "U2");
}

#[tokio::test]
async fn two_enterprises_and_two_tenants_have_codes_of_their_own() {
    let fixture = Fixture::new().await.with_people().await;
    let body = departments(&[("D2", ""), ("X", "D1")]);
    let other = fixture.send(&Call::post("sys/sync/department", &body).of_another()).await;
    // The other tenant's D1 is none of this one's.
    let (done, not, details) = failed(&other);
    assert_eq!((done, not, details[0].0.as_str()), (1, 1, "X"));
    let users = json!({ "users": [{ "userId": "U1", "userName": "x", "deptId": "D2" }, { "userId": "U8", "userName": "y", "deptId": "D2", "directSupervisor": "U2" }] });
    let (done, not, details) = failed(&fixture.send(&Call::post("sys/sync/user", &users).of_another()).await);
    assert_eq!((done, not, details[0].0.as_str()), (1, 1, "U8"));
    let own = fixture.directory().by_external(ENTERPRISE, "U1").await.unwrap().unwrap().data;
    assert_eq!(own.user_name, "boss");
    let tenant = TenantId::new("t-2");
    let others = Directory::new(&fixture.ctx, &tenant).by_external("COMPANY002", "U1").await.unwrap().unwrap().data;
    assert_eq!(others.user_name, "x");
}

#[tokio::test]
async fn five_thousand_departments_in_one_body_are_stored_and_a_second_push_writes_none() {
    let fixture = Fixture::new().await;
    let id = |n: usize| format!("D{n:04}");
    let all: Vec<Value> =
        (0..5_000).map(|n| department(&id(n), &if n == 0 { String::new() } else { id((n - 1) / 10) })).collect();
    let body = json!({ "departments": all });
    assert_eq!(failed(&fixture.post("sys/sync/department", &body).await), (5_000, 0, vec![]));
    let stored = fixture.directory().departments().await.unwrap();
    assert_eq!(stored.len(), 5_000);
    let mut backwards = all;
    backwards.reverse();
    let again = fixture.post("sys/sync/department", &json!({ "departments": backwards })).await;
    assert_eq!(failed(&again), (5_000, 0, vec![]));
    assert_eq!(fixture.directory().departments().await.unwrap(), stored);
}

#[tokio::test]
async fn a_code_is_bound_to_whom_an_oa_brought_and_a_repeat_changes_nothing() {
    let fixture = Fixture::new().await.with_people().await;
    let mut pulled = Person::new("ding-7", "zhangsan");
    pulled.mobile = Some("13900000007".to_owned());
    pulled.accounts.insert("ding-main".to_owned(), "manager7".to_owned());
    assert_eq!(fixture.directory().put(None, &pulled, "directory-pull").await.unwrap(), Outcome::Done);
    for body in [
        json!({ "customUserCode": "E7", "phoneNumber": "+86 13900000007" }),
        json!({ "customUserCode": "E7", "phoneNumber": "13900000007" }),
        json!({ "customUserCode": "E7", "linkUserCode": "manager7", "phoneNumber": "13800000001" }),
    ] {
        assert_eq!(fixture.post("auth/bind", &body).await.data(), "ding-7", "{body}");
    }
    let bound = fixture.directory().by_external(ENTERPRISE, "E7").await.unwrap().unwrap().data;
    assert_eq!((bound.id.as_str(), bound.changes.len()), ("ding-7", 2));
    for (body, field, why) in [
        (json!({ "customUserCode": "E8" }), "linkUserCode", "不能为空"),
        (json!({ "phoneNumber": "1" }), "customUserCode", "不能为空"),
        (json!({ "customUserCode": "E8", "phoneNumber": "13900000000" }), "phoneNumber", "没有与之对应的在职用户"),
        (json!({ "customUserCode": "E8", "linkUserCode": "nobody" }), "linkUserCode", "没有与之对应的在职用户"),
        (json!({ "customUserCode": "E8", "phoneNumber": "13900000007" }), "phoneNumber", "该用户已绑定编码E7"),
    ] {
        assert_eq!(fixture.post("auth/bind", &body).await.wrong(), [(field.to_owned(), why.to_owned())]);
    }
}

#[tokio::test]
async fn a_code_that_a_push_brought_passes_on_to_the_account_and_its_own_record_is_disabled() {
    let fixture = Fixture::new().await.with_people().await;
    let mut pulled = Person::new("ding-3", "wangwu");
    pulled.mobile = Some("13900000003".to_owned());
    pulled.accounts.insert("ding-main".to_owned(), "manager3".to_owned());
    fixture.directory().put(None, &pulled, "directory-pull").await.unwrap();
    let bound = fixture.post("auth/bind", &json!({ "customUserCode": "U3", "linkUserCode": "manager3" })).await;
    assert_eq!(bound.data(), "ding-3");
    let former = fixture.directory().person("U3").await.unwrap().unwrap().data;
    assert_eq!((former.active, former.external.len()), (false, 0));
    // What the ERP pushes from now on is that person's.
    let push = json!({ "users": [{ "userId": "U3", "userName": "wang", "realName": "王小五", "deptId": "D2", "directSupervisor": "U1" }] });
    fixture.post("sys/sync/user", &push).await.data();
    let person = fixture.directory().person("ding-3").await.unwrap().unwrap().data;
    assert_eq!((person.real_name.as_deref(), person.mobile.as_deref()), (Some("王小五"), Some("13900000003")));
}

#[tokio::test]
async fn a_thousand_people_cost_so_many_table_requests() {
    let fixture = Fixture::new().await.with_people().await;
    let people = |name: &str| {
        let one = |n: usize| {
            json!({ "userId": format!("P{n:04}"), "userName": format!("{name}{n}"), "deptId": "D2", "directSupervisor": "U1",
                    "mobile": format!("139{n:08}"), "email": format!("p{n}@example.com") })
        };
        json!({ "users": (0..1_000).map(one).collect::<Vec<_>>() })
    };
    // New: three writes each, 96 in a transaction; changed: one; unchanged: none. Beside these the call's own five.
    for (what, name, writes) in [("new", "a", 32 + 5), ("unchanged", "a", 5), ("changed", "b", 11 + 5)] {
        let (reads, written) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (r, w) = (Arc::clone(&reads), Arc::clone(&written));
        let gate = Gate::new(move |operation, moment| {
            if moment == Moment::Before {
                let count = if is_write(operation) { &w } else { &r };
                count.fetch_add(1, Ordering::SeqCst);
            }
            GateDecision::Go
        });
        let ctx = Installation::process_of(&fixture.local.with_gate(gate), Arc::new(NoHttp), 9);
        fixture.clock.advance(std::time::Duration::from_secs(1));
        let answer = fixture.send_to(&ctx, &Call::post("sys/sync/user", &people(name))).await;
        assert_eq!(failed(&answer).0, 1_000);
        let (reads, written) = (reads.load(Ordering::SeqCst), written.load(Ordering::SeqCst));
        assert!(written <= writes && reads <= 30, "{what}: {reads} reads, {written} writes");
    }
}
