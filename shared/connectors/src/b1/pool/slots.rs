//! Slots in the table: leasing those that are free, storing a session with its lease, giving a lease back.

use super::{BELIEVED_MS, EXTEND_UNDER, LeasedSlot, Pool};
use crate::b1::session::Session;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tenon_crypto::secrets::Purpose;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::Context;
use tenon_platform::clock::millis;
use tenon_platform::error::{Error, Result};
use tenon_platform::keys::SealedText;
use tenon_platform::lease;
use tenon_platform::table::{Expect, Key, Outcome, Range, Raw, RecordKind, Stored, Write};

/// How long a slot is leased at a time.
const LEASE: Duration = Duration::from_secs(60);

/// A leased slot.
#[derive(Default)]
pub(in crate::b1) struct Slot {
    index: u32,
    /// The random token of the latest write.
    version: u64,
    /// Names the holding, see [`lease::holder`].
    holder: String,
    pub(super) lease_until_ms: i64,
    /// The same by this process's elapsed time, which decides when the lease is extended.
    pub(super) held_until_ms: i64,
    pub session: Option<Session>,
    /// Somebody else has it; it is not given back.
    pub(super) lost: bool,
}

/// The kind of record a slot is.
pub(in crate::b1) const KIND: RecordKind = RecordKind::of::<Record>("B1SESSION");

/// A slot as stored.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    /// The session, sealed; absent before the first login.
    sealed: Option<String>,
    /// When the session will have idled too long, so that a slot is chosen without opening it.
    expires_ms: i64,
    revision: u64,
    owner: String,
    #[serde(default)]
    taken_ms: i64,
    until_ms: i64,
}

impl Pool {
    pub(super) async fn end(&self, ctx: &Context, slots: &mut [Slot]) -> Result<()> {
        let mut writes = Vec::with_capacity(slots.len());
        for slot in slots.iter_mut() {
            slot.lease_until_ms = 0;
            lease::note_released(ctx, &slot.holder);
            let record = self.record(ctx, slot).await?;
            writes.push(self.write(ctx, slot, &record, Expect::Version(slot.version))?.0);
        }
        ctx.table.write_each(writes).await.into_iter().try_for_each(|written| written.map(drop))
    }

    /// The lease ends by itself.
    pub(super) fn not_given_back(&self, error: &Error) {
        tracing::warn!(error.code = error.code, b1.connection = %self.connection, "a session lease was not given back");
    }

    /// Ends the lease of a slot, which is then not this process's any more.
    pub async fn give_up(&self, ctx: &Context, slot: &mut Slot) {
        slot.lease_until_ms = 0;
        lease::note_released(ctx, &slot.holder);
        if let Err(error) = self.store(ctx, slot).await {
            self.not_given_back(&error);
        }
        slot.lost = true;
    }

    /// Stores a slot with its session and its lease. A slot that somebody else took is marked lost.
    pub async fn store(&self, ctx: &Context, slot: &mut Slot) -> Result<()> {
        let record = self.record(ctx, slot).await?;
        let (write, token) = self.write(ctx, slot, &record, Expect::Version(slot.version))?;
        slot.stored(ctx.table.write(write).await?, token);
        Ok(())
    }

    /// The write of a slot, and the token by which it is known again.
    fn write(&self, ctx: &Context, slot: &Slot, record: &Record, expect: Expect) -> Result<(Write, u64)> {
        let expires = Some(record.expires_ms.max(slot.lease_until_ms).max(ctx.now_ms()) / 1000 + 86_400);
        let token = ctx.entropy.token()?;
        Ok((Write::put(self.key(slot.index), record, expect)?.fenced(token).expiring(expires), token))
    }

    /// Leases free slots of the table, those with a live session first: as many as are wanted now, with one request.
    /// One is returned, the others are for those that wait.
    pub(super) async fn lease(
        self: &Arc<Self>,
        ctx: &Context,
        most: u32,
        revision: u64,
        call: Duration,
    ) -> Result<Option<LeasedSlot>> {
        let now = ctx.now_ms();
        let partition = Key::partition_of(&self.tenant, "B1SESSION", &[self.connection.as_str()]);
        let stored = ctx.table.query_all::<Record>(&partition, Range::default()).await?;
        let mut free: Vec<_> = (0..most.max(1))
            .map(|index| (index, stored.iter().find(|s| s.sort == sort(index))))
            .filter(|(_, stored)| {
                stored.is_none_or(|s| !lease::binds(ctx, &s.data.owner, s.data.taken_ms, s.data.until_ms))
            })
            .collect();
        free.sort_by_key(|(index, stored)| {
            let live = stored.is_some_and(|s| s.data.expires_ms > now && s.data.revision == revision);
            (!live, *index)
        });
        let wanted = self.wanting.load(Ordering::Acquire).max(1);
        for free in free.chunks(wanted) {
            let mut leased = self.lease_each(ctx, free, call).await?;
            let Some(own) = leased.pop() else { continue };
            let mut state = self.state();
            state.held += leased.len() + 1;
            let others = leased.len();
            state.idle.append(&mut leased);
            drop(state);
            self.idle.add_permits(others);
            return Ok(Some(LeasedSlot { pool: Arc::clone(self), slot: own }));
        }
        self.state().full_until_ms = now + BELIEVED_MS;
        Ok(None)
    }

    /// Leases these slots; those that nobody else was first at.
    async fn lease_each(
        &self,
        ctx: &Context,
        free: &[(u32, Option<&Stored<Record>>)],
        call: Duration,
    ) -> Result<Vec<Slot>> {
        let (mut slots, mut writes) = (Vec::new(), Vec::new());
        for (index, stored) in free {
            let session = match stored.and_then(|s| s.data.sealed.as_deref()) {
                Some(sealed) => self.open(ctx, *index, sealed).await?,
                None => None,
            };
            let mut slot = Slot { index: *index, holder: lease::holder(ctx)?, session, ..Slot::default() };
            // Before the write: from the moment it is stored it is ours.
            slot.lease_for(ctx, call);
            let record = self.record(ctx, &slot).await?;
            let expect = stored.map_or(Expect::AbsentAt(ctx.now_ms()), |stored| Expect::Version(stored.version));
            let (write, token) = self.write(ctx, &slot, &record, expect)?;
            slots.push((slot, token));
            writes.push(write);
        }
        let (mut leased, mut failed) = (Vec::new(), None);
        for ((mut slot, token), written) in slots.into_iter().zip(ctx.table.write_each(writes).await) {
            match written {
                Ok(outcome) => slot.stored(outcome, token),
                Err(error) => (slot.lost, failed) = (true, Some(error)),
            }
            if slot.lost {
                lease::note_released(ctx, &slot.holder);
            } else {
                leased.push(slot);
            }
        }
        // The first free slot is taken first.
        leased.reverse();
        match failed.filter(|_| leased.is_empty()) {
            Some(error) => Err(error),
            None => Ok(leased),
        }
    }

    async fn record(&self, ctx: &Context, slot: &Slot) -> Result<Record> {
        let sealed = match &slot.session {
            Some(session) => {
                let (keys, plain) = (ctx.keys.to_seal().await?, serde_json::to_vec(session).unwrap_or_default());
                Some(keys.seal(Purpose::Session, &self.place(slot.index), ctx.entropy.bytes()?, &plain))
            }
            None => None,
        };
        Ok(Record {
            sealed,
            expires_ms: slot.session.as_ref().map_or(0, |s| s.expires_ms),
            revision: slot.session.as_ref().map_or(0, |s| s.revision),
            owner: slot.holder.clone(),
            taken_ms: ctx.now_ms(),
            until_ms: slot.lease_until_ms,
        })
    }

    /// A session that does not open, after a change of the master key, is as good as none.
    async fn open(&self, ctx: &Context, index: u32, sealed: &str) -> Result<Option<Session>> {
        let plain = ctx.keys.to_open(sealed).await?.open(Purpose::Session, &self.place(index), sealed);
        Ok(plain.ok().and_then(|plain| serde_json::from_slice(&plain).ok()))
    }

    fn key(&self, index: u32) -> Key {
        Key::new(&self.tenant, "B1SESSION", &[self.connection.as_str()], sort(index))
    }

    fn place(&self, index: u32) -> String {
        place(&self.tenant, &self.connection, &index.to_string())
    }
}

fn place(tenant: &TenantId, connection: &ConnectionId, index: &str) -> String {
    format!("b1-session/{tenant}/{connection}/{index}")
}

/// The sealed text of a slot that has a session.
pub(crate) fn sealed_text(record: &Raw) -> Option<SealedText> {
    let (tenant, _, parts) = record.key.named();
    let index: u32 = record.key.sort().parse().ok()?;
    let place = place(&tenant, &ConnectionId::new(parts.first()?.as_str()), &index.to_string());
    Some(SealedText::sealed(Purpose::Session, place, record.data.get("sealed")?.as_str()?))
}

fn sort(index: u32) -> String {
    format!("{index:04}")
}

/// How long one process has a session for itself, for a call of this time-out.
pub fn lease_of_session(call: Duration) -> Duration {
    LEASE.max(call + EXTEND_UNDER)
}

impl Slot {
    /// Notes what became of storing it under this token.
    fn stored(&mut self, outcome: Outcome, token: u64) {
        match outcome {
            Outcome::Done => self.version = token,
            Outcome::Conflict => self.lost = true,
        }
    }

    /// Leases the slot from now on, for longer than the call may take.
    pub(super) fn lease_for(&mut self, ctx: &Context, call: Duration) {
        let time = lease_of_session(call);
        self.lease_until_ms = ctx.now_ms() + millis(time);
        self.held_until_ms = ctx.clock.elapsed_ms() + millis(time);
        lease::note_held(ctx, &self.holder, time);
    }
}
