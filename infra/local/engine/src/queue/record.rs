//! A message as a record.

use aws_sdk_dynamodb::types::AttributeValue;
use tenon_platform::error::{Error, Result};
use tenon_platform::queue::QueueName;
use tenon_platform::table::engine::Item as Attributes;

/// A message as stored.
pub(super) struct Message {
    pub id: String,
    pub body: String,
    pub receives: u32,
    /// Receives that its process did not live to answer for, and that do not count.
    pub deaths: u32,
    pub sent_ms: i64,
    /// The index entry's sort key; a write that names it cannot undo another's.
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
        Ok(Self {
            id: take("pk")?,
            body: take("body")?,
            receives: take("receives")?.parse().map_err(|_| broken("receives"))?,
            deaths,
            sent_ms: take("sent_ms")?.parse().map_err(|_| broken("sent_ms"))?,
            place: take("gsi1sk")?,
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
}

fn broken(attribute: &str) -> Error {
    Error::permanent(
        "engine.queue",
        format!("a record of the queue table has no usable {attribute}; was it edited by hand?"),
    )
}

/// A new message.
pub(super) fn item(queue: &QueueName, id: &str, visible_ms: i64, sent_ms: i64, body: String) -> Attributes {
    let mut item = key(id);
    item.insert("gsi1pk".to_owned(), text(queue.as_str()));
    item.insert("gsi1sk".to_owned(), text(place(visible_ms, id)));
    item.insert("body".to_owned(), text(body));
    item.insert("receives".to_owned(), number(0));
    item.insert("sent_ms".to_owned(), number(sent_ms));
    item
}

pub(super) fn key(id: &str) -> Attributes {
    Attributes::from([("pk".to_owned(), text(id)), ("sk".to_owned(), text("-"))])
}

/// Where a message stands in its queue: by the time it becomes visible, then by sending.
pub(super) fn place(visible_ms: i64, id: &str) -> String {
    format!("{visible_ms:015}#{id}")
}

/// The receipt of one receive.
pub(super) fn receipt(id: &str, receives: u32) -> String {
    format!("{id}.{receives}")
}

/// What a receipt stands for.
pub(super) fn of_receipt(receipt: &str) -> Result<(&str, u32)> {
    receipt.split_once('.').and_then(|(id, receives)| Some((id, receives.parse().ok()?))).ok_or_else(|| {
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
