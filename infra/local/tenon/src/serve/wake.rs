//! A queue that wakes its pump, so that a message sent in this process is worked on at once.

use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_platform::Result;
use tenon_platform::queue::{Queue, QueueBacklog, QueueName, Received};
use tokio::sync::Notify;

/// One bell for each queue: a message rings for its own pump alone. Each pump that is woken for nothing
/// asks the table twice, so one bell for all of them costs more than most messages' work.
#[derive(Clone, Debug, Default)]
pub struct Bells(Arc<Mutex<HashMap<QueueName, Arc<Notify>>>>);

impl Bells {
    /// The bell of a queue.
    pub fn of(&self, queue: &QueueName) -> Arc<Notify> {
        let mut bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(bells.entry(queue.clone()).or_default())
    }
}

/// Wraps an engine.
pub struct WakingQueue {
    inner: Arc<dyn Queue>,
    bells: Bells,
}

impl WakingQueue {
    /// Rings the queue's bell after each send.
    pub fn new(inner: Arc<dyn Queue>, bells: Bells) -> Self {
        Self { inner, bells }
    }
}

#[async_trait]
impl Queue for WakingQueue {
    async fn send(&self, queue: &QueueName, body: String, delay: Duration) -> Result<()> {
        self.inner.send(queue, body, delay).await?;
        self.bells.of(queue).notify_waiters();
        Ok(())
    }

    async fn send_all(&self, queue: &QueueName, bodies: Vec<String>) -> Result<()> {
        self.inner.send_all(queue, bodies).await?;
        self.bells.of(queue).notify_waiters();
        Ok(())
    }

    async fn receive(&self, queue: &QueueName, most: u32, visibility: Duration) -> Result<Vec<Received>> {
        self.inner.receive(queue, most, visibility).await
    }

    async fn delete(&self, queue: &QueueName, receipt: &str) -> Result<()> {
        self.inner.delete(queue, receipt).await
    }

    async fn delete_all(&self, queue: &QueueName, receipts: &[String]) -> Result<()> {
        self.inner.delete_all(queue, receipts).await
    }

    async fn release(&self, queue: &QueueName, receipt: &str, delay: Duration) -> Result<()> {
        self.inner.release(queue, receipt, delay).await
    }

    async fn backlog(&self, queue: &QueueName) -> Result<QueueBacklog> {
        self.inner.backlog(queue).await
    }
}
