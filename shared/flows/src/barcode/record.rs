//! The stored records of saves. Every change goes through [`Held`], which refuses what the transition table does not
//! know and what somebody else has changed in the meantime.

use std::time::Duration;
use tenon_crypto::digest::sha256_hex;
use tenon_model::barcode::{SaveRecord, SaveState};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::table::{Claim, Expect, Key, Outcome, Stored, Write};
use tenon_platform::{Context, Error, ErrorKind, Result, lease};

/// How long equal requests are one, in seconds.
pub(super) const KEPT_S: i64 = 86_400;
/// How long what is not cleared up is kept.
const UNCLEAR_S: i64 = 30 * 86_400;

/// Names a save.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// The company.
    pub connection: &'a ConnectionId,
    /// SHA-256 of the app and what it calls the save.
    pub hash: &'a str,
}

/// What an app calls a save: a key of its own, or the body itself.
pub(super) fn hash(app: &str, key: Option<&str>, body: &str) -> String {
    let (kind, text) = key.map_or(("body", body), |key| ("key", key));
    sha256_hex(format!("{kind}\n{}\n{app}\n{text}", app.len()).as_bytes())
}

impl Name<'_> {
    fn key(&self) -> Key {
        Key::new(self.tenant, "BARCODE", &[self.connection.as_str()], self.hash)
    }
}

/// A record this call has for itself.
pub(super) struct Held {
    /// The record as stored.
    pub record: SaveRecord,
    version: u64,
    key: Key,
}

/// What a request to have a record for oneself came to.
pub(super) enum Taken {
    /// It is ours.
    Ours(Box<Held>),
    /// Somebody else has it in hand.
    Busy,
}

/// The record, unless it is one of before that no longer counts.
pub(super) async fn get(ctx: &Context, name: Name<'_>) -> Result<Option<Stored<SaveRecord>>> {
    let stored = ctx.table.get::<SaveRecord>(&name.key()).await?;
    Ok(stored.filter(|stored| expires(&stored.data) > ctx.now_ms().div_euclid(1000)))
}

/// Epoch second from which it counts no longer.
fn expires(record: &SaveRecord) -> i64 {
    let keep = if record.state.is_under_way() { UNCLEAR_S } else { KEPT_S };
    record.claimed_ms.div_euclid(1000) + keep
}

/// Stores a first record, leased; `None` when there is one already.
pub(super) async fn claim(
    ctx: &Context,
    name: Name<'_>,
    mut record: SaveRecord,
    time: Duration,
) -> Result<Option<Held>> {
    let holder = lease_for(ctx, &mut record, time)?;
    let key = name.key();
    let expiring = Some(expires(&record));
    let write = Write::put(key.clone(), &record, Expect::AbsentAt(ctx.now_ms()))?.expiring(expiring);
    match ctx.table.claim_by::<SaveRecord>(&key, write).await? {
        Claim::Stored => Ok(Some(Held { record, version: 1, key })),
        // The claim whose answer was lost is our own.
        Claim::Exists(found) if found.data.lease == record.lease => {
            Ok(Some(Held { record, version: found.version, key }))
        }
        Claim::Exists(_) => {
            lease::note_released(ctx, &holder);
            Ok(None)
        }
    }
}

/// Leases a stored record, with a change to it.
pub(super) async fn take(
    ctx: &Context,
    name: Name<'_>,
    stored: Stored<SaveRecord>,
    time: Duration,
    change: impl FnOnce(&mut SaveRecord),
) -> Result<Taken> {
    if let Some(holder) = &stored.data.lease
        && lease::binds(ctx, holder, stored.data.taken_ms, stored.data.lease_until_ms)
    {
        return Ok(Taken::Busy);
    }
    let mut held = Held { record: stored.data, version: stored.version, key: name.key() };
    let before = held.record.state;
    change(&mut held.record);
    if held.record.state != before {
        check(before, held.record.state)?;
    }
    let holder = lease_for(ctx, &mut held.record, time)?;
    match held.write(ctx).await {
        Ok(()) => Ok(Taken::Ours(Box::new(held))),
        Err(error) => {
            lease::note_released(ctx, &holder);
            if error.kind() == ErrorKind::Lost { Ok(Taken::Busy) } else { Err(error) }
        }
    }
}

fn lease_for(ctx: &Context, record: &mut SaveRecord, time: Duration) -> Result<String> {
    let holder = lease::holder(ctx)?;
    // Before the write: from the moment it is stored it is ours.
    lease::note_held(ctx, &holder, time);
    let now = ctx.now_ms();
    record.lease = Some(holder.clone());
    (record.taken_ms, record.lease_until_ms, record.changed_ms) = (now, now + millis(time), now);
    Ok(holder)
}

fn check(before: SaveState, next: SaveState) -> Result<()> {
    if before.may_become(next) {
        return Ok(());
    }
    let message = format!("a save cannot go from {before:?} to {next:?}; this is a bug, please report it");
    Err(Error::permanent("flow.transition", message))
}

impl Held {
    /// Moves the record on. `change` sets what belongs to the new state.
    pub async fn advance(
        &mut self,
        ctx: &Context,
        next: SaveState,
        change: impl FnOnce(&mut SaveRecord),
    ) -> Result<()> {
        let before = self.record.clone();
        check(before.state, next)?;
        self.record.state = next;
        change(&mut self.record);
        let written = self.write(ctx).await;
        if written.is_err() {
            self.record = before;
        }
        written
    }

    /// Lets others have the record. Losing it is no error here: somebody else has moved on.
    pub async fn release(mut self, ctx: &Context) -> Result<()> {
        let Some(holder) = self.record.lease.take() else { return Ok(()) };
        lease::note_released(ctx, &holder);
        match self.write(ctx).await {
            Err(error) if error.kind() == ErrorKind::Lost => Ok(()),
            other => other,
        }
    }

    async fn write(&mut self, ctx: &Context) -> Result<()> {
        self.record.changed_ms = ctx.now_ms();
        let write = Write::put(self.key.clone(), &self.record, Expect::Version(self.version))?;
        match ctx.table.write(write.expiring(Some(expires(&self.record)))).await? {
            Outcome::Done => {
                self.version += 1;
                Ok(())
            }
            Outcome::Conflict => Err(Error::transient(
                "flow.lost",
                "another worker changed this save's record in the meantime; send it again for its result",
            )
            .with_kind(ErrorKind::Lost)),
        }
    }
}
