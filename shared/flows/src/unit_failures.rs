//! Units of work that fail by themselves: a list, a flow, an instance. Each is remembered with what is wrong,
//! left alone for longer each time, counted for an alarm, and stops nobody else.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::table::{Expect, Key, Write};
use tenon_platform::{Context, Error, Result, kept, telemetry, text};

/// The longest pause of a unit that fails.
const MAX_PAUSE: Duration = Duration::from_secs(6 * 3600);
/// How long a unit that nobody tries any more is remembered, in seconds.
const KEEP_S: i64 = 30 * 86_400;
/// Longest name of a unit, in bytes.
const NAME: usize = 200;

/// A unit that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitFailure {
    /// The unit: `failed callbacks`, `open instances`, `flow quotation`, `instance …`.
    pub unit: String,
    /// How often in a row.
    pub failures: u32,
    /// Epoch ms of the first failure.
    pub since_ms: i64,
    /// Epoch ms of the last.
    pub last_ms: i64,
    /// Epoch ms before which it is left alone.
    pub next_ms: i64,
    /// Stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
}

/// The kinds of units, as the alarm counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// A connection's open instances.
    Connection,
    /// A flow.
    Flow,
    /// One instance.
    Instance,
    /// A list of failed callbacks.
    List,
}

impl UnitKind {
    fn word(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Flow => "flow",
            Self::Instance => "instance",
            Self::List => "list",
        }
    }
}

/// The units of one connection.
pub struct Units<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    connection: &'a ConnectionId,
    /// The connection's own pause, which a failing unit's begins with.
    every: Duration,
    known: HashMap<String, UnitFailure>,
    /// Whether the connection is out, so that no unit is due.
    is_out: bool,
    /// Failures so far.
    pub failed: u64,
}

fn partition(tenant: &TenantId, connection: &ConnectionId) -> String {
    Key::partition_of(tenant, "TROUBLE", &[connection.as_str()])
}

/// The failing units of a connection.
///
/// # Errors
/// Those of the table.
pub async fn of(ctx: &Context, tenant: &TenantId, connection: &ConnectionId) -> Result<Vec<UnitFailure>> {
    let stored = ctx.table.query_all::<UnitFailure>(&partition(tenant, connection), Default::default()).await?;
    Ok(stored.into_iter().map(|s| s.data).collect())
}

impl<'a> Units<'a> {
    /// The units of a connection, with what failed before.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn load(
        ctx: &'a Context,
        tenant: &'a TenantId,
        connection: &'a ConnectionId,
        every: Duration,
    ) -> Result<Self> {
        let known = of(ctx, tenant, connection).await?.into_iter().map(|t| (t.unit.clone(), t)).collect();
        Ok(Self { ctx, tenant, connection, every, known, is_out: false, failed: 0 })
    }

    /// No unit is tried from here on: the connection is out, which is no failure of theirs.
    pub fn leave_alone(&mut self) {
        self.is_out = true;
    }

    /// Whether a unit is to be tried now.
    pub fn is_due(&self, unit: &str) -> bool {
        !self.is_out && self.known.get(text::beginning(unit, NAME)).is_none_or(|t| t.next_ms <= self.ctx.now_ms())
    }

    /// Takes down how a unit came out. `None` when it failed. What goes wrong in writing that down is logged,
    /// and stops the rest no more than the failure does.
    pub async fn note<T>(&mut self, unit: &str, kind: UnitKind, outcome: Result<T>) -> Option<T> {
        let unit = text::beginning(unit, NAME);
        let (value, written) = match outcome {
            Ok(value) => (Some(value), self.well(unit).await),
            Err(error) => (None, self.failing(unit, kind, &error).await),
        };
        if let Err(error) = written {
            tracing::error!(connection = %self.connection, unit, error.code = error.code, error.message = %error, "a unit's trouble could not be stored");
        }
        value
    }

    async fn well(&mut self, unit: &str) -> Result<()> {
        if self.known.remove(unit).is_none() {
            return Ok(());
        }
        tracing::info!(connection = %self.connection, unit, "reconciliation works again");
        self.ctx.table.write(Write::delete(self.key(unit), Expect::Anything)).await.map(|_| ())
    }

    async fn failing(&mut self, unit: &str, kind: UnitKind, error: &Error) -> Result<()> {
        self.failed += 1;
        let now = self.ctx.now_ms();
        let before = self.known.get(unit);
        let failures = before.map_or(0, |t| t.failures).saturating_add(1);
        let wait = pause(self.every, failures);
        tracing::error!(connection = %self.connection, unit, failures, error.code = error.code, error.message = %error, wait.ms = millis(wait), "reconciliation of a unit failed");
        telemetry::count(&self.ctx.clock, "ReconcileFailures", ("Unit", kind.word()), 1);
        let failure = UnitFailure {
            unit: unit.to_owned(),
            failures,
            since_ms: before.map_or(now, |t| t.since_ms),
            last_ms: now,
            next_ms: now.saturating_add(millis(wait)),
            code: error.code.to_owned(),
            message: error.to_string(),
        };
        let write = Write::put(self.key(unit), &failure, Expect::Anything)?.expiring(Some(now / 1000 + KEEP_S));
        self.known.insert(unit.to_owned(), failure);
        self.ctx.table.write(write).await?;
        kept::keep_words(self.ctx, self.tenant, error).await
    }

    fn key(&self, unit: &str) -> Key {
        Key::new(self.tenant, "TROUBLE", &[self.connection.as_str()], unit)
    }
}

/// Double each time. A tenth shorter than whole periods, so that the next slot is not missed by a moment.
fn pause(every: Duration, failures: u32) -> Duration {
    let doubled = every.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    doubled.min(MAX_PAUSE).saturating_sub(every / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_six_hours() {
        let every = Duration::from_secs(600);
        let minutes: Vec<u64> = [1, 2, 3, 6, 7, 40, u32::MAX].map(|n| pause(every, n).as_secs() / 60).to_vec();
        assert_eq!(minutes, [9, 19, 39, 319, 359, 359, 359]);
    }
}
