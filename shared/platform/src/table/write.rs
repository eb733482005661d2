//! Writes and their conditions.

use super::count::Count;
use super::{Key, shape};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use serde::Serialize;
use std::collections::HashMap;
use tenon_catalog::shapes;

/// The cancellation reason of a condition that did not hold.
pub(super) const CONDITION_FAILED: &str = "ConditionalCheckFailed";

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

/// A put or a delete, or a count as part of a transaction.
#[derive(Clone, Debug)]
pub struct Write {
    key: Key,
    data: Option<AttributeValue>,
    version: u64,
    expect: Expect,
    index: Option<(String, String)>,
    expires_at: Option<i64>,
    count: Option<Count>,
}

/// A write in the SDK's terms.
pub(super) struct Item {
    pub key: HashMap<String, AttributeValue>,
    pub item: Option<HashMap<String, AttributeValue>>,
    pub condition: Option<String>,
    pub values: Option<HashMap<String, AttributeValue>>,
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
        Ok(Self { key, data: Some(data), version, expect, index: None, expires_at: None, count: None })
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
        Self { key, data: None, version: 0, expect, index: None, expires_at: None, count: None }
    }

    /// Adds to counters; only in a transaction ([`Table::count`](super::Table::count) does it alone).
    pub fn count(count: Count) -> Self {
        let key = count.key().clone();
        Self {
            key,
            data: None,
            version: 0,
            expect: Expect::Anything,
            index: None,
            expires_at: None,
            count: Some(count),
        }
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

    /// The partition it writes into.
    pub(super) fn partition(&self) -> &str {
        self.key.partition()
    }

    /// The action that DynamoDB asks permission for, in a transaction too.
    pub(super) fn action(&self) -> &'static str {
        match (&self.count, &self.data) {
            (Some(_), _) => "UpdateItem",
            (None, Some(_)) => "PutItem",
            (None, None) => "DeleteItem",
        }
    }

    /// The partition, when it replaces or takes away a record that was not read. One of a newer version it does not.
    pub(super) fn replaces_unread(&self) -> Option<String> {
        (self.count.is_none() && self.expect == Expect::Anything).then(|| self.partition().to_owned())
    }

    pub(super) fn into_item(self) -> Item {
        let key = self.key.attributes();
        let version = shapes::version(self.key.partition());
        let (condition, values) = match self.expect {
            Expect::Anything => {
                (Some(shape::REPLACEABLE.to_owned()), Some(HashMap::from([(":shape".to_owned(), number(version))])))
            }
            Expect::AbsentAt(now_ms) => (
                Some("attribute_not_exists(pk) OR expires_at <= :now".to_owned()),
                Some(HashMap::from([(":now".to_owned(), number(now_ms.div_euclid(1000)))])),
            ),
            Expect::Version(version) => {
                (Some("v = :v".to_owned()), Some(HashMap::from([(":v".to_owned(), number(version))])))
            }
        };
        let item = self.data.map(|data| {
            let mut item = key.clone();
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
            item
        });
        Item { key, item, condition, values }
    }

    pub(super) fn into_transact(self, table: &str) -> Result<TransactWriteItem> {
        if let Some(count) = self.count {
            return Ok(TransactWriteItem::builder().update(count.into_update(table)?).build());
        }
        let Item { key, item, condition, values } = self.into_item();
        let builder = TransactWriteItem::builder();
        let built = match item {
            Some(item) => Put::builder()
                .table_name(table)
                .set_item(Some(item))
                .set_condition_expression(condition)
                .set_expression_attribute_values(values)
                .build()
                .map(|put| builder.put(put).build()),
            None => Delete::builder()
                .table_name(table)
                .set_key(Some(key))
                .set_condition_expression(condition)
                .set_expression_attribute_values(values)
                .build()
                .map(|delete| builder.delete(delete).build()),
        };
        built.map_err(|e| Error::permanent("platform.table", e.to_string()))
    }
}

pub(super) fn number(n: impl ToString) -> AttributeValue {
    AttributeValue::N(n.to_string())
}
