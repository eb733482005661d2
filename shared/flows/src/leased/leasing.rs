//! Taking a record.

use super::{Intent, Leased, Record, check, is_held};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::clock::millis;
use tenon_platform::outbox::Entry;
use tenon_platform::table::{Claim, Expect, Key, Outcome, Stored, Write};
use tenon_platform::{Context, Result, lease};

/// A worker's wish to have a record for itself. `None` always means that somebody else has it, or was faster.
pub struct Leasing<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    time: Duration,
    promised: Option<Entry>,
    also: Vec<Write>,
}

impl<'a> Leasing<'a> {
    /// For so long.
    pub fn new(ctx: &'a Context, tenant: &'a TenantId, time: Duration) -> Self {
        Self { ctx, tenant, time, promised: None, also: Vec::new() }
    }

    /// With the message that goes on with the record if this worker dies. It is stored with the lease; whoever lets go
    /// of the record sends it, or takes it out when nothing is left to do.
    #[must_use]
    pub fn promising(mut self, promised: Option<Entry>) -> Self {
        self.promised = promised;
        self
    }

    /// With other writes, all or none.
    #[must_use]
    pub fn with(mut self, also: Vec<Write>) -> Self {
        self.also = also;
        self
    }

    /// Stores a first record.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn first<R: Record>(self, key: Key, record: R) -> Result<Option<Leased<R>>> {
        let expect = Expect::AbsentAt(self.ctx.now_ms());
        self.store(key, record, expect).await
    }

    /// Stores what follows on a record that nobody works on.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn next<R: Record>(self, key: Key, record: R, version: u64) -> Result<Option<Leased<R>>> {
        self.store(key, record, Expect::Version(version)).await
    }

    /// Takes a stored record, with a change to it.
    ///
    /// # Errors
    /// Those of the table, and that the state cannot become what the change makes of it.
    pub async fn take<R: Record>(
        self,
        key: Key,
        stored: Stored<R>,
        change: impl FnOnce(&mut R),
    ) -> Result<Option<Leased<R>>> {
        let Stored { data: mut record, version, .. } = stored;
        if is_held(self.ctx, &mut record) {
            return Ok(None);
        }
        let before = *record.fields().state;
        change(&mut record);
        let next = *record.fields().state;
        if next != before {
            check::<R>(before, next)?;
        }
        self.next(key, record, version).await
    }

    /// A first record, which is stored with the first change of it.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn first_later<R: Record>(self, key: Key, record: R) -> Result<Leased<R>> {
        self.later(key, record, 0)
    }

    /// What follows on a record that nobody works on; likewise.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn next_later<R: Record>(self, key: Key, record: R, version: u64) -> Result<Leased<R>> {
        self.later(key, record, version)
    }

    /// A stored record that nobody has; taking it is stored with the first change of it.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn take_later<R: Record>(self, key: Key, stored: Stored<R>) -> Result<Option<Leased<R>>> {
        let Stored { data: mut record, version, .. } = stored;
        if is_held(self.ctx, &mut record) {
            return Ok(None);
        }
        // One that a dead worker left.
        *record.fields().holder = None;
        self.later(key, record, version).map(Some)
    }

    fn later<R: Record>(self, key: Key, record: R, version: u64) -> Result<Leased<R>> {
        let Self { ctx, tenant, time, promised, mut also } = self;
        if let Some(entry) = &promised {
            also.push(entry.write()?);
        }
        let intent = Intent { holder: lease::holder(ctx)?, time };
        let mut leased = Leased::held(record, key, tenant, version, promised);
        (leased.intent, leased.later) = (Some(intent), (!also.is_empty()).then_some(also));
        Ok(leased)
    }

    async fn store<R: Record>(self, key: Key, mut record: R, expect: Expect) -> Result<Option<Leased<R>>> {
        let Self { ctx, tenant, time, promised, mut also } = self;
        let holder = lease::holder(ctx)?;
        let now = ctx.now_ms();
        let fields = record.fields();
        (*fields.holder, *fields.until_ms) = (Some(holder.clone()), now + millis(time));
        // Taking is a change of the records that say when they were taken; of others what they say stays as it was read.
        if let Some(taken_ms) = fields.taken_ms {
            *taken_ms = now;
            if let Some(changed_ms) = fields.changed_ms {
                *changed_ms = now;
            }
        }
        if let Some(entry) = &promised {
            also.push(entry.write()?);
        }
        let write = record.placed(tenant, now, Write::put(key.clone(), &record, expect)?);
        // Before the write: from the moment it is stored it is ours.
        lease::note_held(ctx, &holder, time);
        match put::<R>(ctx, &key, write, also, &holder).await {
            Ok(true) => {
                let version = if let Expect::Version(version) = expect { version + 1 } else { 1 };
                Ok(Some(Leased::held(record, key, tenant, version, promised)))
            }
            other => {
                lease::note_released(ctx, &holder);
                other.map(|_| None)
            }
        }
    }
}

/// Whether the record is stored by this holder.
async fn put<R: Record>(ctx: &Context, key: &Key, write: Write, mut also: Vec<Write>, holder: &str) -> Result<bool> {
    let found = if also.is_empty() {
        match ctx.table.claim_by::<R>(key, write).await? {
            Claim::Stored => return Ok(true),
            Claim::Exists(found) => Some(found),
        }
    } else {
        also.insert(0, write);
        match ctx.table.transact(also).await? {
            Outcome::Done => return Ok(true),
            Outcome::Conflict => ctx.table.get::<R>(key).await?,
        }
    };
    // The write whose answer was lost is our own.
    Ok(found.is_some_and(|mut found| found.data.fields().holder.as_deref() == Some(holder)))
}
