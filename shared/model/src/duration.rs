//! Durations as people write them in the configuration: `30s`, `1m`, `2h`, `7d`.

use serde::{Deserialize, Deserializer, Serializer};
use std::time::Duration;

/// Reads `30s`, `1m`, `2h`, `7d` or `500ms`; whole numbers only, greater than zero.
pub fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| complaint(text))?;
    let millis = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000),
        _ => None,
    };
    match millis.and_then(|unit| number.checked_mul(unit)) {
        Some(total) if total > 0 => Ok(Duration::from_millis(total)),
        _ => Err(complaint(text)),
    }
}

fn complaint(text: &str) -> String {
    format!("`{text}` is not a duration; write a whole number with a unit, such as 30s, 1m, 2h or 7d")
}

/// Writes the largest unit that divides the duration.
pub fn format(duration: Duration) -> String {
    let millis = duration.as_millis();
    [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")]
        .into_iter()
        .find(|(unit, _)| millis >= *unit && millis.is_multiple_of(*unit))
        .map_or_else(|| format!("{millis}ms"), |(unit, name)| format!("{}{name}", millis / unit))
}

/// `#[serde(with = "duration::text")]`.
pub mod text {
    use super::*;

    /// Serialises as [`format`](super::format) writes it.
    pub fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format(*value))
    }

    /// Deserialises what [`parse`](super::parse) reads.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_same_text() {
        for text in ["500ms", "30s", "1m", "90s", "2h", "7d"] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
        assert_eq!(format(parse("60s").unwrap()), "1m");
    }

    #[test]
    fn refuses_what_is_not_a_duration() {
        for text in ["", "1", "m", "1.5m", "-1m", "0s", "1 m", "99999999999999999999d"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
