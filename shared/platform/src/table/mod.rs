//! The one table. Every record is `data` under a key that begins with the tenant, with a version
//! for optimistic locking, an optional index entry and an optional expiry.

mod count;
mod key;
mod merged;
mod write;

pub use count::{Count, Counted, Counters};
pub use key::Key;
pub use merged::{Lies, Merged};
pub use write::{Expect, Write};

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::error::{Error, ErrorKind, Result};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::time::Duration;
use write::{CONDITION_FAILED, Item};

const BETWEEN: &str = " AND {sk} BETWEEN :from AND :up_to";
const FROM: &str = " AND {sk} >= :from";
const UP_TO: &str = " AND {sk} <= :up_to";

/// The error for a write that another transaction on the same record was in the way of: nothing was written,
/// and trying again at once is right.
pub fn in_the_way(why: impl Into<String>) -> Error {
    Error::transient("platform.table-contended", why).with_kind(ErrorKind::Contended)
}

/// The error for a request that the table did not take because others had taken the second's share of a key, or of
/// the table: nothing was done.
fn throttled(why: impl Into<String>) -> Error {
    Error::transient("platform.table-throttled", why).with_kind(ErrorKind::Throttled)
}

/// Waits, in ms, before a write that another transaction was in the way of is made again. Such a transaction
/// is over within milliseconds.
const IN_THE_WAY_MS: [u64; 5] = [5, 15, 40, 100, 250];

/// The longest waits, in ms, before a request that was throttled is made again; about two seconds in all, and
/// four at most. Each waits any part of it, so that those who came at once do not come back at once.
const THROTTLED_MS: [u64; 8] = [50, 100, 200, 400, 600, 800, 1_000, 1_000];

/// What DynamoDB says of a request that it did not take because of others.
const THROTTLING: [&str; 5] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "ProvisionedThroughputExceeded",
    "ThrottlingError",
];

/// Name of the sparse index: `gsi1pk`, `gsi1sk`.
pub const INDEX: &str = "gsi1";

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

/// One page of a query.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The records.
    pub items: Vec<Stored<T>>,
    /// Where the next page begins; absent at the end.
    pub next: Option<HashMap<String, AttributeValue>>,
}

/// Which records of a partition are wanted.
#[derive(Clone, Debug, Default)]
pub struct Range {
    /// Sort keys that begin with this.
    pub prefix: Option<String>,
    /// Sort keys from this on, itself included; not together with `prefix`.
    pub from: Option<String>,
    /// Sort keys up to and including this; not together with `prefix`.
    pub up_to: Option<String>,
    /// Newest (greatest) first.
    pub backwards: bool,
    /// At most this many.
    pub limit: Option<u32>,
    /// Where a former page ended.
    pub start: Option<HashMap<String, AttributeValue>>,
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

/// What a put-if-absent did.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim<T> {
    /// The record is ours.
    Stored,
    /// There was one already.
    Exists(Stored<T>),
}

/// What a batch left undone, because the table is throttled: asked for again after a pause, longer each time
/// and each a little different, and not for ever.
#[derive(Default)]
pub(crate) struct Left {
    times: u32,
}

impl Left {
    /// Longest number of requests for one batch; about three seconds in all.
    const MAX: u32 = 8;

    /// Waits before the rest is asked for again; not when nothing is left.
    pub(crate) async fn pause(&mut self, clock: &Clock, is_empty: bool) -> Result<()> {
        if is_empty {
            return Ok(());
        }
        self.times += 1;
        if self.times >= Self::MAX {
            let message = "the table keeps refusing part of a batch; it is throttled";
            return Err(Error::transient("platform.table", message));
        }
        let wait = Duration::from_millis(12) * 2_u32.pow(self.times);
        clock.sleep(Entropy::system().jitter(wait)).await;
        Ok(())
    }
}

/// The table.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    name: String,
    clock: Clock,
}

impl Table {
    /// Wraps a client.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into(), clock: Clock::system() }
    }

    /// Waits by this clock, before what others were in the way of is asked for again.
    #[must_use]
    pub fn waiting_by(mut self, clock: Clock) -> Self {
        self.clock = clock;
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
        let request =
            self.client.get_item().table_name(&self.name).set_key(Some(key.attributes())).consistent_read(true);
        let ask = || Box::pin(async { request.clone().send().await.map_err(|e| failed("get", &e)) });
        patiently(&self.clock, ask).await?.item.map(read).transpose()
    }

    /// Reads up to 100 records in one request; those that are absent are left out. Returns them by
    /// sort key within partition order of the request.
    pub async fn get_many<T: DeserializeOwned>(&self, keys: &[Key]) -> Result<HashMap<Key, Stored<T>>> {
        let mut found = HashMap::new();
        for chunk in keys.chunks(100) {
            let mut left = Left::default();
            let mut wanted: Vec<HashMap<String, AttributeValue>> = chunk.iter().map(Key::attributes).collect();
            while !wanted.is_empty() {
                let ask = KeysAndAttributes::builder()
                    .set_keys(Some(wanted))
                    .consistent_read(true)
                    .build()
                    .map_err(|e| Error::permanent("platform.table", e.to_string()))?;
                let request = self.client.batch_get_item().request_items(&self.name, ask);
                let ask = || Box::pin(async { request.clone().send().await.map_err(|e| failed("get", &e)) });
                let answer = patiently(&self.clock, ask).await?;
                for item in answer.responses.unwrap_or_default().remove(&self.name).unwrap_or_default() {
                    if let Some(key) = Key::of(&item) {
                        found.insert(key, read(item)?);
                    }
                }
                wanted =
                    answer.unprocessed_keys.unwrap_or_default().remove(&self.name).map(|k| k.keys).unwrap_or_default();
                left.pause(&self.clock, wanted.is_empty()).await?;
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
    pub(crate) async fn claim_by<T: DeserializeOwned>(&self, key: &Key, write: Write) -> Result<Claim<T>> {
        patiently(&self.clock, || Box::pin(self.claim_once(key, write.clone()))).await
    }

    async fn claim_once<T: DeserializeOwned>(&self, key: &Key, write: Write) -> Result<Claim<T>> {
        let Item { item, condition, values, .. } = write.into_item();
        let request = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(item)
            .set_condition_expression(condition)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match request.send().await {
            Ok(_) => Ok(Claim::Stored),
            Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                let old = match e.into_err() {
                    aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(c) => c.item,
                    _ => None,
                };
                match old {
                    Some(item) if !item.is_empty() => Ok(Claim::Exists(read(item)?)),
                    _ => match self.get(key).await? {
                        Some(stored) => Ok(Claim::Exists(stored)),
                        None => Err(Error::transient("platform.table", "a record vanished while it was claimed")),
                    },
                }
            }
            Err(e) => Err(failed("put", &e)),
        }
    }

    /// Makes one write.
    pub async fn write(&self, write: Write) -> Result<Outcome> {
        patiently(&self.clock, || Box::pin(self.write_once(write.clone()))).await
    }

    async fn write_once(&self, write: Write) -> Result<Outcome> {
        let Item { key, item, condition, values } = write.into_item();
        let error = match item {
            Some(item) => {
                let request = self
                    .client
                    .put_item()
                    .table_name(&self.name)
                    .set_item(Some(item))
                    .set_condition_expression(condition)
                    .set_expression_attribute_values(values);
                match request.send().await {
                    Ok(_) => return Ok(Outcome::Done),
                    Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                        return Ok(Outcome::Conflict);
                    }
                    Err(e) => failed("put", &e),
                }
            }
            None => {
                let request = self
                    .client
                    .delete_item()
                    .table_name(&self.name)
                    .set_key(Some(key))
                    .set_condition_expression(condition)
                    .set_expression_attribute_values(values);
                match request.send().await {
                    Ok(_) => return Ok(Outcome::Done),
                    Err(SdkError::ServiceError(e)) if e.err().is_conditional_check_failed_exception() => {
                        return Ok(Outcome::Conflict);
                    }
                    Err(e) => failed("delete", &e),
                }
            }
        };
        Err(error)
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
        patiently(&self.clock, || Box::pin(self.transact_once(writes.clone()))).await
    }

    async fn transact_once(&self, writes: Vec<Write>) -> Result<Transacted> {
        let mut request = self.client.transact_write_items();
        for write in writes {
            request = request.transact_items(write.into_transact(&self.name)?);
        }
        match request.send().await {
            Ok(_) => Ok(Transacted::Done),
            Err(SdkError::ServiceError(e)) if e.err().is_transaction_canceled_exception() => {
                use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException;
                let reasons = match e.into_err() {
                    TransactionCanceledException(c) => c.cancellation_reasons.unwrap_or_default(),
                    _ => Vec::new(),
                };
                let codes: Vec<String> = reasons.into_iter().map(|r| r.code.unwrap_or_default()).collect();
                let conflicts: Vec<usize> =
                    codes.iter().enumerate().filter(|(_, c)| *c == CONDITION_FAILED).map(|(index, _)| index).collect();
                if !conflicts.is_empty() {
                    Ok(Transacted::Conflict(conflicts))
                } else {
                    let codes: Vec<String> = codes.into_iter().filter(|c| !c.is_empty() && c != "None").collect();
                    let contended = !codes.is_empty() && codes.iter().all(|c| c == "TransactionConflict");
                    let is_passing = |c: &String| c == "TransactionConflict" || THROTTLING.contains(&c.as_str());
                    let why = format!("a transaction was cancelled: {}", codes.join(", "));
                    Err(match contended {
                        true => in_the_way(why),
                        false if !codes.is_empty() && codes.iter().all(is_passing) => throttled(why),
                        false => Error::transient("platform.table", why),
                    })
                }
            }
            Err(e) => Err(failed("transact", &e)),
        }
    }

    /// Stores records without conditions, in batches, however many there are.
    pub async fn put_many(&self, writes: Vec<Write>) -> Result<()> {
        let mut requests = Vec::with_capacity(writes.len());
        for write in writes {
            requests.push(write.into_batch()?);
        }
        for chunk in requests.chunks(25) {
            let (mut unwritten, mut left) = (chunk.to_vec(), Left::default());
            while !unwritten.is_empty() {
                let request = self.client.batch_write_item().request_items(&self.name, unwritten);
                let ask = || Box::pin(async { request.clone().send().await.map_err(|e| failed("batch write", &e)) });
                let answer = patiently(&self.clock, ask).await?;
                unwritten = answer.unprocessed_items.unwrap_or_default().remove(&self.name).unwrap_or_default();
                left.pause(&self.clock, unwritten.is_empty()).await?;
            }
        }
        Ok(())
    }

    /// Records of one partition, by sort key.
    pub async fn query<T: DeserializeOwned>(&self, partition: &str, range: Range) -> Result<Page<T>> {
        self.run_query(None, ("pk", "sk"), partition, range).await
    }

    /// Records of one index partition, by index sort key; eventually consistent.
    pub async fn query_index<T: DeserializeOwned>(&self, partition: &str, range: Range) -> Result<Page<T>> {
        self.run_query(Some(INDEX), ("gsi1pk", "gsi1sk"), partition, range).await
    }

    /// Every record of one partition within the range, page after page. Only for collections that cannot grow without
    /// end: those of the configuration, of the modules, of a connection's slots. What grows is read by pages
    /// ([`query`](Self::query), [`Merged`], [`newest`](Self::newest)).
    pub async fn query_all<T: DeserializeOwned>(&self, partition: &str, mut range: Range) -> Result<Vec<Stored<T>>> {
        let mut all = Vec::new();
        loop {
            let page = self.query(partition, range.clone()).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => range.start = Some(next),
                None => return Ok(all),
            }
        }
    }

    async fn run_query<T: DeserializeOwned>(
        &self,
        index: Option<&str>,
        (pk, sk): (&str, &str),
        partition: &str,
        range: Range,
    ) -> Result<Page<T>> {
        if partition.len() > key::PARTITION_LIMIT {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let mut request = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(index.map(str::to_owned))
            .consistent_read(index.is_none())
            .scan_index_forward(!range.backwards)
            .set_limit(range.limit.and_then(|l| i32::try_from(l).ok()))
            .set_exclusive_start_key(range.start)
            .expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()));
        let mut condition = format!("{pk} = :pk");
        if let Some(prefix) = range.prefix {
            condition.push_str(&format!(" AND begins_with({sk}, :prefix)"));
            request = request.expression_attribute_values(":prefix", AttributeValue::S(prefix));
        } else {
            condition.push_str(match (&range.from, &range.up_to) {
                (Some(_), Some(_)) => BETWEEN,
                (Some(_), None) => FROM,
                (None, Some(_)) => UP_TO,
                (None, None) => "",
            });
            condition = condition.replace("{sk}", sk);
            for (name, bound) in [(":from", range.from), (":up_to", range.up_to)] {
                if let Some(bound) = bound {
                    request = request.expression_attribute_values(name, AttributeValue::S(bound));
                }
            }
        }
        let request = request.key_condition_expression(condition);
        let ask = || Box::pin(async { request.clone().send().await.map_err(|e| failed("query", &e)) });
        let answer = patiently(&self.clock, ask).await?;
        let items = answer.items.unwrap_or_default().into_iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok(Page { items, next: answer.last_evaluated_key.filter(|k| !k.is_empty()) })
    }
}

/// Makes a request again while another transaction on the same record is in its way, or while it is throttled:
/// nothing was done, and the last error stands.
async fn patiently<T, F>(clock: &Clock, mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let (mut in_the_way, mut throttled) = (IN_THE_WAY_MS.into_iter(), THROTTLED_MS.into_iter());
    loop {
        let outcome = attempt().await;
        let wait = match &outcome {
            Err(error) if error.kind() == ErrorKind::Contended => {
                in_the_way.next().map(|ms| Entropy::system().jitter(Duration::from_millis(ms)))
            }
            Err(error) if error.kind() == ErrorKind::Throttled => {
                throttled.next().map(|ms| Entropy::system().part_of(Duration::from_millis(ms)))
            }
            _ => None,
        };
        let Some(wait) = wait else { return outcome };
        clock.sleep(wait).await;
    }
}

/// Takes the record out of an item.
fn read<T: DeserializeOwned>(mut item: HashMap<String, AttributeValue>) -> Result<Stored<T>> {
    let sort = item.remove("sk").and_then(|v| v.as_s().ok().cloned()).unwrap_or_default();
    let version = item.remove("v").and_then(|v| v.as_n().ok().and_then(|n| n.parse().ok())).unwrap_or(0);
    let data = item.remove("data").unwrap_or(AttributeValue::Null(true));
    let data = serde_dynamo::from_attribute_value(data).map_err(|e| {
        Error::permanent(
            "platform.table",
            format!("the record {sort} does not have the shape this version expects: {e}"),
        )
    })?;
    Ok(Stored { sort, version, data })
}

fn failed<E>(doing: &str, error: &SdkError<E>) -> Error
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let code = error.code().unwrap_or("no answer").to_owned();
    let text = DisplayErrorContext(error).to_string();
    // Validation and access errors stay the same however often they are tried.
    let permanent =
        matches!(code.as_str(), "ValidationException" | "AccessDeniedException" | "ResourceNotFoundException");
    let make = if permanent { Error::permanent } else { Error::transient };
    let contended = code == "TransactionConflictException";
    let error = match contended {
        true => in_the_way(text),
        false if THROTTLING.contains(&code.as_str()) => throttled(text),
        false => make("platform.table", text),
    };
    error.with_vendor_code(code).during(format!("table {doing}"))
}
