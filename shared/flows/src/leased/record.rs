//! A record that this worker has.

use super::{Intent, Record, busy, check, lost};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::clock::millis;
use tenon_platform::outbox::Entry;
use tenon_platform::table::{Expect, Key, Stored, Transacted, Write};
use tenon_platform::{Context, Error, ErrorKind, Result, lease, shared_requests};

/// A record this worker has for itself, or will have with the first change that it stores.
#[derive(Debug)]
pub struct Leased<R> {
    /// As stored, with what is [not stored yet](Self::advance_later).
    pub record: R,
    pub(super) key: Key,
    pub(super) tenant: TenantId,
    /// 0 for one that is not there yet.
    pub(super) version: u64,
    /// The message that goes on with it if this worker dies.
    pub(super) promised: Option<Entry>,
    /// The taking, until it is stored.
    pub(super) intent: Option<Intent>,
    /// What belongs to changes that are not stored yet; `None` when there are none.
    pub(super) later: Option<Vec<Write>>,
    /// Somebody else was faster than the taking.
    pub(super) overtaken: bool,
}

/// What became of a last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It is stored, and others may have the record.
    Stored,
    /// Somebody else has the record. Nothing is stored.
    Lost,
    /// One of the other writes was in the way. Nothing is stored.
    Beside,
}

/// What a write did.
enum Put {
    Done,
    Lost,
    Beside,
}

/// What this process holds, until it is dropped.
struct LeaseGuard<'c> {
    ctx: &'c Context,
    holder: Option<String>,
}

impl Drop for LeaseGuard<'_> {
    fn drop(&mut self) {
        if let Some(holder) = &self.holder {
            lease::note_released(self.ctx, holder);
        }
    }
}

impl<R: Record> Leased<R> {
    /// One that a dead worker has, to be let go of in its place.
    pub fn of_dead_worker(tenant: &TenantId, key: Key, stored: Stored<R>) -> Self {
        Self::held(stored.data, key, tenant, stored.version, None)
    }

    /// One whose taking is stored.
    pub(super) fn held(record: R, key: Key, tenant: &TenantId, version: u64, promised: Option<Entry>) -> Self {
        let tenant = tenant.clone();
        Self { record, key, tenant, version, promised, intent: None, later: None, overtaken: false }
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

    /// Moves the record on; that is stored with the next change, or with [`store`](Self::store). For moves that are made
    /// again from what is stored when this worker dies: what was read, or what can be looked for.
    ///
    /// # Errors
    /// That the state cannot become the next.
    pub fn advance_later(&mut self, ctx: &Context, next: R::State, change: impl FnOnce(&mut R)) -> Result<()> {
        check::<R>(*self.record.fields().state, next)?;
        *self.record.fields().state = next;
        self.record.look_again(ctx.now_ms());
        change(&mut self.record);
        let follows = self.record.follows(&self.tenant)?;
        self.later.get_or_insert_default().extend(follows);
        Ok(())
    }

    /// Stores the taking and the changes that are not stored yet; nothing when there are none. To be called before
    /// anything that must not be done twice.
    ///
    /// # Errors
    /// As [`advance`](Self::advance); `flow.busy` when somebody else was faster than the taking.
    pub async fn store(&mut self, ctx: &Context) -> Result<()> {
        if self.intent.is_none() && self.later.is_none() {
            return Ok(());
        }
        self.write(ctx, Vec::new()).await
    }

    /// Whether somebody else was faster than the taking, so that it never was this worker's.
    pub fn is_overtaken(&self) -> bool {
        self.overtaken
    }

    /// Another worker has moved it on.
    pub fn lost(&self) -> Error {
        lost::<R>()
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

    /// Lets others have the record, with what is not stored yet of it and other writes, all or none. What is not stored
    /// stays as it is here, and may be tried otherwise.
    ///
    /// # Errors
    /// Those of table and queue.
    pub async fn close(&mut self, ctx: &Context, mut also: Vec<Write>) -> Result<Closed> {
        let (before, intent) = (self.record.clone(), self.intent.take());
        let holder = self.record.fields().holder.take();
        self.record.look_again(ctx.now_ms());
        let is_open = self.record.is_open();
        if let Some(entry) = self.promised.as_ref().filter(|_| !is_open) {
            also.push(entry.removal(ctx)?);
        }
        match self.put(ctx, also).await {
            Ok(Put::Done) => {
                if let Some(holder) = &holder {
                    lease::note_released(ctx, holder);
                }
                match self.promised.take().filter(|_| is_open) {
                    Some(entry) => entry.send(ctx).await.map(|()| Closed::Stored),
                    None => Ok(Closed::Stored),
                }
            }
            other => {
                (self.record, self.intent) = (before, intent);
                other.map(|put| if matches!(put, Put::Beside) { Closed::Beside } else { Closed::Lost })
            }
        }
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
        let held = self.give_back(ctx);
        change(&mut self.record);
        let promised = self.promised.take();
        let (left, over) = if self.record.is_open() { (promised, None) } else { (None, promised) };
        let also = over.as_ref().map(|entry| entry.removal(ctx)).transpose()?.into_iter().collect();
        let written = self.write_last(ctx, also, left).await;
        drop(held);
        written
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
        let held = self.give_back(ctx);
        let moved = self.moved(ctx, next, also, change).await;
        drop(held);
        moved
    }

    /// Lets others have a record whose work is promised with that, with a last change, and queues the work.
    ///
    /// # Errors
    /// Those of table and queue.
    pub async fn hand_on(mut self, ctx: &Context, promised: Entry, change: impl FnOnce(&mut R)) -> Result<()> {
        let held = self.give_back(ctx);
        change(&mut self.record);
        let also = vec![promised.write()?];
        let written = self.write_last(ctx, also, Some(promised)).await;
        drop(held);
        written
    }

    /// Takes the holder out of the record. This process holds it until that is stored, or is not going to be: nobody
    /// else here may take it for one that a dead worker left.
    fn give_back<'c>(&mut self, ctx: &'c Context) -> LeaseGuard<'c> {
        self.record.look_again(ctx.now_ms());
        self.intent = None;
        LeaseGuard { ctx, holder: self.record.fields().holder.take() }
    }

    async fn write_last(&mut self, ctx: &Context, also: Vec<Write>, promised: Option<Entry>) -> Result<()> {
        match (self.write(ctx, also).await, promised) {
            (Err(error), _) if error.kind() == ErrorKind::Lost => Ok(()),
            (Ok(()), Some(entry)) => entry.send(ctx).await,
            (written, _) => written,
        }
    }

    async fn write(&mut self, ctx: &Context, also: Vec<Write>) -> Result<()> {
        let Some(Intent { holder, time }) = self.intent.clone() else {
            return match self.put(ctx, also).await? {
                Put::Done => Ok(()),
                Put::Lost | Put::Beside => Err(lost::<R>()),
            };
        };
        let now = ctx.now_ms();
        let fields = self.record.fields();
        (*fields.holder, *fields.until_ms) = (Some(holder.clone()), now + millis(time));
        if let Some(taken_ms) = fields.taken_ms {
            *taken_ms = now;
        }
        // Before the write: from the moment it is stored it is ours.
        lease::note_held(ctx, &holder, time);
        let put = self.put(ctx, also).await;
        let is_ours = match &put {
            Ok(Put::Done) => true,
            // The write whose answer was lost is our own.
            Ok(Put::Lost | Put::Beside) => self.is_stored_by(ctx, &holder).await?,
            Err(_) => false,
        };
        if is_ours {
            self.intent = None;
            return Ok(());
        }
        lease::note_released(ctx, &holder);
        self.overtaken = put.is_ok();
        put.and_then(|_| Err(busy(R::NAME)))
    }

    /// Whether the record is stored as taken by this holder.
    async fn is_stored_by(&mut self, ctx: &Context, holder: &str) -> Result<bool> {
        let Some(mut found) = ctx.table.get::<R>(&self.key).await? else { return Ok(false) };
        if found.data.fields().holder.as_deref() != Some(holder) {
            return Ok(false);
        }
        (self.version, self.later) = (found.version, None);
        Ok(true)
    }

    async fn put(&mut self, ctx: &Context, also: Vec<Write>) -> Result<Put> {
        let now = ctx.now_ms();
        if let Some(changed_ms) = self.record.fields().changed_ms {
            *changed_ms = now;
        }
        let expect = if self.version == 0 { Expect::AbsentAt(now) } else { Expect::Version(self.version) };
        let write = Write::put(self.key.clone(), &self.record, expect)?;
        let mut writes = vec![self.record.placed(&self.tenant, now, write)];
        writes.extend(self.later.iter().flatten().cloned());
        writes.extend(also);
        match shared_requests::change(ctx, writes).await? {
            Transacted::Done => {
                self.version += 1;
                self.later = None;
                Ok(Put::Done)
            }
            Transacted::Conflict(places) => Ok(if places.contains(&0) { Put::Lost } else { Put::Beside }),
        }
    }
}
