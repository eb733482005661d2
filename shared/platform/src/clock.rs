//! Time as a parameter.
//!
//! There are two times. The **wall clock** ([`Clock::now_ms`]) is what records and vendors know; somebody may
//! set it ahead or back at any moment. **Elapsed time** ([`Clock::elapsed_ms`]) only ever goes forward, and is
//! known to this process alone. Whatever one process waits for by itself, it waits for by elapsed time.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How far the wall clocks of two machines may be apart. What one machine stored and another compares with its
/// own clock tolerates this much; a wider difference is for the operator to mend.
pub const SKEW: Duration = Duration::from_secs(5);

/// The clock a function reads and waits by.
#[derive(Clone, Debug)]
pub struct Clock(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System(Instant),
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    wall: AtomicI64,
    elapsed: AtomicI64,
    /// Those who wait at the same time, where they do.
    crowd: Option<Mutex<Crowd>>,
}

/// Who waits until when, in ms elapsed, and how often the clock was moved for them.
#[derive(Debug, Default)]
struct Crowd {
    waiting: BTreeSet<(i64, u64)>,
    seen: u64,
    moved: u64,
}

/// Turns in which nothing moves the clock, so that whoever can go on does.
const TURNS: u32 = 4;

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Kind::System(Instant::now()))
    }

    /// A clock that moves only when told to, or when somebody waits by it.
    pub fn manual(start_ms: i64) -> Self {
        Self::moved_by_hand(start_ms, None)
    }

    /// As [`manual`](Self::manual), for many who wait at the same time, in one task: the clock moves to the
    /// earliest of them once all that can go on has gone on.
    pub fn manual_for_many(start_ms: i64) -> Self {
        Self::moved_by_hand(start_ms, Some(Mutex::default()))
    }

    fn moved_by_hand(start_ms: i64, crowd: Option<Mutex<Crowd>>) -> Self {
        let (wall, elapsed) = (AtomicI64::new(start_ms), AtomicI64::new(0));
        Self(Kind::Manual(Arc::new(Manual { wall, elapsed, crowd })))
    }

    /// Epoch milliseconds.
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Kind::System(_) => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)),
            Kind::Manual(manual) => manual.wall.load(Ordering::SeqCst),
        }
    }

    /// Milliseconds since this clock was made. They never go back, and mean nothing to another process.
    pub fn elapsed_ms(&self) -> i64 {
        match &self.0 {
            Kind::System(start) => millis(start.elapsed()),
            Kind::Manual(manual) => manual.elapsed.load(Ordering::SeqCst),
        }
    }

    /// Waits. A manual clock jumps ahead instead.
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Kind::System(_) => tokio::time::sleep(duration).await,
            Kind::Manual(manual) => match &manual.crowd {
                Some(crowd) => self.wait_among(crowd, duration).await,
                None => {
                    self.advance(duration);
                    tokio::task::yield_now().await;
                }
            },
        }
    }

    async fn wait_among(&self, crowd: &Mutex<Crowd>, duration: Duration) {
        let until = self.elapsed_ms().saturating_add(millis(duration).max(1));
        let lock = || crowd.lock().unwrap_or_else(PoisonError::into_inner);
        let (place, mut moved) = {
            let mut crowd = lock();
            crowd.seen += 1;
            let place = (until, crowd.seen);
            crowd.waiting.insert(place);
            (place, crowd.moved)
        };
        let mut turns = 0;
        loop {
            tokio::task::yield_now().await;
            let mut crowd = lock();
            turns = if crowd.moved == moved { turns + 1 } else { 0 };
            moved = crowd.moved;
            if turns >= TURNS && crowd.waiting.first() == Some(&place) {
                let left = until.saturating_sub(self.elapsed_ms());
                self.advance(Duration::from_millis(u64::try_from(left).unwrap_or(0)));
                crowd.moved += 1;
            }
            if self.elapsed_ms() >= until {
                crowd.waiting.remove(&place);
                return;
            }
        }
    }

    /// Moves a manual clock ahead; the system clock goes by itself.
    pub fn advance(&self, duration: Duration) {
        if let Kind::Manual(manual) = &self.0 {
            manual.wall.fetch_add(millis(duration), Ordering::SeqCst);
            manual.elapsed.fetch_add(millis(duration), Ordering::SeqCst);
        }
    }

    /// Sets a manual wall clock ahead or, by less than nothing, back, as an operator or a time server does:
    /// no time passes.
    pub fn step(&self, by_ms: i64) {
        if let Kind::Manual(manual) = &self.0 {
            manual.wall.fetch_add(by_ms, Ordering::SeqCst);
        }
    }
}

/// A duration in whole milliseconds.
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
