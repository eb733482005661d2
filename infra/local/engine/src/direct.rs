//! The embedded engine called in this process: what it is asked most by prepared statements on its tables, and the rest
//! with its own requests. No request is signed, written as JSON and read again.

use crate::commits::{Commits, Done, Waiting, Work};
use crate::gate::{Gate, GateDecision, Moment, is_write};
use crate::prepared::{HandOn, Prepared};
use async_trait::async_trait;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue as Theirs;
use dynoxide::actions::batch_get_item::{BatchGetItemRequest, KeysAndAttributes};
use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::query::QueryRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::actions::transact_write_items::{
    TransactConditionCheck, TransactDelete, TransactPut, TransactUpdate, TransactWriteItem, TransactWriteItemsRequest,
};
use dynoxide::actions::update_item::UpdateItemRequest;
use dynoxide::{AttributeValue as Own, Database, DynoxideError};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use tenon_platform::error::{Error, Result};
use tenon_platform::table::engine::{Change, Changed, Engine, Found, Item, Wanted, WriteFailure, checked_alone};
use tenon_platform::table::in_the_way;

/// An item in the engine's own terms.
type OwnItem = HashMap<String, Own>;

/// What the engine did.
type ByEngine<T> = std::result::Result<T, DynoxideError>;

/// What is asked for of a record whose condition does not hold.
const OLD: &str = "ALL_OLD";

/// The engine, behind a gate. Operations run where they are called: one takes well under a millisecond, less than handing
/// it to another thread would gain.
#[derive(Clone)]
pub(crate) struct Direct {
    both: Arc<Both>,
    gate: Gate,
    commits: Arc<Commits>,
}

/// The engine and the statements on its table.
struct Both {
    database: Database,
    prepared: Arc<Prepared>,
}

impl Direct {
    /// An engine over this database and the statements on its table.
    pub(crate) fn new(database: Database, prepared: Arc<Prepared>, gate: Gate) -> Self {
        let both = Arc::new(Both { database, prepared });
        let storing = Arc::clone(&both);
        Self { both, gate, commits: Arc::new(Commits::new(move |all| storing.store(all))) }
    }

    async fn run<T>(
        &self,
        operation: &str,
        prepared: impl FnOnce(&Prepared) -> std::result::Result<T, HandOn>,
        act: impl FnOnce(&Database) -> ByEngine<T>,
    ) -> Result<T> {
        // Nothing here waits for a socket, so a task with many operations would keep its thread to the end of
        // them, and those who came meanwhile waiting.
        crate::turn::pass().await;
        self.before(operation).map_err(WriteFailure::into_error)?;
        let done = prepared(&self.both.prepared).or_else(|HandOn| {
            let _aside = self.both.prepared.aside();
            act(&self.both.database)
        });
        self.after(operation, done).map_err(WriteFailure::into_error)
    }

    /// Makes a write, in one commit with others that come at the same time.
    async fn commit(&self, operation: &str, table: &str, work: Work) -> std::result::Result<Item, WriteFailure> {
        self.before(operation)?;
        let done = self.commits.commit(table, work).await;
        self.after(operation, done)
    }

    fn before(&self, operation: &str) -> std::result::Result<(), WriteFailure> {
        match self.gate.decide(operation, Moment::Before) {
            GateDecision::Kill => Err(killed("before", operation)),
            GateDecision::Contend if is_write(operation) => Err(contended(operation)),
            GateDecision::Go | GateDecision::Contend => Ok(()),
        }
    }

    fn after<T>(&self, operation: &str, done: ByEngine<T>) -> std::result::Result<T, WriteFailure> {
        if self.gate.decide(operation, Moment::After) == GateDecision::Kill {
            return Err(killed("after", operation));
        }
        done.map_err(|error| not_made(operation, error))
    }
}

impl Both {
    /// Stores writes of different records in one transaction; each by itself when that cannot be.
    fn store(&self, all: &[Waiting]) -> Vec<Done> {
        if let [first, second, ..] = all
            && all.iter().all(|waiting| waiting.table == second.table)
        {
            let changes: Vec<&Changed> = all.iter().flat_map(|waiting| waiting.work.changes()).collect();
            if let Ok(answers) = self.prepared.write(&first.table, &changes) {
                let mut answers = answers.into_iter();
                let of = |waiting: &Waiting| Ok(answer(answers.by_ref().take(waiting.work.changes().len())));
                return all.iter().map(of).collect();
            }
        }
        all.iter().map(|waiting| self.store_one(waiting)).collect()
    }

    fn store_one(&self, waiting: &Waiting) -> Done {
        let changes: Vec<&Changed> = waiting.work.changes().iter().collect();
        if let Ok(answers) = self.prepared.write(&waiting.table, &changes) {
            return Ok(answer(answers.into_iter()));
        }
        let _aside = self.prepared.aside();
        match &waiting.work {
            Work::One(changed) => one(&self.database, &waiting.table, (**changed).clone()),
            Work::All(changes) => {
                // Nobody sends it again, so it has no token: the engine would keep each for ten minutes, and look
                // through all of them at every transaction.
                let changes = changes.iter().cloned().map(|changed| in_transaction(&waiting.table, changed));
                let request = TransactWriteItemsRequest {
                    transact_items: changes.collect(),
                    ..TransactWriteItemsRequest::default()
                };
                self.database.transact_write_items(request).map(|_| Item::new())
            }
        }
    }
}

/// What a change by itself is told of what it changed; of a transaction nobody asks.
fn answer(mut answers: impl Iterator<Item = Item>) -> Item {
    let first = answers.next().unwrap_or_default();
    if answers.count() == 0 { first } else { Item::new() }
}

/// Makes a change by itself.
fn one(database: &Database, table: &str, changed: Changed) -> Done {
    let Changed { change, condition, names, values } = changed;
    let (table_name, names, values) = (table.to_owned(), some(names), some(values).map(own));
    let return_values_on_condition_check_failure = condition.is_some().then(|| OLD.to_owned());
    match change {
        Change::Put(item) => {
            let request = PutItemRequest {
                table_name,
                item: own(item),
                condition_expression: condition,
                expression_attribute_names: names,
                expression_attribute_values: values,
                return_values_on_condition_check_failure,
                ..PutItemRequest::default()
            };
            database.put_item(request).map(|_| Item::new())
        }
        Change::Delete(key) => {
            let request = DeleteItemRequest {
                table_name,
                key: own(key),
                condition_expression: condition,
                expression_attribute_names: names,
                expression_attribute_values: values,
                return_values_on_condition_check_failure,
                ..DeleteItemRequest::default()
            };
            database.delete_item(request).map(|_| Item::new())
        }
        Change::Check(_) => {
            Err(DynoxideError::ValidationException("a condition is checked in a transaction alone".to_owned()))
        }
        Change::Update { key, expression } => {
            let request = UpdateItemRequest {
                table_name,
                key: own(key),
                update_expression: Some(expression),
                condition_expression: condition,
                expression_attribute_names: names,
                expression_attribute_values: values,
                return_values: Some("UPDATED_NEW".to_owned()),
                return_values_on_condition_check_failure,
                ..UpdateItemRequest::default()
            };
            database.update_item(request).map(|answer| answer.attributes.map(theirs).unwrap_or_default())
        }
    }
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Direct")
    }
}

fn killed(side: &str, operation: &str) -> WriteFailure {
    let message = format!("the process was killed {side} {operation}");
    WriteFailure::Failed(Error::transient("platform.table", message).with_vendor_code("no answer"))
}

fn contended(operation: &str) -> WriteFailure {
    if operation == "TransactWriteItems" {
        WriteFailure::Cancelled(vec!["TransactionConflict".to_owned()])
    } else {
        WriteFailure::Failed(in_the_way("Transaction is ongoing for the item"))
    }
}

fn not_made(operation: &str, error: DynoxideError) -> WriteFailure {
    match error {
        DynoxideError::ConditionalCheckFailedException(_, old) => {
            WriteFailure::Condition(theirs(old.unwrap_or_default()))
        }
        DynoxideError::TransactionCanceledException(_, reasons) => {
            WriteFailure::Cancelled(reasons.into_iter().map(|reason| reason.code).collect())
        }
        other => {
            let code = other.error_type().rsplit('#').next().unwrap_or_default().to_owned();
            // Validation and access errors stay the same however often they are tried.
            let permanent =
                matches!(code.as_str(), "ValidationException" | "AccessDeniedException" | "ResourceNotFoundException");
            let make = if permanent { Error::permanent } else { Error::transient };
            let error = make("platform.table", other.to_string()).with_vendor_code(code);
            WriteFailure::Failed(error.during(format!("table {operation}")))
        }
    }
}

#[async_trait]
impl Engine for Direct {
    async fn get(&self, table: &str, key: Item) -> Result<Option<Item>> {
        let by_engine = |database: &Database| {
            let request = GetItemRequest {
                table_name: table.to_owned(),
                key: own(key.clone()),
                consistent_read: Some(true),
                ..GetItemRequest::default()
            };
            Ok(database.get_item(request)?.item.map(theirs))
        };
        self.run("GetItem", |prepared| prepared.get(table, &key), by_engine).await
    }

    async fn get_many(&self, table: &str, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>)> {
        let prepared = |prepared: &Prepared| Ok((prepared.get_many(table, &keys)?, Ok(Vec::new())));
        let by_engine = |database: &Database| {
            let all = keys.iter().cloned().map(own).collect();
            let wanted = KeysAndAttributes { keys: all, consistent_read: Some(true), ..KeysAndAttributes::default() };
            let request = BatchGetItemRequest {
                request_items: HashMap::from([(table.to_owned(), wanted)]),
                ..BatchGetItemRequest::default()
            };
            let answer = database.batch_get_item(request)?;
            let (mut responses, mut left) = (answer.responses, answer.unprocessed_keys);
            let found = responses.remove(table).unwrap_or_default();
            Ok((found.into_iter().map(theirs).collect(), left.remove(table).map_or_else(|| Ok(Vec::new()), keys_left)))
        };
        let (found, left) = self.run("BatchGetItem", prepared, by_engine).await?;
        Ok((found, left?))
    }

    async fn query(&self, table: &str, wanted: Wanted) -> Result<Found> {
        let by_engine = |database: &Database| {
            let wanted = wanted.clone();
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
            let answer = database.query(request)?;
            Ok(found(answer.items, answer.last_evaluated_key))
        };
        self.run("Query", |prepared| prepared.query(table, &wanted), by_engine).await
    }

    async fn scan(&self, table: &str, after: Option<Item>, limit: i32) -> Result<Found> {
        let by_engine = |database: &Database| {
            let request = ScanRequest {
                table_name: table.to_owned(),
                limit: usize::try_from(limit).ok(),
                exclusive_start_key: after.map(own),
                consistent_read: Some(true),
                ..ScanRequest::default()
            };
            let answer = database.scan(request)?;
            Ok(found(answer.items, answer.last_evaluated_key))
        };
        self.run("Scan", |_| Err(HandOn), by_engine).await
    }

    async fn change(&self, table: &str, changed: Arc<Changed>) -> std::result::Result<Item, WriteFailure> {
        let operation = match changed.change {
            Change::Put(_) => "PutItem",
            Change::Delete(_) => "DeleteItem",
            Change::Check(_) => return Err(checked_alone()),
            Change::Update { .. } => "UpdateItem",
        };
        self.commit(operation, table, Work::One(changed)).await
    }

    async fn transact(&self, table: &str, changes: Arc<[Changed]>) -> std::result::Result<(), WriteFailure> {
        self.commit("TransactWriteItems", table, Work::All(changes)).await.map(drop)
    }
}

fn keys_left(left: serde_json::Value) -> Result<Vec<Item>> {
    let left: KeysAndAttributes = serde_json::from_value(left)
        .map_err(|e| Error::permanent("platform.table", format!("keys that were left: {e}")))?;
    Ok(left.keys.into_iter().map(theirs).collect())
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
        Change::Check(key) => {
            let check = TransactConditionCheck {
                table_name,
                key: own(key),
                condition_expression: condition.unwrap_or_default(),
                expression_attribute_names: names,
                expression_attribute_values: values,
                ..TransactConditionCheck::default()
            };
            TransactWriteItem { condition_check: Some(check), ..TransactWriteItem::default() }
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
