//! Spans of time by China's clock, as attendance is asked for: whole days, in windows of at most seven.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span as Length, Timestamp};

/// The longest span: ten years are some hundred windows.
const LONGEST_DAYS: i32 = 3660;
/// Days of one call.
const WINDOW_DAYS: i64 = 7;
const PATTERN: &str = "%Y-%m-%d %H:%M:%S";

/// From one second to another, both included, by China's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    from: DateTime,
    to: DateTime,
}

/// Why it is no span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanFault {
    /// The beginning is no time.
    From,
    /// The end is no time.
    To,
    /// The end lies before the beginning.
    Backwards,
    /// It is longer than ten years.
    TooLong,
}

impl Span {
    /// What was asked for: days or times of China, or epoch milliseconds; today where nothing was said.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(from: Option<&str>, to: Option<&str>, now_ms: i64) -> Result<Self, SpanFault> {
        let today = in_china(now_ms).ok_or(SpanFault::To)?.date();
        let from = match from.map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => moment(text, Time::midnight()).ok_or(SpanFault::From)?,
            None => today.to_datetime(Time::midnight()),
        };
        let last = Time::constant(23, 59, 59, 0);
        let to = match to.map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => moment(text, last).ok_or(SpanFault::To)?,
            None => today.to_datetime(last),
        };
        if to < from {
            return Err(SpanFault::Backwards);
        }
        let days = from.date().until(to.date()).map_or(i32::MAX, |length| length.get_days());
        if days > LONGEST_DAYS { Err(SpanFault::TooLong) } else { Ok(Self { from, to }) }
    }

    /// The windows, one behind the other, each of at most seven days, as DingTalk reads them.
    pub(super) fn windows(&self) -> Vec<(String, String)> {
        let mut windows = Vec::new();
        let mut from = self.from;
        while from <= self.to {
            let next = from.checked_add(Length::new().days(WINDOW_DAYS)).ok();
            let end = next.and_then(|next| next.checked_sub(Length::new().seconds(1)).ok());
            let to = end.map_or(self.to, |end| end.min(self.to));
            windows.push((from.strftime(PATTERN).to_string(), to.strftime(PATTERN).to_string()));
            match next {
                Some(next) => from = next,
                None => break,
            }
        }
        windows
    }
}

/// An instant by China's clock.
pub(super) fn in_china(ms: i64) -> Option<DateTime> {
    let zone = TimeZone::get("Asia/Shanghai").ok()?;
    Some(Timestamp::from_millisecond(ms).ok()?.to_zoned(zone).datetime())
}

/// A day, at this time of it; a day with a time; epoch milliseconds.
fn moment(text: &str, of_day: Time) -> Option<DateTime> {
    if text.len() >= 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        return in_china(text.parse().ok()?);
    }
    if let Ok(day) = Date::strptime("%Y-%m-%d", text) {
        return Some(day.to_datetime(of_day));
    }
    let text = text.replacen('T', " ", 1);
    let exact = DateTime::strptime(PATTERN, &text).or_else(|_| DateTime::strptime("%Y-%m-%d %H:%M", &text));
    exact.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // 2026-11-22 17:30 UTC is the next day in China.
    const NOW: i64 = 1_795_368_600_000;

    fn windows(from: Option<&str>, to: Option<&str>) -> Vec<(String, String)> {
        Span::read(from, to, NOW).unwrap().windows()
    }

    #[test]
    fn nothing_said_is_today_in_china_and_longer_spans_fall_into_weeks_without_a_gap() {
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(windows(None, Some("")), [pair("2026-11-23 00:00:00", "2026-11-23 23:59:59")]);
        assert_eq!(
            windows(Some("2026-11-09"), None),
            [
                pair("2026-11-09 00:00:00", "2026-11-15 23:59:59"),
                pair("2026-11-16 00:00:00", "2026-11-22 23:59:59"),
                pair("2026-11-23 00:00:00", "2026-11-23 23:59:59")
            ]
        );
        assert_eq!(
            windows(Some("2026-11-22T08:30"), Some("2026-11-22 09:00:05")),
            [pair("2026-11-22 08:30:00", "2026-11-22 09:00:05")]
        );
        assert_eq!(windows(Some("1795368600000"), None), [pair("2026-11-23 01:30:00", "2026-11-23 23:59:59")]);
        assert_eq!(windows(Some("2021-07-10"), None).len(), 281);
    }

    #[test]
    fn what_is_no_span_is_told() {
        let fault = |from, to| Span::read(from, to, NOW).unwrap_err();
        assert_eq!(fault(Some("2026-02-30"), None), SpanFault::From);
        assert_eq!(fault(None, Some("yesterday")), SpanFault::To);
        assert_eq!(fault(Some("2026-11-24"), None), SpanFault::Backwards);
        assert_eq!(fault(Some("2010-01-01"), None), SpanFault::TooLong);
    }
}
