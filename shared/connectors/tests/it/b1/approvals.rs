//! Stored queries, approval decisions and users.

use super::fixture::{MINUTE, all, connections, draft};
use serde_json::Value;
use std::collections::HashSet;
use std::time::Duration;
use tenon_connectors::b1::ApprovalDecision;
use tenon_model::DocumentKey;
use tenon_platform::Retry;
use tenon_sandbox::NewDraft;

#[tokio::test]
async fn a_query_is_stored_once_and_read_page_by_page_with_its_parameters() {
    let connections = connections().await;
    for _ in 0..5 {
        connections.draft();
    }
    let text = "select DocEntry from ODRF where U_ISSYN = :mark";
    let b1 = connections.b1();
    let code = b1.sql_ensure(text).await.unwrap();
    assert_eq!(b1.sql_ensure(text).await.unwrap(), code);
    assert_eq!(connections.wire.sent("POST", "SQLQueries").len(), 1);
    // Another process finds it there already.
    let other = connections.another_process();
    assert_eq!(other.b1().sql_ensure(text).await.unwrap(), code);

    let mark = DocumentKey::Text("N".into());
    let (mut cursor, mut seen) = (None, HashSet::new());
    loop {
        let page = b1.sql_page(&code, &[("mark", &mark)], Some(2), cursor).await.unwrap();
        seen.extend(page.values.iter().map(|v| v["DocEntry"].as_i64().unwrap()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    let none = DocumentKey::Text("it's".into());
    assert!(b1.sql_page(&code, &[("mark", &none)], None, None).await.unwrap().values.is_empty());
    let refused = b1.sql_ensure("select Code from OWDD").await.unwrap_err();
    assert_eq!((refused.code, refused.retry), ("b1.refused", Retry::Permanent));
}

#[tokio::test]
async fn a_decision_is_made_as_the_sessions_user_with_remarks_b1_takes() {
    let connections = connections().await;
    let (entry, code) = connections.sandbox.b1().create_draft(connections.now(), NewDraft::new("1470000113")).unwrap();
    let code = code.unwrap();
    let b1 = connections.b1();
    let requests = b1.approval_requests_of_draft(entry).await.unwrap();
    assert_eq!(requests.iter().map(|r| (r.code, r.is_pending())).collect::<Vec<_>>(), [(code, true)]);
    b1.decide(code, ApprovalDecision::Approved, &"同意".repeat(300)).await.unwrap();
    let decisions = connections.sandbox.snapshot().b1.decisions;
    assert_eq!((decisions.len(), decisions[0].accepted, decisions[0].user), (1, true, Some(1)));
    assert_eq!(decisions[0].remarks.chars().count(), 200);
    assert!(b1.approval_request(code).await.unwrap().unwrap().is_approved());
    assert_eq!(b1.approval_request(9999).await.unwrap(), None);
    let sent = connections.wire.sent("PATCH", "ApprovalRequests");
    let body: Value = serde_json::from_slice(&sent[0].body).unwrap();
    let names: Vec<&String> = body["ApprovalRequestDecisions"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["Remarks", "Status"], "no credentials and no nulls");
}

#[tokio::test]
async fn work_whose_time_ends_says_nothing_of_the_sites_batch() {
    let mut connections = connections().await;
    let (entry, _) = connections.sandbox.b1().create_draft(connections.now(), NewDraft::new("1470000113")).unwrap();
    let entity = draft(entry);
    let original = connections.ctx.clone();
    connections.ctx = original.within(Duration::from_secs(1));
    let b1 = connections.b1();
    b1.pair(entity.clone(), entry);
    assert_eq!(b1.read(&entity, &all()).await.unwrap_err().code, "platform.deadline");

    connections.ctx = original;
    let b1 = connections.b1();
    b1.pair(entity.clone(), entry);
    b1.read(&entity, &all()).await.unwrap();
    assert_eq!(b1.approval_requests_of_draft(entry).await.unwrap().len(), 1);
    assert_eq!(connections.wire.sent("POST", "$batch").len(), 1);
}

#[tokio::test]
async fn a_user_is_found_by_code_and_remembered_for_a_day() {
    let connections = connections().await;
    let key = connections.sandbox.b1().add_user("O'Neil", "Neil", "secret");
    let b1 = connections.b1();
    assert_eq!(b1.user_key("17").await.unwrap(), 17);
    assert_eq!(b1.user_key("O'Neil").await.unwrap(), key);
    assert_eq!(connections.another_process().b1().user_key("O'Neil").await.unwrap(), key);
    assert_eq!(connections.wire.sent("GET", "Users").len(), 1);
    connections.wait(25 * 60 * MINUTE);
    b1.user_key("O'Neil").await.unwrap();
    assert_eq!(connections.wire.sent("GET", "Users").len(), 2);
    assert_eq!(b1.user_key("nobody").await.unwrap_err().code, "b1.no-user");
}
