//! Times and durations as people read them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The machine's time zone; UTC when it has none.
pub fn zone() -> TimeZone {
    TimeZone::system()
}

/// Epoch milliseconds as local time, to the second.
pub fn local(ms: i64, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(ms).map_or_else(
        |_| format!("{ms} ms"),
        |instant| instant.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// Milliseconds in the largest unit that keeps them readable.
pub fn duration(ms: i64) -> String {
    match ms {
        ..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
        3_600_000..86_400_000 => format!("{} h {} min", ms / 3_600_000, ms % 3_600_000 / 60_000),
        _ => format!("{} d {} h", ms / 86_400_000, ms % 86_400_000 / 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_local_and_durations_readable() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        assert_eq!(local(1_795_368_600_000, &shanghai), "2026-11-23 01:30:00");
        let shown: Vec<String> = [0, 999, 1_250, 61_000, 3_660_000, 90_000_000].map(duration).to_vec();
        assert_eq!(shown, ["0 ms", "999 ms", "1.2 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
    }
}
