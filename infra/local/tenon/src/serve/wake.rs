//! A queue that wakes its pump, so that a message sent in this process is worked on at once.

use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use tenon_platform::Result;
use tenon_platform::queue::{Queue, QueueName, Received};
use tokio::sync::Notify;

/// Wraps an engine.
pub struct WakingQueue {
    inner: Arc<dyn Queue>,
    wake: Arc<Notify>,
}

impl WakingQueue {
    /// Notifies `wake` after each send.
    pub fn new(inner: Arc<dyn Queue>, wake: Arc<Notify>) -> Self {
        Self { inner, wake }
    }
}

#[async_trait]
impl Queue for WakingQueue {
    async fn send(&self, queue: &QueueName, body: String, delay: Duration) -> Result<()> {
        self.inner.send(queue, body, delay).await?;
        self.wake.notify_waiters();
        Ok(())
    }

    async fn send_all(&self, queue: &QueueName, bodies: Vec<String>) -> Result<()> {
        self.inner.send_all(queue, bodies).await?;
        self.wake.notify_waiters();
        Ok(())
    }

    async fn receive(&self, queue: &QueueName, most: u32, visibility: Duration) -> Result<Vec<Received>> {
        self.inner.receive(queue, most, visibility).await
    }

    async fn delete(&self, queue: &QueueName, receipt: &str) -> Result<()> {
        self.inner.delete(queue, receipt).await
    }

    async fn release(&self, queue: &QueueName, receipt: &str, delay: Duration) -> Result<()> {
        self.inner.release(queue, receipt, delay).await
    }
}
