//! The keys data is sealed with.
//!
//! Each is a generation of data keys, one per purpose. At first there is one, derived from the master key. `tenon keys
//! rotate` makes new ones: they lie in the table in the [ring](ring), sealed under the master key, so that every
//! function finds them without being deployed anew. One is current and seals; former ones go on reading until a command
//! retires them.
//!
//! A process reads the ring when it seals for the first time, and at most every half a minute from then on; and when it
//! meets a text of a key it does not know. Where nothing was ever rotated, reading costs no request.

mod master;
mod renew;
mod ring;
mod rotate;

pub use master::{begin_change, cancel_change, change, finish_change};
pub use renew::{Finder, SealedText, sealed_texts};
pub use ring::{Change, Entry, State};
pub use rotate::{Lost, PAGE, Rotated, Rotation, Step, list, retire, rotate};

use crate::clock::Clock;
use crate::context::Context;
use crate::error::Result;
use crate::table::{RecordKind, Table};
use futures::future::BoxFuture;
use ring::Ring;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_crypto::secrets::MasterKey;

/// The kinds of records there are of keys.
pub(crate) const KINDS: [RecordKind; 2] = [ring::KIND, rotate::KIND];

/// How long a process seals with the key it knows before it asks which is current.
pub const TRUST: Duration = Duration::from_secs(30);
/// How soon the ring is read again for a text of an unknown key: anybody can hand in such a text.
const REREAD_AFTER_MS: i64 = 1_000;

/// The keys as a process knows them.
#[derive(Debug)]
pub struct Keys {
    master: MasterKey,
    table: Table,
    clock: Clock,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    keys: Arc<MasterKey>,
    /// Elapsed ms when the ring was read.
    read_ms: Option<i64>,
}

impl Keys {
    /// The keys of a table, under this master key.
    pub fn new(master: MasterKey, table: Table, clock: Clock) -> Self {
        let known = Known { keys: Arc::new(master.clone()), read_ms: None };
        Self { master, table, clock, known: Mutex::new(known) }
    }

    /// What new texts are sealed and records proven with.
    ///
    /// # Errors
    /// `config.other-key` when the ring was sealed under another master key; what the table refuses.
    pub async fn to_seal(&self) -> Result<Arc<MasterKey>> {
        let trusted = crate::clock::millis(TRUST);
        match self.known() {
            (keys, Some(read_ms)) if self.clock.elapsed_ms() - read_ms < trusted => Ok(keys),
            _ => self.read().await,
        }
    }

    /// What opens a text or checks a proof. A text of a key that does not count, not even in the table, opens under
    /// none of them.
    ///
    /// # Errors
    /// As [`to_seal`](Self::to_seal).
    pub async fn to_open(&self, text: &str) -> Result<Arc<MasterKey>> {
        self.to_open_all([text]).await
    }

    /// As [`to_open`](Self::to_open), for several texts.
    ///
    /// # Errors
    /// As [`to_seal`](Self::to_seal).
    pub async fn to_open_all<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Result<Arc<MasterKey>> {
        let (keys, read_ms) = self.known();
        let just_read = read_ms.is_some_and(|at| self.clock.elapsed_ms() - at < REREAD_AFTER_MS);
        if just_read || texts.into_iter().all(|text| keys.knows(text)) {
            return Ok(keys);
        }
        self.read().await
    }

    /// What checks a token that names the key it was signed with.
    ///
    /// # Errors
    /// As [`to_seal`](Self::to_seal).
    pub async fn to_verify(&self, key_id: &str) -> Result<Arc<MasterKey>> {
        // As a proof under this key begins.
        self.to_open(&format!("p2.{key_id}.")).await
    }

    /// Takes away what a lost master key sealed: this process's own seals from now on.
    pub(crate) async fn lose(&self, ctx: &Context) -> Result<()> {
        Ring::remove(ctx).await
    }

    /// Forgets the ring, so that the next use reads it.
    pub fn forget(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Known { keys: Arc::new(self.master.clone()), read_ms: None };
    }

    fn known(&self) -> (Arc<MasterKey>, Option<i64>) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        (Arc::clone(&known.keys), known.read_ms)
    }

    /// Boxed, since it is part of every future that seals or opens.
    fn read(&self) -> BoxFuture<'_, Result<Arc<MasterKey>>> {
        Box::pin(self.read_ring())
    }

    async fn read_ring(&self) -> Result<Arc<MasterKey>> {
        // Before the request: what is stored while it is on its way is not missed for longer.
        let read_ms = self.clock.elapsed_ms();
        let keys = match Ring::read(&self.table, &self.master).await? {
            Some(read) => Arc::new(read.ring.keys(&self.master)?),
            None => Arc::new(self.master.clone()),
        };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) =
            Known { keys: Arc::clone(&keys), read_ms: Some(read_ms) };
        Ok(keys)
    }
}
