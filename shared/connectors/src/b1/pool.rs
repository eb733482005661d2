//! The sessions of a connection, shared by all processes through the table. Each session is a slot;
//! a process leases a slot, keeps it across calls without asking the table again, and gives it back
//! after its batch. A process that dies loses its slots when their leases end.

use super::session::Session;
use crate::base::login::{LOOK_AGAIN, MAX_WAIT, Waiters};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tenon_crypto::secrets::Purpose;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::Context;
use tenon_platform::clock::millis;
use tenon_platform::error::{Error, Result};
use tenon_platform::keys::SealedText;
use tenon_platform::lease;
use tenon_platform::table::{Expect, Key, Outcome, Range, Raw, RecordKind, Stored, Write};
use tokio::sync::Semaphore;

/// How long a slot is leased at a time.
const LEASE: Duration = Duration::from_secs(60);
/// A lease with less than this left is extended before a call.
const EXTEND_UNDER: Duration = Duration::from_secs(30);
/// How long a look that found no free slot is believed by a process that has slots of its own.
const BELIEVED_MS: i64 = 1_000;
/// How long idle slots stay with a process that goes on working with the connection, though a batch has given them
/// back: other processes wait for longer.
const KEPT_MS: i64 = 2_000;

/// The pools of this process.
#[derive(Default)]
pub(super) struct Pools(Mutex<HashMap<(TenantId, ConnectionId), Arc<Pool>>>);

impl Pools {
    pub fn of(&self, tenant: &TenantId, connection: &ConnectionId) -> Arc<Pool> {
        let mut pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = pools.entry((tenant.clone(), connection.clone())).or_insert_with(|| {
            Arc::new(Pool {
                tenant: tenant.clone(),
                connection: connection.clone(),
                state: Mutex::default(),
                idle: Semaphore::new(0),
                looking: tokio::sync::Mutex::default(),
                wanting: AtomicUsize::new(0),
                logins: Waiters::default(),
            })
        });
        Arc::clone(pool)
    }

    /// All of them, and of each whether clients of it are at work.
    pub fn all(&self) -> Vec<(Arc<Pool>, bool)> {
        let pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Beside the one that is kept here, each client has one.
        let each = pools.values().map(|pool| (Arc::strong_count(pool) > 1, Arc::clone(pool)));
        each.map(|(at_work, pool)| (pool, at_work)).collect()
    }
}

/// One connection's slots, as far as this process holds them.
pub(super) struct Pool {
    tenant: TenantId,
    connection: ConnectionId,
    state: Mutex<State>,
    /// A permit for each idle slot, and one for each slot that was lost, so that waiters look again.
    idle: Semaphore,
    /// One look into the table at a time.
    looking: tokio::sync::Mutex<()>,
    /// Who wants a slot that is to be looked for in the table.
    wanting: AtomicUsize,
    /// Who waits for a login.
    pub logins: Waiters,
}

#[derive(Default)]
struct State {
    idle: Vec<Slot>,
    /// Idle and in use.
    held: usize,
    /// Until when other processes are believed to hold the rest.
    full_until_ms: i64,
    /// Since when idle slots are kept that a batch has given back, by elapsed time.
    kept_since_ms: Option<i64>,
}

/// One who wants a slot, until it is dropped.
struct Wanting<'p>(&'p AtomicUsize);

impl<'p> Wanting<'p> {
    fn begin(count: &'p AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Wanting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A leased slot.
#[derive(Default)]
pub(super) struct Slot {
    index: u32,
    /// The random token of the latest write.
    version: u64,
    /// Names the holding, see [`lease::holder`].
    holder: String,
    lease_until_ms: i64,
    /// The same by this process's elapsed time, which decides when the lease is extended.
    held_until_ms: i64,
    pub session: Option<Session>,
    /// Somebody else has it; it is not given back.
    lost: bool,
}

/// The kind of record a slot is.
pub(super) const KIND: RecordKind = RecordKind::of::<Record>("B1SESSION");

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

/// A slot in use; goes back to the pool when dropped.
pub(super) struct LeasedSlot {
    pool: Arc<Pool>,
    pub slot: Slot,
}

impl Drop for LeasedSlot {
    fn drop(&mut self) {
        self.pool.give_back(std::mem::take(&mut self.slot));
    }
}

impl Pool {
    /// A slot for a call that takes at most `call`.
    pub async fn acquire(
        self: &Arc<Self>,
        ctx: &Context,
        most: u32,
        revision: u64,
        call: Duration,
    ) -> Result<LeasedSlot> {
        let mut waited = Duration::ZERO;
        loop {
            if let Some(held) = self.idle_slot(ctx, call).await? {
                return Ok(held);
            }
            {
                let _wanting = Wanting::begin(&self.wanting);
                let _one = self.looking.lock().await;
                if let Some(held) = self.idle_slot(ctx, call).await? {
                    return Ok(held);
                }
                if self.may_look(ctx.now_ms(), most)
                    && let Some(held) = self.lease(ctx, most, revision, call).await?
                {
                    return Ok(held);
                }
            }
            if self.state().held > 0 {
                // The calls that hold them end within their time-outs.
                if let Ok(permit) = self.idle.acquire().await {
                    permit.forget();
                    let freed = self.state().idle.pop();
                    if let Some(slot) = freed
                        && let Some(held) = self.keep(ctx, slot, call).await?
                    {
                        return Ok(held);
                    }
                }
            } else if waited < MAX_WAIT {
                waited += LOOK_AGAIN;
                ctx.clock.sleep(ctx.entropy.jitter(LOOK_AGAIN)).await;
            } else {
                return Err(Error::transient(
                    "b1.sessions-busy",
                    format!(
                        "all {most} sessions of connection {} are in use; raise max_sessions if this is frequent",
                        self.connection
                    ),
                ));
            }
        }
    }

    /// Gives the idle leases back in one request, so that another process can have the sessions. While clients are
    /// `at_work` they are most likely wanted again at once, and stay for a while.
    pub async fn release(&self, ctx: &Context, at_work: bool) {
        let now = ctx.clock.elapsed_ms();
        {
            let mut state = self.state();
            if at_work && now - *state.kept_since_ms.get_or_insert(now) < KEPT_MS {
                return;
            }
            state.kept_since_ms = None;
        }
        let mut slots: Vec<Slot> = std::iter::from_fn(|| self.take_idle()).collect();
        if slots.is_empty() {
            return;
        }
        if let Err(error) = self.end(ctx, &mut slots).await {
            self.not_given_back(&error);
        }
        self.state().held -= slots.len();
        // Whoever began to wait while the slots were on their way back must look again.
        self.idle.add_permits(slots.len());
    }

    async fn end(&self, ctx: &Context, slots: &mut [Slot]) -> Result<()> {
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
    fn not_given_back(&self, error: &Error) {
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

    async fn idle_slot(self: &Arc<Self>, ctx: &Context, call: Duration) -> Result<Option<LeasedSlot>> {
        while let Some(slot) = self.take_idle() {
            if let Some(held) = self.keep(ctx, slot, call).await? {
                return Ok(Some(held));
            }
        }
        Ok(None)
    }

    /// Extends the lease when it would not outlast the call; `None` when somebody else took it.
    async fn keep(self: &Arc<Self>, ctx: &Context, slot: Slot, call: Duration) -> Result<Option<LeasedSlot>> {
        let mut held = LeasedSlot { pool: Arc::clone(self), slot };
        let before = (held.slot.lease_until_ms, held.slot.held_until_ms);
        if before.1 - ctx.clock.elapsed_ms() < millis(EXTEND_UNDER.max(call + Duration::from_secs(5))) {
            held.slot.lease_for(ctx, call);
            if let Err(error) = self.store(ctx, &mut held.slot).await {
                (held.slot.lease_until_ms, held.slot.held_until_ms) = before;
                return Err(error);
            }
        }
        Ok((!held.slot.lost).then_some(held))
    }

    fn may_look(&self, now_ms: i64, most: u32) -> bool {
        let state = self.state();
        state.held == 0 || (state.held < usize::try_from(most).unwrap_or(usize::MAX) && state.full_until_ms <= now_ms)
    }

    /// Leases free slots of the table, those with a live session first: as many as are wanted now, with one request.
    /// One is returned, the others are for those that wait.
    async fn lease(
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

    fn take_idle(&self) -> Option<Slot> {
        while let Ok(permit) = self.idle.try_acquire() {
            permit.forget();
            if let Some(slot) = self.state().idle.pop() {
                return Some(slot);
            }
        }
        None
    }

    fn give_back(&self, slot: Slot) {
        let mut state = self.state();
        if slot.lost {
            state.held -= 1;
        } else {
            state.idle.push(slot);
        }
        drop(state);
        self.idle.add_permits(1);
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn lease_for(&mut self, ctx: &Context, call: Duration) {
        let time = lease_of_session(call);
        self.lease_until_ms = ctx.now_ms() + millis(time);
        self.held_until_ms = ctx.clock.elapsed_ms() + millis(time);
        lease::note_held(ctx, &self.holder, time);
    }
}
