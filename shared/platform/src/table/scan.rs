//! The whole table, a bounded page at a time, and the renewal of one text in a record: for the `tenon` command, when
//! keys are rotated. No function may scan.

use super::engine::{Change, Changed, WriteFailure};
use super::write::number;
use super::{Key, Outcome, Table, patiently, shape};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;
use std::sync::Arc;

/// A record of any kind as it lies in the table.
#[derive(Clone, Debug)]
pub struct Raw {
    /// Its key.
    pub key: Key,
    /// Its data; null where the record is counters alone.
    pub data: serde_json::Value,
    /// The data as the table has it, for the comparison when it is replaced.
    stored: AttributeValue,
    version: u64,
}

/// A page of the table.
#[derive(Clone, Debug)]
pub struct Scanned {
    /// The records.
    pub records: Vec<Raw>,
    /// The key after which the next page begins; absent at the end.
    pub next: Option<Key>,
}

impl Table {
    /// Up to `limit` records of the whole table after this key, in the order of the table.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn scan(&self, after: Option<&Key>, limit: i32) -> Result<Scanned> {
        let request = || self.engine.scan(&self.name, after.map(Key::attributes), limit);
        let found = patiently(&self.clock, request).await?;
        let next = found.next.as_ref().and_then(Key::of);
        let records = found.items.into_iter().map(raw).collect::<Result<Vec<_>>>()?;
        Ok(Scanned { records, next })
    }

    /// One record as it lies in the table.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn read_raw(&self, key: &Key) -> Result<Option<Raw>> {
        patiently(&self.clock, || self.engine.get(&self.name, key.attributes())).await?.map(raw).transpose()
    }

    /// Puts new texts in the places of old ones in a record that is still as it was read, and changes nothing else of
    /// it: version, place in the index and end stay, so that whoever holds its version goes on holding it.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn replace_texts(&self, record: &Raw, texts: &HashMap<String, String>) -> Result<Outcome> {
        let mut new = record.stored.clone();
        replace(&mut new, texts);
        let value = |name: &str, value| (name.to_owned(), value);
        let changed = Arc::new(Changed {
            change: Change::Update { key: record.key.attributes(), expression: "SET #data = :new".to_owned() },
            condition: Some("v = :v AND #data = :old".to_owned()),
            names: HashMap::from([("#data".to_owned(), "data".to_owned())]),
            values: HashMap::from([
                value(":new", new),
                value(":old", record.stored.clone()),
                value(":v", number(record.version)),
            ]),
        });
        let request = || {
            Box::pin(async {
                match self.engine.change(&self.name, Arc::clone(&changed)).await {
                    Ok(_) => Ok(Outcome::Done),
                    Err(WriteFailure::Condition(_)) => Ok(Outcome::Conflict),
                    Err(other) => Err(other.into_error()),
                }
            })
        };
        patiently(&self.clock, request).await
    }
}

fn replace(value: &mut AttributeValue, texts: &HashMap<String, String>) {
    match value {
        AttributeValue::S(text) => {
            if let Some(new) = texts.get(text) {
                text.clone_from(new);
            }
        }
        AttributeValue::L(items) => items.iter_mut().for_each(|item| replace(item, texts)),
        AttributeValue::M(fields) => fields.values_mut().for_each(|field| replace(field, texts)),
        _ => {}
    }
}

fn raw(mut item: HashMap<String, AttributeValue>) -> Result<Raw> {
    shape::check(&item)?;
    let key = Key::of(&item).ok_or_else(|| Error::permanent("platform.table", "a record without a key was read"))?;
    let version = item.get("v").and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or(0);
    let stored = item.remove("data").unwrap_or(AttributeValue::Null(true));
    let data = serde_dynamo::from_attribute_value(stored.clone())
        .map_err(|e| Error::permanent("platform.table", format!("{}: {e}", key.partition())))?;
    Ok(Raw { key, data, stored, version })
}
