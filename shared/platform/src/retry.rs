//! When failed work is tried again.

use crate::entropy::Entropy;
use crate::error::Retry;
use std::time::Duration;

/// Waits between attempts, in seconds: quick at first, for a blip; then for a day, for an outage.
/// The last wait repeats.
const WAITS: [u64; 10] = [2, 5, 15, 30, 60, 120, 300, 600, 900, 1_800];

/// The longest wait anybody can ask for. Work that waits longer than its own waits is work nobody looks at.
const MAX_WAIT: Duration = Duration::from_secs(3_600);

/// Attempts before a message goes to the dead-letter queue: about a day of outage.
pub const MAX_ATTEMPTS: u32 = 54;

/// How long to wait before attempt number `attempt + 1`, or `None` when there shall be no other. `failing`
/// is how long every attempt has failed in the same way.
pub fn next_wait(attempt: u32, retry: Retry, failing: Duration, entropy: &Entropy) -> Option<Duration> {
    if let Retry::PutOff(wait) = retry {
        // Never before its time, and spread, so that what waits for one thing does not come all at once.
        return Some(entropy.jitter(wait.saturating_mul(5) / 4).max(wait));
    }
    if retry == Retry::Permanent || attempt + 1 >= MAX_ATTEMPTS {
        return None;
    }
    let index = usize::try_from(attempt).unwrap_or(usize::MAX).min(WAITS.len() - 1);
    let base = Duration::from_secs(WAITS.get(index).copied().unwrap_or(1_800));
    Some(match retry {
        Retry::RateLimited(after) | Retry::Blocked(after) => entropy.jitter(base).max(after.min(MAX_WAIT)),
        // The last attempt is made when the time is up.
        Retry::TransientFor(limit) => match limit.checked_sub(failing).filter(|left| !left.is_zero()) {
            None => return None,
            Some(left) => entropy.jitter(base).min(left),
        },
        _ => entropy.jitter(base),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(attempt: u32, retry: Retry) -> Option<Duration> {
        next_wait(attempt, retry, Duration::ZERO, &Entropy::seeded(1))
    }

    #[test]
    fn an_outage_of_a_day_is_outlived_and_a_permanent_error_is_not_repeated() {
        let total: Duration = (0..MAX_ATTEMPTS).filter_map(|n| wait(n, Retry::Transient)).sum();
        assert!(total > Duration::from_secs(20 * 3600), "{total:?}");
        assert_eq!(wait(0, Retry::Permanent), None);
        assert_eq!(wait(MAX_ATTEMPTS - 1, Retry::Transient), None);
    }

    #[test]
    fn a_vendors_wish_is_honoured_within_an_hour() {
        let wish = Duration::from_secs(300);
        assert!(wait(0, Retry::RateLimited(wish)).unwrap() >= wish);
        assert_eq!(wait(0, Retry::RateLimited(Duration::MAX)), Some(MAX_WAIT));
        assert_eq!(wait(0, Retry::Blocked(Duration::from_secs(u64::MAX))), Some(MAX_WAIT));
    }

    #[test]
    fn what_may_pass_within_an_hour_is_tried_to_its_end_with_growing_waits() {
        let hour = Duration::from_secs(3600);
        let (entropy, mut failing, mut waits) = (Entropy::seeded(1), Duration::ZERO, Vec::new());
        while let Some(wait) =
            next_wait(u32::try_from(waits.len()).unwrap(), Retry::TransientFor(hour), failing, &entropy)
        {
            failing += wait;
            waits.push(wait);
        }
        assert_eq!(failing, hour);
        assert!((8..14).contains(&waits.len()), "{waits:?}");
    }

    #[test]
    fn what_was_not_begun_comes_again_however_often() {
        let wait = wait(MAX_ATTEMPTS * 2, Retry::PutOff(Duration::from_secs(60))).unwrap();
        assert!((60..=90).contains(&wait.as_secs()), "{wait:?}");
    }
}
