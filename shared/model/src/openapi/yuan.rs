//! Amounts of money on the wire.

use crate::decimal;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Largest amount taken, in fen: ten billion yuan. Up to here a JSON number holds every fen.
const LIMIT: i64 = 1_000_000_000_000;

/// An amount in yuan, kept in fen. On the wire a number with at most two decimals; texts such as
/// `"12.50"` are read too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Yuan(i64);

impl Yuan {
    /// An amount of so many fen.
    pub fn from_fen(fen: i64) -> Self {
        Self(fen)
    }

    /// The amount in fen.
    pub fn fen(self) -> i64 {
        self.0
    }

    /// Reads a decimal number with at most two decimals; `None` for anything else, and beyond ten
    /// billion yuan.
    pub fn parse(text: &str) -> Option<Self> {
        let number = decimal::parse(text)?;
        let fen = number.checked_mul(Decimal::ONE_HUNDRED).filter(Decimal::is_integer)?.to_i64()?;
        (fen.abs() <= LIMIT).then_some(Self(fen))
    }
}

impl fmt::Display for Yuan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl Serialize for Yuan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Within the limit the nearest double of a two-decimal number prints as that number.
        decimal::as_javascript(&(self.0 as f64 / 100.0), serializer)
    }
}

impl<'de> Deserialize<'de> for Yuan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Yuan;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("金额（元，最多两位小数）")
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Yuan, E> {
                Yuan::parse(&value.to_string()).ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Yuan, E> {
                Yuan::parse(&value.to_string()).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Yuan, E> {
                // The shortest text of a double is what was written, so no fraction of a fen hides in it.
                Yuan::parse(&value.to_string()).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Yuan, E> {
                Yuan::parse(value).ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Yuan {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Yuan".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "multipleOf": 0.01, "description": "Yuan, two decimals" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_amount_survives_the_wire_to_the_fen() {
        for (given, fen) in [
            (json!(0), 0),
            (json!(12), 1_200),
            (json!(12.5), 1_250),
            (json!(19.99), 1_999),
            (json!(0.07), 7),
            (json!("12.50"), 1_250),
            (json!(-3.01), -301),
            (json!(9_999_999_999.99), 999_999_999_999),
        ] {
            let yuan: Yuan = serde_json::from_value(given.clone()).unwrap();
            assert_eq!(yuan.fen(), fen, "{given}");
            let text = serde_json::to_string(&yuan).unwrap();
            assert_eq!(serde_json::from_str::<Yuan>(&text).unwrap(), yuan, "{text}");
        }
        assert_eq!(Yuan::from_fen(-5).to_string(), "-0.05");
        // As JSON.stringify writes them, so that who parses and writes a push anew has the same bytes.
        for (fen, text) in
            [(10_000, "100"), (1_250, "12.5"), (1, "0.01"), (-300, "-3"), (1_000_000_000_000, "10000000000")]
        {
            assert_eq!(serde_json::to_string(&Yuan::from_fen(fen)).unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for given in
            [json!(1.999), json!("1,5"), json!(""), json!("."), json!("+1"), json!(1e13), json!(null), json!("1.-1")]
        {
            assert!(serde_json::from_value::<Yuan>(given.clone()).is_err(), "{given}");
        }
    }
}
