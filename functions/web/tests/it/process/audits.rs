//! What an audit decides: what was stored for it, and nothing when it comes again.

use super::Works;
use serde_json::{Value, json};
use std::time::Duration;

async fn launched(works: &Works) -> (String, Value) {
    let launched = works.launched(&works.saved(json!(20_000.5)).await).await;
    (launched["flowRunningNumber"].as_str().unwrap().to_owned(), launched)
}

/// Who has something to do.
fn waits(standing: &Value) -> String {
    let tasks = standing["tasks"].as_array().unwrap();
    tasks.iter().map(|task| task["assigneeUserCode"][0].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

async fn store(works: &Works, standing: &Value, handler: &str) {
    let task = &standing["tasks"][0];
    let row = json!({ "orderId": standing["orderId"], "businessKey": standing["flowRunningNumber"], "logs": [{
        "taskId": task["taskId"], "taskName": task["taskName"], "handlerUserCode": handler, "handleResult": "APPROVED",
        "handleComment": "同意", "handleTime": "2026-11-22 10:00:00"
    }] });
    let kept = works.erp("POST", "order/approval/log", &row).await;
    assert_eq!(kept.status, 0, "{}", kept.msg);
}

#[tokio::test]
async fn a_plain_audit_that_comes_again_decides_nothing_of_the_next_task() {
    let works = Works::new().await;
    works.publish().await;
    let (number, _) = launched(&works).await;
    let plain = format!("/flow/onAudit?flowRunningNumber={number}&nextNodeSeq=-1");
    let shorter = format!("/flow/onAudit?flowRunningNumber={number}");
    let both = tokio::join!(works.done(&plain), works.done(&shorter));
    assert_eq!((waits(&both.0), waits(&both.1)), ("E1003".to_owned(), "E1003".to_owned()), "two at once are one");
    assert_ne!(both.0["repeated"], both.1["repeated"]);
    works.fixture.clock.advance(Duration::from_secs(59));
    let again = works.done(&plain).await;
    assert_eq!((waits(&again).as_str(), &again["repeated"]), ("E1003", &json!(true)));
    // Somebody else, or with other words: another decision.
    let other = works.done(&format!("{plain}&userCode=E1003&comment=ok")).await;
    assert_eq!((waits(&other).as_str(), &other["repeated"]), ("", &Value::Null), "{other}");
    let (number, _) = launched(&works).await;
    let plain = format!("/flow/onAudit?flowRunningNumber={number}");
    assert_eq!(waits(&works.done(&plain).await), "E1003");
    works.fixture.clock.advance(Duration::from_secs(61));
    assert_eq!(waits(&works.done(&plain).await), "", "a minute later it is the next decision");
    // Who leads it somewhere, or asks managers, finds it there: whenever that comes again.
    let (number, _) = launched(&works).await;
    let to =
        format!("/flow/onAudit?flowRunningNumber={number}&nextNodeSeq=2&taskDeptManager=%E9%87%87%E8%B4%AD%E9%83%A8");
    let jumped = works.done(&to).await;
    works.fixture.clock.advance(Duration::from_secs(3_600));
    let again = works.done(&to).await;
    assert_eq!((&again["tasks"], &again["repeated"]), (&jumped["tasks"], &json!(true)));
    assert!(
        works.refused(&format!("/flow/onAudit?flowRunningNumber={number}&requestId=a%00b")).await.contains("requestId")
    );
}

#[tokio::test]
async fn a_call_that_is_named_is_carried_out_once() {
    let works = Works::new().await;
    works.publish().await;
    let (number, _) = launched(&works).await;
    let plain = format!("/flow/onAudit?flowRunningNumber={number}");
    for (key, waiting) in [("k-1", "E1003"), ("k-1", "E1003"), ("k-2", ""), ("k-1", ""), ("k-2", "")] {
        let answer = works.service_named("GET", &plain, None, Some(key)).await;
        assert_eq!((&answer["code"], waits(&answer["data"]).as_str()), (&json!(0), waiting), "{key}: {answer}");
    }
    let (number, _) = launched(&works).await;
    let target = |id: &str, more: &str| format!("/flow/onAudit?flowRunningNumber={number}&requestId={id}{more}");
    assert_eq!(waits(&works.done(&target("r1", "")).await), "E1003");
    works.fixture.clock.advance(Duration::from_secs(86_400));
    assert_eq!(waits(&works.done(&target("r1", "")).await), "E1003");
    assert!(works.refused(&target("r1", "&result=reject")).await.contains("process.request-taken"));
    let posted =
        works.service("POST", "/flow/onAudit", Some(json!({ "flowRunningNumber": number, "requestId": "r2" }))).await;
    assert_eq!(waits(&posted["data"]), "");
    let reject = works.done(&format!("/flow/discard?flowRunningNumber={number}&userName=admin&requestId=d1")).await;
    assert_eq!(reject["status"], json!("discarded"));
    let relaunch = format!("/flow/relaunch?flowRunningNumber={number}&requestId=l1");
    let first = works.done(&relaunch).await;
    assert_eq!((works.done(&relaunch).await["round"].clone(), &first["round"]), (json!(2), &json!(2)));
    let discarded = works.done(&format!("/flow/discard?flowRunningNumber={number}&userName=admin&requestId=d1")).await;
    assert_eq!(discarded["status"], json!("running"), "the repetition is of the round before");
}

#[tokio::test]
async fn where_rows_are_stored_an_audit_goes_by_them_and_by_nothing_else() {
    let works = Works::new().await;
    works.publish().await;
    let (number, standing) = launched(&works).await;
    let plain = format!("/flow/onAudit?flowRunningNumber={number}");
    store(&works, &standing, "E1002").await;
    let first = works.done(&plain).await;
    assert_eq!(waits(&first), "E1003");
    assert_eq!(works.done(&plain).await["repeated"], json!(true));
    works.fixture.clock.advance(Duration::from_secs(61));
    let answer = works.refused(&plain).await;
    assert!(answer.contains("前提是审批数据已经保存入库") && answer.contains("process.nothing-stored"), "{answer}");
    store(&works, &first, "E1003").await;
    assert_eq!(waits(&works.done(&plain).await), "");
    // A row that is stored right after the first goes with the same call, however soon that comes.
    let (number, standing) = launched(&works).await;
    let plain = format!("/flow/onAudit?flowRunningNumber={number}");
    store(&works, &standing, "E1002").await;
    let first = works.done(&plain).await;
    store(&works, &first, "E1003").await;
    assert_eq!(waits(&works.done(&plain).await), "");
    assert_eq!(works.done(&plain).await["repeated"], json!(true));
    works.work(60).await;
    assert!(works.refused(&plain).await.contains("process.over"));
}
