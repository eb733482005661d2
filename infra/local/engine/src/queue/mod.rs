//! Queues kept in a table, for the local run: what they hold survives `kill -9`, which no SQS that
//! can be embedded does.
//!
//! A message is one record. Its index entry is the queue and the time it becomes visible, so that
//! receiving, releasing and setting aside each are one conditional write that moves the entry. A
//! process may die between any two of them: the message then is where the last one left it.

mod look;
mod record;

pub use look::{Depth, Peeked};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use record::{Message, number, text};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tenon_platform::clock::{Clock, millis};
use tenon_platform::entropy::Entropy;
use tenon_platform::error::{Error, Result};
use tenon_platform::queue::{LONGEST_DELAY, Queue, QueueBacklog, QueueName, Received};
use tenon_platform::table::INDEX;
use tenon_platform::table::engine::{Change, Changed, Engine, Item, Wanted, WriteFailure};

/// How often a message is handed out before it is set aside, unless told otherwise; as in the
/// deployment template.
pub const MAX_RECEIVES: u32 = 10;

/// Deaths of its process that a message survives without being counted as received.
pub const FREE_DEATHS: u32 = 20;

/// Messages sent or deleted in one write of the engine, at most: as many as a transaction may have.
const MAX_AT_ONCE: usize = 100;
/// Bytes of messages sent in one write, at most, or about so: the engine takes 4 MB.
const MAX_BYTES: usize = 2 << 20;

/// A message that is still where it was seen.
const AT_ITS_PLACE: &str = "gsi1pk = :queue AND gsi1sk = :from";
/// A message that nobody else received since.
const AS_RECEIVED: &str = "gsi1pk = :queue AND receives = :receives";

/// How often a receive looks again when others took what it had seen.
const LOOKS: u32 = 4;

/// Queues in one table of the layout that [`create_table`](crate::create_table) makes.
#[derive(Clone, Debug)]
pub struct TableQueue {
    /// For counting messages, which nothing waits for.
    client: Client,
    /// For the messages' way.
    engine: Arc<dyn Engine>,
    table: String,
    clock: Clock,
    entropy: Entropy,
    max_receives: BTreeMap<QueueName, u32>,
    sequence: Arc<AtomicU32>,
    /// Messages handed out in this process and not answered for, and until when by elapsed time.
    held: Arc<Mutex<HashMap<String, i64>>>,
}

impl TableQueue {
    /// Queues in this table.
    pub fn new(client: Client, table: impl Into<String>, clock: Clock, entropy: Entropy) -> Self {
        let sequence = Arc::new(AtomicU32::new(0));
        let (held, engine) = (Arc::default(), Arc::new(client.clone()));
        Self { client, engine, table: table.into(), clock, entropy, max_receives: BTreeMap::new(), sequence, held }
    }

    /// The same queues, sent to and received from by this engine.
    #[must_use]
    pub fn over(mut self, engine: Arc<dyn Engine>) -> Self {
        self.engine = engine;
        self
    }

    /// Sets how often a message of this queue is handed out before it goes to
    /// [`QueueName::dead_letters`].
    #[must_use]
    pub fn with_max_receives(mut self, queue: QueueName, times: u32) -> Self {
        self.max_receives.insert(queue, times);
        self
    }

    /// The same queues with other randomness.
    #[must_use]
    pub fn with_entropy(mut self, entropy: Entropy) -> Self {
        self.entropy = entropy;
        self
    }

    /// The most receives of a queue; a queue of dead letters has no end.
    fn most_receives(&self, queue: &QueueName) -> u32 {
        let default = if queue.as_str().ends_with("-dlq") { u32::MAX } else { MAX_RECEIVES };
        self.max_receives.get(queue).copied().unwrap_or(default)
    }

    /// An id that sorts by the time of sending and, within one process, by the order of sending.
    fn new_id(&self, now_ms: i64) -> Result<String> {
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        let random = tenon_crypto::digest::hex_lower(&self.entropy.bytes::<5>()?);
        Ok(format!("m-{now_ms:011x}{sequence:08x}{random}"))
    }

    /// Messages that are visible by now, longest visible first.
    async fn due(&self, queue: &QueueName, most: u32) -> Result<Vec<Message>> {
        let wanted = Wanted {
            index: Some(INDEX),
            condition: "gsi1pk = :queue AND gsi1sk < :after".to_owned(),
            values: values([
                (":queue", text(queue.as_str())),
                (":after", text(record::place(self.clock.now_ms() + 1, ""))),
            ]),
            backwards: false,
            limit: Some(most),
            start: None,
        };
        let found = self.engine.query(&self.table, wanted).await.map_err(|e| failed("receive from", queue, &e))?;
        found.items.into_iter().map(Message::read).collect()
    }

    /// Takes messages for this receiver, without those that somebody else was first at.
    async fn take(&self, queue: &QueueName, messages: Vec<Message>, visibility: Duration) -> Result<Vec<Received>> {
        let hidden_until = self.clock.now_ms() + millis(visibility);
        let takes = messages.iter().map(|m| self.takes(queue, m, hidden_until)).collect();
        let taken = self.each_or_all(queue, "receive from", takes).await?;
        let held_until = self.clock.elapsed_ms() + millis(visibility);
        let received = messages.into_iter().zip(taken).filter(|(_, taken)| *taken).map(|(message, _)| {
            self.held().insert(message.id.clone(), held_until);
            let receipt = record::receipt(&message.id, message.receives + 1);
            let receives = message.counted() + 1;
            Received { id: message.id, receipt, body: message.body, receives, sent_ms: message.sent_ms }
        });
        Ok(received.collect())
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hides what this process holds and the wall clock, set ahead, shows as free. Returns the others.
    async fn without_held(&self, queue: &QueueName, due: Vec<Message>) -> Result<Vec<Message>> {
        let elapsed = self.clock.elapsed_ms();
        let mut free = Vec::with_capacity(due.len());
        for message in due {
            let until = self.held().get(&message.id).copied().filter(|until| *until > elapsed);
            let Some(until) = until else {
                free.push(message);
                continue;
            };
            let to = record::place(self.clock.now_ms() + until - elapsed, &message.id);
            let moved =
                values([(":to", text(to)), (":queue", text(queue.as_str())), (":from", text(message.place.clone()))]);
            self.update(queue, "receive from", &message.id, "SET gsi1sk = :to", AT_ITS_PLACE, moved).await?;
        }
        Ok(free)
    }

    fn release(&self, receipt: &str) -> Result<()> {
        self.held().remove(record::of_receipt(receipt)?.0);
        Ok(())
    }

    fn takes(&self, queue: &QueueName, message: &Message, hidden_until: i64) -> Changed {
        let values = values([
            (":to", text(record::place(hidden_until, &message.id))),
            (":receives", number(message.receives + 1)),
            (":queue", text(queue.as_str())),
            (":from", text(message.place.clone())),
        ]);
        changed(&message.id, "SET gsi1sk = :to, receives = :receives", AT_ITS_PLACE, values)
    }

    fn deletes(&self, queue: &QueueName, receipt: &str) -> Result<Changed> {
        let (id, receives) = record::of_receipt(receipt)?;
        Ok(Changed {
            change: Change::Delete(record::key(id)),
            condition: Some(AS_RECEIVED.to_owned()),
            names: HashMap::new(),
            values: values([(":queue", text(queue.as_str())), (":receives", number(receives))]),
        })
    }

    /// Carries out writes of distinct messages and says of each whether its condition held. In the
    /// usual case that all hold it is one write of the engine; when one does not, each is its own.
    async fn each_or_all(&self, queue: &QueueName, doing: &str, writes: Vec<Changed>) -> Result<Vec<bool>> {
        let all: Arc<[Changed]> = writes.into();
        if all.is_empty() || self.transact(queue, doing, Arc::clone(&all)).await? {
            return Ok(vec![true; all.len()]);
        }
        if all.len() == 1 {
            return Ok(vec![false]);
        }
        let mut held = Vec::with_capacity(all.len());
        for write in all.iter() {
            held.push(self.transact(queue, doing, [write.clone()]).await?);
        }
        Ok(held)
    }

    /// Whether the conditions of all held, and all were carried out.
    async fn transact(&self, queue: &QueueName, doing: &str, writes: impl Into<Arc<[Changed]>>) -> Result<bool> {
        match self.engine.transact(&self.table, writes.into()).await {
            Ok(()) => Ok(true),
            Err(WriteFailure::Cancelled(codes)) if conditions_failed(&codes) => Ok(false),
            Err(other) => Err(failed(doing, queue, &other.into_error())),
        }
    }

    /// Changes one message, and says whether it was as the condition wants it.
    async fn update(
        &self,
        queue: &QueueName,
        doing: &str,
        id: &str,
        expression: &str,
        condition: &str,
        values: Item,
    ) -> Result<bool> {
        match self.engine.change(&self.table, Arc::new(changed(id, expression, condition, values))).await {
            Ok(_) => Ok(true),
            Err(WriteFailure::Condition(_)) => Ok(false),
            Err(other) => Err(failed(doing, queue, &other.into_error())),
        }
    }

    /// Moves a message to the dead letters, where it is counted afresh.
    async fn set_aside(&self, queue: &QueueName, message: &Message) -> Result<()> {
        let place = text(record::place(self.clock.now_ms(), &message.id));
        let values = values([
            (":to", text(queue.dead_letters().as_str())),
            (":place", place),
            (":none", number(0)),
            (":queue", text(queue.as_str())),
            (":from", text(message.place.clone())),
        ]);
        let expression = "SET gsi1pk = :to, gsi1sk = :place, receives = :none REMOVE deaths";
        if self.update(queue, "set aside from", &message.id, expression, AT_ITS_PLACE, values).await? {
            tracing::warn!(queue = %queue, message.id, "a message was set aside: it was received too often");
        }
        Ok(())
    }
}

#[async_trait]
impl Queue for TableQueue {
    async fn send(&self, queue: &QueueName, body: String, delay: Duration) -> Result<()> {
        if delay > LONGEST_DELAY {
            return Err(Error::permanent(
                "engine.queue",
                "SQS delays a message 15 minutes at most; give it a due time",
            )
            .during(format!("send to {queue}")));
        }
        let now = self.clock.now_ms();
        let id = self.new_id(now)?;
        let item = record::item(queue, &id, now + millis(delay), now, body);
        let sent = self.engine.change(&self.table, Arc::new(put(item))).await;
        sent.map(|_| ()).map_err(|e| failed("send to", queue, &e.into_error()))
    }

    async fn send_all(&self, queue: &QueueName, bodies: Vec<String>) -> Result<()> {
        let now = self.clock.now_ms();
        let (mut puts, mut bytes) = (Vec::new(), 0);
        for body in bodies {
            if !puts.is_empty() && (puts.len() == MAX_AT_ONCE || bytes + body.len() > MAX_BYTES) {
                self.transact(queue, "send to", std::mem::take(&mut puts)).await?;
                bytes = 0;
            }
            bytes += body.len();
            let id = self.new_id(now)?;
            puts.push(put(record::item(queue, &id, now, now, body)));
        }
        if !puts.is_empty() {
            self.transact(queue, "send to", puts).await?;
        }
        Ok(())
    }

    async fn receive(&self, queue: &QueueName, most: u32, visibility: Duration) -> Result<Vec<Received>> {
        // SQS hands out ten at most; a handler must not come to rely on more.
        let most = most.clamp(1, 10);
        let mut received = Vec::new();
        for _ in 0..LOOKS {
            let wanted = most.saturating_sub(u32::try_from(received.len()).unwrap_or(most));
            let due = self.due(queue, wanted).await?;
            let seen = u32::try_from(due.len()).unwrap_or(most);
            let before = received.len();
            let due = self.without_held(queue, due).await?;
            let (spent, due): (Vec<_>, Vec<_>) =
                due.into_iter().partition(|m| m.counted() >= self.most_receives(queue));
            for message in spent {
                self.set_aside(queue, &message).await?;
            }
            received.extend(self.take(queue, due, visibility).await?);
            let took = u32::try_from(received.len() - before).unwrap_or(seen);
            if took == wanted || took == seen {
                break;
            }
        }
        Ok(received)
    }

    async fn delete(&self, queue: &QueueName, receipt: &str) -> Result<()> {
        // A receipt that no longer counts deletes nothing, as in SQS.
        self.transact(queue, "delete from", vec![self.deletes(queue, receipt)?]).await?;
        self.release(receipt)
    }

    async fn delete_all(&self, queue: &QueueName, receipts: &[String]) -> Result<()> {
        for receipts in receipts.chunks(MAX_AT_ONCE) {
            let deletes = receipts.iter().map(|r| self.deletes(queue, r)).collect::<Result<_>>()?;
            self.each_or_all(queue, "delete from", deletes).await?;
            receipts.iter().try_for_each(|receipt| self.release(receipt))?;
        }
        Ok(())
    }

    async fn release(&self, queue: &QueueName, receipt: &str, delay: Duration) -> Result<()> {
        let (id, receives) = record::of_receipt(receipt)?;
        let place = record::place(self.clock.now_ms() + millis(delay), id);
        let values = values([(":to", text(place)), (":queue", text(queue.as_str())), (":receives", number(receives))]);
        self.update(queue, "release to", id, "SET gsi1sk = :to", AS_RECEIVED, values).await?;
        self.release(receipt)
    }

    async fn backlog(&self, queue: &QueueName) -> Result<QueueBacklog> {
        Ok(QueueBacklog { messages: self.depth(queue).await?.total() as u64, oldest_ms: self.oldest(queue).await? })
    }
}

/// A new message.
fn put(item: Item) -> Changed {
    Changed { change: Change::Put(item), condition: None, names: HashMap::new(), values: Item::new() }
}

/// A change of one message.
fn changed(id: &str, expression: &str, condition: &str, values: Item) -> Changed {
    Changed {
        change: Change::Update { key: record::key(id), expression: expression.to_owned() },
        condition: Some(condition.to_owned()),
        names: HashMap::new(),
        values,
    }
}

fn values<const N: usize>(values: [(&str, AttributeValue); N]) -> Item {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Whether a transaction was refused because of its conditions, and of nothing else.
fn conditions_failed(codes: &[String]) -> bool {
    let mut failed = codes.iter().filter(|code| *code != "None").peekable();
    failed.peek().is_some() && failed.all(|code| code == "ConditionalCheckFailed")
}

fn failed(doing: &str, queue: &QueueName, error: &Error) -> Error {
    let of_ours = error.vendor_code.as_deref() == Some("ValidationException");
    let make = if of_ours { Error::permanent } else { Error::transient };
    make("engine.queue", error.to_string()).during(format!("{doing} {queue}"))
}
