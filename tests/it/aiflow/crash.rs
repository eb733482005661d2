//! Processes that die between any two writes of a sync: the repetition ends as an undisturbed one does.

use super::fixture::{Call, ENTERPRISE, Fixture};
use super::orders::{listed, notice_keys, order, task};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_directory::Person;
use tenon_engine::{Gate, Moment};
use tenon_platform::outbox::sweep;
use tenon_platform::queue::AIFLOW_LISTS;
use tenon_task_center::orders::{LEFT, ListWriter};
use tenon_task_center::tasks::List;
use tenon_testkit::Installation;

/// What people have, and were told.
async fn seen(fixture: &Fixture) -> Vec<Vec<String>> {
    let mut seen = vec![notice_keys(fixture).await];
    for code in ["U1", "U2", "U3"] {
        for list in List::ALL {
            seen.push(listed(fixture, code, list).await);
        }
    }
    seen
}

/// Sends `before` undisturbed, then `call` to a process that dies at a write, then once more; what is seen then.
async fn with_a_death(
    before: &[Call],
    call: &Call,
    at: Option<(usize, Moment)>,
) -> (Vec<Vec<String>>, Vec<Value>, bool) {
    let fixture = Fixture::new().await.with_people().await;
    for call in before {
        fixture.clock.advance(Duration::from_secs(1));
        fixture.send(call).await.data();
    }
    fixture.clock.advance(Duration::from_secs(1));
    let mut died = false;
    if let Some((write, moment)) = at {
        let local = fixture.local.with_gate(Gate::crash_at_write(write, moment));
        let dying = Installation::process_of(&local, std::sync::Arc::new(tenon_platform::http::NoHttp), 5);
        died = fixture.send_to(&dying, call).await.status != 200;
        // Whoever claimed it is dead when its time is over.
        fixture.clock.advance(Duration::from_secs(60));
    }
    fixture.send(call).await.data();
    fixture.clock.advance(Duration::from_secs(60));
    sweep::sweep_due(&fixture.ctx).await.unwrap();
    let directory = fixture.directory();
    let mut people = Vec::new();
    for code in ["U1", "U2", "U3", "U4", "U5"] {
        let person = directory.by_external(ENTERPRISE, code).await.unwrap().map(|stored| stored.data);
        people.push(person.map_or(Value::Null, |person| {
            json!([person.id, person.user_name, person.supervisor, person.active, person.changes.len()])
        }));
    }
    for stored in directory.departments().await.unwrap().into_values() {
        let department = stored.data;
        let code = department.external.get(ENTERPRISE).cloned();
        people.push(json!([department.id, code, department.parent, department.active, department.changes.len()]));
    }
    (seen(&fixture).await, people, died)
}

async fn survives(before: &[Call], call: &Call, writes: std::ops::Range<usize>) {
    let undisturbed = with_a_death(before, call, None).await;
    let mut deaths = 0;
    for write in writes {
        for moment in [Moment::Before, Moment::After] {
            let (seen, people, died) = with_a_death(before, call, Some((write, moment))).await;
            assert_eq!(seen, undisturbed.0, "write {write} {moment:?}");
            assert_eq!(people, undisturbed.1, "write {write} {moment:?}");
            deaths += usize::from(died);
        }
    }
    assert!(deaths > 0, "nobody died");
}

#[tokio::test]
async fn an_order_is_whole_and_told_once_whenever_its_process_dies() {
    let first =
        Call::post("order/sync/task", &order(7, 0, &[task("T1", &["U2"], "ing"), task("T2", &["U2", "U3"], "new")]));
    survives(&[], &first, 0..8).await;
    let second =
        Call::post("order/sync/task", &order(7, 1, &[task("T1", &["U3"], "over"), task("T3", &["U2"], "ing")]));
    survives(std::slice::from_ref(&first), &second, 0..8).await;
}

#[tokio::test]
async fn a_long_order_is_whole_and_told_once_whenever_its_process_dies() {
    let tasks = |people: &[&str]| (0..120).map(|n| task(&format!("T{n:03}"), people, "ing")).collect::<Vec<_>>();
    let first = Call::post("order/sync/task", &order(7, 0, &tasks(&["U2", "U3"])));
    survives(&[], &first, 2..9).await;
    // Everybody's part changes hands: nobody keeps what is not theirs any more.
    let second = Call::post("order/sync/task", &order(7, 1, &tasks(&["U1"])));
    survives(std::slice::from_ref(&first), &second, 2..9).await;
}

#[tokio::test]
async fn another_sync_after_a_death_leaves_nothing_of_the_one_before() {
    let tasks = |people: &[&str]| (0..120).map(|n| task(&format!("T{n:03}"), people, "ing")).collect::<Vec<_>>();
    let first = Call::post("order/sync/task", &order(7, 0, &tasks(&["U2"])));
    let second = Call::post("order/sync/task", &order(7, 1, &tasks(&["U1"])));
    let third = Call::post("order/sync/task", &order(7, 2, &tasks(&["U3"])));
    for write in 2..7 {
        let fixture = Fixture::new().await.with_people().await;
        fixture.send(&first).await.data();
        fixture.clock.advance(Duration::from_secs(1));
        let local = fixture.local.with_gate(Gate::crash_at_write(write, Moment::After));
        let dying = Installation::process_of(&local, std::sync::Arc::new(tenon_platform::http::NoHttp), 5);
        fixture.send_to(&dying, &second).await;
        fixture.clock.advance(Duration::from_secs(60));
        fixture.send(&third).await.data();
        for (code, tasks) in [("U1", 0), ("U2", 0), ("U3", 120)] {
            assert_eq!(listed(&fixture, code, List::Todo).await.len(), tasks, "{code} {write}");
        }
    }
}

#[tokio::test]
async fn people_and_departments_are_whole_whenever_their_process_dies() {
    let users = json!({ "users": [
        { "userId": "U2", "userName": "li2", "deptId": "D2", "directSupervisor": "U1" },
        { "userId": "U4", "userName": "zhao", "deptId": "D2", "directSupervisor": "U2", "email": "zhao@example.com" },
        { "userId": "U5", "userName": "qian", "deptId": "D2", "directSupervisor": "U4" } ] });
    survives(&[], &Call::post("sys/sync/user", &users), 0..5).await;
}

#[tokio::test]
async fn departments_are_whole_whenever_their_process_dies() {
    let departments: Vec<Value> = (0..150)
        .map(|n| {
            let parent = if n == 0 { "D1".to_owned() } else { format!("X{:03}", (n - 1) / 4) };
            json!({ "deptId": format!("X{n:03}"), "deptName": format!("x{n}"), "parentId": parent })
        })
        .chain([json!({ "deptId": "D2", "deptName": "研发部", "parentId": "X149", "status": 0 })])
        .collect();
    survives(&[], &Call::post("sys/sync/department", &json!({ "departments": departments })), 0..7).await;
}

/// Binds U3's code to whom DingTalk brought, in a process that dies at a write, then once more; what is seen then.
async fn bound(at: Option<(usize, Moment)>) -> (Vec<Value>, bool) {
    let fixture = Fixture::new().await.with_people().await;
    let mut pulled = Person::new("ding-3", "wangwu");
    pulled.accounts.insert("ding-main".to_owned(), "manager3".to_owned());
    fixture.directory().put(None, &pulled, "directory-pull").await.unwrap();
    let call = Call::post("auth/bind", &json!({ "customUserCode": "U3", "linkUserCode": "manager3" }));
    let mut died = false;
    if let Some((write, moment)) = at {
        let local = fixture.local.with_gate(Gate::crash_at_write(write, moment));
        let dying = Installation::process_of(&local, std::sync::Arc::new(tenon_platform::http::NoHttp), 5);
        died = fixture.send_to(&dying, &call).await.status != 200;
        fixture.clock.advance(Duration::from_secs(60));
    }
    assert_eq!(fixture.send(&call).await.data(), "ding-3", "{at:?}");
    let directory = fixture.directory();
    let of_code = directory.by_external(ENTERPRISE, "U3").await.unwrap().unwrap().data;
    let (person, former) = (directory.person("ding-3").await.unwrap(), directory.person("U3").await.unwrap());
    let shown = |person: Option<tenon_platform::table::Stored<Person>>| {
        let person = person.unwrap().data;
        json!([person.id, person.active, person.external, person.changes.len()])
    };
    (vec![json!(of_code.id), shown(person), shown(former)], died)
}

#[tokio::test]
async fn a_code_is_bound_once_whenever_its_process_dies() {
    let undisturbed = bound(None).await.0;
    let mut deaths = 0;
    for write in 0..5 {
        for moment in [Moment::Before, Moment::After] {
            let (seen, died) = bound(Some((write, moment))).await;
            assert_eq!(seen, undisturbed, "write {write} {moment:?}");
            deaths += usize::from(died);
        }
    }
    assert!(deaths > 2, "{deaths} died");
}

#[tokio::test]
async fn a_long_order_whose_process_died_is_whole_without_its_caller() {
    let tasks = |people: &[&str]| (0..120).map(|n| task(&format!("T{n:03}"), people, "ing")).collect::<Vec<_>>();
    let first = Call::post("order/sync/task", &order(7, 0, &tasks(&["U2", "U3"])));
    let second = Call::post("order/sync/task", &order(7, 1, &tasks(&["U1"])));
    let mut finished = 0;
    for (write, moment) in (0..10).flat_map(|write| [(write, Moment::Before), (write, Moment::After)]) {
        let fixture = Fixture::new().await.with_people().await;
        fixture.send(&first).await.data();
        fixture.clock.advance(Duration::from_secs(1));
        let local = fixture.local.with_gate(Gate::crash_at_write(write, moment));
        let dying = Installation::process_of(&local, std::sync::Arc::new(tenon_platform::http::NoHttp), 5);
        let died = fixture.send_to(&dying, &second).await.status != 200;
        fixture.clock.advance(LEFT + Duration::from_secs(15));
        sweep::sweep_due(&fixture.ctx).await.unwrap();
        let waiting = fixture.local.queue.peek(&AIFLOW_LISTS, 10).await.unwrap().len();
        tenon_testkit::pump(&fixture.ctx, &AIFLOW_LISTS, &ListWriter, Duration::from_secs(360)).await;
        let (one, two) =
            (listed(&fixture, "U1", List::Todo).await.len(), listed(&fixture, "U2", List::Todo).await.len());
        assert!(matches!((one, two), (0, 120) | (120, 0)), "write {write} {moment:?}: {one} {two}");
        assert_eq!(listed(&fixture, "U3", List::Todo).await.len(), two);
        assert!(died || waiting == 0, "what was done is left to nobody: write {write} {moment:?}");
        finished += usize::from(died && waiting > 0 && one == 120);
    }
    assert!(finished > 3, "{finished}");
}

#[tokio::test]
async fn a_push_of_a_thousand_that_dies_in_the_middle_is_whole_after_its_repetition() {
    let users: Vec<Value> = (0..1_000)
        .map(|n| {
            let supervisor = if n == 0 { "U1".to_owned() } else { format!("P{:04}", (n - 1) / 8) };
            json!({ "userId": format!("P{n:04}"), "userName": format!("p{n}"), "deptId": "D2", "directSupervisor": supervisor,
                    "mobile": format!("139{n:08}"), "email": format!("p{n}@example.com") })
        })
        .collect();
    let call = Call::post("sys/sync/user", &json!({ "users": users }));
    for (write, moment) in [(2, Moment::After), (9, Moment::Before), (20, Moment::After), (32, Moment::Before)] {
        let fixture = Fixture::new().await.with_people().await;
        let local = fixture.local.with_gate(Gate::crash_at_write(write, moment));
        let dying = Installation::process_of(&local, std::sync::Arc::new(tenon_platform::http::NoHttp), 5);
        assert_ne!(fixture.send_to(&dying, &call).await.status, 200, "{write}");
        // Nobody is there without a supervisor.
        let everybody = everybody(&fixture).await;
        assert!(everybody.len() < 1_003, "{write}");
        for (id, supervisor) in &everybody {
            assert!(supervisor.as_ref().is_none_or(|above| everybody.iter().any(|(known, _)| known == above)), "{id}");
        }
        fixture.clock.advance(Duration::from_secs(60));
        let data = fixture.send(&call).await.data();
        assert_eq!((data["successCount"].as_u64(), data["failCount"].as_u64()), (Some(1_000), Some(0)));
        let everybody = self::everybody(&fixture).await;
        assert_eq!(everybody.len(), 1_003);
        let person = fixture.directory().by_email("p999@example.com").await.unwrap();
        assert_eq!((person.len(), person[0].changes.len()), (1, 1));
    }
}

async fn everybody(fixture: &Fixture) -> Vec<(String, Option<String>)> {
    let mut all = Vec::new();
    for shard in 0..tenon_directory::SHARDS {
        let people = fixture.directory().people_of_shard(shard, None, 5_000).await.unwrap();
        all.extend(people.into_iter().map(|stored| (stored.data.id, stored.data.supervisor)));
    }
    all
}
