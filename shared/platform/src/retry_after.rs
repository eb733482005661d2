//! `Retry-After`, as servers of every kind send it.

use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::Offset;
use std::time::Duration;

/// What the header asks for, from now and at most `longest`: seconds, or a date in one of HTTP's three
/// forms. Anything else (a fraction, a negative number, words) and a time that is past ask for nothing.
pub fn retry_after(headers: &HeaderMap, now_ms: i64, longest: Duration) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a number holds are a long time too.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        Duration::from_millis(u64::try_from(date_ms(text)?.checked_sub(now_ms)?).ok()?)
    };
    (!wait.is_zero()).then(|| wait.min(longest))
}

fn date_ms(text: &str) -> Option<i64> {
    if let Ok(at) = DateTimeParser::new().parse_timestamp(text) {
        return Some(at.as_millisecond());
    }
    let old = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let at = old.into_iter().find_map(|form| DateTime::strptime(form, text).ok())?;
    Offset::UTC.to_timestamp(at).ok().map(|at| at.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    /// Sun, 06 Nov 1994 08:49:37 GMT
    const NOW: i64 = 784_111_777_000;

    fn wait_of(value: &str, now_ms: i64) -> Option<Duration> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
        retry_after(&headers, now_ms, DAY)
    }

    #[test]
    fn seconds_and_dates_are_read_and_a_limit_is_a_limit() {
        assert_eq!(wait_of("120", NOW), Some(Duration::from_secs(120)));
        for minute in ["Sun, 06 Nov 1994 08:50:37 GMT", "Sunday, 06-Nov-94 08:50:37 GMT", "Sun Nov  6 08:50:37 1994"] {
            assert_eq!(wait_of(minute, NOW), Some(Duration::from_secs(60)), "{minute}");
        }
        let year = (365 * 86_400).to_string();
        for long in [&year, "18446744073709551615", "999999999999999999999", "Mon, 06 Nov 2034 08:49:37 GMT"] {
            assert_eq!(wait_of(long, NOW), Some(DAY), "{long}");
        }
    }

    #[test]
    fn what_is_no_time_to_come_asks_for_nothing() {
        for nothing in ["0", "", "soon", "-5", "1.5", "Sun, 06 Nov 1994 08:49:37 GMT", "99999999-99-99"] {
            assert_eq!(wait_of(nothing, NOW), None, "{nothing}");
        }
        assert_eq!(wait_of("Sun, 06 Nov 1994 08:49:37 GMT", i64::MAX), None);
        assert_eq!(retry_after(&HeaderMap::new(), NOW, DAY), None);
    }
}
