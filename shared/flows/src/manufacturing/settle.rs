//! Waiting until a write that was not answered can no longer arrive: late, it would undo what was sent since, or do a thing
//! twice.

use super::records::{Body, LeasedThing};
use std::time::Duration;
use tenon_model::manufacturing::WorkState;
use tenon_platform::clock::SKEW;
use tenon_platform::{Context, Error, Result, Retry};

/// Whether the last write can no longer arrive, or how long it may.
///
/// # Errors
/// `flow.write-unsettled` while it may.
pub(super) fn settled<B: Body>(ctx: &Context, held: &LeasedThing<B>, within: Duration) -> Result<()> {
    let Some(left) = held.unsettled(ctx, held.record.sent_ms, within + SKEW) else { return Ok(()) };
    Err(Error::new(
        "flow.write-unsettled",
        Retry::RateLimited(left.max(Duration::from_secs(1))),
        "a write's answer was lost and it may still be carried out; it is looked at again",
    ))
}

/// Lets a write that may be made again be made again, when the former one can no longer arrive.
pub(super) async fn repeatable<B: Body>(ctx: &Context, held: &mut LeasedThing<B>, within: Duration) -> Result<()> {
    if !matches!(held.record.state, WorkState::Sending | WorkState::Unknown) {
        return Ok(());
    }
    settled(ctx, held, within)?;
    // What was sent is not what is known to be there.
    held.advance(ctx, WorkState::Idle, |record| (record.sent_ms, record.sent) = (None, None)).await
}
