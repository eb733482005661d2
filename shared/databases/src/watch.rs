//! Somebody who sees each statement that changes something: whoever tests what becomes of a process that dies there.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tenon_platform::error::Result;

/// When it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Before it is sent.
    Before,
    /// After it was carried out.
    After,
}

/// Sees statements. An error stands in the place of the statement, or of its answer.
pub trait Watch: Send + Sync {
    /// A statement that changes something, or the end of a transaction.
    ///
    /// # Errors
    /// What the statement shall fail with.
    fn statement(&self, seen: Seen) -> Result<()>;
}

/// Who sees those of a process; nobody, unless somebody is put there.
#[derive(Clone, Default)]
pub struct Watching(Arc<Mutex<Option<Arc<dyn Watch>>>>);

impl Watching {
    /// Puts somebody there.
    pub fn by(&self, watch: Arc<dyn Watch>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
    }

    pub(crate) fn see(&self, seen: Seen) -> Result<()> {
        let watch = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        watch.map_or(Ok(()), |watch| watch.statement(seen))
    }
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watching")
    }
}
