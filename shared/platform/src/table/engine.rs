//! What a table is kept in: DynamoDB by the AWS SDK, or an engine in this process. One set of requests and outcomes, so
//! that what is above tells no difference.

use super::retry::failed;
use crate::error::{Error, Result};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// A record, or a key, as DynamoDB has it.
pub type Item = HashMap<String, AttributeValue>;

/// What is done to one record.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is this from now on.
    Put(Item),
    /// The record of this key is taken away.
    Delete(Item),
    /// The record of this key stays as it is, and the condition must hold of it; only in a transaction.
    Check(Item),
    /// Some of what the record of this key holds is changed.
    Update {
        /// The key.
        key: Item,
        /// What is changed, in DynamoDB's words.
        expression: String,
    },
}

/// A change with its condition.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The change.
    pub change: Change,
    /// What must hold of the present record, in DynamoDB's words.
    pub condition: Option<String>,
    /// Names that stand in the change and the condition.
    pub names: HashMap<String, String>,
    /// Values that stand in them.
    pub values: Item,
}

/// Records of one partition.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The index, when it is not the table itself.
    pub index: Option<&'static str>,
    /// Which, in DynamoDB's words.
    pub condition: String,
    /// Values that stand in the condition.
    pub values: Item,
    /// Greatest first.
    pub backwards: bool,
    /// At most so many.
    pub limit: Option<u32>,
    /// Where a former page ended.
    pub start: Option<Item>,
}

/// A page of records.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The records.
    pub items: Vec<Item>,
    /// Where the next page begins; absent at the end.
    pub next: Option<Item>,
}

/// Why a change was not made.
#[derive(Debug)]
pub enum WriteFailure {
    /// Its condition does not hold of this record; an empty one when there is none, or it was not told.
    Condition(Item),
    /// Of a transaction: what stood in the way of each change, in DynamoDB's words, `None` or nothing where nothing did.
    Cancelled(Vec<String>),
    /// Anything else.
    Failed(Error),
}

impl WriteFailure {
    /// For whoever has no use for a condition.
    pub fn into_error(self) -> Error {
        match self {
            Self::Failed(error) => error,
            Self::Condition(_) => {
                Error::transient("platform.table", "a condition did not hold where none was asked for")
            }
            Self::Cancelled(codes) => {
                Error::transient("platform.table", format!("a transaction was cancelled: {}", codes.join(", ")))
            }
        }
    }
}

/// Keeps tables.
#[async_trait]
pub trait Engine: Send + Sync + fmt::Debug {
    /// The record of a key, as every write before has left it.
    async fn get(&self, table: &str, key: Item) -> Result<Option<Item>>;
    /// The records of at most 100 keys, likewise, and the keys that were left for another time.
    async fn get_many(&self, table: &str, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>)>;
    /// A page of records of one partition; of an index as it was some moments ago.
    async fn query(&self, table: &str, wanted: Wanted) -> Result<Found>;
    /// A page of all records.
    async fn scan(&self, table: &str, after: Option<Item>, limit: i32) -> Result<Found>;
    /// Makes one change; an update answers what it changed, as it is now.
    async fn change(&self, table: &str, changed: Arc<Changed>) -> std::result::Result<Item, WriteFailure>;
    /// Makes all changes or none; at most 100.
    async fn transact(&self, table: &str, changes: Arc<[Changed]>) -> std::result::Result<(), WriteFailure>;
}

/// DynamoDB.
#[async_trait]
impl Engine for Client {
    async fn get(&self, table: &str, key: Item) -> Result<Option<Item>> {
        let request = self.get_item().table_name(table).set_key(Some(key)).consistent_read(true);
        Ok(request.send().await.map_err(|e| failed("get", &e))?.item)
    }

    async fn get_many(&self, table: &str, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>)> {
        let read_once = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let request = self.batch_get_item().request_items(table, read_once.map_err(malformed)?);
        let answer = request.send().await.map_err(|e| failed("get", &e))?;
        let found = answer.responses.unwrap_or_default().remove(table).unwrap_or_default();
        let left = answer.unprocessed_keys.unwrap_or_default().remove(table).map(|keys| keys.keys);
        Ok((found, left.unwrap_or_default()))
    }

    async fn query(&self, table: &str, wanted: Wanted) -> Result<Found> {
        let request = Client::query(self)
            .table_name(table)
            .set_index_name(wanted.index.map(str::to_owned))
            .consistent_read(wanted.index.is_none())
            .scan_index_forward(!wanted.backwards)
            .set_limit(wanted.limit.and_then(|l| i32::try_from(l).ok()))
            .set_exclusive_start_key(wanted.start)
            .key_condition_expression(wanted.condition)
            .set_expression_attribute_values(Some(wanted.values));
        let answer = request.send().await.map_err(|e| failed("query", &e))?;
        Ok(Found { items: answer.items.unwrap_or_default(), next: answer.last_evaluated_key })
    }

    async fn scan(&self, table: &str, after: Option<Item>, limit: i32) -> Result<Found> {
        let request = Client::scan(self).table_name(table).consistent_read(true).limit(limit);
        let answer = request.set_exclusive_start_key(after).send().await.map_err(|e| failed("scan", &e))?;
        Ok(Found { items: answer.items.unwrap_or_default(), next: answer.last_evaluated_key })
    }

    async fn change(&self, table: &str, changed: Arc<Changed>) -> std::result::Result<Item, WriteFailure> {
        const OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;
        let Changed { change, condition, names, values } = Arc::unwrap_or_clone(changed);
        let (names, values) = (some(names), some(values));
        match change {
            Change::Put(item) => {
                let request =
                    self.put_item().table_name(table).set_item(Some(item)).set_condition_expression(condition);
                let request = request.set_expression_attribute_names(names).set_expression_attribute_values(values);
                let sent = request.return_values_on_condition_check_failure(OLD).send().await;
                sent.map(|_| Item::new()).map_err(|error| match error {
                    SdkError::ServiceError(e) if e.err().is_conditional_check_failed_exception() => {
                        match e.into_err() {
                            PutItemError::ConditionalCheckFailedException(c) => condition_failed(c.item),
                            _ => condition_failed(None),
                        }
                    }
                    other => WriteFailure::Failed(failed("put", &other)),
                })
            }
            Change::Delete(key) => {
                let request =
                    self.delete_item().table_name(table).set_key(Some(key)).set_condition_expression(condition);
                let request = request.set_expression_attribute_names(names).set_expression_attribute_values(values);
                let sent = request.return_values_on_condition_check_failure(OLD).send().await;
                sent.map(|_| Item::new()).map_err(|error| match error {
                    SdkError::ServiceError(e) if e.err().is_conditional_check_failed_exception() => {
                        match e.into_err() {
                            DeleteItemError::ConditionalCheckFailedException(c) => condition_failed(c.item),
                            _ => condition_failed(None),
                        }
                    }
                    other => WriteFailure::Failed(failed("delete", &other)),
                })
            }
            Change::Check(_) => Err(checked_alone()),
            Change::Update { key, expression } => {
                let request = self.update_item().table_name(table).set_key(Some(key)).update_expression(expression);
                let request = request.set_condition_expression(condition).return_values(ReturnValue::UpdatedNew);
                let request = request.set_expression_attribute_names(names).set_expression_attribute_values(values);
                let sent = request.return_values_on_condition_check_failure(OLD).send().await;
                sent.map(|answer| answer.attributes.unwrap_or_default()).map_err(|error| match error {
                    SdkError::ServiceError(e) if e.err().is_conditional_check_failed_exception() => {
                        match e.into_err() {
                            UpdateItemError::ConditionalCheckFailedException(c) => condition_failed(c.item),
                            _ => condition_failed(None),
                        }
                    }
                    other => WriteFailure::Failed(failed("update", &other)),
                })
            }
        }
    }

    async fn transact(&self, table: &str, changes: Arc<[Changed]>) -> std::result::Result<(), WriteFailure> {
        let changes: Result<Vec<_>> = changes.iter().cloned().map(|changed| in_transaction(table, changed)).collect();
        let request = self.transact_write_items().set_transact_items(Some(changes.map_err(WriteFailure::Failed)?));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(e)) if e.err().is_transaction_canceled_exception() => {
                let reasons = match e.into_err() {
                    TransactWriteItemsError::TransactionCanceledException(c) => c.cancellation_reasons,
                    _ => None,
                };
                let reasons = reasons.unwrap_or_default().into_iter().map(|r| r.code.unwrap_or_default());
                Err(WriteFailure::Cancelled(reasons.collect()))
            }
            Err(other) => Err(WriteFailure::Failed(failed("transact", &other))),
        }
    }
}

fn in_transaction(table: &str, changed: Changed) -> Result<TransactWriteItem> {
    let Changed { change, condition, names, values } = changed;
    let (names, values, builder) = (some(names), some(values), TransactWriteItem::builder());
    let built = match change {
        Change::Put(item) => {
            let put = Put::builder().table_name(table).set_item(Some(item)).set_condition_expression(condition);
            let put = put.set_expression_attribute_names(names).set_expression_attribute_values(values);
            put.build().map(|put| builder.put(put))
        }
        Change::Delete(key) => {
            let delete = Delete::builder().table_name(table).set_key(Some(key)).set_condition_expression(condition);
            let delete = delete.set_expression_attribute_names(names).set_expression_attribute_values(values);
            delete.build().map(|delete| builder.delete(delete))
        }
        Change::Check(key) => {
            let check = ConditionCheck::builder().table_name(table).set_key(Some(key));
            let check = check.set_condition_expression(condition).set_expression_attribute_names(names);
            check.set_expression_attribute_values(values).build().map(|check| builder.condition_check(check))
        }
        Change::Update { key, expression } => {
            let update = Update::builder().table_name(table).set_key(Some(key)).update_expression(expression);
            let update = update.set_condition_expression(condition);
            let update = update.set_expression_attribute_names(names).set_expression_attribute_values(values);
            update.build().map(|update| builder.update(update))
        }
    };
    Ok(built.map_err(malformed)?.build())
}

/// What an engine answers to a check outside a transaction: neither DynamoDB nor anybody else has such a request.
pub fn checked_alone() -> WriteFailure {
    WriteFailure::Failed(Error::permanent("platform.table", "a condition is checked in a transaction alone"))
}

/// DynamoDB takes no empty map of names or values.
fn some<V>(map: HashMap<String, V>) -> Option<HashMap<String, V>> {
    (!map.is_empty()).then_some(map)
}

fn condition_failed(old: Option<Item>) -> WriteFailure {
    WriteFailure::Condition(old.unwrap_or_default())
}

fn malformed(error: BuildError) -> Error {
    Error::permanent("platform.table", error.to_string())
}
