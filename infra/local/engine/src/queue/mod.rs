//! Queues kept in a table, for the local run: what they hold survives `kill -9`, which no SQS that
//! can be embedded does.
//!
//! A message is one record, under its queue and the time it becomes visible. Receiving, releasing and setting
//! aside each move it, with one transaction that takes it away where it was and puts it where it is to be. A
//! process may die between any two of them: the message then is where the last one left it.

mod former;
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

/// Messages received at once, at most: each moves with two writes, and so many share one commit of the engine.
pub const MOST_RECEIVED: u32 = 32;

/// A message that is still at its place, and that nobody else received since.
const AS_SEEN: &str = "receives = :receives";

/// Messages whose last place is remembered, at most, before those are forgotten that nobody has in hand.
const REMEMBERED: usize = 10_000;

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
    /// Messages handed out in this process and not answered for.
    held: Arc<Mutex<HashMap<String, Held>>>,
}

/// A message that was handed out.
#[derive(Clone, Debug)]
struct Held {
    /// By elapsed time.
    until: i64,
    /// Where it stands now, wherever it stood when its receipt was made.
    place: String,
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

    /// A message that is sent now, to become visible then.
    fn new_message(&self, now_ms: i64, visible_ms: i64, body: String) -> Result<Message> {
        let id = self.new_id(now_ms)?;
        let place = record::place(visible_ms, &id);
        Ok(Message { id, body, receives: 0, deaths: 0, sent_ms: now_ms, place })
    }

    /// Messages that are visible by now, longest visible first.
    async fn due(&self, queue: &QueueName, most: u32) -> Result<Vec<Message>> {
        let wanted = Wanted {
            index: None,
            condition: "pk = :queue AND sk < :after".to_owned(),
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

    /// Receives as [`Queue::receive`] does, and up to [`MOST_RECEIVED`]: for the local pump, where each message is
    /// handed on by itself.
    ///
    /// # Errors
    /// Those of the engine.
    pub async fn receive_many(&self, queue: &QueueName, most: u32, visibility: Duration) -> Result<Vec<Received>> {
        let most = most.clamp(1, MOST_RECEIVED);
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

    /// Takes messages for this receiver, without those that somebody else was first at.
    async fn take(&self, queue: &QueueName, messages: Vec<Message>, visibility: Duration) -> Result<Vec<Received>> {
        let hidden_until = self.clock.now_ms() + millis(visibility);
        let to = |seen: &Message| Message {
            receives: seen.receives + 1,
            place: record::place(hidden_until, &seen.id),
            ..seen.clone()
        };
        let hidden: Vec<Message> = messages.iter().map(to).collect();
        let moves = messages.iter().zip(&hidden).map(|(from, to)| moved((queue, from), (queue, to.clone()))).collect();
        let taken = self.each_or_all(queue, "receive from", moves).await?;
        let until = self.clock.elapsed_ms() + millis(visibility);
        let received = hidden.into_iter().zip(taken).filter(|(_, taken)| *taken).map(|(message, _)| {
            self.hold(&message, until);
            let receipt = record::receipt(&message.place, message.receives);
            let receives = message.counted();
            Received { id: message.id, receipt, body: message.body, receives, sent_ms: message.sent_ms }
        });
        Ok(received.collect())
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers where a message stands that is held until then, or is not held any more.
    fn hold(&self, message: &Message, until: i64) {
        let (mut held, now) = (self.held(), self.clock.elapsed_ms());
        if held.len() >= REMEMBERED {
            held.retain(|_, held| held.until > now);
        }
        held.insert(message.id.clone(), Held { until, place: message.place.clone() });
    }

    /// Hides what this process holds and the wall clock, set ahead, shows as free. Returns the others.
    async fn without_held(&self, queue: &QueueName, due: Vec<Message>) -> Result<Vec<Message>> {
        let elapsed = self.clock.elapsed_ms();
        let mut free = Vec::with_capacity(due.len());
        for message in due {
            let until = self.held().get(&message.id).map(|held| held.until).filter(|until| *until > elapsed);
            let Some(until) = until else {
                free.push(message);
                continue;
            };
            let place = record::place(self.clock.now_ms() + until - elapsed, &message.id);
            let hidden = Message { place, ..message.clone() };
            if self.put(queue, "receive from", &message, (queue, hidden.clone())).await? {
                self.hold(&hidden, until);
            }
        }
        Ok(free)
    }

    /// The key by which the message of a receipt is found, and how often it was received then.
    fn of_receipt(&self, queue: &QueueName, receipt: &str) -> Result<(Item, u32)> {
        let (place, receives) = record::of_receipt(receipt)?;
        let held = record::id_of(place).and_then(|id| self.held().get(id).map(|held| held.place.clone()));
        Ok((record::key(queue, held.as_deref().unwrap_or(place)), receives))
    }

    /// The message of a receipt is answered for.
    fn answered(&self, receipt: &str) {
        if let Some(id) = record::of_receipt(receipt).ok().and_then(|(place, _)| record::id_of(place)) {
            self.held().remove(id);
        }
    }

    fn deletes(&self, queue: &QueueName, receipt: &str) -> Result<Vec<Changed>> {
        let (key, receives) = self.of_receipt(queue, receipt)?;
        Ok(vec![taken_away(key, receives)])
    }

    /// Carries out changes of distinct messages and says of each whether its condition held. In the
    /// usual case that all hold it is one write of the engine; when one does not, each is its own.
    async fn each_or_all(&self, queue: &QueueName, doing: &str, changes: Vec<Vec<Changed>>) -> Result<Vec<bool>> {
        if changes.is_empty() || self.transact(queue, doing, changes.concat()).await? {
            return Ok(vec![true; changes.len()]);
        }
        if changes.len() == 1 {
            return Ok(vec![false]);
        }
        let mut held = Vec::with_capacity(changes.len());
        for change in changes {
            held.push(self.transact(queue, doing, change).await?);
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

    /// Moves one message, and says whether it still was as it was seen.
    async fn put(&self, queue: &QueueName, doing: &str, from: &Message, to: (&QueueName, Message)) -> Result<bool> {
        self.transact(queue, doing, moved((queue, from), to)).await
    }

    /// Moves a message to the dead letters, where it is counted afresh.
    async fn set_aside(&self, queue: &QueueName, message: &Message) -> Result<()> {
        let place = record::place(self.clock.now_ms(), &message.id);
        let aside = Message { place, receives: 0, deaths: 0, ..message.clone() };
        if self.put(queue, "set aside from", message, (&queue.dead_letters(), aside)).await? {
            self.held().remove(&message.id);
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
        let item = self.new_message(now, now + millis(delay), body)?.into_item(queue);
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
            puts.push(put(self.new_message(now, now, body)?.into_item(queue)));
        }
        if !puts.is_empty() {
            self.transact(queue, "send to", puts).await?;
        }
        Ok(())
    }

    async fn receive(&self, queue: &QueueName, most: u32, visibility: Duration) -> Result<Vec<Received>> {
        // SQS hands out ten at most; a handler must not come to rely on more.
        self.receive_many(queue, most.min(10), visibility).await
    }

    async fn delete(&self, queue: &QueueName, receipt: &str) -> Result<()> {
        // A receipt that no longer counts deletes nothing, as in SQS.
        if self.transact(queue, "delete from", self.deletes(queue, receipt)?).await? {
            self.answered(receipt);
        }
        Ok(())
    }

    async fn delete_all(&self, queue: &QueueName, receipts: &[String]) -> Result<()> {
        for receipts in receipts.chunks(MAX_AT_ONCE) {
            let deletes = receipts.iter().map(|r| self.deletes(queue, r)).collect::<Result<_>>()?;
            let deleted = self.each_or_all(queue, "delete from", deletes).await?;
            receipts
                .iter()
                .zip(deleted)
                .filter(|(_, deleted)| *deleted)
                .for_each(|(receipt, _)| self.answered(receipt));
        }
        Ok(())
    }

    async fn release(&self, queue: &QueueName, receipt: &str, delay: Duration) -> Result<()> {
        let (key, receives) = self.of_receipt(queue, receipt)?;
        let found = self.engine.get(&self.table, key).await.map_err(|e| failed("release to", queue, &e))?;
        let Some(message) = found.map(Message::read).transpose()?.filter(|found| found.receives == receives) else {
            // A receipt that no longer counts releases nothing.
            return Ok(());
        };
        let place = record::place(self.clock.now_ms() + millis(delay), &message.id);
        let free = Message { place, ..message.clone() };
        if self.put(queue, "release to", &message, (queue, free.clone())).await? {
            // Its receipt counts until somebody receives it.
            self.hold(&free, self.clock.elapsed_ms());
        }
        Ok(())
    }

    async fn backlog(&self, queue: &QueueName) -> Result<QueueBacklog> {
        Ok(QueueBacklog { messages: self.depth(queue).await?.total() as u64, oldest_ms: self.oldest(queue).await? })
    }
}

/// A new message.
fn put(item: Item) -> Changed {
    Changed { change: Change::Put(item), condition: None, names: HashMap::new(), values: Item::new() }
}

/// A message is taken away that was received so often.
fn taken_away(key: Item, receives: u32) -> Changed {
    Changed {
        change: Change::Delete(key),
        condition: Some(AS_SEEN.to_owned()),
        names: HashMap::new(),
        values: values([(":receives", number(receives))]),
    }
}

/// A message is taken away where it was seen, and put where it is to be.
fn moved((queue, from): (&QueueName, &Message), (other, to): (&QueueName, Message)) -> Vec<Changed> {
    let gone = taken_away(record::key(queue, &from.place), from.receives);
    if queue == other && from.place == to.place {
        return vec![Changed { change: Change::Put(to.into_item(other)), ..gone }];
    }
    vec![gone, put(to.into_item(other))]
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
