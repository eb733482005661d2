//! What every simulated system is to the sandbox. A vendor's tree has one type that implements this; nothing
//! outside the tree knows more of it, and [`registry`](crate::registry) has its one line.

use crate::action::ActionError;
use crate::delivery::{CallbackDelivery, CallbackOutcome};
use crate::reply::{self, Reply};
use crate::sandbox::State;
use crate::traffic::Traffic;
use bytes::Bytes;
use http::Request;
use serde_json::Value;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a request is called in counters and faults.
pub(crate) struct Label {
    /// Entity set, or API path.
    pub entity: String,
    /// Key of the entity, where the path has one.
    pub key: Option<String>,
    /// The path below the system's root, by which faults may name it too.
    pub relative: String,
    /// Whether the call hands out a session or token.
    pub is_login: bool,
}

/// A request that reached its system.
pub(crate) struct Incoming<'a> {
    pub now_ms: i64,
    /// The decoded path.
    pub path: &'a str,
    /// A fault refuses this login.
    pub wrong_password: bool,
    /// For requests within the request, as a batch has.
    pub traffic: &'a mut Traffic,
}

/// One simulated system.
///
/// Paths are all it is recognised by: its base URL is the sandbox's. Where two vendors use the same paths, the
/// later one is served below a first segment of its own, which its connection then has in its base URL.
pub(crate) trait System: Send {
    /// The label of a request, if its path is this system's.
    fn matches(&self, path: &str) -> Option<Label>;

    /// Carries one request out.
    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply;

    /// Time an answer takes.
    fn latency(&self) -> Duration;

    /// Ends every session or token.
    fn expire_sessions(&mut self);

    /// The answer to too many calls, where it is not a proxy's.
    fn rate_limited(&mut self, _path: &str) -> Reply {
        reply::html(429)
    }

    /// The answer of an overloaded vendor, where it is not a proxy's.
    fn busy(&mut self, _path: &str) -> Reply {
        reply::html(503)
    }

    /// What it sends to us now. Each counts as sent; one whose result is not told in time counts as unanswered
    /// the next time anything is asked.
    fn due(&mut self, _now_ms: i64) -> Vec<CallbackDelivery> {
        Vec::new()
    }

    /// Takes what a delivery brought; whether the vendor takes it for delivered.
    fn delivered(&mut self, _now_ms: i64, _number: u64, _outcome: CallbackOutcome) -> bool {
        false
    }

    /// When it next sends something, epoch ms; in the past when one waits already.
    fn next_due_at(&self) -> Option<i64> {
        None
    }

    /// What a person or an operator does over `/_sandbox/…`; nothing when the action is not one of this system.
    fn act(&mut self, now_ms: i64, method: &str, parts: &[&str], body: &[u8]) -> Option<Result<Value, ActionError>>;
}

/// How a system is set up and looked at.
pub(crate) trait Simulated: System + Sized {
    /// Its settings.
    type Options: Clone + Default + fmt::Debug;
    /// Everything it holds.
    type Snapshot;

    /// A system with its demo data. `seed` is its own.
    fn new(seed: u64, options: Self::Options) -> Self;

    /// Its settings, to be changed; [`Self::reconfigured`] comes after.
    fn options(&mut self) -> &mut Self::Options;

    /// Takes changed settings in.
    fn reconfigured(&mut self) {}

    /// Everything it holds.
    fn snapshot(&self) -> Self::Snapshot;
}

/// One system of a sandbox: what its people do, and narrow looks at its state.
pub struct Handle<'a, S> {
    state: &'a Mutex<State>,
    of: fn(&mut State) -> &mut S,
}

impl<S> fmt::Debug for Handle<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

impl<'a, S> Handle<'a, S> {
    pub(crate) fn new(state: &'a Mutex<State>, of: fn(&mut State) -> &mut S) -> Self {
        Self { state, of }
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut S) -> T) -> T {
        // A panic elsewhere leaves the state as consistent as a crashed vendor's.
        act((self.of)(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}
