//! Times as people read them: local time of Asia/Shanghai, which has had no summer time since 1991.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// Eight hours ahead of UTC.
pub fn zone() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

/// The moment in Shanghai; the beginning of the epoch for one that no calendar has.
pub fn zoned(ms: i64) -> Zoned {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone())
}

/// `2026-02-11T14:30:00`.
pub fn local(ms: i64) -> String {
    zoned(ms).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The day in UTC, by which quotas and statistics count: `2026-02-11`.
pub fn utc_day(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date().to_string()
}

/// Epoch ms of `2026-02-11T14:30:00`, of `2026-02-11 14:30:00`, and of a day's beginning.
pub fn parse(text: &str) -> Option<i64> {
    let civil: DateTime = text.parse().ok()?;
    Some(civil.to_zoned(zone()).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_shanghai_and_read_back() {
        assert_eq!(local(1_770_791_400_000), "2026-02-11T14:30:00");
        assert_eq!(parse("2026-02-11T14:30:00"), Some(1_770_791_400_000));
        assert_eq!(parse("2026-02-11 14:30:00"), Some(1_770_791_400_000));
        assert_eq!(parse("2026-02-11"), Some(1_770_739_200_000));
        assert_eq!(parse("tomorrow"), None);
    }
}
