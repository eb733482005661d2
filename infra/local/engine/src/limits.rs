//! DynamoDB's limits on the embedded engine, which has none of its own: how much one partition key takes a second,
//! how large an item and a batch may be, and transactions that meet. For tests, by a clock that is moved by
//! hand.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_platform::clock::{Clock, millis};

/// Write units a partition key takes a second: one for each started KB, two in a transaction.
pub const WRITES: f64 = 1_000.0;
/// Read units a partition key takes a second: one for each started 4 KB, half of it by the index.
pub const READS: f64 = 3_000.0;
/// Largest item, in bytes.
const ITEM: usize = 400 * 1024;
/// How long a transaction has its hand on its items.
const TRANSACTION: Duration = Duration::from_millis(10);

/// The limits, and what was refused by them.
#[derive(Clone, Debug)]
pub struct Limits {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Epoch ms of the operation that is looked at.
    now_ms: i64,
    writes: HashMap<String, Bucket>,
    reads: HashMap<String, Bucket>,
    /// Items that a transaction has its hand on, until when.
    in_hand: HashMap<(String, String), i64>,
    refused: Rejections,
}

/// What was refused so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rejections {
    /// Operations, or parts of a batch, of a partition key that had taken its share.
    pub throttled: usize,
    /// Writes that a transaction was in the way of.
    pub contended: usize,
}

/// What is left of a second's share.
#[derive(Debug)]
struct Bucket {
    left: f64,
    at_ms: i64,
}

/// What becomes of an operation.
pub(crate) enum Passage {
    /// It is carried out, as it was or without what is left undone.
    Go { body: Value, left: Option<(&'static str, Value)> },
    /// It is refused: the error's name and the whole answer.
    Refused(Value),
}

impl Limits {
    /// DynamoDB's limits, by this clock.
    pub fn by(clock: Clock) -> Self {
        Self { clock, state: Arc::default() }
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What was refused so far.
    pub fn refused(&self) -> Rejections {
        self.state(|state| state.refused)
    }

    fn state<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now_ms = self.clock.now_ms();
        act(&mut state)
    }

    /// Lets an operation in, or not; a transaction after the time it has its hand on its items.
    pub(crate) async fn pass(&self, operation: &str, body: Value) -> Passage {
        match operation {
            "PutItem" | "UpdateItem" | "DeleteItem" => self.state(|state| state.write(body)),
            "TransactWriteItems" => {
                let passage = self.state(|state| state.transact(body));
                if matches!(passage, Passage::Go { .. }) {
                    self.clock.sleep(TRANSACTION).await;
                }
                passage
            }
            "BatchWriteItem" => self.state(|state| state.batch(body, 25, "UnprocessedItems")),
            "BatchGetItem" => self.state(|state| state.batch(body, 100, "UnprocessedKeys")),
            "GetItem" | "Query" => self.state(|state| state.read(body)),
            _ => Passage::Go { body, left: None },
        }
    }

    /// Counts what a read was answered beyond its first unit.
    pub(crate) fn answered(&self, operation: &str, request: &Value, answer: &str) {
        if matches!(operation, "GetItem" | "Query")
            && let Some(partition) = partition_read(request)
        {
            let more = answer.len() / 4096;
            self.state(|state| bucket(&mut state.reads, state.now_ms, &partition, READS).left -= more as f64);
        }
    }
}

impl State {
    fn write(&mut self, body: Value) -> Passage {
        let Some(one) = Touched::of(&body) else { return Passage::Go { body, left: None } };
        if one.bytes > ITEM {
            return refused("ValidationException", "Item size has exceeded the maximum allowed size");
        }
        if self.is_in_hand(&one) {
            self.refused.contended += 1;
            return refused("TransactionConflictException", "Transaction is ongoing for the item");
        }
        if !self.take_writes(&one, 1.0) {
            return throttled();
        }
        Passage::Go { body, left: None }
    }

    fn transact(&mut self, body: Value) -> Passage {
        let empty = Vec::new();
        let writes = body.get("TransactItems").and_then(Value::as_array).unwrap_or(&empty);
        let touched: Vec<Touched> =
            writes.iter().filter_map(|w| w.as_object()?.values().next()).filter_map(Touched::of).collect();
        if touched.len() > 100 {
            return refused("ValidationException", "Member must have length less than or equal to 100");
        }
        if touched.iter().any(|one| one.bytes > ITEM) {
            return refused("ValidationException", "Item size has exceeded the maximum allowed size");
        }
        if touched.iter().any(|one| self.is_in_hand(one)) {
            self.refused.contended += 1;
            return cancelled("TransactionConflict");
        }
        // All or nothing: what one item lacks is not taken from the others.
        let fits = touched
            .iter()
            .all(|one| one.partitions().all(|p| bucket(&mut self.writes, self.now_ms, p, WRITES).left >= 2.0));
        if !fits {
            self.refused.throttled += 1;
            return cancelled("ThrottlingError");
        }
        let until = self.now_ms + millis(TRANSACTION);
        for one in &touched {
            self.take_writes(one, 2.0);
            self.in_hand.insert((one.partition.clone(), one.sort.clone()), until);
        }
        Passage::Go { body, left: None }
    }

    fn batch(&mut self, mut body: Value, most: usize, undone: &'static str) -> Passage {
        let mut left = Map::new();
        let (mut all, mut kept_in_all) = (0, 0);
        let tables = body.get_mut("RequestItems").and_then(Value::as_object_mut);
        for (table, wanted) in tables.into_iter().flatten() {
            let entries = match wanted.get_mut("Keys") {
                Some(keys) => keys.as_array_mut(),
                None => wanted.as_array_mut(),
            };
            let Some(entries) = entries else { continue };
            all += entries.len();
            let (fit, unfit): (Vec<Value>, Vec<Value>) =
                std::mem::take(entries).into_iter().partition(|entry| self.fits(entry));
            kept_in_all += fit.len();
            *entries = fit;
            if !unfit.is_empty() {
                let unfit = Value::Array(unfit);
                let rest =
                    if undone == "UnprocessedKeys" { json!({ "Keys": unfit, "ConsistentRead": true }) } else { unfit };
                left.insert(table.clone(), rest);
            }
        }
        if all > most {
            return refused("ValidationException", "Too many items requested for the batch call");
        }
        if all > 0 && kept_in_all == 0 {
            return throttled();
        }
        Passage::Go { body, left: (!left.is_empty()).then_some((undone, Value::Object(left))) }
    }

    /// Takes the units of one entry of a batch.
    fn fits(&mut self, entry: &Value) -> bool {
        match entry.get("PutRequest").or_else(|| entry.get("DeleteRequest")) {
            Some(write) => Touched::of(write).is_none_or(|one| self.take_writes(&one, 1.0)),
            None => text(entry, "pk").is_none_or(|partition| self.take_read(&partition)),
        }
    }

    fn read(&mut self, body: Value) -> Passage {
        match partition_read(&body) {
            Some(partition) if !self.take_read(&partition) => throttled(),
            _ => Passage::Go { body, left: None },
        }
    }

    fn is_in_hand(&self, one: &Touched) -> bool {
        let item = (one.partition.clone(), one.sort.clone());
        self.in_hand.get(&item).is_some_and(|until| *until > self.now_ms)
    }

    fn take_writes(&mut self, one: &Touched, times: f64) -> bool {
        let units = times * one.bytes.div_ceil(1024).max(1) as f64;
        // A full share lets through what is larger than it, as DynamoDB's burst does.
        let fits = one.partitions().all(|p| bucket(&mut self.writes, self.now_ms, p, WRITES).left >= units.min(WRITES));
        if !fits {
            self.refused.throttled += 1;
            return false;
        }
        for partition in one.partitions() {
            bucket(&mut self.writes, self.now_ms, partition, WRITES).left -= units;
        }
        true
    }

    fn take_read(&mut self, partition: &str) -> bool {
        let bucket = bucket(&mut self.reads, self.now_ms, partition, READS);
        let fits = bucket.left >= 1.0;
        if fits {
            bucket.left -= 1.0;
        } else {
            self.refused.throttled += 1;
        }
        fits
    }
}

/// The share of a partition key, with what came back to it since it was last looked at.
fn bucket<'a>(buckets: &'a mut HashMap<String, Bucket>, now_ms: i64, partition: &str, rate: f64) -> &'a mut Bucket {
    let bucket = buckets.entry(partition.to_owned()).or_insert(Bucket { left: rate, at_ms: now_ms });
    bucket.left = (bucket.left + (now_ms - bucket.at_ms).max(0) as f64 * rate / 1000.0).min(rate);
    bucket.at_ms = now_ms;
    bucket
}

/// The item a write touches.
struct Touched {
    partition: String,
    sort: String,
    index: Option<String>,
    bytes: usize,
}

impl Touched {
    fn of(write: &Value) -> Option<Self> {
        let item = write.get("Item").or_else(|| write.get("Key"))?;
        let index = text(item, "gsi1pk").map(|partition| format!("gsi1 {partition}"));
        let bytes = item.to_string().len();
        Some(Self { partition: text(item, "pk")?, sort: text(item, "sk")?, index, bytes })
    }

    fn partitions(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.partition.as_str()).chain(self.index.as_deref())
    }
}

fn text(item: &Value, name: &str) -> Option<String> {
    item.get(name)?.get("S")?.as_str().map(str::to_owned)
}

fn partition_read(body: &Value) -> Option<String> {
    let partition = match body.get("Key") {
        Some(key) => text(key, "pk"),
        None => text(body.get("ExpressionAttributeValues")?, ":pk"),
    }?;
    Some(if body.get("IndexName").is_some() { format!("gsi1 {partition}") } else { partition })
}

fn throttled() -> Passage {
    let message = "The level of configured provisioned throughput for one or more partitions was exceeded";
    refused("ProvisionedThroughputExceededException", message)
}

fn refused(name: &str, message: &str) -> Passage {
    Passage::Refused(json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": message }))
}

fn cancelled(reason: &str) -> Passage {
    let answer: BTreeMap<&str, Value> = BTreeMap::from([
        ("__type", json!("com.amazonaws.dynamodb.v20120810#TransactionCanceledException")),
        (
            "Message",
            json!(format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{reason}]")),
        ),
        ("CancellationReasons", json!([{ "Code": reason, "Message": reason }])),
    ]);
    Passage::Refused(json!(answer))
}
