//! Group commit: writes of several tasks that come while another is being stored are stored in one transaction of the
//! engine. Nobody waits for company, and what is stored together is bounded, so that a commit keeps the others from the
//! database for about two milliseconds at most.
//!
//! Each write keeps its own condition and its own outcome: when one of them is in the way of the transaction, nothing of
//! it is stored, and each is made by itself. Each is atomic as it was, and is answered once it is committed.

use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::transact_write_items::{TransactWriteItem, TransactWriteItemsRequest};
use dynoxide::{AttributeValue, Database, DynoxideError};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// Items of one commit of several writes, at most: about two milliseconds of the engine's time.
const MOST: usize = 24;

/// What one caller writes.
#[derive(Clone)]
pub(crate) enum Work {
    /// A put or a delete by itself, which tells what is there when its condition does not hold.
    One(Box<TransactWriteItem>),
    /// All or nothing.
    All(Vec<TransactWriteItem>),
}

type Done = Result<(), DynoxideError>;

/// Writes that wait for their commit.
#[derive(Default)]
pub(crate) struct Commits {
    waiting: Mutex<Vec<(Work, oneshot::Sender<Done>)>>,
    turn: tokio::sync::Mutex<()>,
}

impl Commits {
    /// Makes a write, with others that come at the same time where they fit together.
    pub(crate) async fn commit(&self, database: &Database, work: Work) -> Done {
        let (sender, mut done) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((work, sender));
        // Those that can go on do, up to their own write.
        tokio::task::yield_now().await;
        loop {
            let _turn = self.turn.lock().await;
            match done.try_recv() {
                Ok(done) => return done,
                // Nothing is taken out of the line without an answer, as nothing is waited for in between.
                Err(oneshot::error::TryRecvError::Empty) => self.next(database),
                Err(oneshot::error::TryRecvError::Closed) => {
                    return Err(DynoxideError::InternalServerError("a commit was given up".to_owned()));
                }
            }
        }
    }

    /// Commits those that are first in line.
    fn next(&self, database: &Database) {
        let (works, waiting): (Vec<Work>, Vec<oneshot::Sender<Done>>) = self.first().into_iter().unzip();
        for (waiting, done) in waiting.into_iter().zip(together(database, works)) {
            // Whoever asked may be gone; what it asked for is done.
            let _ = waiting.send(done);
        }
    }

    /// The first in line, as far as they fit one commit.
    fn first(&self) -> Vec<(Work, oneshot::Sender<Done>)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut seen, mut fitting) = (HashSet::new(), 0);
        for (work, _) in waiting.iter() {
            let targets: Option<Vec<Target>> = work.items().iter().map(target).collect();
            // What cannot be compared goes by itself.
            let fits = targets.as_ref().is_some_and(|targets| {
                seen.len() + targets.len() <= MOST && targets.iter().all(|target| !seen.contains(target))
            });
            if fitting > 0 && !fits {
                break;
            }
            fitting += 1;
            match targets {
                Some(targets) => seen.extend(targets),
                None => break,
            }
        }
        waiting.drain(..fitting).collect()
    }
}

/// Makes writes of different records in one transaction; each by itself when that cannot be.
fn together(database: &Database, works: Vec<Work>) -> Vec<Done> {
    if works.len() > 1 {
        let transact_items = works.iter().flat_map(|work| work.items().iter().cloned()).collect();
        let request = TransactWriteItemsRequest { transact_items, ..TransactWriteItemsRequest::default() };
        if database.transact_write_items(request).is_ok() {
            return works.iter().map(|_| Ok(())).collect();
        }
    }
    works.into_iter().map(|work| alone(database, work)).collect()
}

fn alone(database: &Database, work: Work) -> Done {
    let one = match work {
        Work::One(one) => *one,
        Work::All(transact_items) => {
            let request = TransactWriteItemsRequest { transact_items, ..TransactWriteItemsRequest::default() };
            return database.transact_write_items(request).map(drop);
        }
    };
    match one {
        TransactWriteItem { put: Some(put), .. } => {
            let request = PutItemRequest {
                table_name: put.table_name,
                item: put.item,
                condition_expression: put.condition_expression,
                expression_attribute_names: put.expression_attribute_names,
                expression_attribute_values: put.expression_attribute_values,
                return_values_on_condition_check_failure: put.return_values_on_condition_check_failure,
                ..PutItemRequest::default()
            };
            database.put_item(request).map(drop)
        }
        TransactWriteItem { delete: Some(delete), .. } => {
            let request = DeleteItemRequest {
                table_name: delete.table_name,
                key: delete.key,
                condition_expression: delete.condition_expression,
                expression_attribute_names: delete.expression_attribute_names,
                expression_attribute_values: delete.expression_attribute_values,
                return_values_on_condition_check_failure: delete.return_values_on_condition_check_failure,
                ..DeleteItemRequest::default()
            };
            database.delete_item(request).map(drop)
        }
        other => {
            let request =
                TransactWriteItemsRequest { transact_items: vec![other], ..TransactWriteItemsRequest::default() };
            database.transact_write_items(request).map(drop)
        }
    }
}

impl Work {
    fn items(&self) -> &[TransactWriteItem] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::All(all) => all,
        }
    }
}

/// Which record a change is of: its table and its keys.
type Target = (String, String, String);

fn target(item: &TransactWriteItem) -> Option<Target> {
    let (table, key) = match item {
        TransactWriteItem { put: Some(put), .. } => (&put.table_name, &put.item),
        TransactWriteItem { delete: Some(delete), .. } => (&delete.table_name, &delete.key),
        TransactWriteItem { update: Some(update), .. } => (&update.table_name, &update.key),
        _ => return None,
    };
    Some((table.clone(), text(key, "pk")?, text(key, "sk")?))
}

fn text(key: &HashMap<String, AttributeValue>, name: &str) -> Option<String> {
    match key.get(name) {
        Some(AttributeValue::S(text)) => Some(text.clone()),
        _ => None,
    }
}
