//! Orders with their tasks: what each person has of them, and whom a new task is told.

use super::fixture::{Answer, Call, ENTERPRISE, Fixture};
use super::flows::flow;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_platform::queue::QueueName;
use tenon_task_center::tasks::{List, TaskQuery, tasks_of};

pub fn task(id: &str, people: &[&str], status: &str) -> Value {
    let mut task = json!({
        "taskId": id, "taskName": format!("审批{id}"), "assigneeUserCode": people, "taskStatus": status, "taskResult": "new",
        "deadLine": "2025-01-25 18:00:00", "nodeType": "audit", "showPc": true, "showMobile": true
    });
    if status == "over" {
        task["taskResult"] = json!("pass");
        task["handleTime"] = json!("2025-01-24 16:00:00");
    }
    task
}

pub fn order(id: i64, minute: u32, tasks: &[Value]) -> Value {
    json!({
        "orderId": id, "orderStatus": "ing", "orderResult": "ing", "initiator": "U1", "businessKey": format!("PO-{id}"),
        "createTime": "2025-01-24 10:00:00", "updateTime": format!("2025-01-24 15:{minute:02}:00"),
        "ccUsers": [{ "userCode": "U3", "ccTime": "2025-01-24 10:00:00" }], "tasks": tasks
    })
}

/// Ids of tasks, or of orders, in a person's list.
pub async fn listed(fixture: &Fixture, code: &str, list: List) -> Vec<String> {
    let person = fixture.directory().by_external(ENTERPRISE, code).await.unwrap().unwrap().data;
    let (mut all, mut query) = (Vec::new(), TaskQuery { size: 7, ..TaskQuery::of(list) });
    loop {
        let page = tasks_of(&fixture.ctx, &fixture.tenant, &person, &query).await.unwrap();
        all.extend(
            page.items
                .into_iter()
                .map(|item| item.entry.task.map_or_else(|| item.entry.order.to_string(), |task| task.id)),
        );
        query.cursor = page.next;
        if query.cursor.is_none() {
            return all;
        }
    }
}

/// Keys of the notices that were queued, each once.
pub async fn notice_keys(fixture: &Fixture) -> Vec<String> {
    let mut keys: Vec<String> =
        queued(fixture).await.into_iter().map(|notice| notice["key"].as_str().unwrap().to_owned()).collect();
    keys.sort();
    keys.dedup();
    keys
}

async fn queued(fixture: &Fixture) -> Vec<Value> {
    let messages = fixture.local.queue.peek(&QueueName::new("notices-send"), 10_000).await.unwrap();
    messages.into_iter().map(|message| serde_json::from_str::<Value>(&message.body).unwrap()["body"].clone()).collect()
}

fn key(order: i64, task: &str, code: &str) -> String {
    format!("task/{ENTERPRISE}/{order}/{task}/{code}")
}

fn done(answer: &Answer) {
    assert_eq!(answer.data()["success"], true);
}

#[tokio::test]
async fn each_person_has_what_is_theirs_and_is_told_of_a_new_task_once() {
    let fixture = Fixture::new().await.with_people().await;
    fixture.post("flow/create_third_party", &flow("PO")).await.data();
    let mut first =
        order(7, 0, &[task("T1", &["U2", "U3"], "ing"), task("T2", &["U2"], "new"), task("T3", &["U1"], "over")]);
    first["thirdFlowCode"] = json!("PO");
    for _ in 0..3 {
        fixture.clock.advance(Duration::from_millis(5));
        done(&fixture.post("order/sync/task", &first).await);
    }
    assert_eq!(notice_keys(&fixture).await, [key(7, "T1", "U2"), key(7, "T1", "U3"), key(7, "T2", "U2")]);
    assert_eq!(queued(&fixture).await.len(), 3, "nobody is told twice");
    let notice = &queued(&fixture).await[0];
    assert!(notice.to_string().contains("审批T1") && notice.to_string().contains("2025-01-25 18:00:00"), "{notice}");
    assert!(notice.to_string().contains("https://odoo.example.com/web/7"), "{notice}");
    for (code, list, expected) in [
        ("U2", List::Todo, vec!["T1", "T2"]),
        ("U3", List::Todo, vec!["T1"]),
        ("U1", List::Done, vec!["T3"]),
        ("U1", List::Started, vec!["7"]),
        ("U3", List::Cc, vec!["7"]),
        ("U1", List::Todo, vec![]),
    ] {
        assert_eq!(listed(&fixture, code, list).await, expected, "{code} {list:?}");
    }
    // T1 is done, T2 came no more, T4 is new.
    done(
        &fixture
            .post("order/sync/task", &order(7, 1, &[task("T1", &["U2", "U3"], "over"), task("T4", &["U3"], "ing")]))
            .await,
    );
    assert_eq!(listed(&fixture, "U2", List::Todo).await, [""; 0]);
    assert_eq!(listed(&fixture, "U2", List::Done).await, ["T1"]);
    assert_eq!(listed(&fixture, "U3", List::Todo).await, ["T4"]);
    assert_eq!(notice_keys(&fixture).await.last(), Some(&key(7, "T4", "U3")));
    // A task that comes back is not new.
    done(
        &fixture.post("order/sync/task", &order(7, 2, &[task("T2", &["U2"], "ing"), task("T4", &["U3"], "ing")])).await,
    );
    assert_eq!(
        (listed(&fixture, "U2", List::Todo).await, notice_keys(&fixture).await.len()),
        (vec!["T2".to_owned()], 4)
    );
    // What is over waits for nobody; what is deleted is nowhere.
    let mut over = order(7, 3, &[task("T4", &["U3"], "ing")]);
    over["orderStatus"] = json!("over");
    done(&fixture.post("order/sync/task", &over).await);
    assert_eq!(listed(&fixture, "U3", List::Todo).await, [""; 0]);
    over["updateTime"] = json!("2025-01-24 15:30:00");
    over["orderResult"] = json!("delete");
    done(&fixture.post("order/sync/task", &over).await);
    for list in List::ALL {
        assert_eq!(listed(&fixture, "U1", list).await, [""; 0]);
        assert_eq!(listed(&fixture, "U3", list).await, [""; 0]);
    }
}

#[tokio::test]
async fn what_is_older_never_overwrites_what_is_newer() {
    let fixture = Fixture::new().await.with_people().await;
    let with = |version: Option<i64>, minute: u32, task_id: &str| {
        let mut order = order(7, minute, &[task(task_id, &["U2"], "ing")]);
        if let Some(version) = version {
            order["version"] = json!(version);
        }
        order
    };
    for (version, minute, id, stands, older) in [
        (Some(2), 10, "A", "A", false),
        (Some(1), 50, "B", "A", true),
        (Some(2), 9, "C", "A", true),
        (Some(2), 10, "D", "D", false),
        (Some(3), 5, "E", "E", false),
        (None, 4, "F", "E", true),
        (None, 6, "G", "G", false),
        (Some(1), 7, "H", "H", false),
    ] {
        let data = fixture.post("order/sync/task", &with(version, minute, id)).await.data();
        assert_eq!(data["success"], true);
        assert_eq!(data.get("warnings").is_some(), older, "{id}: {data}");
        assert_eq!(listed(&fixture, "U2", List::Todo).await, [stands], "{id}");
    }
}

#[tokio::test]
async fn words_times_and_numbers_are_strict_and_everything_wrong_is_told_at_once() {
    let fixture = Fixture::new().await.with_people().await;
    let body = json!({
        "orderId": "7", "orderStatus": "done", "orderResult": "ok", "initiator": "", "version": -1, "parentOrderId": 1.5,
        "businessKey": 5, "createTime": "2025-02-30 10:00:00", "updateTime": 1_737_684_000, "ccUsers": [{ "userCode": "U3" }],
        "tasks": [
            { "taskName": "x", "assigneeUserCode": [], "taskStatus": "over", "taskResult": "done", "nodeType": "vote",
              "deadLine": "2025-01-25", "showPc": "true" },
            { "taskId": "T1", "taskName": "x", "assigneeUserCode": "U2", "taskResult": "new", "deadLine": "2025-01-25 18:00:00",
              "showPc": true, "showMobile": false },
            { "taskId": "T1", "taskName": "x", "assigneeUserCode": ["U2"], "taskResult": "new", "deadLine": "2025-01-25 18:00:00",
              "showPc": true, "showMobile": false } ]
    });
    let fields: Vec<String> =
        fixture.post("order/sync/task", &body).await.wrong().into_iter().map(|(field, _)| field).collect();
    for field in [
        "orderId",
        "orderStatus",
        "orderResult",
        "initiator",
        "version",
        "parentOrderId",
        "businessKey",
        "createTime",
        "updateTime",
        "ccUsers[0].ccTime",
        "tasks[0].taskId",
        "tasks[0].assigneeUserCode",
        "tasks[0].taskResult",
        "tasks[0].nodeType",
        "tasks[0].deadLine",
        "tasks[0].handleTime",
        "tasks[0].showPc",
        "tasks[0].showMobile",
        "tasks[1].assigneeUserCode",
        "tasks[2].taskId",
    ] {
        assert!(fields.iter().any(|known| known == field), "{field}: {fields:?}");
    }
    assert_eq!(listed(&fixture, "U2", List::Todo).await, [""; 0]);
    // The words of later documents, and numbers as great as they come.
    let mut later = order(1, 0, &[task("T1", &["U2"], "ing")]);
    let fields = later.as_object_mut().unwrap();
    fields.remove("orderId");
    fields.insert("thirdOrderId".to_owned(), json!(i64::MAX));
    later["tasks"][0]["thirdTaskId"] = later["tasks"][0].as_object_mut().unwrap().remove("taskId").unwrap();
    done(&fixture.post("order/sync/task", &later).await);
    assert_eq!(listed(&fixture, "U1", List::Started).await, [i64::MAX.to_string()]);
}

#[tokio::test]
async fn people_and_flows_of_others_are_not_there_unless_the_app_takes_people_before_they_are_bound() {
    let fixture = Fixture::new().await.with_people().await;
    let mut body = order(7, 0, &[task("T1", &["U2", "U9"], "ing")]);
    body["thirdFlowCode"] = json!("NO");
    let expected = [("thirdFlowCode", "流程NO不存在"), ("tasks[0].assigneeUserCode[1]", "用户U9不存在")];
    let expected: Vec<(String, String)> = expected.into_iter().map(|(f, m)| (f.to_owned(), m.to_owned())).collect();
    assert_eq!(fixture.post("order/sync/task", &body).await.wrong(), expected);
    let others =
        fixture.send(&Call::post("order/sync/task", &order(7, 0, &[task("T1", &["U2"], "ing")])).of_another()).await;
    assert_eq!(others.wrong().len(), 3, "initiator, copy and assignee are another tenant's");
    let open = Call::post("order/sync/task", &order(7, 0, &[task("T1", &["U2"], "ing")])).of("COMPANY003", "APP003");
    done(&fixture.send(&open).await);
}

#[tokio::test]
async fn a_thousand_tasks_of_one_order_are_stored_and_changed() {
    let fixture = Fixture::new().await.with_people().await;
    let tasks = |status: &str| (0..1_000).map(|n| task(&format!("T{n:04}"), &["U2", "U3"], status)).collect::<Vec<_>>();
    done(&fixture.post("order/sync/task", &order(7, 0, &tasks("ing"))).await);
    assert_eq!(notice_keys(&fixture).await.len(), 2_000);
    assert_eq!(listed(&fixture, "U2", List::Todo).await.len(), 1_000);
    done(&fixture.post("order/sync/task", &order(7, 1, &tasks("over"))).await);
    assert_eq!(listed(&fixture, "U2", List::Todo).await.len(), 0);
    assert_eq!(listed(&fixture, "U3", List::Done).await.len(), 1_000);
    assert_eq!(notice_keys(&fixture).await.len(), 2_000);
    let many = (0..1_001).map(|n| task(&format!("T{n}"), &["U2"], "ing")).collect::<Vec<_>>();
    let wrong = fixture.post("order/sync/task", &order(8, 0, &many)).await.wrong();
    assert_eq!(wrong[0].0, "tasks");
}

#[tokio::test]
async fn a_list_is_read_page_by_page_searched_and_filtered() {
    let fixture = Fixture::new().await.with_people().await;
    fixture.post("flow/create_third_party", &flow("PO")).await.data();
    for n in 0..30 {
        let mut body = order(n + 1, 0, &[task("T", &["U2"], "ing")]);
        body["tasks"][0]["deadLine"] = json!(format!("2025-01-{:02} 18:00:00", 30 - n));
        if n % 3 == 0 {
            body["thirdFlowCode"] = json!("PO");
        }
        fixture.clock.advance(Duration::from_secs(1));
        done(&fixture.post("order/sync/task", &body).await);
    }
    let person = fixture.directory().by_external(ENTERPRISE, "U2").await.unwrap().unwrap().data;
    let call = |query: TaskQuery| {
        let (ctx, tenant, person) = (fixture.ctx.clone(), fixture.tenant.clone(), person.clone());
        async move { tasks_of(&ctx, &tenant, &person, &query).await.unwrap() }
    };
    let first = call(TaskQuery { size: 10, ..TaskQuery::of(List::Todo) }).await;
    let orders: Vec<i64> = first.items.iter().map(|item| item.entry.order).collect();
    assert_eq!(orders, (21..=30).rev().collect::<Vec<_>>(), "what is due first comes first");
    let next = call(TaskQuery { size: 25, cursor: first.next, ..TaskQuery::of(List::Todo) }).await;
    assert_eq!((next.items.len(), next.items[0].entry.order, next.next), (20, 20, None));
    let of_flow = call(TaskQuery { flow: Some("PO".to_owned()), size: 50, ..TaskQuery::of(List::Todo) }).await;
    assert_eq!((of_flow.items.len(), of_flow.items[0].title.as_deref()), (10, Some("采购申请")));
    assert_eq!(of_flow.items[0].detail.as_ref().unwrap().h5, "https://odoo.example.com/h5/28");
    let found = call(TaskQuery { text: Some("po-1".to_owned()), size: 50, ..TaskQuery::of(List::Todo) }).await;
    assert_eq!(found.items.len(), 11, "PO-1 and PO-10 to PO-19");
}
