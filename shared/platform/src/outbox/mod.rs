//! A change and the message that follows from it are one thing.
//!
//! Table and queue have no transaction in common, so the message is promised first: an [`Entry`] of the outbox, with
//! the message in it, is stored in the transaction that makes the change. Then the message is sent, and the entry
//! taken out. If the process dies in between, the [sweeper](sweep::sweep) finds the entry and sends the message,
//! within a minute. A message may so be sent twice, never not at all, and whoever consumes it bears that.
//!
//! Entries are found by the sparse index, where only those stand whose messages are owed, by tenant and time. On
//! the way that goes well an entry costs two writes, and finding nothing costs a query of each shard.

mod owed;
pub mod sweep;

pub use owed::{Owed, owed};

use crate::clock::millis;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::queue::{QueueName, body_of, send_envelope};
use crate::table::{Expect, Key, Outcome, RecordKind, Write};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_crypto::digest::sha256;
use tenon_model::TenantId;
use tenon_model::message::Envelope;

/// How long whoever stored an entry has to send its message; after that it is the sweeper's.
pub const GRACE: Duration = Duration::from_secs(10);
/// Partitions of the index over which entries are spread: each takes a thousand writes a second, two for an entry.
pub const SHARDS: u8 = 4;
/// Longest body of an entry's messages together, in bytes: what a record holds beside the rest.
pub const MAX_ENTRY_BYTES: usize = 300 * 1024;
/// How long an entry is kept that nobody could send, in seconds: as long as a message would be.
const KEPT_S: i64 = 14 * 86_400;

/// An entry as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    /// Whose it is.
    tenant: TenantId,
    /// Names the entry.
    id: String,
    /// Where its messages go.
    queue: String,
    /// What they are about, for the log: a job's name.
    job: String,
    /// The envelopes, as texts.
    messages: Vec<String>,
    /// Epoch ms of the change.
    stored_ms: i64,
    /// Epoch ms before which it is somebody's to send.
    due_ms: i64,
}

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Record>("OUTBOX");

/// Messages that are owed for a change. Its [`write`](Self::write) goes into the change's transaction;
/// [`send`](Self::send) or [`sent`](Self::sent) follows.
#[must_use = "a message that is promised has to be sent"]
#[derive(Clone, Debug)]
pub struct Entry {
    record: Record,
}

impl Entry {
    /// Promises one message.
    ///
    /// # Errors
    /// As [`of_all`](Self::of_all).
    pub fn of<T: Serialize>(ctx: &Context, queue: &QueueName, envelope: &Envelope<T>) -> Result<Self> {
        Self::of_all(ctx, queue, std::slice::from_ref(envelope))
    }

    /// Promises several messages of one job and tenant. They may be shorter than those that are sent, where a
    /// consumer can do with less.
    ///
    /// # Errors
    /// `platform.message` when there are none, or when they are longer than a record holds.
    pub fn of_all<T: Serialize>(ctx: &Context, queue: &QueueName, envelopes: &[Envelope<T>]) -> Result<Self> {
        let wrong = |why: String| Error::permanent("platform.message", why);
        let first = envelopes.first().ok_or_else(|| wrong("no message is promised".to_owned()))?;
        let messages = envelopes.iter().map(body_of).collect::<Result<Vec<_>>>()?;
        let length: usize = messages.iter().map(String::len).sum();
        if length > MAX_ENTRY_BYTES {
            return Err(wrong(format!(
                "{} messages of {length} bytes are promised at once; an entry of the outbox holds {MAX_ENTRY_BYTES}: promise \
                 fewer, or say less in each",
                messages.len()
            )));
        }
        let now = ctx.now_ms();
        let record = Record {
            tenant: first.tenant.clone(),
            id: ctx.entropy.id("o-", now)?,
            queue: queue.as_str().to_owned(),
            job: first.job.clone(),
            messages,
            stored_ms: now,
            due_ms: now.saturating_add(millis(GRACE)),
        };
        Ok(Self { record })
    }

    /// Leaves its message to whoever stored it until this epoch ms: until then the work is done without it, or the
    /// process is dead.
    pub fn left_until(mut self, at_ms: i64) -> Self {
        self.record.due_ms = self.record.due_ms.max(at_ms);
        self
    }

    /// The write that stores it, to be made with the change, or before several changes that no transaction holds.
    ///
    /// # Errors
    /// When it cannot be written as a record.
    pub fn write(&self) -> Result<Write> {
        self.record.write(Expect::Anything)
    }

    /// Stores it by itself, before changes that no transaction holds together.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn store(&self, ctx: &Context) -> Result<()> {
        ctx.table.write(self.write()?).await.map(drop)
    }

    /// Sends its messages and takes it out.
    ///
    /// # Errors
    /// Those of the queue: the entry stays, and the sweeper sends them.
    pub async fn send(self, ctx: &Context) -> Result<()> {
        self.record.send(ctx).await?;
        self.sent(ctx).await;
        Ok(())
    }

    /// Takes it out, after its messages were sent. One that cannot be taken out is sent once more.
    pub async fn sent(self, ctx: &Context) {
        let taken_out = match self.record.removal(ctx) {
            Ok(write) => ctx.table.write(write).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = taken_out {
            tracing::warn!(entry = %self.record.id, error.code = error.code, error.message = %error, "a message was sent and stays promised; it is sent once more");
        }
    }

    /// The write that takes it out, for the transaction that ends what it was stored before.
    ///
    /// # Errors
    /// When it cannot be written as a record.
    pub fn removal(&self, ctx: &Context) -> Result<Write> {
        self.record.removal(ctx)
    }
}

/// Sends the messages of several entries of one change, and takes those out together that the queue took: a request, however
/// many there are.
///
/// # Errors
/// Those of the queue, of the last that failed: its entry stays, and the sweeper sends it.
pub async fn send_each(ctx: &Context, entries: Vec<Entry>) -> Result<()> {
    let (mut sent, mut outcome) = (Vec::new(), Ok(()));
    for entry in entries {
        match entry.record.send(ctx).await {
            Ok(()) => sent.push(entry),
            Err(error) => outcome = Err(error),
        }
    }
    if sent.len() < 2 {
        for entry in sent {
            entry.sent(ctx).await;
        }
        return outcome;
    }
    let removals: Result<Vec<Write>> = sent.iter().map(|entry| entry.removal(ctx)).collect();
    let taken_out = match removals {
        Ok(writes) => ctx.table.transact(writes).await.map(drop),
        Err(error) => Err(error),
    };
    if let Err(error) = taken_out {
        tracing::warn!(entries = sent.len(), error.code = error.code, error.message = %error, "messages were sent and stay promised; they are sent once more");
    }
    outcome
}

impl Record {
    fn key(&self) -> Key {
        Key::new(&self.tenant, "OUTBOX", &[&self.id], "-")
    }

    fn write(&self, expect: Expect) -> Result<Write> {
        let (partition, sort) =
            (partition(shard(&self.id)), format!("{}{:013}#{}", turn(&self.tenant), self.due_ms, self.id));
        let expires = Some(self.stored_ms / 1000 + KEPT_S);
        Ok(Write::put(self.key(), self, expect)?.indexed(partition, sort).expiring(expires))
    }

    /// Out of the index, and left to the table to delete: so whoever stores entries needs no right to delete. Whoever
    /// saw it before it was sent does not find that version again.
    fn removal(&self, ctx: &Context) -> Result<Write> {
        let out = Self { messages: Vec::new(), ..self.clone() };
        let write = Write::put(self.key(), &out, Expect::Anything)?.fenced(ctx.entropy.token()?);
        Ok(write.expiring(Some(ctx.now_ms().div_euclid(1000))))
    }

    async fn send(&self, ctx: &Context) -> Result<()> {
        let queue = QueueName::new(self.queue.clone());
        match self.messages.as_slice() {
            // By itself, so that a delay is the queue's.
            [message] => match Envelope::read(message) {
                Ok(envelope) => send_envelope(ctx.queue.as_ref(), &queue, &envelope, ctx.now_ms()).await,
                // Of another version, whose consumer reads it.
                Err(_) => ctx.queue.send(&queue, message.clone(), Duration::ZERO).await,
            },
            several => ctx.queue.send_all(&queue, several.to_vec()).await,
        }
    }

    /// Takes it for this process to send: nobody else does within the grace. `None` when somebody has, or when it
    /// was sent.
    async fn take(&self, ctx: &Context, version: u64) -> Result<Option<Self>> {
        let taken = Self { due_ms: ctx.now_ms().saturating_add(millis(GRACE)), ..self.clone() };
        let write = taken.write(Expect::Version(version))?.fenced(ctx.entropy.token()?);
        Ok((ctx.table.write(write).await? == Outcome::Done).then_some(taken))
    }
}

/// The index partition of a shard. Entries of all tenants are found together, so it is the operator's.
fn partition(shard: u8) -> String {
    Key::partition_of(&TenantId::operator(), "OUTBOX", &[&shard.to_string()])
}

/// What a tenant's entries begin with in the index.
fn turn(tenant: &TenantId) -> String {
    format!("{}#", tenant.as_str().replace('%', "%25").replace('#', "%23"))
}

fn shard(id: &str) -> u8 {
    sha256(id.as_bytes()).first().copied().unwrap_or(0) % SHARDS
}
