//! How each vendor writes times. A vendor's clock is not taken at its word: DingTalk prints China's time
//! with a `Z`, others print local texts without a zone. Pure; every place that reads a vendor's time
//! reads it here, and [`settle`] holds what was read against what we know ourselves.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil};
use serde_json::Value;
use std::time::Duration;
use tenon_model::oa::VendorTime;
use tenon_platform::clock::millis;
use tenon_platform::{Error, Result};

/// China has one time, and no summer time since 1991.
const CHINA: Offset = Offset::constant(8);
/// Epoch numbers below this are seconds and not milliseconds: it is the year 5138 in the one unit and
/// March 1973 in the other.
const SECONDS_BELOW: i64 = 100_000_000_000;
/// Numbers below this are seconds since 1970 that no vendor means, such as the 0 of an absent time.
const FIRST_SECONDS: i64 = 1_000_000_000;
/// How far a vendor's clock and its minutes may be from our clock before a time counts as misread.
pub const TOLERANCE: Duration = Duration::from_secs(3600);

/// An instant by China's clock, as `2024-01-21 12:00:00`; empty for what is none.
pub fn china(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).map(|at| CHINA.to_datetime(at));
    at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// DingTalk's times.
///
/// | written | means |
/// |---|---|
/// | `1776324877000`, also as text | epoch ms (ten digits: seconds) |
/// | `2026-04-16T15:34Z` | 15:34 **in China**: times of an instance have no seconds, and their `Z` is wrong |
/// | `2026-04-16T15:34+00:00`, `…T15:34:00Z` | what it says: full offsets, and texts with seconds, are true |
/// | `2026-04-16 15:34:00`, `2026-04-16` | China's clock |
pub fn dingtalk(value: &Value) -> Option<VendorTime> {
    if let Some(ms) = epoch(value) {
        return Some(VendorTime::certain(ms));
    }
    let text = value.as_str()?.trim();
    if let Some(bare) = minute_with_z(text) {
        return Some(VendorTime { ms: ms_at(bare, CHINA)?, otherwise_ms: ms_at(bare, Offset::UTC) });
    }
    zoned(text).or_else(|| ms_at(bare(text)?, CHINA)).map(VendorTime::certain)
}

/// WeCom's times: epoch seconds, as number or text; 0 is no time.
pub fn wecom(value: &Value) -> Option<i64> {
    epoch(value)
}

/// Weaver's times: the OA's local clock, as `2024-12-04 10:30:00`, with or without seconds, or a date
/// with its time beside it.
///
/// # Errors
/// `config.time-zone` when the zone is none.
pub fn weaver(date: &str, time: Option<&str>, zone: &str) -> Result<Option<i64>> {
    let whole = time.map_or_else(|| date.trim().to_owned(), |time| format!("{} {}", date.trim(), time.trim()));
    local(&whole, zone)
}

/// Kingdee's times: the server's local clock, as `2024-12-04T10:30:00` or `2024-12-04 10:30:00.123`.
///
/// # Errors
/// `config.time-zone` when the zone is none.
pub fn kingdee(text: &str, zone: &str) -> Result<Option<i64>> {
    local(text, zone)
}

/// An instant as a vendor's condition names it: its local clock, `2024-12-04 10:30:00`.
///
/// # Errors
/// `config.time-zone` when the zone is none.
pub fn local_text(ms: i64, zone: &str) -> Result<String> {
    let zone = TimeZone::get(zone).map_err(|e| {
        Error::permanent("config.time-zone", format!("{zone} is no IANA time zone, such as Asia/Shanghai: {e}"))
    })?;
    let at = Timestamp::from_millisecond(ms)
        .map_err(|e| Error::permanent("platform.time", format!("{ms} ms is no instant: {e}")))?;
    Ok(at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// The first of a vendor's times, in the order they are believed, that lies between what we know: not
/// before `from_ms` (our own create was sent) and not after `to_ms` (now), within [`TOLERANCE`]. A text
/// that fits only in its other reading is read so. The second value says that none fitted, and the first
/// one is returned as it is.
pub fn settle(times: impl IntoIterator<Item = VendorTime>, from_ms: Option<i64>, to_ms: i64) -> Option<(i64, bool)> {
    let fits = |ms: &i64| {
        from_ms.is_none_or(|from| *ms >= from.saturating_sub(millis(TOLERANCE)))
            && *ms <= to_ms.saturating_add(millis(TOLERANCE))
    };
    let mut first = None;
    for times in times {
        first = first.or(Some((times.ms, true)));
        if let Some(ms) = [Some(times.ms), times.otherwise_ms].into_iter().flatten().find(fits) {
            return Some((ms, false));
        }
    }
    first
}

/// Seconds or milliseconds since 1970.
fn epoch(value: &Value) -> Option<i64> {
    let number = match value {
        Value::Number(n) => n.as_i64()?,
        Value::String(s) => s.trim().parse().ok()?,
        _ => return None,
    };
    match number {
        ..=0 => None,
        FIRST_SECONDS..SECONDS_BELOW => Some(number * 1000),
        _ => Some(number),
    }
}

/// `2026-04-16T15:34Z`, with nothing after the minute but the letter.
fn minute_with_z(text: &str) -> Option<DateTime> {
    let bare = text.strip_suffix(['Z', 'z'])?.trim_end();
    let (_, time) = bare.split_once(['T', 't', ' '])?;
    let minutes = time.len() == 5 && time.as_bytes().get(2) == Some(&b':');
    minutes.then(|| self::bare(bare))?
}

fn zoned(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// A text without a zone.
fn bare(text: &str) -> Option<DateTime> {
    // A zone that could not be read is not passed over.
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b"-: .Tt".contains(&b));
    if !plain {
        return None;
    }
    text.parse::<DateTime>().ok().or_else(|| Some(text.parse::<Date>().ok()?.to_datetime(civil::Time::midnight())))
}

fn ms_at(bare: DateTime, offset: Offset) -> Option<i64> {
    offset.to_timestamp(bare).ok().map(Timestamp::as_millisecond)
}

/// A text without a zone, in this zone; one with a zone keeps it. In the hour that a change of the clock
/// repeats, the first; in the one it leaves out, as if the clock had not been changed.
fn local(text: &str, zone: &str) -> Result<Option<i64>> {
    let zone = TimeZone::get(zone).map_err(|e| {
        Error::permanent("config.time-zone", format!("{zone} is no IANA time zone, such as Asia/Shanghai: {e}"))
    })?;
    let text = text.trim();
    if let Some(ms) = zoned(text) {
        return Ok(Some(ms));
    }
    Ok(bare(text).and_then(|bare| bare.to_zoned(zone).ok()).map(|at| at.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn utc(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn a_minute_with_z_is_chinas_clock_on_both_sides_of_its_midnight() {
        // Real answers: the epoch inside the instance's id proves them.
        assert_eq!(dingtalk(&json!("2026-04-16T15:34Z")).unwrap().ms, utc("2026-04-16T07:34:00Z"));
        assert_eq!(dingtalk(&json!("2024-04-18T14:27Z")).unwrap().ms, utc("2024-04-18T06:27:00Z"));
        // Read as UTC, 16:01 would be the next day in China and 15:59 the same.
        assert_eq!(dingtalk(&json!("2026-11-25T15:59Z")).unwrap().ms, utc("2026-11-25T15:59:00+08:00"));
        assert_eq!(dingtalk(&json!("2026-11-25T16:01Z")).unwrap().ms, utc("2026-11-25T16:01:00+08:00"));
        assert_eq!(dingtalk(&json!("2026-11-25T23:59Z")).unwrap().ms, utc("2026-11-25T15:59:00Z"));
        assert_eq!(dingtalk(&json!("2026-11-26T00:01Z")).unwrap().ms, utc("2026-11-25T16:01:00Z"));
    }

    #[test]
    fn full_offsets_seconds_and_epochs_are_true() {
        for (written, means) in [
            (json!("2026-11-25T15:59+00:00"), "2026-11-25T15:59:00Z"),
            (json!("2026-11-25T16:01+00:00"), "2026-11-25T16:01:00Z"),
            (json!("2026-11-25T16:01+08:00"), "2026-11-25T08:01:00Z"),
            (json!("2026-11-25T16:01:00Z"), "2026-11-25T16:01:00Z"),
            (json!("2026-11-25T16:01:00.5Z"), "2026-11-25T16:01:00.5Z"),
            (json!("2026-11-25T16:01:00+0800"), "2026-11-25T08:01:00Z"),
            (json!(utc("2026-11-25T16:01:00Z")), "2026-11-25T16:01:00Z"),
            (json!(utc("2026-11-25T15:59:00Z").to_string()), "2026-11-25T15:59:00Z"),
            (json!(utc("2026-11-25T16:01:00Z") / 1000), "2026-11-25T16:01:00Z"),
        ] {
            assert_eq!(dingtalk(&written), Some(VendorTime::certain(utc(means))), "{written}");
        }
    }

    #[test]
    fn texts_without_a_zone_are_chinas_and_what_is_no_time_is_none() {
        for (written, means) in [
            ("2026-11-25 16:01", "2026-11-25T08:01:00Z"),
            ("2026-11-25 15:59:30", "2026-11-25T07:59:30Z"),
            ("2026-11-25T16:01:00", "2026-11-25T08:01:00Z"),
            ("2026-11-25", "2026-11-24T16:00:00Z"),
        ] {
            assert_eq!(dingtalk(&json!(written)), Some(VendorTime::certain(utc(means))), "{written}");
        }
        for nothing in [json!(""), json!("null"), json!(null), json!(0), json!("soon"), json!("2026-11-25T16:01 CST")] {
            assert_eq!(dingtalk(&nothing), None, "{nothing}");
        }
    }

    #[test]
    fn the_other_vendors_have_rules_of_their_own() {
        for at in ["2026-11-25T15:59:00Z", "2026-11-25T16:01:00Z"] {
            let seconds = utc(at) / 1000;
            assert_eq!(wecom(&json!(seconds)), Some(utc(at)));
            assert_eq!(wecom(&json!(seconds.to_string())), Some(utc(at)));
        }
        assert_eq!(wecom(&json!(0)), None);
        for (text, means) in [("15:59", "2026-11-25T07:59:00Z"), ("16:01:00", "2026-11-25T08:01:00Z")] {
            let joined = format!("2026-11-25 {text}");
            assert_eq!(weaver("2026-11-25", Some(text), "Asia/Shanghai").unwrap(), Some(utc(means)));
            assert_eq!(weaver(&joined, None, "Asia/Shanghai").unwrap(), Some(utc(means)));
            assert_eq!(kingdee(&joined.replace(' ', "T"), "Asia/Shanghai").unwrap(), Some(utc(means)));
        }
        assert_eq!(kingdee("2026-11-25 16:01:00.123", "UTC").unwrap(), Some(utc("2026-11-25T16:01:00.123Z")));
        assert_eq!(weaver("", None, "Asia/Shanghai").unwrap(), None);
        assert_eq!(weaver("2026-11-25", None, "Mars/Olympus").unwrap_err().code, "config.time-zone");
    }

    #[test]
    fn what_cannot_be_is_read_otherwise_or_told() {
        let sent = utc("2026-11-25T08:00:00Z");
        let now = utc("2026-11-25T09:31:00Z");
        let chinas = dingtalk(&json!("2026-11-25T17:30Z"));
        assert_eq!(settle(chinas, Some(sent), now), Some((utc("2026-11-25T09:30:00Z"), false)));
        // A site that means its Z: China's reading ends the instance before it was sent.
        let utcs = dingtalk(&json!("2026-11-25T09:30Z"));
        assert_eq!(settle(utcs, Some(sent), now), Some((utc("2026-11-25T09:30:00Z"), false)));
        // The first that can be is taken.
        let wrong = VendorTime::certain(utc("2020-01-01T00:00:00Z"));
        let right = VendorTime::certain(utc("2026-11-25T09:00:00Z"));
        assert_eq!(settle([wrong, right], Some(sent), now), Some((right.ms, false)));
        assert_eq!(settle([wrong], Some(sent), now), Some((wrong.ms, true)));
        assert_eq!(settle([], Some(sent), now), None);
        assert_eq!(settle([VendorTime::certain(i64::MAX)], Some(i64::MIN), now), Some((i64::MAX, true)));
    }
}
