//! The stored records of saves. Every change goes through [`Leased`].

use crate::leased::{self, Fields, Leased, Leasing};
use std::time::Duration;
use tenon_crypto::digest::sha256_hex;
use tenon_model::barcode::{SaveRecord, SaveState};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::table::{Key, Stored, Write};
use tenon_platform::{Context, Result};

/// How long equal requests are one, in seconds.
pub(super) const KEPT_S: i64 = 86_400;
/// How long what is not cleared up is kept.
const UNCLEAR_S: i64 = 30 * 86_400;

/// Names a save.
#[derive(Clone, Copy)]
pub(super) struct Name<'a> {
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// The company.
    pub connection: &'a ConnectionId,
    /// SHA-256 of the app and what it calls the save.
    pub hash: &'a str,
}

/// What an app calls a save: a key of its own, or the body itself.
pub(super) fn hash(app: &str, key: Option<&str>, body: &str) -> String {
    let (kind, text) = key.map_or(("body", body), |key| ("key", key));
    sha256_hex(format!("{kind}\n{}\n{app}\n{text}", app.len()).as_bytes())
}

impl Name<'_> {
    fn key(&self) -> Key {
        Key::new(self.tenant, "BARCODE", &[self.connection.as_str()], self.hash)
    }
}

/// A record this call has for itself.
pub(super) type LeasedSave = Leased<SaveRecord>;

impl leased::Record for SaveRecord {
    type State = SaveState;
    const NAME: &'static str = "save";
    const OVERTAKEN: &'static str = "send it again for its result";

    fn fields(&mut self) -> Fields<'_, SaveState> {
        Fields {
            state: &mut self.state,
            holder: &mut self.lease,
            taken_ms: Some(&mut self.taken_ms),
            until_ms: &mut self.lease_until_ms,
            changed_ms: Some(&mut self.changed_ms),
        }
    }

    fn may_become(before: SaveState, next: SaveState) -> bool {
        before.may_become(next)
    }

    /// Whoever sent it sends it again; nobody else goes on with it.
    fn is_open(&self) -> bool {
        false
    }

    fn placed(&self, _tenant: &TenantId, _now_ms: i64, write: Write) -> Write {
        write.expiring(Some(expires(self)))
    }
}

/// The record, unless it is one of before that no longer counts.
pub(super) async fn get(ctx: &Context, name: Name<'_>) -> Result<Option<Stored<SaveRecord>>> {
    let stored = ctx.table.get::<SaveRecord>(&name.key()).await?;
    Ok(stored.filter(|stored| expires(&stored.data) > ctx.now_ms().div_euclid(1000)))
}

/// Epoch second from which it counts no longer.
fn expires(record: &SaveRecord) -> i64 {
    let keep = if record.state.is_under_way() { UNCLEAR_S } else { KEPT_S };
    record.claimed_ms.div_euclid(1000) + keep
}

/// Stores a first record, leased; `None` when there is one already.
pub(super) async fn claim(
    ctx: &Context,
    name: Name<'_>,
    record: SaveRecord,
    time: Duration,
) -> Result<Option<LeasedSave>> {
    Leasing::new(ctx, name.tenant, time).first(name.key(), record).await
}

/// Leases a stored record, with a change to it; `None` when somebody else has it.
pub(super) async fn take(
    ctx: &Context,
    name: Name<'_>,
    stored: Stored<SaveRecord>,
    time: Duration,
    change: impl FnOnce(&mut SaveRecord),
) -> Result<Option<LeasedSave>> {
    Leasing::new(ctx, name.tenant, time).take(name.key(), stored, change).await
}
