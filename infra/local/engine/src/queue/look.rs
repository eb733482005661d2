//! Looking at queues without receiving from them.

use super::record::{Message, text};
use super::{FREE_DEATHS, TableQueue, failed, record, values};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Select;
use tenon_platform::error::{Error, Result};
use tenon_platform::queue::QueueName;
use tenon_platform::table::engine::Wanted;

/// Messages that are looked through for the oldest, at most.
const LOOKED_THROUGH: u32 = 1_000;

/// How many messages a queue holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// To be had now.
    pub visible: usize,
    /// Delayed, or received and neither deleted nor released.
    pub hidden: usize,
}

impl Depth {
    /// All of them.
    pub fn total(self) -> usize {
        self.visible + self.hidden
    }
}

/// A message as seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peeked {
    /// The message's id.
    pub id: String,
    /// The body.
    pub body: String,
    /// How often it was received.
    pub receives: u32,
    /// Epoch ms it was sent.
    pub sent_ms: i64,
    /// Epoch ms from which it is handed out.
    pub visible_ms: i64,
}

impl TableQueue {
    /// How many messages a queue holds.
    pub async fn depth(&self, queue: &QueueName) -> Result<Depth> {
        let boundary = record::place(self.clock.now_ms() + 1, "");
        Ok(Depth {
            visible: self.count(queue, "sk < :boundary", &boundary).await?,
            hidden: self.count(queue, "sk >= :boundary", &boundary).await?,
        })
    }

    /// The first messages of a queue by the time they become visible, hidden ones included.
    pub async fn peek(&self, queue: &QueueName, most: u32) -> Result<Vec<Peeked>> {
        let seen = self.first(queue, most).await?.into_iter().map(|message| {
            let (receives, visible_ms) = (message.counted(), message.visible_ms());
            Peeked { id: message.id, body: message.body, receives, sent_ms: message.sent_ms, visible_ms }
        });
        Ok(seen.collect())
    }

    async fn first(&self, queue: &QueueName, most: u32) -> Result<Vec<Message>> {
        let mut wanted = Wanted {
            index: None,
            condition: "pk = :queue".to_owned(),
            values: values([(":queue", text(queue.as_str()))]),
            backwards: false,
            limit: Some(most.clamp(1, i32::MAX.unsigned_abs())),
            start: None,
        };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut seen = Vec::new();
        while seen.len() < most {
            let page = self.engine.query(&self.table, wanted.clone()).await;
            let page = page.map_err(|e| failed("look into", queue, &e))?;
            for item in page.items {
                seen.push(Message::read(item)?);
            }
            match page.next.filter(|key| !key.is_empty()) {
                Some(next) => wanted.start = Some(next),
                None => break,
            }
        }
        seen.truncate(most);
        Ok(seen)
    }

    /// Epoch ms at which the oldest message was sent, of the first thousand that become visible.
    pub(super) async fn oldest(&self, queue: &QueueName) -> Result<Option<i64>> {
        Ok(self.first(queue, LOOKED_THROUGH).await?.into_iter().map(|message| message.sent_ms).min())
    }

    /// Epoch ms at which the next message of the queue is due, which may be past; `None` when the
    /// queue is empty.
    pub async fn next_visible_at(&self, queue: &QueueName) -> Result<Option<i64>> {
        Ok(self.peek(queue, 1).await?.first().map(|m| m.visible_ms))
    }

    /// Hands out again what a process that is dead had received and not answered for; only for a
    /// process that is alone on its table. Returns how many messages it was.
    ///
    /// A process killed with many messages in hand says nothing against any of them, so the receive does
    /// not count, [`FREE_DEATHS`] times: one of them may be what kills every process that takes it.
    pub async fn recover(&self, queue: &QueueName) -> Result<usize> {
        let now = self.clock.now_ms();
        let mut recovered = 0;
        for message in self.first(queue, u32::MAX).await? {
            if message.receives > 0 && message.visible_ms() > now {
                self.give_back(queue, &message, now).await?;
                recovered += 1;
            }
        }
        Ok(recovered)
    }

    async fn give_back(&self, queue: &QueueName, message: &Message, now: i64) -> Result<()> {
        let deaths = if message.deaths < FREE_DEATHS { message.deaths + 1 } else { message.deaths };
        let free = Message { deaths, place: record::place(now, &message.id), ..message.clone() };
        self.put(queue, "recover from", message, (queue, free)).await?;
        self.held().remove(&message.id);
        Ok(())
    }

    async fn count(&self, queue: &QueueName, which: &str, boundary: &str) -> Result<usize> {
        let request = self
            .of(queue)
            .key_condition_expression(format!("pk = :queue AND {which}"))
            .expression_attribute_values(":boundary", text(boundary))
            .select(Select::Count);
        let mut pages = request.into_paginator().send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| unseen(queue, &e))?;
            count += usize::try_from(page.count()).unwrap_or(0);
        }
        Ok(count)
    }

    fn of(&self, queue: &QueueName) -> QueryFluentBuilder {
        let request = self.client.query().table_name(&self.table).consistent_read(true);
        request.expression_attribute_values(":queue", text(queue.as_str()))
    }
}

fn unseen<E>(queue: &QueueName, error: &SdkError<E>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    Error::transient("engine.queue", DisplayErrorContext(error).to_string()).during(format!("look into {queue}"))
}
