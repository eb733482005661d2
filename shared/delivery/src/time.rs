//! Times on the wire: local time of Shanghai, as the tenants' documents show them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// China has had one time without summer time since 1991, so no zone data is needed.
const SHANGHAI: Offset = Offset::constant(8);

/// `2026-02-11T14:30:00`.
pub fn wire(ms: i64) -> String {
    let instant = Timestamp::from_millisecond(ms).unwrap_or_default();
    let local = instant.to_zoned(TimeZone::fixed(SHANGHAI));
    local.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Epoch ms of `2026-02-11T14:30:00` or of a day, `2026-02-11`, whose beginning is meant.
pub fn parse(text: &str) -> Option<i64> {
    let local: DateTime = text.parse().ok()?;
    let zoned = local.to_zoned(TimeZone::fixed(SHANGHAI)).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_times_are_those_of_shanghai() {
        assert_eq!(wire(1_770_791_400_000), "2026-02-11T14:30:00");
        assert_eq!(parse("2026-02-11T14:30:00"), Some(1_770_791_400_000));
        assert_eq!(parse("2026-02-11"), Some(1_770_739_200_000));
        assert_eq!(parse("yesterday"), None);
    }
}
