//! Two lanes, and how many attempts to one endpoint may be under way in one process. An endpoint that
//! hangs takes a place for as long as an attempt may last; with few places each, it cannot take those of
//! others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_model::{AppId, TenantId};
use tenon_platform::Context;
use tenon_platform::queue::{QueueName, WEBHOOK_DELIVER, WEBHOOK_RETRY};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Attempts under way to one endpoint from one process.
const AT_ONCE: usize = 2;

/// Which queue a worker works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// First attempts to endpoints that are well.
    First,
    /// All others.
    Retry,
}

impl Lane {
    /// Its queue.
    pub fn queue(self) -> QueueName {
        match self {
            Self::First => WEBHOOK_DELIVER,
            Self::Retry => WEBHOOK_RETRY,
        }
    }

    /// How long a message stands by for a place of its endpoint before it is put off. An endpoint that is
    /// well frees one within its answer's time, and a second lets a burst to few endpoints through where a
    /// shorter time would send most of it through the queue again and again. One that is not well frees
    /// none soon, and whoever stands by keeps a worker from others.
    fn patience(self) -> Duration {
        match self {
            Self::First => Duration::from_secs(1),
            Self::Retry => Duration::ZERO,
        }
    }

    /// How long a message waits that finds its endpoint's places taken. In the slow lane an attempt often
    /// lasts until its time is up, so there is no use in asking sooner.
    pub(crate) fn busy_wait(self) -> Duration {
        match self {
            Self::First => Duration::from_secs(1),
            Self::Retry => Duration::from_secs(15),
        }
    }
}

type Endpoint = (TenantId, AppId);

#[derive(Default)]
struct UnderWay(Mutex<HashMap<Endpoint, Arc<Semaphore>>>);

impl UnderWay {
    fn places(&self, endpoint: &Endpoint) -> Arc<Semaphore> {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(map.entry(endpoint.clone()).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))))
    }

    /// Forgets an endpoint whose places are all free and that nobody waits for.
    fn forget(&self, endpoint: &Endpoint) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.get(endpoint).is_some_and(|places| Arc::strong_count(places) == 1) {
            map.remove(endpoint);
        }
    }
}

/// A place, given back when dropped.
pub(crate) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    under_way: Arc<UnderWay>,
    endpoint: Endpoint,
}

/// Takes a place, if one is or soon comes free.
pub(crate) async fn enter(ctx: &Context, lane: Lane, tenant: &TenantId, app: &AppId) -> Option<Place> {
    let under_way = ctx.extensions.get_or_init::<UnderWay>();
    let endpoint = (tenant.clone(), app.clone());
    let places = under_way.places(&endpoint);
    let permit = match Arc::clone(&places).try_acquire_owned() {
        Ok(permit) => Some(permit),
        Err(_) if lane.patience().is_zero() => None,
        Err(_) => tokio::time::timeout(lane.patience(), places.acquire_owned()).await.ok()?.ok(),
    };
    Some(Place { permit: Some(permit?), under_way, endpoint })
}

impl Drop for Place {
    fn drop(&mut self) {
        self.permit = None;
        self.under_way.forget(&self.endpoint);
    }
}
