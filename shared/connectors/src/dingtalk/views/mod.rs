//! Looking at departments, people and attendance: what DingTalk has, told on. Nothing is stored, and nothing changed.

mod attendance;
mod people;
mod spans;
mod trees;
mod trouble;
mod walk;

pub use spans::{Span, SpanFault};
pub use trees::{Fetched, Tree};
pub use trouble::Trouble;

use super::{Api, DINGTALK, Dingtalk, Request};
use http::Method;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tenon_platform::error::{Result, Retry};

/// Calls of one view that are under way at once.
pub(super) const WIDTH: usize = 8;
/// Times a view waits for DingTalk's limit before it says so.
const MAX_WAITS: u32 = 3;
/// How long it waits then.
const PAUSE: Duration = Duration::from_millis(1500);
/// What is left for the answer when a view gives its reading up.
const LAST_MOMENTS: Duration = Duration::from_secs(2);

/// When the next call may be made: so many a second, evenly.
#[derive(Debug)]
struct Pace {
    every_ms: i64,
    next_ms: Mutex<i64>,
}

impl Pace {
    fn new(calls_per_second: u32) -> Self {
        // Rounded up: a little slower than allowed, never faster.
        let every_ms = if calls_per_second == 0 { 0 } else { i64::from(1000_u32.div_ceil(calls_per_second)) };
        Self { every_ms, next_ms: Mutex::new(i64::MIN) }
    }

    /// Waits for this call's turn.
    async fn turn(&self, clock: &tenon_platform::Clock) {
        if self.every_ms == 0 {
            return;
        }
        let now = clock.elapsed_ms();
        let turn = {
            let mut next = self.next_ms.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = (*next).max(now);
            *next = turn + self.every_ms;
            turn
        };
        if let Ok(wait @ 1..) = u64::try_from(turn - now) {
            clock.sleep(Duration::from_millis(wait)).await;
        }
    }
}

impl Dingtalk<'_> {
    fn pace(&self) -> Pace {
        Pace::new(self.connection.calls_per_second)
    }

    /// Whether there is no time for more calls.
    fn is_late(&self) -> bool {
        let ctx = self.remote.ctx;
        ctx.time_of_call(self.connection.timeout).is_err() || ctx.time_left().is_some_and(|left| left < LAST_MOMENTS)
    }

    /// A call of the old API that reads, with all of its answer. Waits for the limit a few times.
    async fn view(&self, path: &'static str, body: &Value, pace: &Pace) -> Result<Value> {
        let request = || Request {
            api: Api::Old,
            method: Method::POST,
            path,
            query: String::new(),
            body: Some(body.clone()),
            creates: false,
        };
        let mut waited = 0;
        loop {
            pace.turn(&self.remote.ctx.clock).await;
            match self.send(&request()).await {
                Err(error) if self.may_wait(error.retry, waited) => {
                    waited += 1;
                    self.remote.ctx.clock.sleep(PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Whether it is a limit that may have passed in a moment, and there is time to see.
    fn may_wait(&self, retry: Retry, waited: u32) -> bool {
        // Five minutes are a block, and asking again prolongs it.
        let passes = matches!(retry, Retry::RateLimited(wait) if wait <= Duration::from_secs(60));
        passes && waited < MAX_WAITS && self.remote.ctx.time_left().is_none_or(|left| left > PAUSE + LAST_MOMENTS)
    }

    /// The `result` of such an answer.
    async fn result(&self, path: &'static str, body: &Value, pace: &Pace) -> Result<Value> {
        let mut answer = self.view(path, body, pace).await?;
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(DINGTALK.unintelligible("the answer has no result")),
        }
    }
}
