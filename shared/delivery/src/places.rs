//! How many attempts to one endpoint may be under way in one process, and what the process learns from them. An
//! endpoint that hangs takes a place for as long as an attempt may last; with few places each, it cannot take those of
//! others. One that answers at once gives its places back all the time: it has a few more, and more may stand by for
//! them, since the way through the queue costs as much as a delivery.

use crate::lane::{Outlook, STANDS_BY};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_model::{AppId, TenantId};
use tenon_platform::{Clock, Entropy};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Attempts under way to one endpoint.
const AT_ONCE: usize = 2;
/// Further ones to an endpoint that moves: while the right to one attempt is stored, another's push is under way.
const MORE: usize = 2;
/// Endpoints that have such, at most. Should all of them hang at once, they hold few more places than others.
const WITH_MORE: usize = 16;
/// Deliveries of all endpoints that may stand by, whatever becomes of the place.
const STAND_BY: usize = 32;
/// Deliveries that may stand by for an endpoint that moves, if as many have their turn while they do.
const STAND_BY_EACH: usize = 32;
/// Deliveries of all endpoints that have a place or stand by, where they may be more than [`STAND_BY`]: some workers
/// of a process are left for others.
const IN_HAND: usize = 224;
/// Whoever has its turn within so long stands by even where all these are in hand: the queue is then received from no
/// faster than places come free, and what is behind in it waits no longer than this for it. Put off instead, deliveries
/// go through the queue twice, and come late when their endpoint has become faster meanwhile.
const SOON_MS: f64 = 400.0;
/// Of one endpoint so many do, so that one alone does not have every worker.
const SOON_EACH: usize = 128;
/// An endpoint moves whose attempts last no longer, and that has given a place back within so long.
const MOVES_MS: i64 = 250;
/// How long a delivery is put off of which nothing shows when it would have its turn.
const UNKNOWN: Duration = Duration::from_secs(1);
/// How long one is put off at least, and at most, whose turn is foreseen.
const SOONEST: Duration = Duration::from_millis(100);
const LATEST: Duration = Duration::from_secs(10);
/// Deliveries that are put off come back faster than places have come free so far: an endpoint is usually faster once
/// nobody hands in events any more, and who comes too early stands by.
const SPACED: f64 = 0.5;
/// How much of the latest gap between two places that come free goes into what is known of them: little, because a commit
/// that takes a fifth of a second once says nothing of those that follow.
const WEIGHT: f64 = 1.0 / 64.0;
/// So many gaps say something. The first ones, of a process or a connection that begins, are many times as long as those
/// that follow, and whoever was put off by them came seconds after all others.
const ENOUGH: u32 = 16;
/// What is known of an endpoint outlasts a moment in which nothing of it is in hand. In the middle of a burst there are
/// such moments, and whoever came next would be put off as by a process that has just begun.
const KNOWN_MS: i64 = 10_000;
/// Endpoints at which nothing is in hand are looked through when so many are known, and again when twice as many are
/// as were left.
const MANY: usize = 64;

pub(crate) type Endpoint = (TenantId, AppId);

/// What a process knows of an endpoint while attempts to it are under way. Times are in ms elapsed.
struct Places {
    free: Arc<Semaphore>,
    slow: bool,
    /// It has [`MORE`].
    more: bool,
    /// Places that it has no more and that are still taken.
    owed: usize,
    standing: usize,
    /// When a place was given back last.
    moved_ms: Option<i64>,
    /// Whether something was in hand all the time since then.
    is_busy: bool,
    /// How long it takes from one place that comes free to the next, and how often that was seen.
    gap_ms: f64,
    gaps: u32,
    /// When the next delivery that is put off would have its turn.
    turn_ms: f64,
}

impl Default for Places {
    fn default() -> Self {
        let free = Arc::new(Semaphore::new(AT_ONCE));
        Self {
            free,
            slow: false,
            more: false,
            owed: 0,
            standing: 0,
            moved_ms: None,
            is_busy: false,
            gap_ms: 0.0,
            gaps: 0,
            turn_ms: 0.0,
        }
    }
}

impl Places {
    /// Whether all places are free and nobody is expected: nothing but these count them.
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.free) == 1
    }

    /// Nothing of it is known any more.
    fn is_forgotten(&self, now: i64) -> bool {
        self.is_idle() && self.moved_ms.is_none_or(|at| now - at > KNOWN_MS)
    }

    /// As it begins anew: how fast it was is known.
    fn rested(&self) -> Self {
        let Self { moved_ms, gap_ms, gaps, turn_ms, .. } = *self;
        Self { moved_ms, gap_ms, gaps, turn_ms, ..Self::default() }
    }

    fn moves(&self, now: i64) -> bool {
        self.moved_ms.is_some_and(|at| now - at <= MOVES_MS)
    }

    fn gap_ms(&self) -> Option<f64> {
        (self.gaps >= ENOUGH).then_some(self.gap_ms)
    }

    /// Whether one more that stands by would have its turn soon.
    fn is_soon(&self, now: i64) -> bool {
        let ahead = self.standing as f64 + 1.0;
        let is_in_time = self.gap_ms().is_some_and(|gap_ms| ahead * gap_ms <= SOON_MS);
        self.moves(now) && self.standing < SOON_EACH && is_in_time
    }

    /// How many may stand by while it moves: as many as have their turn before they would give up.
    fn room(&self) -> usize {
        let within = |gap_ms: f64| (STANDS_BY.as_secs_f64() * 800.0 / gap_ms.max(1.0)) as usize;
        self.gap_ms().map_or(STAND_BY_EACH, |gap_ms| within(gap_ms).clamp(1, STAND_BY_EACH))
    }

    /// How long a delivery is put off that finds no room: until those have had their turn that were put off before.
    fn put_off(&mut self, now: i64, entropy: &Entropy) -> Duration {
        let Some(gap_ms) = self.gap_ms() else { return entropy.jitter(UNKNOWN) };
        let now = now as f64;
        let turn_ms = self.turn_ms.max(now + SOONEST.as_secs_f64() * 1_000.0);
        let wait = Duration::from_secs_f64((turn_ms - now) / 1_000.0);
        if wait > LATEST {
            return entropy.jitter(LATEST);
        }
        self.turn_ms = turn_ms + gap_ms * SPACED;
        wait
    }

    /// A place is given back, unless it is one that the endpoint has no more.
    fn given_back(&mut self, permit: Option<OwnedSemaphorePermit>, now: i64) {
        if let Some(last) = self.moved_ms.filter(|_| self.is_busy) {
            let gap = (now - last) as f64;
            self.gaps = self.gaps.saturating_add(1);
            self.gap_ms += (gap - self.gap_ms) * WEIGHT.max(1.0 / f64::from(self.gaps));
        }
        self.moved_ms = Some(now);
        self.is_busy = true;
        match permit {
            Some(permit) if self.owed > 0 => {
                permit.forget();
                self.owed -= 1;
            }
            permit => drop(permit),
        }
    }

    fn widen(&mut self) {
        self.more = true;
        // What is still owed is not given first and taken then.
        let settled = self.owed.min(MORE);
        self.owed -= settled;
        self.free.add_permits(MORE - settled);
    }

    fn narrow(&mut self) {
        self.more = false;
        self.owed += MORE - self.free.forget_permits(MORE);
    }
}

#[derive(Default)]
struct Known {
    endpoints: HashMap<Endpoint, Places>,
    /// Places that are taken, and deliveries that stand by for one, of all endpoints.
    taken: usize,
    standing: usize,
    /// Endpoints that have [`MORE`].
    with_more: usize,
    /// When so many endpoints are known, they are looked through.
    looked_through_at: usize,
}

impl Known {
    /// What is known of an endpoint. One at which nothing is in hand begins anew.
    fn endpoint(&mut self, endpoint: &Endpoint, now: i64) -> &mut Places {
        if self.endpoints.len() >= self.looked_through_at.max(MANY) && !self.endpoints.contains_key(endpoint) {
            self.look_through(now);
        }
        let places = self.endpoints.entry(endpoint.clone()).or_default();
        rest(places, &mut self.with_more);
        if places.is_forgotten(now) {
            *places = Places::default();
        }
        places
    }

    /// Drops those of which nothing is known any more.
    fn look_through(&mut self, now: i64) {
        let with_more = &mut self.with_more;
        self.endpoints.retain(|_, places| {
            rest(places, with_more);
            !places.is_forgotten(now)
        });
        self.looked_through_at = self.endpoints.len() * 2;
    }

    /// Whether one more may be expected at this endpoint: for a place that is free, or to stand by.
    fn has_room(&self, endpoint: &Endpoint, now: i64) -> bool {
        let Some(places) = self.endpoints.get(endpoint) else { return true };
        let in_hand = self.taken + self.standing;
        places.standing < places.free.available_permits()
            || self.standing < STAND_BY
            || places.is_soon(now)
            || (places.moves(now) && places.standing < places.room() && in_hand < IN_HAND)
    }

    /// Gives an endpoint more places, or takes them back, by how long its last attempt had one.
    fn adjust(&mut self, endpoint: &Endpoint, quick: bool) {
        let Some(places) = self.endpoints.get_mut(endpoint) else { return };
        match (places.more, quick && !places.slow) {
            (false, true) if self.with_more < WITH_MORE => {
                places.widen();
                self.with_more += 1;
            }
            (true, false) => {
                places.narrow();
                self.with_more = self.with_more.saturating_sub(1);
            }
            _ => {}
        }
    }
}

/// Of an endpoint whose places are all free and at which nobody is expected, nothing is kept but how fast it was. Whoever
/// is just asking for a place may keep it from that at the moment it comes to rest: then it is when it is looked at next.
fn rest(places: &mut Places, with_more: &mut usize) {
    if places.is_idle() {
        *with_more = with_more.saturating_sub(usize::from(places.more));
        *places = places.rested();
    }
}

/// The attempts that are under way in a process.
#[derive(Default)]
pub(crate) struct UnderWay(Mutex<Known>);

impl UnderWay {
    fn with<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn places(&self, endpoint: &Endpoint, now: i64) -> Arc<Semaphore> {
        self.with(|known| Arc::clone(&known.endpoint(endpoint, now).free))
    }

    pub(crate) fn outlook(self: &Arc<Self>, endpoint: &Endpoint, now: i64, entropy: &Entropy) -> Outlook {
        self.with(|known| {
            known.endpoint(endpoint, now);
            let room = known.has_room(endpoint, now);
            let places = known.endpoint(endpoint, now);
            match (places.slow, room) {
                (true, _) => Outlook::Slow,
                (false, false) => Outlook::Full(places.put_off(now, entropy)),
                (false, true) => {
                    places.standing += 1;
                    let free = Some(Arc::clone(&places.free));
                    known.standing += 1;
                    Outlook::Open(Expected { under_way: Arc::clone(self), endpoint: endpoint.clone(), free })
                }
            }
        })
    }

    fn rest(&self, endpoint: &Endpoint) {
        self.with(|known| {
            if let Some(places) = known.endpoints.get_mut(endpoint) {
                rest(places, &mut known.with_more);
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
    since_ms: i64,
}

impl Place {
    pub(crate) fn take(
        permit: OwnedSemaphorePermit,
        under_way: Arc<UnderWay>,
        endpoint: Endpoint,
        clock: Clock,
    ) -> Self {
        under_way.with(|known| known.taken += 1);
        let since_ms = clock.elapsed_ms();
        Self { permit: Some(permit), under_way, endpoint, clock, since_ms }
    }

    /// The attempt that has this place shows that its endpoint is slow: nobody stands by for it any more.
    pub(crate) fn is_slow(&self) {
        self.under_way.with(|known| {
            if let Some(places) = known.endpoints.get_mut(&self.endpoint) {
                places.slow = true;
            }
            known.adjust(&self.endpoint, false);
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let now = self.clock.elapsed_ms();
        self.under_way.with(|known| {
            known.taken = known.taken.saturating_sub(1);
            let permit = self.permit.take();
            if let Some(places) = known.endpoints.get_mut(&self.endpoint) {
                places.given_back(permit, now);
            }
            known.adjust(&self.endpoint, now - self.since_ms <= MOVES_MS);
        });
        self.under_way.rest(&self.endpoint);
    }
}

/// A delivery that is expected to take a place, from the first look at it until it has one.
pub(crate) struct Expected {
    under_way: Arc<UnderWay>,
    endpoint: Endpoint,
    /// What is known of the endpoint is kept meanwhile.
    free: Option<Arc<Semaphore>>,
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.under_way.with(|known| {
            known.standing = known.standing.saturating_sub(1);
            if let Some(places) = known.endpoints.get_mut(&self.endpoint) {
                places.standing = places.standing.saturating_sub(1);
            }
        });
        self.free = None;
        self.under_way.rest(&self.endpoint);
    }
}

#[cfg(test)]
mod tests;
