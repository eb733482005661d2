//! What follows from a consumer's settings for its queue.

use crate::function::{camel, url_variable};

/// How a consumer takes messages, and what is said when they wait or are given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Messages in one batch, at most.
    pub batch_size: u32,
    /// Batches worked on at the same time, at most: what stands behind them is the narrow place.
    pub max_concurrency: u32,
    /// Seconds the oldest message may wait before somebody is told.
    pub oldest_seconds: u32,
    /// What a message in the dead-letter queue means, and what to do.
    pub remedy: &'static str,
}

/// A queue with its dead-letter queue and its consumer's settings. Both are prefixed with the stack's name when
/// deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSpec {
    /// Name; its consumer's too.
    pub name: &'static str,
    /// Seconds a batch is waited for to fill.
    pub window_seconds: u32,
    /// Visibility timeout in seconds: six times the consumer's timeout and the window, as Lambda asks for, so that
    /// a throttled batch is not handed out again while it is still being retried.
    pub visibility_seconds: u32,
    /// Receives after which SQS moves a message to the dead-letter queue: well beyond those after which the
    /// consumer gives it up with a reason.
    pub max_receive_count: u32,
    /// Messages in one batch, at most.
    pub batch_size: u32,
    /// Batches worked on at the same time, at most.
    pub max_concurrency: u32,
    /// Seconds the oldest message may wait before somebody is told.
    pub oldest_seconds: u32,
    /// What a message in the dead-letter queue means, and what to do.
    pub remedy: &'static str,
}

impl QueueSpec {
    pub(crate) const fn of(name: &'static str, timeout_seconds: u32, settings: Settings) -> Self {
        // Lambda refuses a larger batch without a window to fill it in.
        let window_seconds = if settings.batch_size > 10 { 1 } else { 0 };
        Self {
            name,
            window_seconds,
            visibility_seconds: 6 * timeout_seconds + window_seconds,
            max_receive_count: 10,
            batch_size: settings.batch_size,
            max_concurrency: settings.max_concurrency,
            oldest_seconds: settings.oldest_seconds,
            remedy: settings.remedy,
        }
    }

    /// Name of its dead-letter queue.
    #[must_use]
    pub fn dead_letter(&self) -> String {
        format!("{}-dlq", self.name)
    }

    /// Logical id of the queue in its consumer's template.
    #[must_use]
    pub fn logical_id(&self) -> String {
        format!("{}Queue", camel(self.name))
    }

    /// Logical id of its dead-letter queue.
    #[must_use]
    pub fn dead_letter_logical_id(&self) -> String {
        format!("{}Dlq", camel(self.name))
    }

    /// Environment variable that holds the queue's URL.
    #[must_use]
    pub fn url_env(&self) -> String {
        url_variable(self.name)
    }

    /// Environment variable that holds the dead-letter queue's URL.
    #[must_use]
    pub fn dead_letter_url_env(&self) -> String {
        url_variable(&self.dead_letter())
    }
}

/// `webhook-fan-out` as `WEBHOOK_FAN_OUT`.
pub(crate) fn screaming(name: &str) -> String {
    name.replace('-', "_").to_ascii_uppercase()
}
