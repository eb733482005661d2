//! Times as definitions write them, in the zone that the documents are of (UTC+8).

use crate::expression::{Expression, Names, Value, Wrong};
use crate::words::Words;
use jiff::civil::DateTime;
use jiff::tz::{self, TimeZone};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// Longest that anything waits: ten years.
const LONGEST_MS: i64 = 10 * 366 * 86_400_000;

/// When something is due.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// So many ms after it began.
    After(i64),
    /// At this epoch ms.
    At(i64),
    /// As a field or variable says, either way.
    Computed(Expression),
}

/// The zone.
pub fn zone() -> TimeZone {
    TimeZone::fixed(tz::offset(8))
}

impl When {
    /// Reads a duration (`P1D`, `PT4H30M`), a time (`2026-01-31T18:00:00+08:00`, `2026-01-31 18:00:00`), or `${…}`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Words> {
        let text = text.trim();
        if text.starts_with("${") || text.starts_with("#{") {
            return Expression::parse(text).map(Self::Computed).map_err(|w| Words::new(w.zh, w.en));
        }
        match duration(text) {
            Some(ms) => Ok(Self::After(ms)),
            None => time(text).map(Self::At).ok_or_else(|| {
                Words::new(
                    format!("时间{text}无法识别，应为ISO 8601时长（如P1D、PT4H）或时间"),
                    format!("`{text}` is neither a duration of ISO 8601 (P1D, PT4H) nor a time"),
                )
            }),
        }
    }

    /// The epoch ms, for what begins now.
    ///
    /// # Errors
    /// What cannot be worked out.
    pub fn at(&self, now_ms: i64, names: &dyn Names) -> Result<i64, Wrong> {
        match self {
            Self::After(ms) => Ok(now_ms.saturating_add(*ms)),
            Self::At(ms) => Ok(*ms),
            Self::Computed(expression) => {
                let value = expression.value(names)?;
                let read = match &value {
                    Value::Text(text) => Self::parse(text).ok(),
                    _ => None,
                };
                match read {
                    Some(Self::After(ms)) => Ok(now_ms.saturating_add(ms)),
                    Some(Self::At(ms)) => Ok(ms),
                    _ => Err(Wrong {
                        code: "process.expression",
                        zh: "期限表达式的结果不是时长或时间".to_owned(),
                        en: "what a deadline is worked out from comes to no duration and no time".to_owned(),
                    }),
                }
            }
        }
    }

    /// The expression in it.
    pub(crate) fn expression(&self) -> Option<&Expression> {
        match self {
            Self::Computed(expression) => Some(expression),
            Self::After(_) | Self::At(_) => None,
        }
    }
}

/// A duration of ISO 8601 in ms. Months and years have no length of their own.
pub fn duration(text: &str) -> Option<i64> {
    let text = text.trim();
    if !text.starts_with(['P', 'p']) {
        return None;
    }
    let span: Span = text.parse().ok()?;
    let length: SignedDuration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    let ms = i64::try_from(length.as_millis()).ok()?;
    (1..=LONGEST_MS).contains(&ms).then_some(ms)
}

fn time(text: &str) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_millisecond());
    }
    let local: DateTime = text.replace('T', " ").parse().ok().or_else(|| text.parse().ok())?;
    Some(local.to_zoned(zone()).ok()?.timestamp().as_millisecond())
}

/// Year and month of a time, `202108`.
pub fn month(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(zone());
    format!("{:04}{:02}", at.year(), at.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_documents_zone() {
        assert_eq!(When::parse("PT4H30M"), Ok(When::After(16_200_000)));
        assert_eq!(When::parse("P1D"), Ok(When::After(86_400_000)));
        assert_eq!(When::parse("2026-01-31T18:00:00+08:00"), Ok(When::At(1_769_853_600_000)));
        assert_eq!(When::parse("2026-01-31 18:00:00"), Ok(When::At(1_769_853_600_000)));
        assert_eq!(When::parse("2026-01-31"), Ok(When::At(1_769_788_800_000)));
        for wrong in ["P1M", "PT0S", "-P1D", "P100Y", "tomorrow", "2026-02-30", "R3/PT1H", ""] {
            assert!(When::parse(wrong).is_err(), "{wrong}");
        }
        // The month turns at midnight of UTC+8.
        assert_eq!((month(1_769_875_199_999), month(1_769_875_200_000)), ("202601".to_owned(), "202602".to_owned()));
    }
}
