//! The sessions of a connection, shared by all processes through the table. Each session is a slot;
//! a process leases a slot, keeps it across calls without asking the table again, and gives it back
//! after its batch. A process that dies loses its slots when their leases end.

use super::session::Session;
use crate::base::login::{LOOK_AGAIN, MAX_WAIT, Waiters};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tenon_crypto::secrets::Purpose;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::Context;
use tenon_platform::clock::millis;
use tenon_platform::error::{Error, Result};
use tenon_platform::keys::SealedText;
use tenon_platform::lease;
use tenon_platform::table::{Expect, Key, Outcome, Range, Raw, RecordKind, Write};
use tokio::sync::Semaphore;

/// How long a slot is leased at a time.
const LEASE: Duration = Duration::from_secs(60);
/// A lease with less than this left is extended before a call.
const EXTEND_UNDER: Duration = Duration::from_secs(30);
/// How long a look that found no free slot is believed by a process that has slots of its own.
const BELIEVED_MS: i64 = 1_000;

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
                logins: Waiters::default(),
            })
        });
        Arc::clone(pool)
    }

    pub fn all(&self) -> Vec<Arc<Pool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
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

    /// Gives the idle leases back, so that another process can have the sessions.
    pub async fn release(&self, ctx: &Context) {
        while let Some(mut slot) = self.take_idle() {
            self.give_up(ctx, &mut slot).await;
            self.state().held -= 1;
            // Whoever began to wait while the slot was on its way back must look again.
            self.idle.add_permits(1);
        }
    }

    /// Ends the lease of a slot, which is then not this process's any more.
    pub async fn give_up(&self, ctx: &Context, slot: &mut Slot) {
        slot.lease_until_ms = 0;
        lease::note_released(ctx, &slot.holder);
        if let Err(error) = self.store(ctx, slot).await {
            // The lease ends by itself.
            tracing::warn!(error.code = error.code, b1.connection = %self.connection, "a session lease was not given back");
        }
        slot.lost = true;
    }

    /// Stores a slot with its session and its lease. A slot that somebody else took is marked lost.
    pub async fn store(&self, ctx: &Context, slot: &mut Slot) -> Result<()> {
        let record = self.record(ctx, slot).await?;
        let expires = Some(record.expires_ms.max(ctx.now_ms()) / 1000 + 86_400);
        let (key, token) = (self.key(slot.index), ctx.entropy.token()?);
        let write = Write::put(key, &record, Expect::Version(slot.version))?.fenced(token).expiring(expires);
        match ctx.table.write(write).await? {
            Outcome::Done => slot.version = token,
            Outcome::Conflict => slot.lost = true,
        }
        Ok(())
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

    /// Leases a free slot of the table, one with a live session if there is one.
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
        for (index, stored) in free {
            let session = match stored.and_then(|s| s.data.sealed.as_deref()) {
                Some(sealed) => self.open(ctx, index, sealed).await?,
                None => None,
            };
            let mut slot = Slot { index, holder: lease::holder(ctx)?, session, ..Slot::default() };
            slot.lease_for(ctx, call);
            match stored {
                Some(stored) => {
                    slot.version = stored.version;
                    self.store(ctx, &mut slot).await?;
                }
                None => {
                    let record = self.record(ctx, &slot).await?;
                    let expires = Some(slot.lease_until_ms / 1000 + 86_400);
                    slot.version = ctx.entropy.token()?;
                    let write = Write::put(self.key(index), &record, Expect::AbsentAt(now))?;
                    let written = ctx.table.write(write.fenced(slot.version).expiring(expires)).await?;
                    slot.lost = written == Outcome::Conflict;
                }
            }
            if slot.lost {
                lease::note_released(ctx, &slot.holder);
            } else {
                self.state().held += 1;
                return Ok(Some(LeasedSlot { pool: Arc::clone(self), slot }));
            }
        }
        self.state().full_until_ms = now + BELIEVED_MS;
        Ok(None)
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
    /// Leases the slot from now on, for longer than the call may take.
    fn lease_for(&mut self, ctx: &Context, call: Duration) {
        let time = lease_of_session(call);
        self.lease_until_ms = ctx.now_ms() + millis(time);
        self.held_until_ms = ctx.clock.elapsed_ms() + millis(time);
        lease::note_held(ctx, &self.holder, time);
    }
}
