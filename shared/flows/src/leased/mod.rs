//! Records that one worker at a time has for itself: a link, a document, a record of base data. Whoever wants to act takes
//! the record first, stores what it is about to do, acts, stores what came of it, and lets go.
//!
//! The taking stores a holder that no other taking has, and each write names the version it follows on. So a worker that
//! was slow, or believed dead, changes nothing once somebody else has the record; and a write whose answer was lost is
//! known again by its holder. What goes on with a record whose worker dies may be promised in the same write.
//!
//! What only reads need not be taken for: a worker may say that it will have the record, and store that with its first
//! change, before it sends anything. Whoever was faster has changed the version, and the slower one has sent nothing.
//!
//! What was sent and not answered has an end: the last moment at which it may still be carried out. Before it nothing is
//! sent in its place: it would be done twice, or the late one would undo what was sent since.

mod leasing;
mod record;

pub use leasing::Leasing;
pub use record::{Closed, Leased};

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::clock::millis;
use tenon_platform::table::Write;
use tenon_platform::{Context, Error, ErrorKind, Result, lease};

/// How long a worker of a queue has a record for itself. Longer than any function may run, so that what it sent has been
/// answered or given up before somebody else looks for it.
pub const LEASE: Duration = Duration::from_secs(150);

/// What is stored of a thing that one worker at a time works on.
pub trait Record: Serialize + DeserializeOwned + Clone + Send + Sync {
    /// Where it stands.
    type State: Copy + PartialEq + Debug + Send;

    /// What it is called in errors.
    const NAME: &'static str;
    /// What happens to work that somebody else has overtaken, in errors.
    const OVERTAKEN: &'static str = "it is tried again from what is stored";

    /// The fields that all have.
    fn fields(&mut self) -> Fields<'_, Self::State>;

    /// The transition table. A move that is not in it is a bug and is refused.
    fn may_become(before: Self::State, next: Self::State) -> bool;

    /// Whether work is left that goes on by itself.
    fn is_open(&self) -> bool;

    /// Enters it in the index and says when it may be forgotten.
    fn placed(&self, _tenant: &TenantId, _now_ms: i64, write: Write) -> Write {
        write
    }

    /// What else is stored when it has moved on.
    ///
    /// # Errors
    /// When that cannot be written as a record.
    fn follows(&self, _tenant: &TenantId) -> Result<Vec<Write>> {
        Ok(Vec::new())
    }

    /// It has moved on, or is let go of: when it is looked after if nothing more is heard of it. The caller's own change
    /// comes later.
    fn look_again(&mut self, _now_ms: i64) {}
}

/// The fields that all records have.
pub struct Fields<'a, S> {
    /// Where it stands.
    pub state: &'a mut S,
    /// Who works on it.
    pub holder: &'a mut Option<String>,
    /// Epoch ms since when; where it is not stored, it was taken for [`LEASE`].
    pub taken_ms: Option<&'a mut i64>,
    /// Epoch ms until when.
    pub until_ms: &'a mut i64,
    /// Epoch ms of the last change, where it is stored.
    pub changed_ms: Option<&'a mut i64>,
}

/// Whether somebody works on it.
pub fn is_held<R: Record>(ctx: &Context, record: &mut R) -> bool {
    let fields = record.fields();
    let until_ms = *fields.until_ms;
    let taken_ms = fields.taken_ms.map_or(until_ms - millis(LEASE), |taken_ms| *taken_ms);
    // A live worker is done within seconds; only a dead one keeps its lease to the end.
    fields.holder.as_ref().is_some_and(|holder| lease::binds(ctx, holder, taken_ms, until_ms))
}

/// A taking that is stored with the first change.
#[derive(Clone, Debug)]
struct Intent {
    holder: String,
    time: Duration,
}

/// Another worker has it, whatever it is called.
pub fn busy(what: &str) -> Error {
    let message = format!("another worker has this {what} in hand; it is tried again");
    Error::transient("flow.busy", message).with_kind(ErrorKind::Busy)
}

fn lost<R: Record>() -> Error {
    let message = format!("another worker changed what is kept of this {} in the meantime; {}", R::NAME, R::OVERTAKEN);
    Error::transient("flow.lost", message).with_kind(ErrorKind::Lost)
}

/// Refuses a move that the states do not have.
///
/// # Errors
/// `flow.transition`.
pub fn check<R: Record>(before: R::State, next: R::State) -> Result<()> {
    if R::may_become(before, next) {
        return Ok(());
    }
    let message = format!("a {} cannot go from {before:?} to {next:?}; this is a bug, please report it", R::NAME);
    Err(Error::permanent("flow.transition", message))
}
