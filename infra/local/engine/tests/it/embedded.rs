//! The suite on the engines of the local run, in process.

use crate::suite::queue::{Fixture, MAX_RECEIVES, QUEUE};
use std::sync::Arc;
use tenon_engine::Local;
use tenon_platform::Clock;
use tenon_platform::queue::QueueName;
use tenon_platform::table::Table;

async fn a_table() -> Option<Table> {
    Some(Local::memory(Clock::manual(1_800_000_000_000)).await.unwrap().table)
}

async fn a_queue() -> Option<Fixture> {
    let clock = Clock::manual(1_800_000_000_000);
    let queue = Local::memory(clock.clone()).await.unwrap().queue;
    let queue = queue.with_max_receives(QueueName::new(QUEUE), MAX_RECEIVES);
    Some(Fixture { queue: Arc::new(queue), clock: Some(clock) })
}

crate::table_suite!(a_table());
crate::queue_suite!(a_queue());
