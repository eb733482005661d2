//! Time as a parameter.
//!
//! There are two times. The **wall clock** ([`Clock::now_ms`]) is what records and vendors know; somebody may
//! set it ahead or back at any moment. **Elapsed time** ([`Clock::elapsed_ms`]) only ever goes forward, and is
//! known to this process alone. Whatever one process waits for by itself, it waits for by elapsed time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
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
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Kind::System(Instant::now()))
    }

    /// A clock that moves only when told to, or when somebody waits by it.
    pub fn manual(start_ms: i64) -> Self {
        Self(Kind::Manual(Arc::new(Manual { wall: AtomicI64::new(start_ms), elapsed: AtomicI64::new(0) })))
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
            Kind::Manual(_) => {
                self.advance(duration);
                tokio::task::yield_now().await;
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
