//! The task centre: four lists as a page and as JSON, for the person who is signed in.

use crate::common::{Answer, Browser, Fixture};
use serde_json::{Value, json};
use tenon_crypto::aiflow;
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_platform::dispatch::Dispatch;
use tenon_testkit::HttpEvent;

const SECRET: &str = "a-secret-of-the-erp-1";

/// As the ERP calls.
async fn erp(fixture: &Fixture, service: &dyn Dispatch, path: &str, body: &Value) {
    let text = body.to_string();
    let signature = aiflow::sign("COMPANY001", "APP001", SECRET, fixture.clock.now_ms(), text.as_bytes());
    let event = HttpEvent::new("POST", path).route(path).header("a-signature", &signature).json(body);
    let response = service.answer(&fixture.ctx, event.request()).await;
    let reply: Value = serde_json::from_slice(response.body().as_ref()).unwrap();
    assert_eq!(reply["status"], json!(0), "{path}: {reply}");
    fixture.clock.advance(std::time::Duration::from_millis(7));
}

/// People signed in, a flow online, and what the ERP has of it.
async fn fixture() -> (Fixture, Browser) {
    let fixture = Fixture::new().await;
    let config = json!({ "sso": crate::common::settings(), "aiflow_apps": [
        { "enterprise_code": "COMPANY001", "app_id": "APP001", "app_secret": SECRET, "unknown_people": "accept" }
    ] });
    let config: Config = serde_json::from_value(config).unwrap();
    fixture.ctx.config.replace_all(&TenantId::operator(), config, &fixture.ctx.entropy).await.unwrap();
    let mut browser = Browser::default();
    browser.sign_in(&fixture, "zhangsan").await;
    for (code, title) in [("PO", "采购订单审批"), ("SO", "<销售> & 合同")] {
        let page = |kind: &str| json!({ "h5Url": format!("https://erp.example/h5/{kind}"), "webUrl": format!("https://erp.example/web/{kind}") });
        let flow = json!({
            "flowCode": code, "title": title, "businessKey": code, "categoryId": "G", "managerUserCode": "E1001",
            "operationUserCode": "E1001", "configUserCode": "E1001", "createBy": "E1001",
            "initiateUrl": page("new"), "detailUrl": page("order")
        });
        erp(&fixture, &tenon_aiflow::flows::SERVICE, "/aflow/api/flow/create_third_party", &flow).await;
        let online = json!({ "flowCode": code, "flowVersion": 1 });
        erp(&fixture, &tenon_aiflow::flows::SERVICE, "/aflow/api/flow/online_third_party", &online).await;
    }
    (fixture, browser)
}

fn order(id: i64, flow: &str, deadline: &str, with: Value) -> Value {
    let mut order = json!({
        "orderId": id, "orderStatus": "ing", "orderResult": "ing", "initiator": "E1002", "thirdFlowCode": flow,
        "businessKey": format!("{flow}-{id}"), "createTime": "2026-11-20 09:00:00", "updateTime": "2026-11-21 09:00:00",
        "tasks": [{
            "taskId": format!("T{id}"), "taskName": format!("任务{id}"), "assigneeUserCode": ["E1001"], "taskStatus": "ing",
            "taskResult": "new", "deadLine": deadline, "nodeType": "audit", "showPc": true, "showMobile": true
        }]
    });
    if let (Value::Object(order), Value::Object(with)) = (&mut order, with) {
        order.extend(with);
    }
    order
}

async fn push(fixture: &Fixture, order: Value) {
    erp(fixture, &tenon_aiflow::orders::SERVICE, "/aflow/api/order/sync/task", &order).await;
}

async fn list(browser: &mut Browser, fixture: &Fixture, query: &str) -> Value {
    let call = HttpEvent::new("GET", &format!("/aflow/api/task/list{query}")).header("accept", "application/json");
    let answer = browser.send(fixture, call).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    answer.json()["data"].clone()
}

fn ids(data: &Value) -> Vec<i64> {
    data["tasks"].as_array().unwrap().iter().map(|task| task["orderId"].as_i64().unwrap()).collect()
}

fn headings(page: &Answer) -> Vec<String> {
    let parts = page.body.split("<h2>").skip(1).map(|rest| rest.split("</h2>").next().unwrap());
    parts
        .map(|html| html.rsplit_once("</a>").map_or(html, |(left, _)| left).rsplit('>').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_person_sees_their_own_four_lists_and_what_is_overdue_first() {
    let (fixture, mut browser) = fixture().await;
    push(&fixture, order(1, "PO", "2026-12-01 18:00:00", json!({}))).await;
    push(&fixture, order(2, "SO", "2026-11-21 18:00:00", json!({}))).await;
    push(&fixture, order(3, "PO", "2026-11-25 18:00:00", json!({ "initiator": "E1001", "tasks": [] }))).await;
    let copy = json!([{ "userCode": "E1001", "ccTime": "2026-11-21 10:00:00" }]);
    push(&fixture, order(4, "PO", "2026-11-25 18:00:00", json!({ "ccUsers": copy, "tasks": [] }))).await;
    let over = json!([{
        "taskId": "T5", "taskName": "任务5", "assigneeUserCode": ["E1001"], "taskStatus": "over", "taskResult": "pass",
        "deadLine": "2026-11-21 18:00:00", "nodeType": "audit", "handleTime": "2026-11-21 12:00:00", "showPc": true, "showMobile": true
    }]);
    push(&fixture, order(5, "PO", "", json!({ "tasks": over }))).await;
    let others = json!([{
        "taskId": "T6", "taskName": "别人的", "assigneeUserCode": ["E1002"], "taskStatus": "ing", "taskResult": "new",
        "deadLine": "2026-11-21 18:00:00", "nodeType": "audit", "showPc": true, "showMobile": true
    }]);
    push(&fixture, order(6, "PO", "", json!({ "tasks": others }))).await;
    for (tab, wanted) in [("todo", vec![2, 1]), ("done", vec![5]), ("started", vec![3]), ("cc", vec![4])] {
        let data = list(&mut browser, &fixture, &format!("?list={tab}")).await;
        assert_eq!((ids(&data), &data["list"]), (wanted, &json!(tab)), "{data}");
    }
    let todo = list(&mut browser, &fixture, "").await;
    let first = &todo["tasks"][0];
    assert_eq!(
        first,
        &json!({
            "orderId": 2, "businessKey": "SO-2", "flowCode": "SO", "flowTitle": "<销售> & 合同", "initiator": "E1002",
            "createTime": "2026-11-20 09:00:00", "taskId": "T2", "taskName": "任务2", "taskStatus": "ing", "taskResult": "new",
            "nodeType": "audit", "deadLine": "2026-11-21 18:00:00", "handleTime": null, "showPc": true, "showMobile": true,
            "overdue": true,
            "detailUrl": { "h5Url": "https://erp.example/h5/order?orderId=2&taskId=T2&businessKey=SO-2",
                           "webUrl": "https://erp.example/web/order?orderId=2&taskId=T2&businessKey=SO-2" }
        })
    );
    assert_eq!(todo["tasks"][1]["overdue"], json!(false));
    let page = browser.look(&fixture, "/aflow/tasks").await;
    assert_eq!((page.status, headings(&page)), (200, vec!["任务2".to_owned(), "任务1".to_owned()]), "{}", page.body);
    assert_eq!(page.body.matches("已超期").count(), 1);
    assert!(page.body.contains("&lt;销售&gt; &amp; 合同") && page.body.contains("张三"), "{}", page.body);
    assert!(page.body.contains("href=\"https://erp.example/web/order?orderId=2&amp;taskId=T2&amp;businessKey=SO-2\""));
    assert!(!page.body.contains("别人的") && !page.body.contains("<script"));
    assert_eq!(page.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn phones_are_led_to_the_page_for_phones_and_see_what_is_for_phones() {
    let (fixture, mut browser) = fixture().await;
    push(&fixture, order(1, "PO", "2026-12-01 18:00:00", json!({}))).await;
    let mut desk = order(2, "PO", "2026-12-02 18:00:00", json!({}));
    desk["tasks"][0]["showMobile"] = json!(false);
    push(&fixture, desk).await;
    let phone = HttpEvent::new("GET", "/aflow/tasks")
        .header("accept", "text/html")
        .header("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 DingTalk/7.6");
    let page = browser.send(&fixture, phone).await;
    assert_eq!(headings(&page), ["任务1"]);
    assert!(page.body.contains("https://erp.example/h5/order?") && !page.body.contains("/web/order"), "{}", page.body);
    assert_eq!(headings(&browser.look(&fixture, "/aflow/tasks").await), ["任务1", "任务2"]);
    assert_eq!(ids(&list(&mut browser, &fixture, "?terminal=mobile").await), [1]);
}

#[tokio::test]
async fn lists_are_searched_filtered_and_paged() {
    let (fixture, mut browser) = fixture().await;
    for id in 1..=120 {
        let flow = if id % 3 == 0 { "SO" } else { "PO" };
        push(&fixture, order(id, flow, &format!("2026-12-01 {:02}:{:02}:00", id / 60, id % 60), json!({}))).await;
    }
    let mut seen = Vec::new();
    let mut query = "?pageSize=50".to_owned();
    loop {
        let data = list(&mut browser, &fixture, &query).await;
        seen.extend(ids(&data));
        match data["nextCursor"].as_str() {
            Some(next) => query = format!("?pageSize=50&cursor={}", next.replace('#', "%23")),
            None => break,
        }
    }
    assert_eq!(seen, (1..=120).collect::<Vec<i64>>());
    assert_eq!(ids(&list(&mut browser, &fixture, "?flow=SO&pageSize=3").await), [3, 6, 9]);
    assert_eq!(ids(&list(&mut browser, &fixture, "?q=po-10").await), [10, 100, 101, 103, 104, 106, 107, 109]);
    let page = browser.look(&fixture, "/aflow/tasks?q=%E4%BB%BB%E5%8A%A17&flow=PO").await;
    assert_eq!(headings(&page), ["任务7", "任务70", "任务71", "任务73", "任务74", "任务76", "任务77", "任务79"]);
    assert!(
        page.body.contains("value=\"任务7\"") && page.body.contains("<option value=\"PO\" selected"),
        "{}",
        page.body
    );
    assert!(page.body.contains("<option value=\"SO\">"), "other flows can still be chosen");
    let first = browser.look(&fixture, "/aflow/tasks").await;
    let next =
        first.body.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let second = browser.look(&fixture, &format!("/aflow/tasks{next}")).await;
    assert_eq!(headings(&second)[0], "任务51");
    let nothing = browser.look(&fixture, "/aflow/tasks?q=nothing-like-it").await;
    assert!(nothing.body.contains("没有符合筛选条件的任务"), "{}", nothing.body);
    let empty = browser.look(&fixture, "/aflow/tasks?list=cc&lang=en").await;
    assert!(
        empty.body.contains("Nothing was copied to you yet") && empty.body.contains("lang=\"en\""),
        "{}",
        empty.body
    );
    assert!(
        browser.look(&fixture, "/aflow/tasks?list=cc").await.body.contains("Nothing was copied"),
        "the choice is kept"
    );
    for wrong in ["?list=other", "?pageSize=0", "?pageSize=101", "?terminal=tv"] {
        let call = HttpEvent::new("GET", &format!("/aflow/api/task/list{wrong}"));
        let answer = browser.send(&fixture, call).await;
        assert_eq!((answer.status, &answer.json()["status"]), (400, &json!(-4002)), "{wrong}: {}", answer.body);
    }
}
