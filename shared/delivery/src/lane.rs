//! Two lanes, and how many attempts to one endpoint may be under way in one process. An endpoint that
//! hangs takes a place for as long as an attempt may last; with few places each, it cannot take those of
//! others. What waits for a place holds up a worker as well, so few may wait, and none for an endpoint that
//! is known to be slow: its deliveries go over to the slow lane. For an endpoint whose places come free all the
//! time more may wait, since each waits for a moment and the way through the queue costs as much as a delivery.

use crate::health::Health;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_model::{AppId, TenantId};
use tenon_platform::queue::{QueueName, WEBHOOK_DELIVER, WEBHOOK_RETRY};
use tenon_platform::{Clock, Context};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Attempts under way to one endpoint from one process.
const AT_ONCE: usize = 2;
/// Deliveries of all endpoints that may stand by for a place in one process, whatever becomes of the place.
const STAND_BY: usize = 32;
/// Deliveries that may stand by for an endpoint that moves.
const STAND_BY_EACH: usize = 32;
/// Deliveries of all endpoints that have a place or stand by, where they may be more than [`STAND_BY`]: some workers
/// of a process are left for others.
const IN_HAND: usize = 224;
/// An endpoint moves that has given a place back within so long.
const MOVES_MS: i64 = 250;

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
    fn max_wait(self) -> Duration {
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
    standing: usize,
    /// When a place was given back last, in ms elapsed.
    moved_ms: Option<i64>,
}

impl Default for Places {
    fn default() -> Self {
        Self { free: Arc::new(Semaphore::new(AT_ONCE)), slow: false, standing: 0, moved_ms: None }
    }
}

#[derive(Default)]
struct Known {
    endpoints: HashMap<Endpoint, Places>,
    /// Places that are taken, and deliveries that stand by for one, of all endpoints.
    taken: usize,
    standing: usize,
}

impl Known {
    /// Whether one more may stand by for this endpoint.
    fn may_stand_by(&self, endpoint: &Endpoint, elapsed_ms: i64) -> bool {
        let Some(places) = self.endpoints.get(endpoint) else { return true };
        let moves = places.moved_ms.is_some_and(|at| elapsed_ms - at <= MOVES_MS);
        self.standing < STAND_BY || (moves && places.standing < STAND_BY_EACH && self.taken + self.standing < IN_HAND)
    }
}

#[derive(Default)]
struct UnderWay(Mutex<Known>);

impl UnderWay {
    fn with<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn places(&self, endpoint: &Endpoint) -> Arc<Semaphore> {
        self.with(|known| Arc::clone(&known.endpoints.entry(endpoint.clone()).or_default().free))
    }

    /// Forgets an endpoint whose places are all free and that nobody waits for.
    fn forget(&self, endpoint: &Endpoint) {
        self.with(|known| {
            if known.endpoints.get(endpoint).is_some_and(|places| Arc::strong_count(&places.free) == 1) {
                known.endpoints.remove(endpoint);
            }
        });
    }
}

/// A place, given back when dropped.
pub(crate) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    under_way: Arc<UnderWay>,
    endpoint: Endpoint,
    clock: Clock,
}

impl Place {
    /// The attempt that has this place shows that its endpoint is slow: nobody stands by for it any more.
    pub(crate) fn is_slow(&self) {
        self.under_way.with(|known| {
            if let Some(places) = known.endpoints.get_mut(&self.endpoint) {
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
    under_way.with(|known| {
        let places = known.endpoints.get(&endpoint);
        let (slow, taken) = places.map_or((false, false), |p| (p.slow, p.free.available_permits() == 0));
        match (slow, taken) {
            (true, _) => Outlook::Slow,
            (false, true) if !known.may_stand_by(&endpoint, ctx.clock.elapsed_ms()) => Outlook::Full,
            (false, _) => Outlook::Open,
        }
    })
}

/// Takes a place, if one is or soon comes free.
pub(crate) async fn enter(ctx: &Context, lane: Lane, tenant: &TenantId, app: &AppId) -> Option<Place> {
    let under_way = ctx.extensions.get_or_init::<UnderWay>();
    let endpoint = (tenant.clone(), app.clone());
    let places = under_way.places(&endpoint);
    let permit = match Arc::clone(&places).try_acquire_owned() {
        Ok(permit) => permit,
        Err(_) if lane.max_wait().is_zero() => return None,
        Err(_) => {
            let _standing_by = StandBy::begin(ctx, &under_way, &endpoint)?;
            tokio::time::timeout(lane.max_wait(), places.acquire_owned()).await.ok()?.ok()?
        }
    };
    under_way.with(|known| known.taken += 1);
    Some(Place { permit: Some(permit), under_way, endpoint, clock: ctx.clock.clone() })
}

/// Somebody who stands by for a place.
struct StandBy<'u> {
    under_way: &'u UnderWay,
    endpoint: &'u Endpoint,
}

impl<'u> StandBy<'u> {
    fn begin(ctx: &Context, under_way: &'u UnderWay, endpoint: &'u Endpoint) -> Option<Self> {
        under_way.with(|known| {
            if !known.may_stand_by(endpoint, ctx.clock.elapsed_ms()) {
                return None;
            }
            known.standing += 1;
            known.endpoints.entry(endpoint.clone()).or_default().standing += 1;
            Some(Self { under_way, endpoint })
        })
    }
}

impl Drop for StandBy<'_> {
    fn drop(&mut self) {
        self.under_way.with(|known| {
            known.standing = known.standing.saturating_sub(1);
            if let Some(places) = known.endpoints.get_mut(self.endpoint) {
                places.standing = places.standing.saturating_sub(1);
            }
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.permit = None;
        let now = self.clock.elapsed_ms();
        self.under_way.with(|known| {
            known.taken = known.taken.saturating_sub(1);
            if let Some(places) = known.endpoints.get_mut(&self.endpoint) {
                places.moved_ms = Some(now);
            }
        });
        self.under_way.forget(&self.endpoint);
    }
}
