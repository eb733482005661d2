use super::fixture::{all, b1_connection, world};
use crate::support::World;
use std::time::Duration;
use tenon_connectors::b1::Entity;
use tenon_platform::error::Retry;
use tenon_platform::{Result, breaker};
use tenon_sandbox::{Fault, FaultKind, Vendor};

async fn read(world: &World) -> Result<()> {
    world.b1().page("Drafts", &all(), None).await.map(|_| ())
}

async fn admitted(world: &World) -> bool {
    match breaker::admit(&world.ctx, &world.tenant, &[&b1_connection().id]).await {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.code, "platform.breaker-open");
            assert!(matches!(error.retry, Retry::PutOff(_)), "{error:?}");
            false
        }
    }
}

/// A world whose B1 is out, its breaker open.
async fn out() -> World {
    let world = world().await;
    read(&world).await.unwrap();
    world.sandbox.inject(Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).always());
    for _ in 0..5 {
        assert!(admitted(&world).await);
        assert!(read(&world).await.is_err());
    }
    world
}

#[tokio::test]
async fn five_failures_in_a_row_keep_every_process_away() {
    let world = out().await;
    assert!(!admitted(&world).await);
    assert!(!admitted(&world.another_process()).await);
    let open = breaker::state(&world.ctx, &world.tenant, &b1_connection().id).await.unwrap().unwrap();
    assert_eq!(open.why, "HTTP 503");
}

#[tokio::test]
async fn a_success_in_between_keeps_it_closed_and_a_refusal_is_a_sign_of_life() {
    let world = world().await;
    read(&world).await.unwrap();
    for _ in 0..4 {
        world.sandbox.inject(Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).times(4));
        for _ in 0..4 {
            assert!(read(&world).await.is_err());
        }
        assert!(world.b1().read(&Entity::new("Nothing"), &all()).await.is_err());
    }
    assert!(admitted(&world).await);
}

#[tokio::test]
async fn one_probe_at_a_time_is_let_through_and_its_success_opens_the_way_to_all() {
    let world = out().await;
    let other = world.another_process();
    assert!(!admitted(&other).await);
    world.wait(Duration::from_secs(16));
    assert!(admitted(&world).await, "the probe");
    assert!(!admitted(&world).await);
    assert!(!admitted(&other).await);
    world.sandbox.clear_faults();
    read(&world).await.unwrap();
    assert!(admitted(&world).await);
    world.wait(Duration::from_secs(6));
    assert!(admitted(&other).await);
}

#[tokio::test]
async fn a_probe_that_fails_doubles_the_wait_and_one_that_dies_is_replaced() {
    let world = out().await;
    world.wait(Duration::from_secs(16));
    assert!(admitted(&world).await);
    assert!(read(&world).await.is_err());
    world.wait(Duration::from_secs(16));
    assert!(!admitted(&world).await, "the wait was not doubled");
    world.wait(Duration::from_secs(15));
    let dies = world.another_process();
    assert!(admitted(&dies).await);
    world.wait(Duration::from_secs(10));
    assert!(!admitted(&world).await);
    world.wait(Duration::from_secs(11));
    assert!(admitted(&world).await, "a probe that tells nothing keeps everybody out");
}
