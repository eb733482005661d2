//! A record that this worker has.

use super::{Record, check, lost};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::outbox::Entry;
use tenon_platform::table::{Expect, Key, Outcome, Stored, Write};
use tenon_platform::{Context, ErrorKind, Result, lease};

/// A record this worker has for itself.
#[derive(Debug)]
pub struct Leased<R> {
    /// As stored.
    pub record: R,
    pub(super) key: Key,
    pub(super) tenant: TenantId,
    pub(super) version: u64,
    /// The message that goes on with it if this worker dies.
    pub(super) promised: Option<Entry>,
}

impl<R: Record> Leased<R> {
    /// One that a dead worker has, to be let go of in its place.
    pub fn of_dead_worker(tenant: &TenantId, key: Key, stored: Stored<R>) -> Self {
        Self { record: stored.data, key, tenant: tenant.clone(), version: stored.version, promised: None }
    }

    /// Whose it is.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Moves the record on. `change` sets what belongs to the new state.
    ///
    /// # Errors
    /// `flow.lost` when somebody else has it; then nothing is changed here either.
    pub async fn advance(&mut self, ctx: &Context, next: R::State, change: impl FnOnce(&mut R)) -> Result<()> {
        self.advance_with(ctx, next, Vec::new(), change).await
    }

    /// Moves the record on and makes other writes, all or none.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    pub async fn advance_with(
        &mut self,
        ctx: &Context,
        next: R::State,
        also: Vec<Write>,
        change: impl FnOnce(&mut R),
    ) -> Result<()> {
        check::<R>(*self.record.fields().state, next)?;
        let before = self.record.clone();
        let written = self.moved(ctx, next, also, change).await;
        if written.is_err() {
            self.record = before;
        }
        written
    }

    async fn moved(
        &mut self,
        ctx: &Context,
        next: R::State,
        mut also: Vec<Write>,
        change: impl FnOnce(&mut R),
    ) -> Result<()> {
        *self.record.fields().state = next;
        self.record.look_again(ctx.now_ms());
        change(&mut self.record);
        also.extend(self.record.follows(&self.tenant)?);
        self.write(ctx, also).await
    }

    /// Stores a change that leaves the state as it is.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    pub async fn amend(&mut self, ctx: &Context, change: impl FnOnce(&mut R)) -> Result<()> {
        self.amend_with(ctx, Vec::new(), change).await
    }

    /// Stores a change that leaves the state as it is, together with other writes.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    pub async fn amend_with(&mut self, ctx: &Context, also: Vec<Write>, change: impl FnOnce(&mut R)) -> Result<()> {
        let before = self.record.clone();
        change(&mut self.record);
        let written = self.write(ctx, also).await;
        if written.is_err() {
            self.record = before;
        }
        written
    }

    /// Notes that a write of it is sent now. That it is about to be sent is stored before.
    pub fn note_sent(&self, ctx: &Context) {
        lease::note_moment(ctx, self.name());
    }

    /// How much longer a write of it that was sent at that epoch ms, and is carried out within so long or never, may be
    /// carried out; `None` when it no longer can.
    pub fn unsettled(&self, ctx: &Context, sent_ms: Option<i64>, within: Duration) -> Option<Duration> {
        let since = Duration::from_millis(u64::try_from(ctx.now_ms() - sent_ms.unwrap_or(0)).unwrap_or(0));
        // The wall clock may have been set ahead since; where this process sent it, it knows better.
        let since = lease::since_moment(ctx, &self.name()).map_or(since, |elapsed| elapsed.min(since));
        within.checked_sub(since).filter(|left| !left.is_zero())
    }

    fn name(&self) -> String {
        format!("sent/{}/{}", self.key.partition(), self.key.sort())
    }

    /// Lets others have the record; what was promised for it is sent, or taken out where nothing is left. Losing it is
    /// no error here: somebody else has moved on.
    ///
    /// # Errors
    /// Those of table and queue.
    pub async fn release(self, ctx: &Context) -> Result<()> {
        self.release_with(ctx, |_| {}).await
    }

    /// The same, with a last change.
    ///
    /// # Errors
    /// Those of table and queue.
    pub async fn release_with(mut self, ctx: &Context, change: impl FnOnce(&mut R)) -> Result<()> {
        self.give_back(ctx);
        change(&mut self.record);
        let promised = self.promised.take();
        let (left, over) = if self.record.is_open() { (promised, None) } else { (None, promised) };
        let also = over.as_ref().map(|entry| entry.removal(ctx)).transpose()?.into_iter().collect();
        self.write_last(ctx, also, left).await
    }

    /// Moves the record on and lets others have it, with other writes, all or none.
    ///
    /// # Errors
    /// `flow.lost` when somebody else has it; what was done is done.
    pub async fn end_with(
        mut self,
        ctx: &Context,
        next: R::State,
        also: Vec<Write>,
        change: impl FnOnce(&mut R),
    ) -> Result<()> {
        check::<R>(*self.record.fields().state, next)?;
        self.give_back(ctx);
        self.moved(ctx, next, also, change).await
    }

    /// Lets others have a record whose work is promised with that, with a last change, and queues the work.
    ///
    /// # Errors
    /// Those of table and queue.
    pub async fn hand_on(mut self, ctx: &Context, promised: Entry, change: impl FnOnce(&mut R)) -> Result<()> {
        self.give_back(ctx);
        change(&mut self.record);
        let also = vec![promised.write()?];
        self.write_last(ctx, also, Some(promised)).await
    }

    fn give_back(&mut self, ctx: &Context) {
        self.record.look_again(ctx.now_ms());
        if let Some(holder) = self.record.fields().holder.take() {
            lease::note_released(ctx, &holder);
        }
    }

    async fn write_last(&mut self, ctx: &Context, also: Vec<Write>, promised: Option<Entry>) -> Result<()> {
        match (self.write(ctx, also).await, promised) {
            (Err(error), _) if error.kind() == ErrorKind::Lost => Ok(()),
            (Ok(()), Some(entry)) => entry.send(ctx).await,
            (written, _) => written,
        }
    }

    async fn write(&mut self, ctx: &Context, mut also: Vec<Write>) -> Result<()> {
        let now = ctx.now_ms();
        if let Some(changed_ms) = self.record.fields().changed_ms {
            *changed_ms = now;
        }
        let write = Write::put(self.key.clone(), &self.record, Expect::Version(self.version))?;
        let write = self.record.placed(&self.tenant, now, write);
        let outcome = if also.is_empty() {
            ctx.table.write(write).await?
        } else {
            also.insert(0, write);
            ctx.table.transact(also).await?
        };
        match outcome {
            Outcome::Done => {
                self.version += 1;
                Ok(())
            }
            Outcome::Conflict => Err(lost::<R>()),
        }
    }
}
