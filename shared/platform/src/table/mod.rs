//! The one table. Every record is `data` under a key that begins with the tenant, with a version
//! for optimistic locking, an optional index entry and an optional expiry.

mod access;
mod count;
pub mod engine;
mod key;
mod kind;
mod merged;
mod query;
mod retry;
mod scan;
mod several;
mod shape;
mod write;

pub use count::{Count, Counted, Counters};
pub use key::Key;
pub use kind::RecordKind;
pub use merged::{Merged, StoredIn};
pub use query::{Page, Range};
pub(crate) use retry::Left;
pub use retry::in_the_way;
pub use scan::{Raw, Scanned};
pub use several::Several;
pub use write::{Expect, Write};

use crate::clock::Clock;
use crate::error::{Error, Result};
use access::Doing;
use aws_sdk_dynamodb::types::AttributeValue;
use engine::{Changed, Engine, Item, WriteFailure};
use retry::{THROTTLING, patiently, throttled};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::Arc;
use tenon_catalog::Function;
use write::CONDITION_FAILED;

/// Name of the sparse index: `gsi1pk`, `gsi1sk`.
pub const INDEX: &str = "gsi1";

/// Records of any number that are stored in one transaction: steps of runs, 32 KB each at most, are within the 4 MB
/// that a transaction takes.
const TOGETHER: usize = 50;

/// A record as read.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored<T> {
    /// The sort key.
    pub sort: String,
    /// Version, for [`Expect::Version`].
    pub version: u64,
    /// The record.
    pub data: T,
}

/// What a conditional write did.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is stored.
    Done,
    /// The condition did not hold; somebody else was first.
    Conflict,
}

/// What a transaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transacted {
    /// Every write is stored.
    Done,
    /// None is stored; the conditions of the writes at these places did not hold.
    Conflict(Vec<usize>),
}

/// Writes of which all or none are made.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// The partition of each that replaces a record unread.
    replaced: Vec<Option<String>>,
    changes: Arc<[Changed]>,
}

/// What a put-if-absent did.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim<T> {
    /// The record is ours.
    Stored,
    /// There was one already.
    Exists(Stored<T>),
}

/// The table.
#[derive(Clone, Debug)]
pub struct Table {
    engine: Arc<dyn Engine>,
    name: String,
    clock: Clock,
    function: Option<&'static Function>,
}

impl Table {
    /// A table that an engine keeps: a client of DynamoDB, or one in this process.
    pub fn new(engine: impl Engine + 'static, name: impl Into<String>) -> Self {
        Self { engine: Arc::new(engine), name: name.into(), clock: Clock::system(), function: None }
    }

    /// Waits by this clock, before what others were in the way of is asked for again.
    #[must_use]
    pub fn waiting_by(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The same table, kept by an engine that is made of the present one: one that counts what is asked of it.
    #[must_use]
    pub fn over(mut self, make: impl FnOnce(Arc<dyn Engine>) -> Arc<dyn Engine>) -> Self {
        self.engine = make(self.engine);
        self
    }

    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads one record with a strongly consistent read. A key that no record can have finds none.
    pub async fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<Stored<T>>> {
        if !key.can_exist() {
            return Ok(None);
        }
        self.may("GetItem", Doing::Read, key.partition())?;
        let request = || self.engine.get(&self.name, key.attributes());
        patiently(&self.clock, request).await?.map(read).transpose()
    }

    /// Reads up to 100 records in one request; those that are absent are left out. Returns them by
    /// sort key within partition order of the request.
    pub async fn get_many<T: DeserializeOwned>(&self, keys: &[Key]) -> Result<HashMap<Key, Stored<T>>> {
        keys.iter().try_for_each(|key| self.may("BatchGetItem", Doing::Read, key.partition()))?;
        let mut found = HashMap::new();
        for item in self.items(keys).await? {
            if let Some(key) = Key::of(&item) {
                found.insert(key, read(item)?);
            }
        }
        Ok(found)
    }

    /// The items of these keys, as they lie in the table.
    async fn items(&self, keys: &[Key]) -> Result<Vec<Item>> {
        let mut found = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(100) {
            let mut pauses = Left::default();
            let mut wanted: Vec<Item> = chunk.iter().map(Key::attributes).collect();
            while !wanted.is_empty() {
                let request = || self.engine.get_many(&self.name, wanted.clone());
                let (items, left) = patiently(&self.clock, request).await?;
                found.extend(items);
                wanted = left;
                pauses.pause(&self.clock, wanted.is_empty()).await?;
            }
        }
        Ok(found)
    }

    /// Stores a record unless there is one; an expired one does not count, since the engine deletes
    /// expired records only some time later.
    pub async fn claim<T: Serialize + DeserializeOwned>(
        &self,
        key: &Key,
        data: &T,
        expires_at: Option<i64>,
        now_ms: i64,
    ) -> Result<Claim<T>> {
        self.claim_by(key, Write::put(key.clone(), data, Expect::AbsentAt(now_ms))?.expiring(expires_at)).await
    }

    /// As [`claim`](Self::claim), for a write that is more than the record.
    pub async fn claim_by<T: DeserializeOwned>(&self, key: &Key, write: Write) -> Result<Claim<T>> {
        self.may(write.action(), Doing::Write, key.partition())?;
        let changed = Arc::new(write.into_changed());
        patiently(&self.clock, || Box::pin(self.claim_once(key, Arc::clone(&changed)))).await
    }

    async fn claim_once<T: DeserializeOwned>(&self, key: &Key, changed: Arc<Changed>) -> Result<Claim<T>> {
        match self.engine.change(&self.name, changed).await {
            Ok(_) => Ok(Claim::Stored),
            Err(WriteFailure::Condition(old)) if !old.is_empty() => Ok(Claim::Exists(read(old)?)),
            Err(WriteFailure::Condition(_)) => match self.get(key).await? {
                Some(stored) => Ok(Claim::Exists(stored)),
                None => Err(Error::transient("platform.table", "a record vanished while it was claimed")),
            },
            Err(other) => Err(other.into_error()),
        }
    }

    /// Makes one write.
    pub async fn write(&self, write: Write) -> Result<Outcome> {
        self.may(write.action(), write.doing(), write.partition())?;
        let (replaces, changed) = (write.replaces_unread(), Arc::new(write.into_changed()));
        patiently(&self.clock, || Box::pin(self.write_once(replaces.as_deref(), Arc::clone(&changed)))).await
    }

    async fn write_once(&self, replaces: Option<&str>, changed: Arc<Changed>) -> Result<Outcome> {
        match self.engine.change(&self.name, changed).await {
            Ok(_) => Ok(Outcome::Done),
            Err(WriteFailure::Condition(_)) => {
                replaces.map_or(Ok(Outcome::Conflict), |partition| Err(shape::newer(partition)))
            }
            Err(other) => Err(other.into_error()),
        }
    }

    /// Makes all writes or none; at most 100.
    pub async fn transact(&self, writes: Vec<Write>) -> Result<Outcome> {
        Ok(match self.transact_each(writes).await? {
            Transacted::Done => Outcome::Done,
            Transacted::Conflict(_) => Outcome::Conflict,
        })
    }

    /// As [`transact`](Self::transact), telling which writes stood in the way.
    pub async fn transact_each(&self, writes: Vec<Write>) -> Result<Transacted> {
        self.make(&self.transaction(writes)?).await
    }

    /// Writes of which all or none are to be made, at most 100, to be made again by who finds others in the way.
    ///
    /// # Errors
    /// For what the function may not write.
    pub fn transaction(&self, writes: Vec<Write>) -> Result<Transaction> {
        writes.iter().try_for_each(|write| self.may(write.action(), write.doing(), write.partition()))?;
        let replaced = writes.iter().map(Write::replaces_unread).collect();
        Ok(Transaction { replaced, changes: writes.into_iter().map(Write::into_changed).collect() })
    }

    /// Makes them, telling which stood in the way.
    ///
    /// # Errors
    /// As [`transact`](Self::transact).
    pub async fn make(&self, transaction: &Transaction) -> Result<Transacted> {
        patiently(&self.clock, || Box::pin(self.make_once(transaction))).await
    }

    async fn make_once(&self, Transaction { replaced, changes }: &Transaction) -> Result<Transacted> {
        let codes = match self.engine.transact(&self.name, Arc::clone(changes)).await {
            Ok(()) => return Ok(Transacted::Done),
            Err(WriteFailure::Cancelled(codes)) => codes,
            Err(other) => return Err(other.into_error()),
        };
        let failed = codes.iter().enumerate().filter(|(_, code)| *code == CONDITION_FAILED);
        let conflicts: Vec<usize> = failed.map(|(index, _)| index).collect();
        if let Some(partition) = conflicts.iter().find_map(|index| replaced.get(*index)?.as_deref()) {
            return Err(shape::newer(partition));
        }
        if !conflicts.is_empty() {
            return Ok(Transacted::Conflict(conflicts));
        }
        Err(cancelled(codes.into_iter().filter(|c| !c.is_empty() && c != "None").collect()))
    }

    /// Stores records, however many there are, some tens in one transaction: a batch of DynamoDB's has no conditions,
    /// and would replace what a newer version wrote.
    ///
    /// # Errors
    /// `platform.newer-record` for one of those; it and what would be stored with it is as it was.
    pub async fn put_many(&self, writes: Vec<Write>) -> Result<()> {
        for together in writes.chunks(TOGETHER) {
            let outcome = match together {
                [one] => self.write(one.clone()).await?,
                some => self.transact(some.to_vec()).await?,
            };
            if outcome == Outcome::Conflict {
                return Err(Error::transient("platform.table", "somebody else changed a record of several"));
            }
        }
        Ok(())
    }
}

/// A transaction that no condition of its own was in the way of, by what was.
fn cancelled(codes: Vec<String>) -> Error {
    let contended = !codes.is_empty() && codes.iter().all(|c| c == "TransactionConflict");
    let is_passing = |c: &String| c == "TransactionConflict" || THROTTLING.contains(&c.as_str());
    let why = format!("a transaction was cancelled: {}", codes.join(", "));
    match contended {
        true => in_the_way(why),
        false if !codes.is_empty() && codes.iter().all(is_passing) => throttled(why),
        false => Error::transient("platform.table", why),
    }
}

/// Takes the record out of an item.
fn read<T: DeserializeOwned>(mut item: HashMap<String, AttributeValue>) -> Result<Stored<T>> {
    shape::check(&item)?;
    let sort = item.remove("sk").and_then(|v| v.as_s().ok().cloned()).unwrap_or_default();
    let version = item.remove("v").and_then(|v| v.as_n().ok().and_then(|n| n.parse().ok())).unwrap_or(0);
    // What has counters and no record is read as an object of them.
    let data = item.remove("data").unwrap_or_else(|| count::as_record(item));
    let data = serde_dynamo::from_attribute_value(data).map_err(|e| {
        Error::permanent(
            "platform.table",
            format!("the record {sort} does not have the shape this version expects: {e}"),
        )
    })?;
    Ok(Stored { sort, version, data })
}
