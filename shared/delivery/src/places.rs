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
    fn endpoint(&mut self, endpoint: &Endpoint, now: i64) -> &mut Places {
        if self.endpoints.len() >= self.looked_through_at.max(MANY) && !self.endpoints.contains_key(endpoint) {
            self.endpoints.retain(|_, places| !places.is_forgotten(now));
            self.looked_through_at = self.endpoints.len() * 2;
        }
        let places = self.endpoints.entry(endpoint.clone()).or_default();
        if places.is_forgotten(now) {
            *places = Places::default();
        }
        places
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

    /// Of an endpoint whose places are all free and at which nobody is expected, nothing is kept but how fast it was.
    fn rest(&self, endpoint: &Endpoint) {
        self.with(|known| {
            let Some(places) = known.endpoints.get_mut(endpoint).filter(|places| places.is_idle()) else { return };
            known.with_more -= usize::from(places.more);
            *places = places.rested();
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
mod tests {
    use super::*;

    fn endpoint(n: usize) -> Endpoint {
        (TenantId::new("t"), AppId::new(format!("a-{n}")))
    }

    fn take(under_way: &Arc<UnderWay>, of: usize, clock: &Clock) -> Option<Place> {
        let permit = under_way.places(&endpoint(of), clock.elapsed_ms()).try_acquire_owned().ok()?;
        Some(Place::take(permit, Arc::clone(under_way), endpoint(of), clock.clone()))
    }

    fn all(under_way: &Arc<UnderWay>, of: usize, clock: &Clock) -> Vec<Place> {
        std::iter::from_fn(|| take(under_way, of, clock)).collect()
    }

    #[test]
    fn an_endpoint_that_moves_has_more_places_until_it_takes_its_time() {
        let (under_way, clock) = (Arc::<UnderWay>::default(), Clock::manual(0));
        let mut held = all(&under_way, 0, &clock);
        assert_eq!(held.len(), AT_ONCE);
        clock.advance(Duration::from_millis(20));
        held.pop();
        held.extend(all(&under_way, 0, &clock));
        assert_eq!(held.len(), AT_ONCE + MORE);
        // All of them take their time now, and each that comes back is one too many until there are as few as before.
        clock.advance(Duration::from_secs(1));
        held.truncate(AT_ONCE);
        assert!(take(&under_way, 0, &clock).is_none(), "two are still under way");
        held.pop();
        assert_eq!(all(&under_way, 0, &clock).len(), 1);
        held.clear();
        assert_eq!(all(&under_way, 0, &clock).len(), AT_ONCE, "one at which nothing is in hand begins anew");
        assert_eq!(under_way.with(|known| (known.with_more, known.taken)), (0, 0));
    }

    #[test]
    fn few_endpoints_have_more_places_and_one_that_is_slow_has_none() {
        let (under_way, clock) = (Arc::<UnderWay>::default(), Clock::manual(0));
        let mut held: Vec<Vec<Place>> = (0..=WITH_MORE).map(|of| all(&under_way, of, &clock)).collect();
        for (of, held) in held.iter_mut().enumerate() {
            held.pop();
            held.extend(all(&under_way, of, &clock));
        }
        let counts: Vec<usize> = held.iter().map(Vec::len).collect();
        assert_eq!(counts.iter().filter(|count| **count == AT_ONCE + MORE).count(), WITH_MORE);
        assert_eq!(counts.iter().filter(|count| **count == AT_ONCE).count(), 1);
        if let Some(slow) = held.first().and_then(|held| held.first()) {
            slow.is_slow();
        }
        let entropy = Entropy::system();
        assert!(matches!(under_way.outlook(&endpoint(0), clock.elapsed_ms(), &entropy), Outlook::Slow));
        assert_eq!(under_way.with(|known| known.with_more), WITH_MORE - 1, "another may have them");
    }

    #[test]
    fn what_has_its_turn_soon_stands_by_however_many_do() {
        let (under_way, clock, entropy) = (Arc::<UnderWay>::default(), Clock::manual(0), Entropy::system());
        let mut held: Vec<Vec<Place>> = (0..10).map(|of| all(&under_way, of, &clock)).collect();
        // Of each endpoint a place comes free every five milliseconds, and of the last every two.
        for ms in 0..300 {
            clock.advance(Duration::from_millis(1));
            for (of, held) in held.iter_mut().enumerate() {
                if ms % (if of == 9 { 2 } else { 5 }) == 0 {
                    held.remove(0);
                    held.extend(all(&under_way, of, &clock));
                }
            }
        }
        let now = clock.elapsed_ms();
        let expected = |of: usize| {
            let outlook = std::iter::from_fn(|| match under_way.outlook(&endpoint(of), now, &entropy) {
                Outlook::Open(expected) => Some(expected),
                Outlook::Full(_) | Outlook::Slow => None,
            });
            outlook.take(200).collect::<Vec<Expected>>()
        };
        let all: Vec<Vec<Expected>> = (0..10).map(expected).collect();
        let counts: Vec<usize> = all.iter().map(Vec::len).collect();
        // One alone does not have every worker.
        assert_eq!(counts, [vec![80; 9], vec![SOON_EACH]].concat());
    }

    #[test]
    fn what_finds_no_room_is_put_off_until_about_its_turn() {
        let (under_way, clock) = (Arc::<UnderWay>::default(), Clock::manual(0));
        let mut held = all(&under_way, 0, &clock);
        // A place comes free every 40 ms.
        for _ in 0..20 {
            clock.advance(Duration::from_millis(40));
            held.remove(0);
            held.extend(all(&under_way, 0, &clock));
        }
        let (now, of, entropy) = (clock.elapsed_ms(), endpoint(0), Entropy::system());
        let outlook = || under_way.outlook(&of, now, &entropy);
        let expected = std::iter::from_fn(|| match outlook() {
            Outlook::Open(expected) => Some(expected),
            Outlook::Full(_) | Outlook::Slow => None,
        });
        let expected: Vec<Expected> = expected.collect();
        assert_eq!(expected.len(), STAND_BY, "twenty have their turn within a second, and so many of all may stand by");
        let mut waits = std::iter::from_fn(|| match outlook() {
            Outlook::Full(wait) => Some(wait.as_millis()),
            Outlook::Open(_) | Outlook::Slow => None,
        });
        assert_eq!(waits.by_ref().take(4).collect::<Vec<_>>(), [120, 140, 160, 180]);
        let last: Vec<u128> = waits.take(800).skip(700).collect();
        assert!(last.iter().all(|wait| (8_000..=12_000).contains(wait)), "nobody is put off for ever: {last:?}");
        drop((expected, held));
        assert_eq!(under_way.with(|known| (known.standing, known.taken)), (0, 0));
    }

    #[test]
    fn how_fast_an_endpoint_was_is_known_after_a_moment_without_work_and_forgotten_later() {
        let (under_way, clock) = (Arc::<UnderWay>::default(), Clock::manual(0));
        let mut held = all(&under_way, 0, &clock);
        for _ in 0..20 {
            clock.advance(Duration::from_millis(4));
            held.remove(0);
            held.extend(all(&under_way, 0, &clock));
        }
        held.clear();
        // Half a second in which nothing was to be done is no gap between two places.
        clock.advance(Duration::from_millis(500));
        held = all(&under_way, 0, &clock);
        held.pop();
        held.extend(all(&under_way, 0, &clock));
        let entropy = Entropy::system();
        let outlook = || under_way.outlook(&endpoint(0), clock.elapsed_ms(), &entropy);
        let mut expected = Vec::new();
        let wait = loop {
            match outlook() {
                Outlook::Open(one) => expected.push(one),
                Outlook::Full(wait) => break wait,
                Outlook::Slow => panic!("it is not slow"),
            }
        };
        assert!(wait <= SOONEST, "put off by what is known, not by {UNKNOWN:?}: {wait:?}");
        let gap = || under_way.with(|known| known.endpoints.get(&endpoint(0)).and_then(Places::gap_ms));
        assert!(gap().is_some_and(|gap| gap < 5.0), "{:?}", gap());
        drop((expected, held));
        clock.advance(Duration::from_millis(KNOWN_MS.unsigned_abs() + 1));
        let held = all(&under_way, 0, &clock);
        assert_eq!((held.len(), gap()), (AT_ONCE, None));
    }

    #[test]
    fn of_endpoints_without_work_no_more_are_kept_than_had_some_of_late() {
        let (under_way, clock) = (Arc::<UnderWay>::default(), Clock::manual(0));
        let busy = all(&under_way, 0, &clock);
        for of in 1..10_000 {
            clock.advance(Duration::from_millis(100));
            drop(take(&under_way, of, &clock));
        }
        let of_late = usize::try_from(KNOWN_MS / 100).unwrap();
        let known = under_way.with(|known| known.endpoints.len());
        assert!(known <= 2 * of_late + MANY, "{known}");
        assert!(under_way.with(|known| known.endpoints.contains_key(&endpoint(0))), "two attempts are under way");
        drop(busy);
    }
}
