//! A message as a record: its queue is the partition, and its place in it the sort key.

use aws_sdk_dynamodb::types::AttributeValue;
use tenon_platform::error::{Error, Result};
use tenon_platform::queue::QueueName;
use tenon_platform::table::engine::Item as Attributes;

/// A message as stored.
#[derive(Clone)]
pub(super) struct Message {
    pub id: String,
    pub body: String,
    pub receives: u32,
    /// Receives that its process did not live to answer for, and that do not count.
    pub deaths: u32,
    pub sent_ms: i64,
    /// Where it stands in its queue.
    pub place: String,
}

impl Message {
    pub fn read(mut item: Attributes) -> Result<Self> {
        // Absent until a process dies over the message.
        let deaths = match item.remove("deaths") {
            Some(AttributeValue::N(text)) => text.parse().map_err(|_| broken("deaths"))?,
            _ => 0,
        };
        let mut take = |name: &str| match item.remove(name) {
            Some(AttributeValue::S(text) | AttributeValue::N(text)) => Ok(text),
            _ => Err(broken(name)),
        };
        let place = take("sk")?;
        Ok(Self {
            id: id_of(&place).ok_or_else(|| broken("sk"))?.to_owned(),
            body: take("body")?,
            receives: take("receives")?.parse().map_err(|_| broken("receives"))?,
            deaths,
            sent_ms: take("sent_ms")?.parse().map_err(|_| broken("sent_ms"))?,
            place,
        })
    }

    /// The receives that count.
    pub fn counted(&self) -> u32 {
        self.receives.saturating_sub(self.deaths)
    }

    /// Epoch ms from which the message is handed out.
    pub fn visible_ms(&self) -> i64 {
        self.place.split_once('#').and_then(|(ms, _)| ms.parse().ok()).unwrap_or(0)
    }

    /// The record, in this queue.
    pub fn into_item(self, queue: &QueueName) -> Attributes {
        let Self { id: _, body, receives, deaths, sent_ms, place } = self;
        let mut item = key(queue, &place);
        item.insert("body".to_owned(), text(body));
        item.insert("receives".to_owned(), number(receives));
        item.insert("sent_ms".to_owned(), number(sent_ms));
        if deaths > 0 {
            item.insert("deaths".to_owned(), number(deaths));
        }
        item
    }
}

fn broken(attribute: &str) -> Error {
    Error::permanent(
        "engine.queue",
        format!("a record of the queue table has no usable {attribute}; was it edited by hand?"),
    )
}

pub(super) fn key(queue: &QueueName, place: &str) -> Attributes {
    Attributes::from([("pk".to_owned(), text(queue.as_str())), ("sk".to_owned(), text(place))])
}

/// Where a message stands in its queue: by the time it becomes visible, then by sending.
pub(super) fn place(visible_ms: i64, id: &str) -> String {
    format!("{visible_ms:015}#{id}")
}

/// Which message stands at a place.
pub(super) fn id_of(place: &str) -> Option<&str> {
    place.split_once('#').map(|(_, id)| id)
}

/// The receipt of one receive, by which the message was put at this place.
pub(super) fn receipt(place: &str, receives: u32) -> String {
    format!("{place}.{receives}")
}

/// What a receipt stands for: a place, and how often its message was received.
pub(super) fn of_receipt(receipt: &str) -> Result<(&str, u32)> {
    let parts = receipt.rsplit_once('.').and_then(|(place, receives)| Some((place, receives.parse().ok()?)));
    parts.filter(|(place, _)| id_of(place).is_some()).ok_or_else(|| {
        Error::permanent(
            "engine.queue",
            format!("{receipt:?} is no receipt of this engine; give the one that was received"),
        )
    })
}

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(n: impl ToString) -> AttributeValue {
    AttributeValue::N(n.to_string())
}
