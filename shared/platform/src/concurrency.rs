//! How many pieces of work between two connections may be under way in one process on one queue. A vendor
//! that hangs takes a place for as long as a call may last; with few places each it cannot take those of others.

use crate::context::Context;
use crate::error::{Error, Result, Retry};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_model::{ConnectionId, TenantId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long work stands by for a place before it is put off. A vendor that is well frees one within its
/// answer's time; a shorter time would send most of a burst through the queue again and again. Once somebody
/// has waited so long for nothing, nobody else waits until a place comes free: each would keep a batch.
const MAX_WAIT: Duration = Duration::from_secs(2);
/// How long work that found no place is put off for.
const BUSY: Duration = Duration::from_secs(2);

type Name = (TenantId, [ConnectionId; 2], &'static str);

/// The places between two connections for one kind of work.
struct Limit {
    free: Arc<Semaphore>,
    /// Somebody waited in vain since a place last came free.
    stuck: AtomicBool,
}

#[derive(Default)]
struct UnderWay(Mutex<HashMap<Name, Arc<Limit>>>);

/// A place, given back when dropped.
pub struct Permit {
    permit: Option<OwnedSemaphorePermit>,
    limit: Option<Arc<Limit>>,
    under_way: Arc<UnderWay>,
    name: Name,
}

/// Takes one of `most` places of the two connections together for this kind of work, if one is or soon comes
/// free.
///
/// # Errors
/// `platform.connection-busy`, to be put off.
pub async fn enter(
    ctx: &Context,
    tenant: &TenantId,
    connections: [&ConnectionId; 2],
    kind: &'static str,
    most: usize,
) -> Result<Permit> {
    let under_way = ctx.extensions.get_or_init::<UnderWay>();
    let name = (tenant.clone(), connections.map(ConnectionId::clone), kind);
    let limit = {
        let mut map = under_way.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Limit { free: Arc::new(Semaphore::new(most.max(1))), stuck: AtomicBool::new(false) };
        Arc::clone(map.entry(name.clone()).or_insert_with(|| Arc::new(new())))
    };
    match limit.take().await {
        Some(permit) => Ok(Permit { permit: Some(permit), limit: Some(limit), under_way, name }),
        None => Err(Error::new(
            "platform.connection-busy",
            Retry::PutOff(BUSY),
            format!(
                "all {most} places of work between {} and {} are taken in this process; the work comes again",
                connections[0], connections[1]
            ),
        )),
    }
}

impl Limit {
    async fn take(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Some(permit);
        }
        if self.stuck.load(Ordering::Acquire) {
            return None;
        }
        let taken = tokio::time::timeout(MAX_WAIT, Arc::clone(&self.free).acquire_owned()).await;
        if taken.is_err() {
            self.stuck.store(true, Ordering::Release);
        }
        taken.ok()?.ok()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.permit = None;
        if let Some(limit) = self.limit.take() {
            limit.stuck.store(false, Ordering::Release);
        }
        // Forgotten when all its places are free and nobody waits, so that a new limit counts.
        let mut map = self.under_way.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.get(&self.name).is_some_and(|limit| Arc::strong_count(limit) == 1) {
            map.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn behind_somebody_who_waited_in_vain_nobody_waits_until_a_place_comes_free() {
        let limit = Arc::new(Limit { free: Arc::new(Semaphore::new(1)), stuck: AtomicBool::new(false) });
        let held = limit.take().await.unwrap();
        limit.stuck.store(true, Ordering::Release);
        assert!(limit.take().now_or_never().expect("nobody waits").is_none());
        let under_way = Arc::default();
        drop(Permit {
            permit: Some(held),
            limit: Some(Arc::clone(&limit)),
            under_way,
            name: (TenantId::operator(), [ConnectionId::new("b1"), ConnectionId::new("ding")], "test"),
        });
        assert!(limit.take().await.is_some());
    }
}
