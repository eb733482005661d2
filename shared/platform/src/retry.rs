//! When failed work is tried again.

use crate::entropy::Entropy;
use crate::error::Retry;
use std::time::Duration;

/// Waits between attempts, in seconds: quick at first, for a blip; then for a day, for an outage.
/// The last wait repeats.
const WAITS: [u64; 10] = [2, 5, 15, 30, 60, 120, 300, 600, 900, 1_800];

/// Attempts before a message goes to the dead-letter queue: about a day of outage.
pub const MAX_ATTEMPTS: u32 = 54;

/// How long to wait before attempt number `attempt + 1`, or `None` when there shall be no other.
pub fn next_wait(attempt: u32, retry: Retry, entropy: &Entropy) -> Option<Duration> {
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
        Retry::RateLimited(after) | Retry::Blocked(after) => entropy.jitter(base).max(after),
        _ => entropy.jitter(base),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_of_a_day_is_outlived_and_a_permanent_error_is_not_repeated() {
        let entropy = Entropy::seeded(1);
        let total: Duration = (0..MAX_ATTEMPTS).filter_map(|n| next_wait(n, Retry::Transient, &entropy)).sum();
        assert!(total > Duration::from_secs(20 * 3600), "{total:?}");
        assert_eq!(next_wait(0, Retry::Permanent, &entropy), None);
        assert_eq!(next_wait(MAX_ATTEMPTS - 1, Retry::Transient, &entropy), None);
    }

    #[test]
    fn a_vendors_wish_is_honoured() {
        let entropy = Entropy::seeded(1);
        let wish = Duration::from_secs(300);
        assert!(next_wait(0, Retry::RateLimited(wish), &entropy).unwrap() >= wish);
    }

    #[test]
    fn what_was_not_begun_comes_again_however_often() {
        let entropy = Entropy::seeded(1);
        let wait = next_wait(MAX_ATTEMPTS * 2, Retry::PutOff(Duration::from_secs(60)), &entropy).unwrap();
        assert!((60..=90).contains(&wait.as_secs()), "{wait:?}");
    }
}
