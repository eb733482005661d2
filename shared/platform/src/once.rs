//! What a call makes is made once, whatever dies: a note of what was made, stored in the transaction that makes it,
//! under the [idempotency key](crate::idempotency) the caller sent. A repetition that has to do the work again,
//! because the first process died before it could keep its answer, finds what that one made.

use crate::context::Context;
use crate::error::Result;
use crate::table::{Expect, Key, Write};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

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
}
