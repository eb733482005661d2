use super::fixture::{all, b1_connection, connections};
use crate::support::TestConnections;
use std::time::Duration;
use tenon_connectors::b1::Entity;
use tenon_platform::error::Retry;
use tenon_platform::{Result, breaker};
use tenon_sandbox::{Fault, FaultKind, Vendor};

async fn read(connections: &TestConnections) -> Result<()> {
    connections.b1().page("Drafts", &all(), None).await.map(|_| ())
}

async fn admitted(connections: &TestConnections) -> bool {
    match breaker::admit(&connections.ctx, &connections.tenant, &[&b1_connection().id]).await {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.code, "platform.breaker-open");
            assert!(matches!(error.retry, Retry::PutOff(_)), "{error:?}");
            false
        }
    }
}

/// A world whose B1 is out, its breaker open.
async fn out() -> TestConnections {
    let connections = connections().await;
    read(&connections).await.unwrap();
    connections.sandbox.inject(Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).always());
    for _ in 0..5 {
        assert!(admitted(&connections).await);
        assert!(read(&connections).await.is_err());
    }
    connections
}

#[tokio::test]
async fn five_failures_in_a_row_keep_every_process_away() {
    let connections = out().await;
    assert!(!admitted(&connections).await);
    assert!(!admitted(&connections.another_process()).await);
    let open = breaker::state(&connections.ctx, &connections.tenant, &b1_connection().id).await.unwrap().unwrap();
    assert_eq!(open.why, "HTTP 503");
}

#[tokio::test]
async fn a_success_in_between_keeps_it_closed_and_a_refusal_is_a_sign_of_life() {
    let connections = connections().await;
    read(&connections).await.unwrap();
    for _ in 0..4 {
        connections.sandbox.inject(Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).times(4));
        for _ in 0..4 {
            assert!(read(&connections).await.is_err());
        }
        assert!(connections.b1().read(&Entity::new("Nothing"), &all()).await.is_err());
    }
    assert!(admitted(&connections).await);
}

#[tokio::test]
async fn one_probe_at_a_time_is_let_through_and_its_success_opens_the_way_to_all() {
    let connections = out().await;
    let other = connections.another_process();
    assert!(!admitted(&other).await);
    connections.wait(Duration::from_secs(16));
    assert!(admitted(&connections).await, "the probe");
    assert!(!admitted(&connections).await);
    assert!(!admitted(&other).await);
    connections.sandbox.clear_faults();
    read(&connections).await.unwrap();
    assert!(admitted(&connections).await);
    connections.wait(Duration::from_secs(6));
    assert!(admitted(&other).await);
}

#[tokio::test]
async fn a_probe_that_fails_doubles_the_wait_and_one_that_dies_is_replaced() {
    let connections = out().await;
    connections.wait(Duration::from_secs(16));
    assert!(admitted(&connections).await);
    assert!(read(&connections).await.is_err());
    connections.wait(Duration::from_secs(16));
    assert!(!admitted(&connections).await, "the wait was not doubled");
    connections.wait(Duration::from_secs(15));
    let dies = connections.another_process();
    assert!(admitted(&dies).await);
    connections.wait(Duration::from_secs(10));
    assert!(!admitted(&connections).await);
    connections.wait(Duration::from_secs(11));
    assert!(admitted(&connections).await, "a probe that tells nothing keeps everybody out");
}
