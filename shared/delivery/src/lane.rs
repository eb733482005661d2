//! Two lanes, and how many attempts to one endpoint may be under way in one process. An endpoint that
//! hangs takes a place for as long as an attempt may last; with few places each, it cannot take those of
//! others. What waits for a place holds up a worker as well, so few may wait, and none for an endpoint that
//! is known to be slow: its deliveries go over to the slow lane.

use crate::health::Health;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_model::{AppId, TenantId};
use tenon_platform::Context;
use tenon_platform::queue::{QueueName, WEBHOOK_DELIVER, WEBHOOK_RETRY};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Attempts under way to one endpoint from one process.
const AT_ONCE: usize = 2;
/// Deliveries of all endpoints that may stand by for a place in one process.
const STAND_BY: usize = 32;

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

    /// How long a message of the slow lane waits that finds its endpoint's places taken: about as long as an
    /// attempt lasts, which is until its time is up where the endpoint fails.
    pub(crate) fn busy_wait(health: &Health) -> Duration {
        let (soon, longest) = (Duration::from_secs(1), Duration::from_secs(15));
        match health.slow {
            _ if health.is_failing() => longest,
            Some(slow) => Duration::from_millis(u64::try_from(slow.took_ms).unwrap_or(0)).clamp(soon, longest),
            None => soon,
        }
    }
}

type Endpoint = (TenantId, AppId);

/// What a process knows of an endpoint while attempts to it are under way.
struct Places {
    free: Arc<Semaphore>,
    slow: bool,
}

struct UnderWay {
    endpoints: Mutex<HashMap<Endpoint, Places>>,
    stand_by: Semaphore,
}

impl Default for UnderWay {
    fn default() -> Self {
        Self { endpoints: Mutex::default(), stand_by: Semaphore::new(STAND_BY) }
    }
}

impl UnderWay {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<Endpoint, Places>) -> T) -> T {
        work(&mut self.endpoints.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn places(&self, endpoint: &Endpoint) -> Arc<Semaphore> {
        let new = || Places { free: Arc::new(Semaphore::new(AT_ONCE)), slow: false };
        self.with(|map| Arc::clone(&map.entry(endpoint.clone()).or_insert_with(new).free))
    }

    /// Forgets an endpoint whose places are all free and that nobody waits for.
    fn forget(&self, endpoint: &Endpoint) {
        self.with(|map| {
            if map.get(endpoint).is_some_and(|places| Arc::strong_count(&places.free) == 1) {
                map.remove(endpoint);
            }
        });
    }
}

/// A place, given back when dropped.
pub(crate) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    under_way: Arc<UnderWay>,
    endpoint: Endpoint,
}

impl Place {
    /// The attempt that has this place shows that its endpoint is slow: nobody stands by for it any more.
    pub(crate) fn is_slow(&self) {
        self.under_way.with(|map| {
            if let Some(places) = map.get_mut(&self.endpoint) {
                places.slow = true;
            }
        });
    }
}

/// What this process knows of a delivery's way without asking anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// There is a place, or one may come free.
    Open,
    /// Its endpoint's places are taken, and as many as may stand by do.
    Full,
    /// An attempt to its endpoint is under way and has shown that it is slow.
    Slow,
}

/// How it looks for a delivery that wants a place.
pub(crate) fn outlook(ctx: &Context, tenant: &TenantId, app: &AppId) -> Outlook {
    let under_way = ctx.extensions.get_or_init::<UnderWay>();
    let endpoint = (tenant.clone(), app.clone());
    let (taken, slow) = under_way.with(|map| {
        map.get(&endpoint).map_or((false, false), |places| (places.free.available_permits() == 0, places.slow))
    });
    match (slow, taken) {
        (true, _) => Outlook::Slow,
        (false, true) if under_way.stand_by.available_permits() == 0 => Outlook::Full,
        (false, _) => Outlook::Open,
    }
}

/// Takes a place, if one is or soon comes free.
pub(crate) async fn enter(ctx: &Context, lane: Lane, tenant: &TenantId, app: &AppId) -> Option<Place> {
    let under_way = ctx.extensions.get_or_init::<UnderWay>();
    let endpoint = (tenant.clone(), app.clone());
    let places = under_way.places(&endpoint);
    let permit = match Arc::clone(&places).try_acquire_owned() {
        Ok(permit) => Some(permit),
        Err(_) if lane.patience().is_zero() => None,
        Err(_) => {
            let _standing_by = under_way.stand_by.try_acquire().ok()?;
            tokio::time::timeout(lane.patience(), places.acquire_owned()).await.ok()?.ok()
        }
    };
    Some(Place { permit: Some(permit?), under_way, endpoint })
}

impl Drop for Place {
    fn drop(&mut self) {
        self.permit = None;
        self.under_way.forget(&self.endpoint);
    }
}
