//! Counts what is asked of table and queues: requests, records, bytes, and the units that DynamoDB bills. For tests and
//! for what is computed from them; the deployed functions do not link it.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tenon_platform::Context;
use tenon_platform::error::Result;
use tenon_platform::queue::{Queue, QueueBacklog, QueueName, Received};
use tenon_platform::table::engine::{Change, Changed, Engine, Found, Item, Wanted, WriteFailure};

/// Bytes of a write unit, and of a read unit.
const WRITE_UNIT: usize = 1_024;
const READ_UNIT: usize = 4_096;
/// Messages of one request, and bytes that are billed as one, by SQS.
const AT_A_TIME: usize = 10;
const SQS_CHUNK: usize = 65_536;

/// What was asked for so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests to the table, by operation.
    pub operations: BTreeMap<&'static str, usize>,
    /// Records that were read, and their bytes.
    pub read: usize,
    /// Bytes of them.
    pub read_bytes: usize,
    /// Records that were written or taken away.
    pub written: usize,
    /// Bytes of them as they are then.
    pub written_bytes: usize,
    /// Half read units: an index is read at half the price.
    pub half_read_units: usize,
    /// Write units: the larger of what was and what is, twice in a transaction, and once for each entry of the index.
    pub write_units: usize,
    /// Requests that send messages.
    pub sends: usize,
    /// Of them, as SQS bills them: one for each 64 KB.
    pub billed_sends: usize,
    /// Messages that were sent.
    pub messages: usize,
}

impl Counts {
    /// Requests to the table.
    pub fn requests(&self) -> usize {
        self.operations.values().sum()
    }

    /// What came since.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let mut operations = self.operations.clone();
        for (name, number) in &mut operations {
            *number -= before.operations.get(name).copied().unwrap_or(0).min(*number);
        }
        operations.retain(|_, number| *number > 0);
        Self {
            operations,
            read: self.read - before.read,
            read_bytes: self.read_bytes - before.read_bytes,
            written: self.written - before.written,
            written_bytes: self.written_bytes - before.written_bytes,
            half_read_units: self.half_read_units - before.half_read_units,
            write_units: self.write_units - before.write_units,
            sends: self.sends - before.sends,
            billed_sends: self.billed_sends - before.billed_sends,
            messages: self.messages - before.messages,
        }
    }
}

/// Counts of one world and its clones.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<Counts>>);

impl Tally {
    /// The same world, with what it asks of table and queues counted; and the counts.
    pub fn of(ctx: &Context) -> (Context, Self) {
        let tally = Self::default();
        let table = ctx.table.clone().over(|inner| Arc::new(CountingEngine { inner, tally: tally.clone() }));
        let mut ctx = ctx.with_table(table);
        ctx.queue = Arc::new(CountingQueue { inner: Arc::clone(&ctx.queue), tally: tally.clone() });
        (ctx, tally)
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, operation: &'static str) {
        *self.lock().operations.entry(operation).or_default() += 1;
    }

    /// Records that were read, each by itself or as one.
    fn read(&self, items: &[Item], together: bool, consistent: bool) {
        let sizes: Vec<usize> = items.iter().map(size).collect();
        let units = |bytes: usize| bytes.div_ceil(READ_UNIT).max(1);
        let units = match together {
            true => units(sizes.iter().sum()),
            false => sizes.iter().map(|bytes| units(*bytes)).sum::<usize>().max(1),
        };
        let mut counts = self.lock();
        counts.read += items.len();
        counts.read_bytes += sizes.iter().sum::<usize>();
        counts.half_read_units += if consistent { 2 * units } else { units };
    }

    fn wrote(&self, old: Option<&Item>, new: Option<&Item>, transacted: bool) {
        let units = |item: Option<&Item>| item.map_or(0, |item| size(item).div_ceil(WRITE_UNIT));
        let own = units(old).max(units(new)).max(1) * if transacted { 2 } else { 1 };
        let (before, after) = (old.and_then(entry), new.and_then(entry));
        let index = match (&before, &after) {
            (None, None) => 0,
            (Some(_), None) => units(old),
            (None, Some(_)) => units(new),
            (Some(before), Some(after)) if before == after => units(old).max(units(new)),
            (Some(_), Some(_)) => units(old) + units(new),
        };
        let mut counts = self.lock();
        counts.written += 1;
        counts.written_bytes += new.map_or(0, size);
        counts.write_units += own + index;
    }

    fn sent(&self, bodies: &[usize]) {
        let mut counts = self.lock();
        for some in bodies.chunks(AT_A_TIME) {
            counts.sends += 1;
            counts.billed_sends += some.iter().sum::<usize>().div_ceil(SQS_CHUNK).max(1);
            counts.messages += some.len();
        }
    }
}

/// Where a record stands in the index.
fn entry(item: &Item) -> Option<(AttributeValue, AttributeValue)> {
    Some((item.get("gsi1pk")?.clone(), item.get("gsi1sk")?.clone()))
}

/// The size of a record as DynamoDB reckons it, or about so.
fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + size_of(value)).sum()
}

fn size_of(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len() / 2 + 2,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + size_of(value)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + size_of(value)).sum::<usize>(),
        _ => 1,
    }
}

#[derive(Debug)]
struct CountingEngine {
    inner: Arc<dyn Engine>,
    tally: Tally,
}

impl CountingEngine {
    /// The record as it is, which nobody is charged for.
    async fn now(&self, table: &str, change: &Change) -> Option<Item> {
        let key = match change {
            Change::Put(item) | Change::Delete(item) | Change::Check(item) => item,
            Change::Update { key, .. } => key,
        };
        let key = ["pk", "sk"].iter().filter_map(|name| Some(((*name).to_owned(), key.get(*name)?.clone())));
        self.inner.get(table, key.collect()).await.ok().flatten()
    }

    /// What the record of this change was, and is now.
    async fn note(&self, table: &str, (change, old): (Change, Option<Item>), made: bool, transacted: bool) {
        let new = match (&change, made) {
            (Change::Put(item), true) => Some(item.clone()),
            (Change::Delete(_), true) => None,
            (Change::Check(_), true) => old.clone(),
            (Change::Update { .. }, true) => self.now(table, &change).await,
            (_, false) => old.clone(),
        };
        self.tally.wrote(old.as_ref(), new.as_ref(), transacted);
    }
}

#[async_trait]
impl Engine for CountingEngine {
    async fn get(&self, table: &str, key: Item) -> Result<Option<Item>> {
        self.tally.count("GetItem");
        let found = self.inner.get(table, key).await?;
        self.tally.read(found.as_slice(), false, true);
        Ok(found)
    }

    async fn get_many(&self, table: &str, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>)> {
        self.tally.count("BatchGetItem");
        let requested = keys.len();
        let (found, left) = self.inner.get_many(table, keys).await?;
        self.tally.read(&found, false, true);
        // What is not there is charged too.
        let absent = requested.saturating_sub(found.len() + left.len());
        self.tally.lock().half_read_units += 2 * absent;
        Ok((found, left))
    }

    async fn query(&self, table: &str, wanted: Wanted) -> Result<Found> {
        self.tally.count("Query");
        let consistent = wanted.index.is_none();
        let found = self.inner.query(table, wanted).await?;
        self.tally.read(&found.items, true, consistent);
        Ok(found)
    }

    async fn scan(&self, table: &str, after: Option<Item>, limit: i32) -> Result<Found> {
        self.tally.count("Scan");
        let found = self.inner.scan(table, after, limit).await?;
        self.tally.read(&found.items, true, true);
        Ok(found)
    }

    async fn change(&self, table: &str, changed: Arc<Changed>) -> std::result::Result<Item, WriteFailure> {
        self.tally.count(match changed.change {
            Change::Put(_) => "PutItem",
            Change::Delete(_) => "DeleteItem",
            Change::Check(_) => "ConditionCheckItem",
            Change::Update { .. } => "UpdateItem",
        });
        let (change, old) = (changed.change.clone(), self.now(table, &changed.change).await);
        let made = self.inner.change(table, changed).await;
        self.note(table, (change, old), made.is_ok(), false).await;
        made
    }

    async fn transact(&self, table: &str, changes: Arc<[Changed]>) -> std::result::Result<(), WriteFailure> {
        self.tally.count("TransactWriteItems");
        let mut before = Vec::with_capacity(changes.len());
        for changed in changes.iter() {
            before.push((changed.change.clone(), self.now(table, &changed.change).await));
        }
        let made = self.inner.transact(table, changes).await;
        for of in before {
            self.note(table, of, made.is_ok(), true).await;
        }
        made
    }
}

struct CountingQueue {
    inner: Arc<dyn Queue>,
    tally: Tally,
}

#[async_trait]
impl Queue for CountingQueue {
    async fn send(&self, queue: &QueueName, body: String, delay: Duration) -> Result<()> {
        self.tally.sent(&[body.len()]);
        self.inner.send(queue, body, delay).await
    }

    async fn send_all(&self, queue: &QueueName, bodies: Vec<String>) -> Result<()> {
        self.tally.sent(&bodies.iter().map(String::len).collect::<Vec<_>>());
        self.inner.send_all(queue, bodies).await
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
