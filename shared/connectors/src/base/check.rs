//! What a connection check found.

use super::Remote;
use serde::Serialize;
use tenon_model::ConnectionId;

/// A connection that works. A check that fails is an error, with its code and its remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The connection.
    pub connection: ConnectionId,
    /// What answered: a product and version when the vendor names them.
    pub answered: String,
    /// Time from the first request to the last answer, in ms.
    pub took_ms: i64,
    /// What was tried, in order, each with its own time.
    pub steps: Vec<CheckStep>,
}

/// One thing a check tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckStep {
    /// What: `login`, `read Users`.
    pub name: String,
    /// How long it took, in ms.
    pub took_ms: i64,
}

/// A check under way.
pub(crate) struct Checking<'a> {
    remote: &'a Remote<'a>,
    start_ms: i64,
    last_ms: i64,
    steps: Vec<CheckStep>,
}

impl<'a> Checking<'a> {
    /// Begins now.
    pub fn of(remote: &'a Remote<'a>) -> Self {
        let now = remote.ctx.now_ms();
        Self { remote, start_ms: now, last_ms: now, steps: Vec::new() }
    }

    /// Notes what has been done since the last step.
    pub fn did(&mut self, name: &str) {
        let now = self.remote.ctx.now_ms();
        self.steps.push(CheckStep { name: name.to_owned(), took_ms: now - self.last_ms });
        self.last_ms = now;
    }

    /// The report; who answered is for people.
    pub fn report(self, answered: String) -> CheckReport {
        let connection = self.remote.connection.clone();
        CheckReport { connection, answered, took_ms: self.last_ms - self.start_ms, steps: self.steps }
    }
}
