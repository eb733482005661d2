//! The ring as stored: every key there is or was, sealed under the master key and proven by it, so that whoever may
//! write the table and has not the master key can neither add a key nor make a former one current.

use crate::context::Context;
use crate::error::{Error, Result, Retry};
use crate::table::{Expect, Key, Outcome, RecordKind, Table, Write};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_crypto::secrets::{MasterKey, Purpose};
use tenon_model::TenantId;

/// Work that meets another master key comes back after this time.
const RECHECK_AFTER: Duration = Duration::from_secs(300);
/// What the proof is for.
const PLACE: &str = "keys/ring";

/// How far a key's life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It seals.
    Current,
    /// It reads what it sealed.
    Former,
    /// It opens nothing any more.
    Retired,
}

impl State {
    /// The word in records and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Former => "former",
            Self::Retired => "retired",
        }
    }
}

/// One key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What texts of it are called by.
    pub id: String,
    /// How far its life has come.
    pub state: State,
    /// Epoch ms at which it was made; absent for the one that comes from the master key.
    pub made_ms: Option<i64>,
    /// Epoch ms at which it was retired.
    pub retired_ms: Option<i64>,
    /// Itself, sealed under the master key; absent for the one that comes from the master key itself, and once
    /// retired.
    sealed: Option<String>,
}

/// Every key, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ring {
    pub entries: Vec<Entry>,
    /// Epoch ms since when what former keys sealed is being sealed anew; absent when that is done.
    pub renewing_since_ms: Option<i64>,
}

/// The ring's text, which is what the proof is of.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Record {
    ring: String,
    proof: String,
    /// The same keys sealed under the master key that is to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<Next>,
}

/// The ring under another master key.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Next {
    /// The id of that master key.
    master: String,
    ring: String,
    proof: String,
}

/// Whose the ring is while the master key is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The id of the master key that is to come.
    pub next: String,
    /// Whether it is this process's.
    pub is_ours: bool,
}

/// The ring as it was read.
pub(super) struct Read {
    pub ring: Ring,
    /// The record's version; none where nothing was ever rotated.
    pub version: Option<u64>,
    /// What is under way with the master key.
    pub change: Option<Change>,
}

/// Its kind of record.
pub(super) const KIND: RecordKind = RecordKind::of::<Record>("KEYS");

fn key() -> Key {
    Key::new(&TenantId::operator(), "KEYS", &[], "ring")
}

fn place(id: &str) -> String {
    format!("keys/{id}")
}

impl Ring {
    /// As it is where nothing was ever rotated.
    pub fn of_master(master: &MasterKey) -> Self {
        let id = master.id().to_owned();
        let first = Entry { id, state: State::Current, made_ms: None, retired_ms: None, sealed: None };
        Self { entries: vec![first], renewing_since_ms: None }
    }

    /// The stored ring, by the former or the coming master key; none where nothing was ever rotated.
    pub async fn read(table: &Table, master: &MasterKey) -> Result<Option<Read>> {
        let Some(stored) = table.get::<Record>(&key()).await? else { return Ok(None) };
        let Record { ring, proof, next } = stored.data;
        let change = next.as_ref().map(|n| Change { next: n.master.clone(), is_ours: n.master == master.id() });
        let (ring, proof) = match next.filter(|next| next.master == master.id()) {
            Some(Next { ring, proof, .. }) => (ring, proof),
            None => (ring, proof),
        };
        master.check(Purpose::Ring, PLACE, ring.as_bytes(), &proof).map_err(|why| other_key(&why.to_string()))?;
        let ring = serde_json::from_str(&ring).map_err(|e| other_key(&e.to_string()))?;
        Ok(Some(Read { ring, version: Some(stored.version), change }))
    }

    /// As [`read`](Self::read), and what it is where nothing was ever rotated.
    pub async fn read_or_first(ctx: &Context) -> Result<Read> {
        let master = &ctx.keys.master;
        let first = || Read { ring: Self::of_master(master), version: None, change: None };
        Ok(Self::read(&ctx.table, master).await?.unwrap_or_else(first))
    }

    /// Stores it over the version that was read.
    pub async fn write(&self, ctx: &Context, read: Option<u64>) -> Result<Outcome> {
        let (ring, proof) = self.proven(&ctx.keys.master)?;
        store(ctx, &Record { ring, proof, next: None }, read).await
    }

    /// Stores it under both master keys.
    pub async fn write_for_both(&self, ctx: &Context, next: &MasterKey, read: Option<u64>) -> Result<Outcome> {
        let (ring, proof) = self.proven(&ctx.keys.master)?;
        let (sealed, its_proof) = self.under(ctx, next)?.proven(next)?;
        let next = Next { master: next.id().to_owned(), ring: sealed, proof: its_proof };
        store(ctx, &Record { ring, proof, next: Some(next) }, read).await
    }

    fn proven(&self, master: &MasterKey) -> Result<(String, String)> {
        let ring = serde_json::to_string(self).map_err(|e| Error::permanent("platform.table", e.to_string()))?;
        let proof = master.prove(Purpose::Ring, PLACE, ring.as_bytes());
        Ok((ring, proof))
    }

    /// The same keys sealed under another master key: the one that comes from ours as well.
    fn under(&self, ctx: &Context, next: &MasterKey) -> Result<Self> {
        let mut ring = self.clone();
        for entry in ring.entries.iter_mut().filter(|entry| entry.state != State::Retired) {
            let key = open(entry, &ctx.keys.master)?;
            let nonce = ctx.entropy.bytes::<12>()?;
            entry.sealed = Some(key.sealed_under(next, Purpose::Ring, &place(&entry.id), nonce));
        }
        Ok(ring)
    }

    /// Takes it away: the master key that sealed it is lost.
    pub async fn remove(ctx: &Context) -> Result<()> {
        ctx.table.write(Write::delete(key(), Expect::Anything)).await?;
        ctx.keys.forget();
        Ok(())
    }

    /// Adds a new key, which is current from now on.
    pub fn add(&mut self, ctx: &Context) -> Result<()> {
        let (now, bytes) = (ctx.now_ms(), ctx.entropy.bytes::<32>()?);
        let id = MasterKey::from_bytes(bytes).id().to_owned();
        let sealed = ctx.keys.master.seal(Purpose::Ring, &place(&id), ctx.entropy.bytes::<12>()?, &bytes);
        for entry in self.entries.iter_mut().filter(|entry| entry.state == State::Current) {
            entry.state = State::Former;
        }
        let state = State::Current;
        self.entries.push(Entry { id, state, made_ms: Some(now), retired_ms: None, sealed: Some(sealed) });
        self.renewing_since_ms = Some(now);
        Ok(())
    }

    /// Ends a key.
    pub fn retire(&mut self, id: &str, now_ms: i64) {
        for entry in self.entries.iter_mut().filter(|entry| entry.id == id) {
            (entry.state, entry.retired_ms, entry.sealed) = (State::Retired, Some(now_ms), None);
        }
    }

    /// The current key, reading what the former ones sealed.
    pub fn keys(&self, master: &MasterKey) -> Result<MasterKey> {
        let of_state = |state| self.entries.iter().filter(move |entry| entry.state == state);
        let current = of_state(State::Current).next().ok_or_else(|| other_key("it names no current key"))?;
        let mut keys = open(current, master)?;
        for former in of_state(State::Former) {
            keys = keys.reading(&open(former, master)?);
        }
        Ok(keys)
    }
}

async fn store(ctx: &Context, record: &Record, read: Option<u64>) -> Result<Outcome> {
    let expect = read.map_or(Expect::AbsentAt(ctx.now_ms()), Expect::Version);
    let outcome = ctx.table.write(Write::put(key(), record, expect)?).await?;
    ctx.keys.forget();
    Ok(outcome)
}

fn open(entry: &Entry, master: &MasterKey) -> Result<MasterKey> {
    let Some(sealed) = &entry.sealed else {
        return if entry.id == master.id() {
            Ok(master.clone())
        } else {
            Err(other_key("it is of another master key"))
        };
    };
    let bytes = master.open(Purpose::Ring, &place(&entry.id), sealed).map_err(|why| other_key(&why.to_string()))?;
    let bytes = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| other_key("it is not 32 bytes long"))?;
    Ok(MasterKey::from_bytes(bytes))
}

fn other_key(why: &str) -> Error {
    let message = format!(
        "the keys in the table do not open: {why}. Put the master key back that this data was sealed with (`master.key` \
         in the data directory, or TENON_MASTER_KEY). If it is lost, `tenon apply --new-key` seals the configuration with \
         this one; secrets of tenants' apps and endpoints have to be reset then"
    );
    Error::new("config.other-key", Retry::Blocked(RECHECK_AFTER), message)
}
