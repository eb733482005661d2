//! Waiting until a write that was not answered can no longer arrive: late, it would undo what was sent since, or do a thing
//! twice.

use super::records::{Body, Held};
use std::time::Duration;
use tenon_model::manufacturing::WorkState;
use tenon_platform::clock::SKEW;
use tenon_platform::{Context, Error, Result, Retry, lease};

/// Notes that a write of this thing is sent now.
pub(super) fn note_sent<B: Body>(ctx: &Context, held: &Held<B>) {
    lease::note_moment(ctx, name(held));
}

/// Whether the last write can no longer arrive, or how long it may.
///
/// # Errors
/// `flow.write-unsettled` while it may.
pub(super) fn settled<B: Body>(ctx: &Context, held: &Held<B>, within: Duration) -> Result<()> {
    let sent_ms = held.record.sent_ms.unwrap_or(0);
    // The wall clock may have been set ahead since; where this process sent it, it knows better.
    let since = Duration::from_millis(u64::try_from(ctx.now_ms() - sent_ms).unwrap_or(0));
    let since = lease::since_moment(ctx, &name(held)).map_or(since, |elapsed| elapsed.min(since));
    let within = within + SKEW;
    if since >= within {
        return Ok(());
    }
    Err(Error::new(
        "flow.write-unsettled",
        Retry::RateLimited((within - since).max(Duration::from_secs(1))),
        "a write's answer was lost and it may still be carried out; it is looked at again",
    ))
}

/// Lets a write that may be made again be made again, when the former one can no longer arrive.
pub(super) async fn repeatable<B: Body>(ctx: &Context, held: &mut Held<B>, within: Duration) -> Result<()> {
    if !matches!(held.record.state, WorkState::Sending | WorkState::Unknown) {
        return Ok(());
    }
    settled(ctx, held, within)?;
    // What was sent is not what is known to be there.
    held.advance(ctx, WorkState::Idle, |record| (record.sent_ms, record.sent) = (None, None)).await
}

/// Names the write of a thing.
fn name<B: Body>(held: &Held<B>) -> String {
    format!("{}/{}/{}", B::PARTITION, held.record.flow, held.record.key)
}
