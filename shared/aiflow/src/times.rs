//! Times of aiflow's interface: `yyyy-MM-dd HH:mm:ss`, China's.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, tz};

/// China's zone. It has had no summer time since 1991.
const CHINA: Offset = tz::offset(8);
const FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// A time as epoch ms; `None` for any other form, and for what no calendar has.
pub fn parse(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 19
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => *byte == b' ',
            13 | 16 => *byte == b':',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return None;
    }
    let time = DateTime::strptime(FORMAT, text).ok()?;
    CHINA.to_timestamp(time).ok().map(Timestamp::as_millisecond)
}

/// Epoch ms as a time.
pub fn text(ms: i64) -> String {
    let Ok(time) = Timestamp::from_millisecond(ms) else { return String::new() };
    time.to_zoned(TimeZone::fixed(CHINA)).strftime(FORMAT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_chinas_and_of_one_form() {
        assert_eq!(parse("2025-01-24 10:00:00"), Some(1_737_684_000_000));
        assert_eq!(text(1_737_684_000_000), "2025-01-24 10:00:00");
        for wrong in [
            "2025-02-30 10:00:00",
            "2025-1-24 10:00:00",
            "2025-01-24T10:00:00",
            "2025-01-24 24:00:00",
            "2025-01-24 10:00",
            "2025-01-24 10:00:00Z",
            "",
            "2025-01-24 10:61:00",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
