//! Changes that others may overtake: read, decide, write on condition, and again from the start when
//! the condition did not hold.

use crate::Refusal;
use tenon_platform::Error;

const ATTEMPTS: usize = 8;

/// Tries until `attempt` gives something else than `None`, which says that somebody else was first.
///
/// # Errors
/// What `attempt` refuses; `tenants.busy` when somebody else is first every time.
pub async fn settle<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Refusal>
where
    F: Future<Output = Result<Option<T>, Refusal>>,
{
    for _ in 0..ATTEMPTS {
        if let Some(done) = attempt().await? {
            return Ok(done);
        }
    }
    Err(Error::transient("tenants.busy", "the record is being changed by others all the time; try again").into())
}
