//! What a call makes is made once, whatever dies: a note of what was made, stored in the transaction that makes it,
//! under the [idempotency key](crate::idempotency) the caller sent. A repetition that has to do the work again,
//! because the first process died before it could keep its answer, finds what that one made.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::keys::SealedText;
use crate::table::{Expect, Key, RecordKind, Write};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tenon_crypto::secrets::Purpose;

/// Where it is noted what the call makes; nowhere where the caller sent no idempotency key. One thing a call.
#[derive(Clone, Debug, Default)]
pub struct Once(Option<Place>);

#[derive(Clone, Debug)]
struct Place {
    key: Key,
    /// Epoch second until which it is kept: as long as the idempotency key counts.
    until_s: i64,
}

#[derive(Serialize, Deserialize)]
struct Note<T> {
    until_s: i64,
    made: T,
}

/// The kinds of records a note is.
pub(crate) const KINDS: [RecordKind; 2] =
    [RecordKind::of::<Note<serde_json::Value>>("IDEMPOTENCY"), RecordKind::of::<SealedNote>("IDEMPOTENCY")];

/// What was made, sealed: it holds a secret that is shown once.
#[derive(Serialize, Deserialize)]
struct SealedNote {
    until_s: i64,
    sealed: String,
}

impl Once {
    /// Under this key, kept until this epoch second.
    pub(crate) fn new(key: Key, until_s: i64) -> Self {
        Self(Some(Place { key, until_s }))
    }

    /// What an earlier process that carried out the same call made, as it noted it. No table request where the
    /// call cannot be repeated.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn made<T: DeserializeOwned>(&self, ctx: &Context) -> Result<Option<T>> {
        let Some(place) = &self.0 else { return Ok(None) };
        let stored = ctx.table.get::<Note<T>>(&place.key).await?;
        // The table deletes what has expired only some time later.
        let counts = stored.filter(|stored| stored.data.until_s > ctx.now_ms().div_euclid(1000));
        Ok(counts.map(|stored| stored.data.made))
    }

    /// The write that notes what is made: it goes into the transaction that makes it. When its condition does not
    /// hold, somebody else carried out the same call meanwhile: ask [`made`](Self::made).
    ///
    /// # Errors
    /// When the note cannot be written as a record.
    pub fn note<T: Serialize>(&self, made: &T, now_ms: i64) -> Result<Option<Write>> {
        let Some(place) = &self.0 else { return Ok(None) };
        let note = Note { until_s: place.until_s, made };
        let write = Write::put(place.key.clone(), &note, Expect::AbsentAt(now_ms))?;
        Ok(Some(write.expiring(Some(place.until_s))))
    }

    /// As [`made`](Self::made), for what was noted with [`note_sealed`](Self::note_sealed).
    ///
    /// # Errors
    /// Those of the table; `platform.sealed` when it does not open.
    pub async fn made_sealed<T: DeserializeOwned>(&self, ctx: &Context) -> Result<Option<T>> {
        let Some(place) = &self.0 else { return Ok(None) };
        let stored = ctx.table.get::<SealedNote>(&place.key).await?;
        let counts = stored.filter(|stored| stored.data.until_s > ctx.now_ms().div_euclid(1000));
        let Some(SealedNote { sealed, .. }) = counts.map(|stored| stored.data) else { return Ok(None) };
        let wrong = |why: String| {
            Error::permanent("platform.sealed", format!("what a call made, kept under its idempotency key, {why}"))
        };
        let keys = ctx.keys.to_open(&sealed).await?;
        let plain = keys.open(Purpose::Answer, &sealed_for(place.key.partition()), &sealed);
        let plain = plain.map_err(|why| wrong(format!("does not open: {why}")))?;
        serde_json::from_slice(&plain).map(Some).map_err(|why| wrong(format!("cannot be read: {why}")))
    }

    /// As [`note`](Self::note), sealed: for what holds a secret that is shown once.
    ///
    /// # Errors
    /// Those of the table, when the present key is asked for; when the note cannot be written as a record.
    pub async fn note_sealed<T: Serialize>(&self, ctx: &Context, made: &T) -> Result<Option<Write>> {
        let Some(place) = &self.0 else { return Ok(None) };
        let plain = serde_json::to_vec(made).map_err(|e| Error::permanent("platform.table", e.to_string()))?;
        let (keys, nonce) = (ctx.keys.to_seal().await?, ctx.entropy.bytes::<12>()?);
        let sealed = keys.seal(Purpose::Answer, &sealed_for(place.key.partition()), nonce, &plain);
        let note = SealedNote { until_s: place.until_s, sealed };
        let write = Write::put(place.key.clone(), &note, Expect::AbsentAt(ctx.now_ms()))?;
        Ok(Some(write.expiring(Some(place.until_s))))
    }
}

fn sealed_for(partition: &str) -> String {
    format!("once/{partition}")
}

/// The sealed text of a stored note.
pub(crate) fn sealed_text(partition: &str, data: &serde_json::Value) -> Option<SealedText> {
    Some(SealedText::sealed(Purpose::Answer, sealed_for(partition), data.get("sealed")?.as_str()?))
}
