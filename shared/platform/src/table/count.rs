//! Atomic counters: numbers beside a key that are only ever added to, so that no two writers lose
//! each other's count and a limit holds however many count at once.

use super::access::Doing;
use super::engine::{Change, Changed, WriteFailure};
use super::retry::patiently;
use super::write::number;
use super::{Key, Table};
use crate::error::Result;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Prefix of counter attributes, which keeps them apart from a record's own.
const PREFIX: &str = "n_";

/// The counters of one key, by name; a name never counted is absent.
pub type Counters = BTreeMap<String, i64>;

/// One addition to the counters of a key.
#[derive(Clone, Debug)]
pub struct Count {
    key: Key,
    adds: Vec<(String, i64)>,
    sets: Vec<(String, i64)>,
    below: Option<(String, i64)>,
    expires_at: Option<i64>,
}

/// What an addition did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Added; the counters that were added to, as they are now.
    Done(Counters),
    /// Refused, because the limit is reached; every counter of the key as it is.
    Full(Counters),
}

impl Count {
    /// Additions to the counters of this key. Names are letters, digits, dashes and underscores.
    pub fn new(key: Key) -> Self {
        Self { key, adds: Vec::new(), sets: Vec::new(), below: None, expires_at: None }
    }

    /// Adds to one counter; a negative number takes away.
    #[must_use]
    pub fn add(mut self, name: &str, number: i64) -> Self {
        self.adds.push((format!("{PREFIX}{name}"), number));
        self
    }

    /// Sets a number beside the counters to a value, whatever it was: the latest writer's stays.
    #[must_use]
    pub fn set(mut self, name: &str, number: i64) -> Self {
        self.sets.push((format!("{PREFIX}{name}"), number));
        self
    }

    /// Only while this counter is below the limit.
    #[must_use]
    pub fn below(mut self, name: &str, limit: i64) -> Self {
        self.below = Some((format!("{PREFIX}{name}"), limit));
        self
    }

    /// Lets the table delete the counters after this epoch **second**.
    #[must_use]
    pub fn expiring(mut self, at: Option<i64>) -> Self {
        self.expires_at = at;
        self
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    fn expression(&self) -> Expression {
        let (mut names, mut values, mut added) = (HashMap::new(), HashMap::new(), Vec::new());
        for (index, (name, add)) in self.adds.iter().enumerate() {
            names.insert(format!("#a{index}"), name.clone());
            values.insert(format!(":a{index}"), number(add));
            added.push(format!("#a{index} :a{index}"));
        }
        let mut set = Vec::new();
        for (index, (name, value)) in self.sets.iter().enumerate() {
            names.insert(format!("#s{index}"), name.clone());
            values.insert(format!(":s{index}"), number(value));
            set.push(format!("#s{index} = :s{index}"));
        }
        if let Some(at) = self.expires_at {
            values.insert(":expires".to_owned(), number(at));
            set.push("expires_at = :expires".to_owned());
        }
        let mut update = format!("ADD {}", added.join(", "));
        if !set.is_empty() {
            update.push_str(&format!(" SET {}", set.join(", ")));
        }
        let condition = self.below.as_ref().map(|(name, limit)| {
            names.insert("#limited".to_owned(), name.clone());
            values.insert(":limit".to_owned(), number(limit));
            // A limit of zero must refuse the first count too, which a missing counter would pass.
            if *limit > 0 {
                "attribute_not_exists(#limited) OR #limited < :limit".to_owned()
            } else {
                "#limited < :limit".to_owned()
            }
        });
        Expression { names, values, update, condition }
    }

    pub(super) fn into_changed(self) -> Changed {
        let Expression { names, values, update, condition } = self.expression();
        let change = Change::Update { key: self.key.attributes(), expression: update };
        Changed { change, condition, names, values }
    }
}

struct Expression {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    update: String,
    condition: Option<String>,
}

impl Table {
    /// Adds to the counters of one key, in one request.
    pub async fn count(&self, count: Count) -> Result<Counted> {
        self.may("UpdateItem", Doing::Write, count.key.partition())?;
        let changed = Arc::new(count.into_changed());
        patiently(&self.clock, || Box::pin(self.count_once(Arc::clone(&changed)))).await
    }

    async fn count_once(&self, changed: Arc<Changed>) -> Result<Counted> {
        match self.engine.change(&self.name, changed).await {
            Ok(new) => Ok(Counted::Done(counters(new))),
            Err(WriteFailure::Condition(old)) => Ok(Counted::Full(counters(old))),
            Err(other) => Err(other.into_error()),
        }
    }

    /// The counters of these keys; a key never counted is left out.
    pub async fn counters(&self, keys: &[Key]) -> Result<HashMap<Key, Counters>> {
        keys.iter().try_for_each(|key| self.may("BatchGetItem", Doing::Read, key.partition()))?;
        let mut found = HashMap::new();
        for item in self.items(keys).await? {
            if let Some(key) = Key::of(&item) {
                found.insert(key, counters(item));
            }
        }
        Ok(found)
    }
}

/// The counters of an item that has no record, as an object; nothing where it has none.
pub(super) fn as_record(item: HashMap<String, AttributeValue>) -> AttributeValue {
    let own = item.into_iter().filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value)));
    let counters: HashMap<String, AttributeValue> = own.collect();
    if counters.is_empty() { AttributeValue::Null(true) } else { AttributeValue::M(counters) }
}

fn counters(item: HashMap<String, AttributeValue>) -> Counters {
    item.into_iter()
        .filter_map(|(name, value)| {
            let number = value.as_n().ok()?.parse().ok()?;
            Some((name.strip_prefix(PREFIX)?.to_owned(), number))
        })
        .collect()
}
