//! How many pieces of work for one connection may be under way in one process on one queue. A vendor that
//! hangs takes a place for as long as a call may last; with few places each it cannot take those of others.

use crate::context::Context;
use crate::error::{Error, Result, Retry};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_model::{ConnectionId, TenantId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long work stands by for a place before it is put off. A vendor that is well frees one within its
/// answer's time; a shorter time would send most of a burst through the queue again and again.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long work that found no place is put off for.
const BUSY: Duration = Duration::from_secs(2);

type Name = (TenantId, ConnectionId, &'static str);

#[derive(Default)]
struct UnderWay(Mutex<HashMap<Name, Arc<Semaphore>>>);

/// A place, given back when dropped.
pub struct Place {
    permit: Option<OwnedSemaphorePermit>,
    under_way: Arc<UnderWay>,
    name: Name,
}

/// Takes one of `most` places of the connection for this kind of work, if one is or soon comes free.
///
/// # Errors
/// `platform.connection-busy`, to be put off.
pub async fn enter(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    kind: &'static str,
    most: usize,
) -> Result<Place> {
    let under_way = ctx.extensions.get_or_init::<UnderWay>();
    let name = (tenant.clone(), connection.clone(), kind);
    let places = {
        let mut map = under_way.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(map.entry(name.clone()).or_insert_with(|| Arc::new(Semaphore::new(most.max(1)))))
    };
    let permit = match Arc::clone(&places).try_acquire_owned() {
        Ok(permit) => Some(permit),
        Err(_) => tokio::time::timeout(PATIENCE, places.acquire_owned()).await.ok().and_then(|taken| taken.ok()),
    };
    match permit {
        Some(permit) => Ok(Place { permit: Some(permit), under_way, name }),
        None => Err(Error::new(
            "platform.connection-busy",
            Retry::PutOff(BUSY),
            format!("all {most} places of connection {connection} are taken in this process; the work comes again"),
        )),
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.permit = None;
        // Forgotten when all its places are free and nobody waits, so that a new limit counts.
        let mut map = self.under_way.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.get(&self.name).is_some_and(|places| Arc::strong_count(places) == 1) {
            map.remove(&self.name);
        }
    }
}
