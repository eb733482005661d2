//! What pieces of work that go on at the same time ask of the table, in one request where it is asked at about the
//! same moment: a batch of messages reads what it stands on together, and stores what came of it together. Nobody waits
//! for company, and each has its own outcome.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::table::{Key, Several, Stored, Table, Transacted, Write};
use crate::together::Together;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};

/// What is about to be asked by one function: another one may see the table otherwise.
#[derive(Default)]
struct SharedRequests {
    changes: Together<Vec<Write>, Result<Transacted>>,
    reads: Together<Vec<Key>, Result<Several>>,
}

/// The same of each function of this process.
#[derive(Default)]
struct ByFunction(Mutex<HashMap<Option<&'static str>, Arc<SharedRequests>>>);

fn of_function(ctx: &Context) -> Arc<SharedRequests> {
    let all = ctx.extensions.get_or_init::<ByFunction>();
    let mut all = all.0.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(all.entry(ctx.table.function()).or_default())
}

/// Makes a change of some writes, all or none, with the changes that others make now. One that is not made says which
/// of its writes were in the way.
///
/// # Errors
/// Those of the table.
pub async fn change(ctx: &Context, writes: Vec<Write>) -> Result<Transacted> {
    let (shared, table) = (of_function(ctx), ctx.table.clone());
    let ticket = shared.changes.hand_in(writes);
    let made = ticket.done(ready(()), |all| async move { table.change_each(all).await }).await;
    made.unwrap_or_else(|| Err(unanswered("a change was to be made")))
}

/// Reads records of several kinds with those that others read now.
///
/// # Errors
/// Those of the table.
pub async fn read(ctx: &Context, keys: Vec<Key>) -> Result<Several> {
    let (shared, table) = (of_function(ctx), ctx.table.clone());
    let ticket = shared.reads.hand_in(keys);
    let read = ticket.done(ready(()), |all| read_all(table, all)).await;
    read.unwrap_or_else(|| Err(unanswered("records were to be read")))
}

/// Reads one record so.
///
/// # Errors
/// Those of the table.
pub async fn get<T: DeserializeOwned>(ctx: &Context, key: &Key) -> Result<Option<Stored<T>>> {
    read(ctx, vec![key.clone()]).await?.take(key)
}

async fn read_all(table: Table, all: Vec<Vec<Key>>) -> Vec<Result<Several>> {
    match table.get_several(all.iter().flatten().cloned()).await {
        Ok(found) => all.iter().map(|keys| Ok(found.of(keys))).collect(),
        Err(error) => all.iter().map(|_| Err(error.clone())).collect(),
    }
}

fn unanswered(what: &str) -> Error {
    Error::transient("platform.panic", format!("{what} with others, which failed"))
}
