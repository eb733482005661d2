//! Writes and their conditions.

use super::access::Doing;
use super::count::Count;
use super::engine::{Change, Changed};
use super::{Key, shape};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use std::collections::HashMap;
use tenon_catalog::shapes;

/// The cancellation reason of a condition that did not hold.
pub(super) const CONDITION_FAILED: &str = "ConditionalCheckFailed";

/// Holds where there is nothing that still counts.
const ABSENT: &str = "attribute_not_exists(pk) OR expires_at <= :now";

/// What must be true of the present record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing; the write always happens.
    Anything,
    /// There is none, or it has expired by this epoch ms.
    AbsentAt(i64),
    /// It has this version.
    Version(u64),
}

/// A put or a delete; or, as part of a transaction, a count or a check.
#[derive(Clone, Debug)]
pub struct Write {
    key: Key,
    data: Option<AttributeValue>,
    version: u64,
    expect: Expect,
    index: Option<(String, String)>,
    expires_at: Option<i64>,
    count: Option<Count>,
    /// Whether the record stays as it is.
    checks: bool,
}

impl Write {
    /// Stores a record whole. Its version becomes the expected one plus one.
    pub fn put<T: Serialize>(key: Key, data: &T, expect: Expect) -> Result<Self> {
        let data = serde_dynamo::to_attribute_value(data)
            .map_err(|e| Error::permanent("platform.table", format!("a record could not be written: {e}")))?;
        let version = match expect {
            Expect::Version(version) => version + 1,
            Expect::Anything | Expect::AbsentAt(_) => 1,
        };
        Ok(Self { version, data: Some(data), ..Self::delete(key, expect) })
    }

    /// Gives the record this version instead of the next number. A random one fences: a version that was
    /// seen once never comes again, not even after the record was deleted and made anew, so that whoever holds
    /// an old one changes nothing.
    #[must_use]
    pub fn fenced(mut self, version: u64) -> Self {
        self.version = version;
        self
    }

    /// Deletes a record.
    pub fn delete(key: Key, expect: Expect) -> Self {
        Self { key, data: None, version: 0, expect, index: None, expires_at: None, count: None, checks: false }
    }

    /// Leaves a record as it is, and holds only when it is as expected; only in a transaction.
    pub fn check(key: Key, expect: Expect) -> Self {
        Self { checks: true, ..Self::delete(key, expect) }
    }

    /// Adds to counters; only in a transaction ([`Table::count`](super::Table::count) does it alone).
    pub fn count(count: Count) -> Self {
        let key = count.key().clone();
        Self { count: Some(count), ..Self::delete(key, Expect::Anything) }
    }

    /// Enters the record in the sparse index.
    #[must_use]
    pub fn indexed(mut self, partition: String, sort: String) -> Self {
        self.index = Some((partition, sort));
        self
    }

    /// Lets the table delete the record after this epoch **second**.
    #[must_use]
    pub fn expiring(mut self, at: Option<i64>) -> Self {
        self.expires_at = at;
        self
    }

    /// The key of the record it writes.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Its bytes as DynamoDB reckons them, or about so.
    pub(super) fn bytes(&self) -> usize {
        // Keys, version, index entry and expiry are short.
        512 + self.data.as_ref().map_or(0, size)
    }

    /// The partition it writes into.
    pub(super) fn partition(&self) -> &str {
        self.key.partition()
    }

    /// The action that DynamoDB asks permission for, in a transaction too.
    pub(super) fn action(&self) -> &'static str {
        match (&self.count, &self.data) {
            _ if self.checks => "ConditionCheckItem",
            (Some(_), _) => "UpdateItem",
            (None, Some(_)) => "PutItem",
            (None, None) => "DeleteItem",
        }
    }

    /// As what that counts.
    pub(super) fn doing(&self) -> Doing {
        if self.checks { Doing::Read } else { Doing::Write }
    }

    /// The partition, when it replaces or takes away a record that was not read. One of a newer version it does not.
    pub(super) fn replaces_unread(&self) -> Option<String> {
        (!self.checks && self.count.is_none() && self.expect == Expect::Anything).then(|| self.partition().to_owned())
    }

    pub(super) fn into_changed(self) -> Changed {
        if let Some(count) = self.count {
            return count.into_changed();
        }
        let key = self.key.attributes();
        let version = shapes::version(self.key.partition());
        let value = |name: &str, value| HashMap::from([(name.to_owned(), value)]);
        let (condition, values) = match self.expect {
            Expect::Anything => (shape::REPLACEABLE, value(":shape", number(version))),
            Expect::AbsentAt(now_ms) => (ABSENT, value(":now", number(now_ms.div_euclid(1000)))),
            Expect::Version(version) => ("v = :v", value(":v", number(version))),
        };
        let change = match self.data {
            Some(data) => {
                let mut item = key;
                item.insert("data".to_owned(), data);
                item.insert("v".to_owned(), number(self.version));
                item.insert(shape::ATTRIBUTE.to_owned(), number(version));
                if let Some((partition, sort)) = self.index {
                    item.insert("gsi1pk".to_owned(), AttributeValue::S(partition));
                    item.insert("gsi1sk".to_owned(), AttributeValue::S(sort));
                }
                if let Some(at) = self.expires_at {
                    item.insert("expires_at".to_owned(), number(at));
                }
                Change::Put(item)
            }
            None if self.checks => Change::Check(key),
            None => Change::Delete(key),
        };
        Changed { change, condition: Some(condition.to_owned()), names: HashMap::new(), values }
    }
}

fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + size(value)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>(),
        _ => 1,
    }
}

pub(super) fn number(n: impl ToString) -> AttributeValue {
    AttributeValue::N(n.to_string())
}
