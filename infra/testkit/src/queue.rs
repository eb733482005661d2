//! Events of SQS, and a worker's turn at a queue.

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use std::time::Duration;
use tenon_platform::Context;
use tenon_platform::consumer::{Worker, consume};
use tenon_platform::queue::{QueueName, Received};

/// One message as a function receives it.
pub fn sqs_message(id: &str, body: &str) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some(id.to_owned());
    message.body = Some(body.to_owned());
    message
}

/// Messages as a function receives them.
pub fn sqs_event(messages: &[Received]) -> SqsEvent {
    let mut event = SqsEvent::default();
    for received in messages {
        let mut message = sqs_message(&received.id, &received.body);
        message.receipt_handle = Some(received.receipt.clone());
        message.attributes.insert("ApproximateReceiveCount".to_owned(), received.receives.to_string());
        event.records.push(message);
    }
    event
}

/// One batch of a queue through its worker, as the event source mapping does it: what did not fail is deleted, the
/// rest comes again. How many messages it had; none when the queue cannot be read.
pub async fn pump(ctx: &Context, queue: &QueueName, worker: &dyn Worker, visibility: Duration) -> usize {
    let Ok(messages) = ctx.queue.receive(queue, 10, visibility).await else { return 0 };
    if messages.is_empty() {
        return 0;
    }
    let response = consume(ctx, queue, worker, sqs_event(&messages)).await;
    let failed: Vec<String> = response.batch_item_failures.into_iter().map(|f| f.item_identifier).collect();
    for message in messages.iter().filter(|m| !failed.contains(&m.id)) {
        // A process that died leaves it to come again.
        let _ = ctx.queue.delete(queue, &message.receipt).await;
    }
    messages.len()
}
