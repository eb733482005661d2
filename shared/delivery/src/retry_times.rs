//! When a failed push is tried again.

use http::HeaderMap;
use std::time::Duration;
use tenon_model::tenant_app::RetryPreset;
use tenon_platform::Entropy;
use tenon_platform::clock::millis;
use tenon_platform::retry_after;

/// The longest wait that `Retry-After` can ask for.
const MAX_WAIT: Duration = Duration::from_secs(24 * 3_600);

/// Epoch ms of the attempt after `attempts_used` of them, the last of which ended now; `None` when there shall
/// be no other. `not_before` is what the endpoint asked for.
pub fn next_due(
    preset: RetryPreset,
    attempts_used: u32,
    now_ms: i64,
    not_before: Option<i64>,
    entropy: &Entropy,
) -> Option<i64> {
    let wait = preset.waits_s().get(usize::try_from(attempts_used).ok()?)?;
    let due = now_ms + millis(entropy.jitter(Duration::from_secs(*wait)));
    Some(due.max(not_before.unwrap_or(due)))
}

/// What `Retry-After` asks for, as epoch ms and at most a day from now.
pub fn retry_after(headers: &HeaderMap, now_ms: i64) -> Option<i64> {
    retry_after::retry_after(headers, now_ms, MAX_WAIT).map(|wait| now_ms.saturating_add(millis(wait)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::RETRY_AFTER;

    fn retry_at(value: &str, now_ms: i64) -> Option<i64> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
        retry_after(&headers, now_ms)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_a_day_at_most() {
        let now = 784_111_777_000; // Sun, 06 Nov 1994 08:49:37 GMT
        assert_eq!(retry_at("120", now), Some(now + 120_000));
        assert_eq!(retry_at("Sun, 06 Nov 1994 08:50:37 GMT", now), Some(now + 60_000));
        assert_eq!(retry_at("999999999999999999999", now), Some(now + millis(MAX_WAIT)));
        assert_eq!(retry_at("Mon, 06 Nov 2034 08:49:37 GMT", now), Some(now + millis(MAX_WAIT)));
        for nothing in ["0", "", "soon", "-5", "1.5", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            assert_eq!(retry_at(nothing, now), None, "{nothing}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn waits_are_the_presets_within_a_fifth_and_what_the_endpoint_asks_for_is_the_least() {
        let entropy = Entropy::seeded(1);
        for (attempts_used, wait) in RetryPreset::Standard.waits_s().iter().enumerate().skip(1) {
            let attempts_used = u32::try_from(attempts_used).unwrap();
            let wait = i64::try_from(*wait * 1000).unwrap();
            let due = next_due(RetryPreset::Standard, attempts_used, 0, None, &entropy).unwrap();
            assert!((wait * 8 / 10..=wait * 12 / 10).contains(&due), "{attempts_used}: {due}");
            assert_eq!(next_due(RetryPreset::Standard, attempts_used, 0, Some(wait * 2), &entropy), Some(wait * 2));
            assert!(next_due(RetryPreset::Standard, attempts_used, 0, Some(1), &entropy).unwrap() > 1);
        }
        assert_eq!(next_due(RetryPreset::Standard, 10, 0, Some(5), &entropy), None);
        assert_eq!(next_due(RetryPreset::Quick, 3, 0, None, &entropy), None);
    }
}
