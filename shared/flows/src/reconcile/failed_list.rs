//! An OA's list of callbacks it could not deliver. A read removes what it returns, so what it returned is
//! stored, whole and sealed, before it is looked at, and forgotten when all of it is taken in. A process that
//! dies in between leaves it for the next reconciliation.

use super::Counts;
use crate::decisions::intake;
use crate::decisions::message::EventSource;
use tenon_connectors::oa::Oa;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::kept::{self, Kept, Kind};
use tenon_platform::{Context, Result, telemetry};

/// Lists read in one run; each has at most 200 events.
const LISTS: usize = 50;
/// Bytes of an answer that cannot be worth keeping: `{"errcode":0,…,"failed_list":[]}`.
const EMPTY: usize = 256;

/// Whose list.
pub(super) struct List<'a> {
    pub ctx: &'a Context,
    pub tenant: &'a TenantId,
    pub loaded: &'a Loaded,
    pub connection: &'a ConnectionId,
    pub oa: &'a Oa<'a>,
}

impl List<'_> {
    /// Takes in what an earlier reconciliation read and did not get through.
    pub async fn take_kept(&self, counts: &mut Counts) -> Result<()> {
        let mut first_failure = None;
        for kept in kept::of_kind(self.ctx, self.tenant, Kind::List).await? {
            if kept.source != self.connection.as_str() {
                continue;
            }
            if let Err(error) = self.take_one(&kept, counts).await {
                first_failure.get_or_insert(error);
            }
        }
        first_failure.map_or(Ok(()), Err)
    }

    async fn take_one(&self, kept: &Kept, counts: &mut Counts) -> Result<()> {
        match kept::open(self.ctx, self.tenant, &kept.id).await? {
            Some((kept, bytes)) => self.take(&kept, &bytes, counts).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// Reads the list to its end.
    pub async fn read(&self, counts: &mut Counts) -> Result<()> {
        // What it is stored with is at hand first: the answer on its way is all that can be lost.
        self.ctx.keys.to_seal().await?;
        for _ in 0..LISTS {
            let bytes = self.oa.take_missed().await?;
            if bytes.len() <= EMPTY
                && let Ok(list) = self.oa.read_missed(&bytes)
                && list.is_empty()
            {
                return Ok(());
            }
            let source = self.connection.as_str();
            let why = "read from the list of failed callbacks, which no longer has it";
            let kept = kept::keep(self.ctx, self.tenant, Kind::List, source, why, &bytes).await?;
            if !self.take(&kept, &bytes, counts).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes one list in. Returns whether the OA has more.
    async fn take(&self, kept: &Kept, bytes: &[u8], counts: &mut Counts) -> Result<bool> {
        let list = match self.oa.read_missed(bytes) {
            Ok(list) => list,
            Err(error) => {
                self.not_understood(bytes, &error.message).await?;
                kept::forget(self.ctx, self.tenant, kept).await?;
                return Err(error);
            }
        };
        let mut first_failure = None;
        counts.failed_callbacks += list.others;
        for event in list.events {
            counts.failed_callbacks += 1;
            let Self { ctx, tenant, loaded, connection, .. } = self;
            match intake::ingest(ctx, tenant, loaded, connection, event, EventSource::FailedList).await {
                Ok(taken) => counts.queued += u64::from(taken == intake::Ingested::Queued),
                Err(error) => {
                    first_failure.get_or_insert(error);
                }
            }
        }
        for entry in &list.odd {
            self.not_understood(tenon_model::json::number::write(entry).as_bytes(), "an entry without an event")
                .await?;
        }
        match first_failure {
            // The list stays, and all of it is taken in again: an event that was taken is known.
            Some(error) => Err(error),
            None => kept::forget(self.ctx, self.tenant, kept).await.map(|()| list.more),
        }
    }

    /// Keeps what only a person can make something of.
    async fn not_understood(&self, bytes: &[u8], why: &str) -> Result<()> {
        let kept = kept::keep(self.ctx, self.tenant, Kind::Entry, self.connection.as_str(), why, bytes).await?;
        telemetry::count(&self.ctx.clock, "CallbacksNotUnderstood", ("From", "failed-list"), 1);
        tracing::error!(connection = %self.connection, kept = %kept.id, why, "a failed callback is not understood and kept");
        Ok(())
    }
}
