//! Names of departments and positions that a process has read. They are few and stay the same, and every question shows
//! two of them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tenon_model::TenantId;

/// How long one counts, in ms.
const KEPT_MS: i64 = 30_000;
/// How many are kept.
const MAX_CACHED: usize = 10_000;

type Key = (TenantId, &'static str, String);

/// The names.
#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<HashMap<Key, (i64, String)>>);

impl Names {
    /// A name that was read a short while ago.
    pub fn get(&self, tenant: &TenantId, collection: &'static str, id: &str, now_ms: i64) -> Option<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_ms, name) = names.get(&(tenant.clone(), collection, id.to_owned()))?;
        (now_ms - read_ms < KEPT_MS).then(|| name.clone())
    }

    /// A name that was just read. What is not there may be handed in the next moment.
    pub fn put(&self, tenant: &TenantId, collection: &'static str, id: &str, read: (i64, String)) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= MAX_CACHED {
            names.retain(|_, (read_ms, _)| read.0 - *read_ms < KEPT_MS);
        }
        if !read.1.is_empty() && names.len() < MAX_CACHED {
            names.insert((tenant.clone(), collection, id.to_owned()), read);
        }
    }
}
