//! Sessions are shared by callers and processes, kept, lost and renewed.

use super::fixture::{MINUTE, all, b1_connection, connections, draft, plain};
use crate::support::answer;
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_connectors::b1::{B1, release_sessions};
use tenon_platform::Retry;
use tenon_sandbox::{Fault, FaultKind};

#[tokio::test]
async fn many_calls_at_once_share_one_login_when_one_session_is_allowed() {
    let connections = connections().await;
    let entry = connections.draft();
    let b1 = B1::new(
        &connections.ctx,
        &connections.tenant,
        tenon_model::config::B1Connection { max_sessions: 1, ..b1_connection() },
        1,
    );
    let entity = draft(entry);
    let query = all();
    let results = join_all((0..20).map(|_| b1.read(&entity, &query))).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(connections.logins(), (1, 0));
}

#[tokio::test]
async fn calls_at_once_open_no_more_sessions_than_allowed_and_all_are_served() {
    let connections = connections().await;
    let entry = connections.draft();
    let (b1, entity, query) = (connections.b1(), draft(entry), all());
    let results = join_all((0..40).map(|_| b1.read(&entity, &query))).await;
    assert!(results.iter().all(Result::is_ok));
    let logins = connections.logins().0;
    assert!((1..=3).contains(&logins), "{logins} logins for max_sessions 3");
}

#[tokio::test]
async fn a_held_session_costs_no_table_request_and_another_process_uses_it_once_it_is_given_back() {
    let connections = connections().await;
    let entry = connections.draft();
    connections.b1().read(&draft(entry), &all()).await.unwrap();
    let before = connections.table_requests();
    for _ in 0..10 {
        connections.b1().read(&draft(entry), &all()).await.unwrap();
    }
    assert_eq!(connections.table_requests(), before);

    release_sessions(&connections.ctx).await;
    let other = connections.another_process();
    other.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(connections.logins(), (1, 0));
    // The first process takes another slot while the second holds this one.
    connections.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(connections.logins(), (2, 0));
}

#[tokio::test]
async fn a_process_that_dies_leaves_its_session_to_the_next_when_the_lease_ends() {
    let connections = connections().await;
    let entry = connections.draft();
    connections.b1().read(&draft(entry), &all()).await.unwrap();
    let next = connections.another_process();
    connections.wait(2 * MINUTE);
    next.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(connections.logins(), (1, 0));
    // The first was only slow: it notices that its slot is gone and takes another.
    connections.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(connections.logins(), (2, 0));
}

#[tokio::test]
async fn a_process_at_work_keeps_its_session_beyond_the_first_lease() {
    let connections = connections().await;
    let entry = connections.draft();
    let other = connections.another_process();
    for _ in 0..4 {
        connections.b1().read(&draft(entry), &all()).await.unwrap();
        connections.wait(Duration::from_secs(40));
    }
    other.b1().read(&draft(entry), &all()).await.unwrap();
    connections.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(connections.logins(), (2, 0), "each keeps its own");
}

#[tokio::test]
async fn sessions_of_two_tenants_are_never_shared() {
    let connections = connections().await;
    let entry = connections.draft();
    connections.b1().read(&draft(entry), &all()).await.unwrap();
    release_sessions(&connections.ctx).await;
    let tenant = tenon_model::TenantId::new("t-2");
    B1::new(&connections.ctx, &tenant, b1_connection(), 1).read(&draft(entry), &all()).await.unwrap();
    assert_eq!(connections.logins(), (2, 0));
}

#[tokio::test]
async fn two_processes_that_log_in_at_once_both_get_a_session() {
    let connections = connections().await;
    let entry = connections.draft();
    let other = connections.another_process();
    let (one, two) = (connections.b1(), other.b1());
    let (entity, query) = (draft(entry), all());
    let (first, second) = futures::join!(one.read(&entity, &query), two.read(&entity, &query));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(connections.logins(), (2, 0));
}

#[tokio::test]
async fn when_other_processes_hold_every_session_the_caller_waits_a_little_and_is_told() {
    let connections = connections().await;
    let entry = connections.draft();
    let one = || tenon_model::config::B1Connection { max_sessions: 1, ..b1_connection() };
    B1::new(&connections.ctx, &connections.tenant, one(), 1).read(&draft(entry), &all()).await.unwrap();
    let other = connections.another_process();
    let before = other.now();
    let error = B1::new(&other.ctx, &other.tenant, one(), 1).read(&draft(entry), &all()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("b1.sessions-busy", Retry::Transient));
    assert!(other.now() - before <= 13_000, "waited {} ms", other.now() - before);
}

#[tokio::test]
async fn a_session_that_the_server_forgot_is_renewed_once_and_the_write_repeated() {
    let connections = connections().await;
    let entry = connections.draft();
    connections.b1().read(&draft(entry), &all()).await.unwrap();
    connections.sandbox.inject(Fault::new(FaultKind::ExpireSessions).on("PATCH", "Drafts"));
    connections.b1().change(&draft(entry), &json!({"U_ISSYN": "Y"}), plain()).await.unwrap();
    assert_eq!(connections.logins(), (2, 0));
    assert_eq!(connections.b1().read(&draft(entry), &all()).await.unwrap()["U_ISSYN"], "Y");
    assert_eq!(connections.logins(), (2, 0));
}

#[tokio::test]
async fn a_session_that_idled_too_long_is_replaced_before_it_is_tried_and_use_keeps_it_alive() {
    let connections = connections().await;
    let entry = connections.draft();
    for _ in 0..5 {
        connections.b1().read(&draft(entry), &all()).await.unwrap();
        connections.wait(25 * MINUTE);
    }
    assert_eq!(connections.logins(), (1, 0));
    connections.wait(5 * MINUTE);
    let before = connections.wire.sent("GET", "Drafts").len();
    connections.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(connections.logins(), (2, 0));
    assert_eq!(connections.wire.sent("GET", "Drafts").len(), before + 1, "no call in a session that must be gone");
}

#[tokio::test]
async fn a_session_that_is_never_accepted_ends_in_an_error_not_in_a_loop() {
    let connections = connections().await;
    let entry = connections.draft();
    connections.sandbox.inject(Fault::new(FaultKind::ExpireSessions).on("GET", "Drafts").always());
    let error = connections.b1().read(&draft(entry), &all()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("b1.session", Retry::Session));
    assert_eq!(connections.logins().0, 2);
}

#[tokio::test]
async fn the_route_is_sent_back_and_replaced_and_cookies_lie_sealed() {
    let connections = connections().await;
    let entry = connections.draft();
    connections.wire.answer(|sent| {
        if !sent.url.contains("Users") {
            return None;
        }
        let Some(Ok(mut reply)) = answer(200, r#"{"value":[]}"#) else { unreachable!() };
        reply.headers.append("set-cookie", "ROUTEID=.node7; path=/b1s".parse().unwrap());
        Some(Ok(reply))
    });
    connections.b1().read(&draft(entry), &all()).await.unwrap();
    connections.b1().page("Users", &all(), None).await.unwrap();
    connections.b1().read(&draft(entry), &all()).await.unwrap();
    let reads = connections.wire.sent("GET", "Drafts");
    assert!(reads[0].header("cookie").contains("ROUTEID=.node1") && reads[0].header("cookie").contains("B1SESSION="));
    assert!(reads[1].header("cookie").contains("ROUTEID=.node7"));

    let session = reads[0].header("cookie").split("B1SESSION=").nth(1).unwrap().split(';').next().unwrap().to_owned();
    let partition = tenon_platform::table::Key::partition_of(&connections.tenant, "B1SESSION", &["b1-main"]);
    let stored =
        connections.ctx.table.query_all::<Value>(&partition, tenon_platform::table::Range::default()).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert!(!stored[0].data.to_string().contains(&session));
}

#[tokio::test]
async fn calls_can_be_made_from_tasks_of_their_own() {
    let connections = connections().await;
    let entry = connections.draft();
    let ctx = connections.ctx.clone();
    let task = tokio::spawn(async move {
        let tenant = tenon_model::TenantId::operator();
        B1::new(&ctx, &tenant, b1_connection(), 1).read(&draft(entry), &all()).await.is_ok()
    });
    assert!(task.await.unwrap());
}
