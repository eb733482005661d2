//! Trees that were read, kept for a while in the memory of the process: whoever asks for the same again is answered at
//! once, and of many who ask together one reads.

use super::super::Dingtalk;
use super::walk::{End, Walk};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::error::{Error, Result};

/// How long a tree counts.
const KEPT: Duration = Duration::from_secs(300);
/// Trees that are kept.
const MAX_CACHED: usize = 64;

/// A department with everything below it, as JSON.
#[derive(Clone, Debug)]
pub struct Tree(Arc<RawValue>);

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// What came of asking for a tree.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// All of it.
    Whole(Tree),
    /// The time was over after so many departments; asking again goes on from there.
    Partly(usize),
}

/// Which tree.
type Name = (TenantId, ConnectionId, u64, String);

#[derive(Default)]
struct Trees(Mutex<HashMap<Name, Arc<Place>>>);

#[derive(Default)]
struct Place {
    /// Elapsed ms of the last question, for making room.
    requested_ms: Mutex<i64>,
    kept: tokio::sync::Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// A whole one, with the elapsed ms at which its reading began.
    whole: Option<(i64, Tree)>,
    /// One that is being read.
    partly: Option<(i64, Walk)>,
}

impl Dingtalk<'_> {
    /// The tree of a department: one that is kept, unless a fresh one is wanted, or one that is read now.
    ///
    /// # Errors
    /// DingTalk's.
    pub async fn tree(&self, id: &str, fresh: bool) -> Result<Fetched> {
        let (clock, pace) = (&self.remote.ctx.clock, self.pace());
        let requested_ms = clock.elapsed_ms();
        let place = self.place(id, requested_ms);
        let mut kept = place.kept.lock().await;
        let young = |begun_ms: i64| clock.elapsed_ms() - begun_ms < millis(KEPT);
        if let Some((begun_ms, tree)) = &kept.whole {
            // What another read since this was asked for is fresh.
            let counts = if fresh { *begun_ms >= requested_ms } else { young(*begun_ms) };
            if counts {
                return Ok(Fetched::Whole(tree.clone()));
            }
        }
        let (begun_ms, mut walk) = match kept.partly.take() {
            Some((begun_ms, walk)) if young(begun_ms) => (begun_ms, walk),
            _ => (clock.elapsed_ms(), self.begin_walk(id, &pace).await?),
        };
        let end = self.walk_on(&mut walk, &pace).await;
        if !matches!(end, Ok(End::Whole)) {
            let known = walk.known();
            kept.partly = Some((begun_ms, walk));
            return end.map(|_| Fetched::Partly(known));
        }
        let tree = Tree(raw(walk.written())?);
        kept.whole = Some((begun_ms, tree.clone()));
        Ok(Fetched::Whole(tree))
    }

    fn place(&self, id: &str, now_ms: i64) -> Arc<Place> {
        let remote = &self.remote;
        let name = (remote.tenant.clone(), remote.connection.clone(), remote.revision, id.to_owned());
        let trees = remote.ctx.extensions.get_or_init::<Trees>();
        let mut all = trees.0.lock().unwrap_or_else(PoisonError::into_inner);
        let requested = |place: &Place| *place.requested_ms.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, place| now_ms - requested(place) < millis(KEPT));
        if all.len() >= MAX_CACHED
            && !all.contains_key(&name)
            && let Some(oldest) = all.iter().min_by_key(|(_, place)| requested(place)).map(|(name, _)| name.clone())
        {
            all.remove(&oldest);
        }
        let place = Arc::clone(all.entry(name).or_default());
        *place.requested_ms.lock().unwrap_or_else(PoisonError::into_inner) = now_ms;
        place
    }
}

fn raw(text: String) -> Result<Arc<RawValue>> {
    let raw = RawValue::from_string(text);
    raw.map(Arc::from).map_err(|why| Error::permanent("dingtalk.answer", format!("a tree could not be written: {why}")))
}
