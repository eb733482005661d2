//! A process that dies between a store and the send that follows from it.

use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tenon_engine::{Gate, GateDecision, Local};
use tenon_platform::http::Http;
use tenon_platform::queue::{Queue, QueueName, Received};
use tenon_platform::{Context, Error, Result};

struct Dying {
    queue: Arc<dyn Queue>,
    dead: Arc<AtomicBool>,
}

impl Dying {
    fn alive(&self) -> Result<()> {
        match self.dead.load(Ordering::SeqCst) {
            true => Err(Error::transient("platform.queue", "the process was killed")),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Queue for Dying {
    async fn send(&self, _: &QueueName, _: String, _: Duration) -> Result<()> {
        self.dead.store(true, Ordering::SeqCst);
        self.alive()
    }

    async fn receive(&self, queue: &QueueName, most: u32, visibility: Duration) -> Result<Vec<Received>> {
        self.alive()?;
        self.queue.receive(queue, most, visibility).await
    }

    async fn delete(&self, queue: &QueueName, receipt: &str) -> Result<()> {
        self.alive()?;
        self.queue.delete(queue, receipt).await
    }

    async fn release(&self, queue: &QueueName, receipt: &str, delay: Duration) -> Result<()> {
        self.alive()?;
        self.queue.release(queue, receipt, delay).await
    }
}

/// A process on the data of these engines that is killed where it sends its first message: what it stored before
/// is stored, the message is not sent, and nothing after it is done.
pub fn dies_before_sending(local: &Local, http: Arc<dyn Http>, seed: u64) -> Context {
    let dead = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&dead);
    let gate = Gate::new(move |_, _| match flag.load(Ordering::SeqCst) {
        true => GateDecision::Kill,
        false => GateDecision::Go,
    });
    let mut ctx = crate::Installation::process_of(&local.with_gates(&gate, &Gate::open()), http, seed);
    ctx.queue = Arc::new(Dying { queue: Arc::clone(&ctx.queue), dead });
    ctx
}
