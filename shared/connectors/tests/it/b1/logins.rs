//! A refused login is tried once, and other refusals are not taken for one.

use super::fixture::{MINUTE, all, b1_connection, connections, draft, world_with};
use futures::future::join_all;
use tenon_connectors::b1::B1;
use tenon_platform::Retry;
use tenon_sandbox::{B1Options, Fault, FaultKind};

#[tokio::test]
async fn a_refused_login_is_tried_once_by_all_callers_and_processes() {
    let connections = connections().await;
    let entry = connections.draft();
    let wrong =
        || tenon_model::config::B1Connection { password: tenon_model::config::Secret::new("wrong"), ..b1_connection() };
    let (entity, query) = (draft(entry), all());
    let b1 = B1::new(&connections.ctx, &connections.tenant, wrong(), 1);
    let results = join_all((0..8).map(|_| b1.read(&entity, &query))).await;
    let other = connections.another_process();
    let later = B1::new(&other.ctx, &other.tenant, wrong(), 1).read(&entity, &query).await;
    for result in results.into_iter().chain([later]) {
        let error = result.unwrap_err();
        assert_eq!((error.code, error.retry), ("b1.login-refused", Retry::Blocked(5 * MINUTE)));
        assert_eq!(error.vendor_code.as_deref(), Some("-304"));
        assert!(!error.to_string().contains("wrong"), "{error}");
    }
    assert_eq!(connections.logins(), (0, 1));
    // Applied anew with the right password: another revision, and the way is open.
    B1::new(&connections.ctx, &connections.tenant, b1_connection(), 2).read(&entity, &query).await.unwrap();
}

#[tokio::test]
async fn a_check_logs_in_once_and_its_success_opens_the_way() {
    let connections = connections().await;
    let entry = connections.draft();
    connections.sandbox.inject(Fault::new(FaultKind::WrongPassword).times(2));
    assert_eq!(connections.b1().read(&draft(entry), &all()).await.unwrap_err().code, "b1.login-refused");
    assert_eq!(connections.b1().check().await.unwrap_err().code, "b1.login-refused");
    assert_eq!(connections.logins(), (0, 2));
    assert_eq!(connections.b1().read(&draft(entry), &all()).await.unwrap_err().code, "b1.login-refused");
    assert_eq!(connections.logins(), (0, 2), "a remembered refusal is not tried again");

    let report = connections.b1().check().await.unwrap();
    assert!(report.answered.contains("1000190") && report.answered.contains("SBODEMOCN"), "{report:?}");
    connections.b1().read(&draft(entry), &all()).await.unwrap();
    assert_eq!(connections.sandbox.snapshot().b1.sessions, 1, "the check closed its session");
}

#[tokio::test]
async fn a_wrong_company_is_a_refused_login() {
    let connections = connections().await;
    let wrong = tenon_model::config::B1Connection { company_db: "NONE".into(), ..b1_connection() };
    let error = B1::new(&connections.ctx, &connections.tenant, wrong, 1).read(&draft(1), &all()).await.unwrap_err();
    assert_eq!(error.code, "b1.login-refused");
}

#[tokio::test]
async fn too_many_sessions_is_not_taken_for_wrong_credentials() {
    let connections = world_with(B1Options { max_sessions: 0, ..B1Options::default() }).await;
    let error = connections.b1().read(&draft(1), &all()).await.unwrap_err();
    assert_eq!(error.retry, Retry::Transient);
    connections.sandbox.configure(|o| o.b1.max_sessions = 1);
    assert_eq!(connections.b1().read(&draft(1), &all()).await.unwrap_err().code, "b1.not-found");
}
