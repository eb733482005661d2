//! The SQS engine.

use crate::error::{Error, Result};
use crate::queue::{Queue, QueueBacklog, QueueName, Received};
use crate::settings::Settings;
use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry};
use std::time::Duration;

/// Queues in SQS, by the URLs of the settings.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    settings: Settings,
}

impl SqsQueue {
    /// Wraps a client.
    pub fn new(client: Client, settings: Settings) -> Self {
        Self { client, settings }
    }

    fn failed(queue: &QueueName, doing: &str, error: impl std::error::Error) -> Error {
        Error::transient("platform.queue", DisplayErrorContext(error).to_string()).during(format!("{doing} {queue}"))
    }
}

/// SQS counts delays and visibility in whole seconds; rounding up never comes too early.
fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(i32::MAX)
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, queue: &QueueName, body: String, delay: Duration) -> Result<()> {
        let url = self.settings.queue_url(queue)?;
        let request = self.client.send_message().queue_url(url).set_message_group_id(group_of(&body));
        let request = request.message_body(body).delay_seconds(seconds(delay));
        request.send().await.map_err(|e| Self::failed(queue, "send to", e))?;
        Ok(())
    }

    async fn send_all(&self, queue: &QueueName, bodies: Vec<String>) -> Result<()> {
        let url = self.settings.queue_url(queue)?;
        for group in group(bodies) {
            let mut request = self.client.send_message_batch().queue_url(url);
            for (index, body) in group.into_iter().enumerate() {
                let entry = SendMessageBatchRequestEntry::builder().id(index.to_string());
                let entry = entry.set_message_group_id(group_of(&body)).message_body(body).build();
                request = request.entries(entry.map_err(|e| Self::failed(queue, "send to", e))?);
            }
            let answer = request.send().await.map_err(|e| Self::failed(queue, "send to", e))?;
            if let Some(refused) = answer.failed().first() {
                let why = refused.message().unwrap_or_else(|| refused.code());
                return Err(Error::transient("platform.queue", format!("a message of a batch was refused: {why}"))
                    .during(format!("send to {queue}")));
            }
        }
        Ok(())
    }

    async fn receive(&self, queue: &QueueName, most: u32, visibility: Duration) -> Result<Vec<Received>> {
        let url = self.settings.queue_url(queue)?;
        let answer = self
            .client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(i32::try_from(most.clamp(1, 10)).unwrap_or(10))
            .visibility_timeout(seconds(visibility))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .map_err(|e| Self::failed(queue, "receive from", e))?;
        Ok(answer
            .messages()
            .iter()
            .map(|m| {
                let attribute = |name| m.attributes().and_then(|a| a.get(&name)).and_then(|v| v.parse::<i64>().ok());
                Received {
                    id: m.message_id().unwrap_or_default().to_owned(),
                    receipt: m.receipt_handle().unwrap_or_default().to_owned(),
                    body: m.body().unwrap_or_default().to_owned(),
                    receives: attribute(MessageSystemAttributeName::ApproximateReceiveCount)
                        .and_then(|n| u32::try_from(n).ok())
                        .unwrap_or(1),
                    sent_ms: attribute(MessageSystemAttributeName::SentTimestamp).unwrap_or(0),
                }
            })
            .collect())
    }

    async fn delete(&self, queue: &QueueName, receipt: &str) -> Result<()> {
        let request = self.client.delete_message().queue_url(self.settings.queue_url(queue)?).receipt_handle(receipt);
        request.send().await.map_err(|e| Self::failed(queue, "delete from", e))?;
        Ok(())
    }

    async fn release(&self, queue: &QueueName, receipt: &str, delay: Duration) -> Result<()> {
        let request = self
            .client
            .change_message_visibility()
            .queue_url(self.settings.queue_url(queue)?)
            .receipt_handle(receipt)
            .visibility_timeout(seconds(delay));
        request.send().await.map_err(|e| Self::failed(queue, "release to", e))?;
        Ok(())
    }

    /// The age of the oldest message is a metric of CloudWatch's and no attribute; the command asks there.
    async fn backlog(&self, queue: &QueueName) -> Result<QueueBacklog> {
        let request = self.client.get_queue_attributes().queue_url(self.settings.queue_url(queue)?);
        let request = request.set_attribute_names(Some(COUNTS.to_vec()));
        let answer = request.send().await.map_err(|e| Self::failed(queue, "look into", e))?;
        let counted = answer.attributes().into_iter().flat_map(|found| found.values());
        Ok(QueueBacklog { messages: counted.filter_map(|count| count.parse::<u64>().ok()).sum(), oldest_ms: None })
    }
}

/// The counts of a queue.
const COUNTS: [QueueAttributeName; 3] = [
    QueueAttributeName::ApproximateNumberOfMessages,
    QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
];

/// The group an envelope names, for SQS's fair queues; at most 128 letters, digits and signs.
fn group_of(body: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Grouped {
        #[serde(default)]
        group: Option<String>,
    }
    let group = serde_json::from_str::<Grouped>(body).ok()?.group?;
    let group: String = group.chars().map(|c| if c.is_ascii_graphic() { c } else { '-' }).take(128).collect();
    (!group.is_empty()).then_some(group)
}

/// Batches of at most ten messages and 256 KB, which every version of SQS takes.
fn group(bodies: Vec<String>) -> Vec<Vec<String>> {
    const LIMIT: usize = 256 * 1024;
    let mut groups: Vec<Vec<String>> = Vec::new();
    let mut size = 0;
    for body in bodies {
        match groups.last_mut() {
            Some(last) if last.len() < 10 && size + body.len() <= LIMIT => {
                size += body.len();
                last.push(body);
            }
            _ => {
                size = body.len();
                groups.push(vec![body]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_within_ten_messages_and_the_size() {
        let small = group(vec!["x".to_owned(); 25]);
        assert_eq!(small.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
        let large = group(vec!["x".repeat(150 * 1024); 3]);
        assert_eq!(large.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1]);
    }

    #[test]
    fn an_envelope_names_its_group() {
        assert_eq!(group_of(r#"{"v":1,"group":"b1-main"}"#).as_deref(), Some("b1-main"));
        assert_eq!(group_of(r#"{"v":1,"group":"采 购"}"#).as_deref(), Some("---"));
        assert_eq!(group_of(r#"{"v":1}"#), None);
        assert_eq!(group_of("no JSON"), None);
    }

    #[test]
    fn a_delay_never_ends_early() {
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::from_millis(2_000)), 2);
        assert_eq!(seconds(Duration::ZERO), 0);
    }
}
