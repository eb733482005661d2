//! Changes that others may overtake: read, decide, write on condition, and again from the start when
//! the condition did not hold.

use std::time::Duration;
use tenon_platform::{Context, Error, ErrorKind, Rejection};

/// The longest wait before each further attempt, in ms; about eight seconds in all, which a caller of ours
/// has. Many who come at once wait differently long, so that each round lets some of them through.
const WAITS_MS: [u64; 16] = [20, 40, 80, 150, 250, 400, 500, 600, 700, 800, 800, 800, 800, 800, 800, 800];

/// Tries until `attempt` gives something else than `None`, which says that somebody else was first.
///
/// # Errors
/// What `attempt` refuses; `tenants.busy` when somebody else is first every time.
pub async fn settle<T, F>(ctx: &Context, mut attempt: impl FnMut() -> F) -> Result<T, Rejection>
where
    F: Future<Output = Result<Option<T>, Rejection>>,
{
    for wait in WAITS_MS {
        match attempt().await {
            Ok(Some(done)) => return Ok(done),
            Ok(None) => {}
            // A transaction that gave way to another has written nothing.
            Err(Rejection::Failed(error)) if error.is_contention() => {}
            Err(refusal) => return Err(refusal),
        }
        ctx.clock.sleep(ctx.entropy.part_of(Duration::from_millis(wait))).await;
    }
    match attempt().await? {
        Some(done) => Ok(done),
        None => Err(Error::transient("tenants.busy", "the record is being changed by others all the time; try again")
            .with_kind(ErrorKind::Overtaken)
            .into()),
    }
}
