//! Remembered events: the one conditional write of a callback. An event stays open until its work
//! is done, so that a repeated delivery after a crash is queued again and a later repeat is not.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::outbox::Entry;
use crate::table::{self, Claim, Expect, Key, Several, Write};
use serde::{Deserialize, Serialize};
use tenon_model::oa::Outcome;
use tenon_model::{ConnectionId, InstanceId, TenantId};

/// How long an event is remembered, in seconds.
const REMEMBER_S: i64 = 30 * 86_400;

/// What is kept of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// The instance it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceId>,
    /// The form's template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// How the instance ended, if this is its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Epoch ms of the first delivery.
    pub received_ms: i64,
    /// Whether nothing remains to be done for it.
    pub done: bool,
    /// Why nothing is done for it, when that is so from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
}

/// Whether an event is new.
#[derive(Clone, Debug, PartialEq)]
pub enum Remembered {
    /// Never seen.
    New,
    /// Seen, and its work is not known to be done.
    Open,
    /// Seen and done with.
    Done,
}

/// The name of an event in the table: its identity is hashed, for identities may be long.
pub fn event_name(identity: &str) -> String {
    tenon_crypto::digest::sha256_base64url_short(identity.as_bytes(), 32)
}

/// Where an event is remembered.
pub fn key(tenant: &TenantId, connection: &ConnectionId, name: &str) -> Key {
    Key::new(tenant, "EVENT", &[connection.as_str(), name], "-")
}

/// A remembered event, as it was read.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    key: Key,
    version: u64,
    record: EventRecord,
}

impl StoredEvent {
    /// The event of this key among records that were read together; `None` when it is not remembered.
    ///
    /// # Errors
    /// When its record cannot be read.
    pub fn among(several: &mut Several, key: Key) -> Result<Option<Self>> {
        let stored = several.take::<EventRecord>(&key)?;
        Ok(stored.map(|stored| Self { key, version: stored.version, record: stored.data }))
    }

    /// Whether nothing remains to be done for it.
    pub fn is_done(&self) -> bool {
        self.record.done
    }

    /// The write that notes so; `None` when it is noted.
    ///
    /// # Errors
    /// When it cannot be written as a record.
    pub fn done(&self) -> Result<Option<Write>> {
        if self.record.done {
            return Ok(None);
        }
        let record = EventRecord { done: true, ..self.record.clone() };
        let expires = Some(record.received_ms / 1000 + REMEMBER_S);
        let write = Write::put(self.key.clone(), &record, Expect::Version(self.version))?;
        Ok(Some(write.expiring(expires)))
    }
}

/// Remembers an event.
pub async fn remember(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    name: &str,
    record: &EventRecord,
) -> Result<Remembered> {
    let expires = Some(record.received_ms / 1000 + REMEMBER_S);
    Ok(match ctx.table.claim(&key(tenant, connection, name), record, expires, ctx.now_ms()).await? {
        Claim::Stored => Remembered::New,
        Claim::Exists(old) if old.data.done => Remembered::Done,
        Claim::Exists(_) => Remembered::Open,
    })
}

/// Whether nothing remains to be done for an event that was remembered.
pub async fn is_done(ctx: &Context, tenant: &TenantId, connection: &ConnectionId, name: &str) -> Result<bool> {
    let stored = ctx.table.get::<EventRecord>(&key(tenant, connection, name)).await?;
    Ok(stored.is_some_and(|stored| stored.data.done))
}

/// As [`remember`], with the message that follows from an event that is new: both are stored, or neither.
///
/// # Errors
/// Those of the table.
pub async fn remember_with(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    name: &str,
    record: &EventRecord,
    promised: &Entry,
) -> Result<Remembered> {
    let key = key(tenant, connection, name);
    let write = Write::put(key.clone(), record, Expect::AbsentAt(ctx.now_ms()))?;
    let write = write.expiring(Some(record.received_ms / 1000 + REMEMBER_S));
    if ctx.table.transact(vec![write, promised.write()?]).await? == table::Outcome::Done {
        return Ok(Remembered::New);
    }
    match ctx.table.get::<EventRecord>(&key).await? {
        Some(old) if old.data.done => Ok(Remembered::Done),
        Some(_) => Ok(Remembered::Open),
        None => Err(Error::transient("platform.table", "an event vanished while it was remembered")),
    }
}

/// When an event that is remembered was delivered first, epoch ms.
pub async fn received(ctx: &Context, tenant: &TenantId, connection: &ConnectionId, name: &str) -> Result<Option<i64>> {
    let stored = ctx.table.get::<EventRecord>(&key(tenant, connection, name)).await?;
    Ok(stored.map(|stored| stored.data.received_ms))
}

/// Notes that nothing remains to be done for an event.
pub async fn mark_done(ctx: &Context, tenant: &TenantId, connection: &ConnectionId, name: &str) -> Result<()> {
    let key = key(tenant, connection, name);
    if let Some(stored) = ctx.table.get::<EventRecord>(&key).await? {
        let event = StoredEvent { key, version: stored.version, record: stored.data };
        if let Some(write) = event.done()? {
            ctx.table.write(write).await?;
        }
    }
    Ok(())
}
