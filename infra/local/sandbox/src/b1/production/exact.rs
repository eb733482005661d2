//! Numbers as they were written, not as a binary float has them.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;
use serde_json::value::RawValue;
use std::str::FromStr as _;

/// A number of the request, in digits or in a text of digits: the Service Layer takes both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exact(pub Decimal);

/// A whole number, likewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whole(pub i64);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        parse(bare(&raw)).map(Self).ok_or_else(|| D::Error::custom(format!("{} is no number", raw.get())))
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        bare(&raw).parse().map(Self).map_err(|_| D::Error::custom(format!("{} is no whole number", raw.get())))
    }
}

fn bare(raw: &RawValue) -> &str {
    let text = raw.get();
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text)
}

pub(super) fn parse(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

/// Of a stored value.
pub(super) fn of(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => parse(text),
        Value::Number(number) => Decimal::from_str(&number.to_string()).ok().or_else(|| parse(&number.to_string())),
        _ => None,
    }
}

/// As B1 answers: `30.0`, `12.5`.
pub(super) fn answered(number: Decimal) -> Value {
    Value::from(number.to_f64().unwrap_or_default())
}

/// Plainly, for those who look: `12.5`.
pub(super) fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}
