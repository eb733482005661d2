//! Kinds of records with the types they are read as: what a former version stored is held against them by a test.

use crate::error::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What lies in partitions of one name, and the type it is read as. Where records of several types do, each is a kind.
#[derive(Clone, Copy, Debug)]
pub struct RecordKind {
    /// What the partitions are called after the tenant.
    pub collection: &'static str,
    again: fn(&Value) -> Result<Value>,
}

impl RecordKind {
    /// Records of this name, read and written as `T`.
    #[must_use]
    pub const fn of<T: Serialize + DeserializeOwned>(collection: &'static str) -> Self {
        Self { collection, again: again::<T> }
    }

    /// A record's data as this version writes it after it has read it.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn again(&self, data: &Value) -> Result<Value> {
        (self.again)(data)
    }
}

/// By way of the table's own form, as a record really comes and goes.
fn again<T: Serialize + DeserializeOwned>(data: &Value) -> Result<Value> {
    let wrong = |error: serde_dynamo::Error| Error::permanent("platform.table", error.to_string());
    let stored: aws_sdk_dynamodb::types::AttributeValue = serde_dynamo::to_attribute_value(data).map_err(wrong)?;
    let read: T = serde_dynamo::from_attribute_value(stored).map_err(wrong)?;
    let written: aws_sdk_dynamodb::types::AttributeValue = serde_dynamo::to_attribute_value(&read).map_err(wrong)?;
    serde_dynamo::from_attribute_value(written).map_err(wrong)
}
