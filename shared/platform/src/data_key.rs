//! Which master key the data was sealed with. A record that only the right key opens says so before
//! anything else fails for it: "does not open" of a hundred secrets names no cause.

use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, Result, Retry};
use crate::keys::SealedText;
use crate::table::{Expect, Key, Outcome, RecordKind, Write};
use crate::telemetry;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_crypto::secrets::Purpose;
use tenon_model::TenantId;

/// What meets another master key comes back after this time: a person puts the right one back.
const RECHECK_AFTER: Duration = Duration::from_secs(300);

/// What is sealed for the comparison.
const PLACE: &str = "data/key";

/// The data's own record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// Names this data; random.
    id: String,
    /// The same, sealed.
    sealed: String,
}

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Record>("DATA");

fn key() -> Key {
    Key::new(&TenantId::operator(), "DATA", &[], "-")
}

/// The data's id; none when it was never sealed for the comparison.
///
/// # Errors
/// `config.other-key` when this is not the master key the data was sealed with; what the table refuses.
pub async fn check(ctx: &Context) -> Result<Option<String>> {
    let Some(stored) = ctx.table.get::<Record>(&key()).await? else { return Ok(None) };
    let Record { id, sealed } = stored.data;
    // The ring says first whether this master key still counts: what it made itself it would open without.
    ctx.keys.to_seal().await?;
    match ctx.keys.to_open(&sealed).await?.open(Purpose::Access, PLACE, &sealed) {
        Ok(plain) if plain == id.as_bytes() => Ok(Some(id)),
        _ => Err(Error::new(
            "config.other-key",
            Retry::Blocked(RECHECK_AFTER),
            "this is not the key this data was sealed with: put the former master key back (`master.key` in the data \
             directory, or TENON_MASTER_KEY). If it is lost, `tenon apply --new-key` seals the configuration with this \
             one; secrets of tenants' apps and endpoints have to be reset then",
        )),
    }
}

/// As [`check`], and names and seals data that was not yet. Returns its id.
///
/// # Errors
/// As [`check`].
pub async fn establish(ctx: &Context) -> Result<String> {
    loop {
        if let Some(id) = check(ctx).await? {
            return Ok(id);
        }
        let record = new(ctx).await?;
        if ctx.table.write(Write::put(key(), &record, Expect::AbsentAt(ctx.now_ms()))?).await? == Outcome::Done {
            return Ok(record.id);
        }
    }
}

/// Takes this key as the data's from now on; the data keeps its id.
///
/// # Errors
/// What the table refuses.
pub async fn replace(ctx: &Context) -> Result<()> {
    // Keys that the lost one sealed are lost with it.
    if ctx.keys.to_seal().await.is_err_and(|error| error.code == "config.other-key") {
        ctx.keys.lose(ctx).await?;
    }
    let mut record = new(ctx).await?;
    if let Some(stored) = ctx.table.get::<Record>(&key()).await? {
        record = seal(ctx, stored.data.id).await?;
    }
    ctx.table.write(Write::put(key(), &record, Expect::Anything)?).await?;
    Ok(())
}

async fn new(ctx: &Context) -> Result<Record> {
    seal(ctx, ctx.entropy.id("data-", ctx.now_ms())?).await
}

async fn seal(ctx: &Context, id: String) -> Result<Record> {
    let sealed = ctx.keys.to_seal().await?.seal(Purpose::Access, PLACE, ctx.entropy.bytes::<12>()?, id.as_bytes());
    Ok(Record { id, sealed })
}

/// The sealed text of the data's own record.
pub(crate) fn sealed_text(data: &serde_json::Value) -> Option<SealedText> {
    Some(SealedText::sealed(Purpose::Access, PLACE, data.get("sealed")?.as_str()?))
}

/// Counts a secret that does not open, by what it belongs to: a key that is another stops all work, and
/// somebody has to be told before the work is given up.
pub fn count_unopened(clock: &Clock, of: Of) {
    let kind = match of {
        Of::App => "app",
        Of::Connection => "connection",
    };
    telemetry::count(clock, "SecretsUnopened", ("Kind", kind), 1);
}

/// What a sealed secret belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A tenant's app: its secret, or that of its pushes.
    App,
    /// A connection to a vendor.
    Connection,
}
