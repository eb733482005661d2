//! The embedded engine called with its own requests: no request is signed, written as JSON and read again.

use crate::commits::{Commits, Work};
use crate::gate::{Gate, GateDecision, Moment, is_write};
use async_trait::async_trait;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue as Theirs;
use dynoxide::actions::batch_get_item::{BatchGetItemRequest, KeysAndAttributes};
use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::actions::query::QueryRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::actions::transact_write_items::{TransactDelete, TransactPut, TransactUpdate, TransactWriteItem};
use dynoxide::actions::update_item::UpdateItemRequest;
use dynoxide::{AttributeValue as Own, Database, DynoxideError};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use tenon_platform::error::{Error, Result};
use tenon_platform::table::engine::{Change, Changed, Engine, Found, Item, NotMade, Wanted};
use tenon_platform::table::in_the_way;

/// An item in the engine's own terms.
type OwnItem = HashMap<String, Own>;

/// What is asked for of a record whose condition does not hold.
const OLD: &str = "ALL_OLD";

/// The engine, behind a gate. Operations run where they are called: one takes well under a millisecond, less than handing
/// it to another thread would gain.
#[derive(Clone)]
pub struct Direct {
    database: Database,
    gate: Gate,
    commits: Arc<Commits>,
}

impl Direct {
    /// An engine over this database.
    pub fn new(database: Database, gate: Gate) -> Self {
        Self { database, gate, commits: Arc::default() }
    }

    async fn run<T>(
        &self,
        operation: &str,
        act: impl FnOnce(&Database) -> std::result::Result<T, DynoxideError>,
    ) -> std::result::Result<T, NotMade> {
        // Nothing here waits for a socket, so a task with many operations would keep its thread to the end of
        // them, and those who came meanwhile waiting.
        tokio::task::yield_now().await;
        self.before(operation)?;
        let done = act(&self.database);
        self.after(operation, done)
    }

    /// Makes a write, in one commit with others that come at the same time.
    async fn commit(&self, operation: &str, work: Work) -> std::result::Result<(), NotMade> {
        self.before(operation)?;
        let done = self.commits.commit(&self.database, work).await;
        self.after(operation, done)
    }

    fn before(&self, operation: &str) -> std::result::Result<(), NotMade> {
        match self.gate.ask(operation, Moment::Before) {
            GateDecision::Kill => Err(killed("before", operation)),
            GateDecision::Contend if is_write(operation) => Err(contended(operation)),
            GateDecision::Go | GateDecision::Contend => Ok(()),
        }
    }

    fn after<T>(
        &self,
        operation: &str,
        done: std::result::Result<T, DynoxideError>,
    ) -> std::result::Result<T, NotMade> {
        if self.gate.ask(operation, Moment::After) == GateDecision::Kill {
            return Err(killed("after", operation));
        }
        done.map_err(|error| not_made(operation, error))
    }
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Direct")
    }
}

fn killed(side: &str, operation: &str) -> NotMade {
    let message = format!("the process was killed {side} {operation}");
    NotMade::Failed(Error::transient("platform.table", message).with_vendor_code("no answer"))
}

fn contended(operation: &str) -> NotMade {
    if operation == "TransactWriteItems" {
        NotMade::Cancelled(vec!["TransactionConflict".to_owned()])
    } else {
        NotMade::Failed(in_the_way("Transaction is ongoing for the item"))
    }
}

fn not_made(operation: &str, error: DynoxideError) -> NotMade {
    match error {
        DynoxideError::ConditionalCheckFailedException(_, old) => NotMade::Condition(theirs(old.unwrap_or_default())),
        DynoxideError::TransactionCanceledException(_, reasons) => {
            NotMade::Cancelled(reasons.into_iter().map(|reason| reason.code).collect())
        }
        other => {
            let code = other.error_type().rsplit('#').next().unwrap_or_default().to_owned();
            // Validation and access errors stay the same however often they are tried.
            let permanent =
                matches!(code.as_str(), "ValidationException" | "AccessDeniedException" | "ResourceNotFoundException");
            let make = if permanent { Error::permanent } else { Error::transient };
            let error = make("platform.table", other.to_string()).with_vendor_code(code);
            NotMade::Failed(error.during(format!("table {operation}")))
        }
    }
}

#[async_trait]
impl Engine for Direct {
    async fn get(&self, table: &str, key: Item) -> Result<Option<Item>> {
        let request = GetItemRequest {
            table_name: table.to_owned(),
            key: own(key),
            consistent_read: Some(true),
            ..GetItemRequest::default()
        };
        let answer = self.run("GetItem", |db| db.get_item(request)).await.map_err(NotMade::into_error)?;
        Ok(answer.item.map(theirs))
    }

    async fn get_many(&self, table: &str, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>)> {
        let keys = keys.into_iter().map(own).collect();
        let wanted = KeysAndAttributes { keys, consistent_read: Some(true), ..KeysAndAttributes::default() };
        let request = BatchGetItemRequest {
            request_items: HashMap::from([(table.to_owned(), wanted)]),
            ..BatchGetItemRequest::default()
        };
        let answer = self.run("BatchGetItem", |db| db.batch_get_item(request)).await.map_err(NotMade::into_error)?;
        let (mut responses, mut left) = (answer.responses, answer.unprocessed_keys);
        let found = responses.remove(table).unwrap_or_default();
        let left = match left.remove(table) {
            Some(left) => {
                let left: KeysAndAttributes = serde_json::from_value(left)
                    .map_err(|e| Error::permanent("platform.table", format!("keys that were left: {e}")))?;
                left.keys
            }
            None => Vec::new(),
        };
        Ok((found.into_iter().map(theirs).collect(), left.into_iter().map(theirs).collect()))
    }

    async fn query(&self, table: &str, wanted: Wanted) -> Result<Found> {
        let request = QueryRequest {
            table_name: table.to_owned(),
            key_condition_expression: Some(wanted.condition),
            expression_attribute_values: Some(own(wanted.values)),
            scan_index_forward: !wanted.backwards,
            limit: wanted.limit.and_then(|limit| usize::try_from(limit).ok()),
            exclusive_start_key: wanted.start.map(own),
            consistent_read: Some(wanted.index.is_none()),
            index_name: wanted.index.map(str::to_owned),
            ..QueryRequest::default()
        };
        let answer = self.run("Query", |db| db.query(request)).await.map_err(NotMade::into_error)?;
        Ok(found(answer.items, answer.last_evaluated_key))
    }

    async fn scan(&self, table: &str, after: Option<Item>, limit: i32) -> Result<Found> {
        let request = ScanRequest {
            table_name: table.to_owned(),
            limit: usize::try_from(limit).ok(),
            exclusive_start_key: after.map(own),
            consistent_read: Some(true),
            ..ScanRequest::default()
        };
        let answer = self.run("Scan", |db| db.scan(request)).await.map_err(NotMade::into_error)?;
        Ok(found(answer.items, answer.last_evaluated_key))
    }

    async fn change(&self, table: &str, changed: Changed) -> std::result::Result<Item, NotMade> {
        let Changed { change, condition, names, values } = changed;
        let old = condition.is_some().then(|| OLD.to_owned());
        match change {
            Change::Put(_) | Change::Delete(_) => {
                let operation = if matches!(change, Change::Put(_)) { "PutItem" } else { "DeleteItem" };
                let mut one = in_transaction(table, Changed { change, condition, names, values });
                if let Some(put) = &mut one.put {
                    put.return_values_on_condition_check_failure = old;
                } else if let Some(delete) = &mut one.delete {
                    delete.return_values_on_condition_check_failure = old;
                }
                self.commit(operation, Work::One(Box::new(one))).await.map(|()| Item::new())
            }
            Change::Update { key, expression } => {
                let (table_name, names, values) = (table.to_owned(), some(names), some(values).map(own));
                let request = UpdateItemRequest {
                    table_name,
                    key: own(key),
                    update_expression: Some(expression),
                    condition_expression: condition,
                    expression_attribute_names: names,
                    expression_attribute_values: values,
                    return_values: Some("UPDATED_NEW".to_owned()),
                    return_values_on_condition_check_failure: old,
                    ..UpdateItemRequest::default()
                };
                let answer = self.run("UpdateItem", |db| db.update_item(request)).await?;
                Ok(answer.attributes.map(theirs).unwrap_or_default())
            }
        }
    }

    async fn transact(&self, table: &str, changes: Vec<Changed>) -> std::result::Result<(), NotMade> {
        let all = changes.into_iter().map(|changed| in_transaction(table, changed)).collect();
        // Nobody sends it again, so it has no token: the engine would keep each for ten minutes, and look through all
        // of them at every transaction.
        self.commit("TransactWriteItems", Work::All(all)).await
    }
}

fn in_transaction(table: &str, changed: Changed) -> TransactWriteItem {
    let Changed { change, condition, names, values } = changed;
    let (table_name, names, values) = (table.to_owned(), some(names), some(values).map(own));
    match change {
        Change::Put(item) => {
            let put = TransactPut {
                table_name,
                item: own(item),
                condition_expression: condition,
                expression_attribute_names: names,
                expression_attribute_values: values,
                ..TransactPut::default()
            };
            TransactWriteItem { put: Some(put), ..TransactWriteItem::default() }
        }
        Change::Delete(key) => {
            let delete = TransactDelete {
                table_name,
                key: own(key),
                condition_expression: condition,
                expression_attribute_names: names,
                expression_attribute_values: values,
                ..TransactDelete::default()
            };
            TransactWriteItem { delete: Some(delete), ..TransactWriteItem::default() }
        }
        Change::Update { key, expression } => {
            let update = TransactUpdate {
                table_name,
                key: own(key),
                update_expression: expression,
                condition_expression: condition,
                expression_attribute_names: names,
                expression_attribute_values: values,
                ..TransactUpdate::default()
            };
            TransactWriteItem { update: Some(update), ..TransactWriteItem::default() }
        }
    }
}

fn found(items: Option<Vec<OwnItem>>, next: Option<OwnItem>) -> Found {
    Found { items: items.unwrap_or_default().into_iter().map(theirs).collect(), next: next.map(theirs) }
}

fn some<V>(map: HashMap<String, V>) -> Option<HashMap<String, V>> {
    (!map.is_empty()).then_some(map)
}

fn own(item: Item) -> OwnItem {
    item.into_iter().map(|(name, value)| (name, own_value(value))).collect()
}

fn theirs(item: OwnItem) -> Item {
    item.into_iter().map(|(name, value)| (name, their_value(value))).collect()
}

fn own_value(value: Theirs) -> Own {
    match value {
        Theirs::S(text) => Own::S(text),
        Theirs::N(number) => Own::N(number),
        Theirs::B(bytes) => Own::B(bytes.into_inner()),
        Theirs::Bool(flag) => Own::BOOL(flag),
        Theirs::Ss(texts) => Own::SS(texts),
        Theirs::Ns(numbers) => Own::NS(numbers),
        Theirs::Bs(all) => Own::BS(all.into_iter().map(Blob::into_inner).collect()),
        Theirs::L(items) => Own::L(items.into_iter().map(own_value).collect()),
        Theirs::M(fields) => Own::M(own(fields)),
        // Kinds of a later SDK are written by nobody here.
        _ => Own::NULL(true),
    }
}

fn their_value(value: Own) -> Theirs {
    match value {
        Own::S(text) => Theirs::S(text),
        Own::N(number) => Theirs::N(number),
        Own::B(bytes) => Theirs::B(Blob::new(bytes)),
        Own::BOOL(flag) => Theirs::Bool(flag),
        Own::NULL(flag) => Theirs::Null(flag),
        Own::SS(texts) => Theirs::Ss(texts),
        Own::NS(numbers) => Theirs::Ns(numbers),
        Own::BS(all) => Theirs::Bs(all.into_iter().map(Blob::new).collect()),
        Own::L(items) => Theirs::L(items.into_iter().map(their_value).collect()),
        Own::M(fields) => Theirs::M(theirs(fields)),
    }
}
