//! The sessions of a connection, shared by all processes through the table. Each session is a slot;
//! a process leases a slot, keeps it across calls without asking the table again, and gives it back
//! after its batch. A process that dies loses its slots when their leases end.

mod slots;

pub(super) use slots::KIND;
pub use slots::lease_of_session;
pub(crate) use slots::sealed_text;

use crate::base::login::{LOOK_AGAIN, MAX_WAIT, Waiters};
use slots::Slot;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::Context;
use tenon_platform::clock::millis;
use tenon_platform::error::{Error, Result};
use tokio::sync::Semaphore;

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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
