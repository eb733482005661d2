//! Things that fail again and again: how often in a row, and until when they are left alone.

use crate::suppressed::definition;
use std::time::Duration;
use tenon_model::base_data::Failing;
use tenon_model::config::Flow;
use tenon_platform::Result;
use tenon_platform::config_store::Loaded;

/// The longest that what fails is left alone.
const MAX_PAUSE: Duration = Duration::from_secs(6 * 3600);

/// Whether what fails is to be left alone still. Something of it, or of what it failed under, may have changed;
/// `fingerprint` is what it is now, where that is known.
pub(crate) fn is_left_alone(
    failing: Option<&Failing>,
    fingerprint: Option<&str>,
    definition: &str,
    now_ms: i64,
) -> bool {
    failing.is_some_and(|failing| {
        let is_the_same =
            || failing.record.as_deref().is_none_or(|failed| fingerprint.is_none_or(|seen| failed == seen));
        now_ms < failing.next_ms && failing.definition == definition && is_the_same()
    })
}

/// What fails once more; something else that fails begins anew. `next_ms` says until when what failed so often is left
/// alone.
pub(crate) fn once_more(
    before: Option<&Failing>,
    loaded: &Loaded,
    flow: &Flow,
    fingerprint: Option<String>,
    next_ms: impl FnOnce(u32) -> i64,
) -> Result<Failing> {
    let definition = definition(loaded, flow)?;
    let before = before.filter(|b| b.definition == definition && (fingerprint.is_none() || b.record == fingerprint));
    let times = before.map_or(0, |before| before.times).saturating_add(1);
    Ok(Failing { times, next_ms: next_ms(times), record: fingerprint, definition })
}

/// How long it is left alone: the flow's period, doubled so often. A little shorter than whole periods, so that the next
/// slot is not missed by a moment.
pub(crate) fn pause(every: Duration, doublings: u32) -> Duration {
    let doubled = every.saturating_mul(2_u32.saturating_pow(doublings));
    doubled.min(MAX_PAUSE.max(every)).saturating_sub(every / 10)
}
