//! What Black Lake's interfaces say, as far as anything is made of it: reports, feedings, operations of work orders, and
//! units. Ids have up to 19 digits and amounts are exact decimals; both come as numbers or as texts.

mod event;
mod feeding;
mod operations;
mod report;
mod units;

pub use event::{Event, Fed, FedRecord, answer};
pub use feeding::{Feeding, SeenFeeding};
pub use operations::{LastOperation, Operation, OperationLink, Operations, Performed};
pub use report::Report;
pub use units::{Conversion, Quantity, Unit, Units};

use crate::decimal;
use crate::json::number;
use serde_json::Value;

/// An id, as a number or as a text of digits. Nothing else is one.
pub fn id(value: &Value) -> Option<i64> {
    let found = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    found.filter(|id| *id > 0)
}

/// The id under a name.
pub fn id_at(value: &Value, name: &str) -> Option<i64> {
    value.get(name).and_then(id)
}

/// The text under a name; a number as its digits. Empty when there is none.
pub fn text_at(value: &Value, name: &str) -> String {
    value.get(name).and_then(text).unwrap_or_default()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(crate::code::trim(text).to_owned()),
        Value::Bool(flag) => Some(flag.to_string()),
        other => number::text_of(other).map(Into::into),
    }
}

/// The number of an enumeration: `{"code": 1, "message": "…"}`, or the number itself.
pub fn code_at(value: &Value, name: &str) -> Option<i64> {
    let found = value.get(name)?;
    let code = found.get("code").unwrap_or(found);
    code.as_i64().or_else(|| code.as_str()?.trim().parse().ok())
}

/// A moment in epoch ms, or another whole number, in digits or as a text of digits.
pub fn whole_at(value: &Value, name: &str) -> Option<i64> {
    let found = value.get(name)?;
    found.as_i64().or_else(|| found.as_str()?.trim().parse().ok())
}

/// How many rows there are on all pages of a list of which one page has so many. Where the answer does not say, a full page
/// is not taken for the last.
pub fn total_of(data: &Value, shown: usize, size: u64) -> u64 {
    let shown = u64::try_from(shown).unwrap_or(u64::MAX);
    let told = whole_at(data, "total").and_then(|total| u64::try_from(total).ok());
    told.unwrap_or(if shown < size { shown } else { u64::MAX })
}

/// The list under a name; empty when there is none.
pub fn list_at<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A decimal, written plainly.
fn amount(value: &Value) -> Option<String> {
    decimal::parse_exact(&text(value)?).map(decimal::plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn r_m5_an_id_keeps_all_its_digits_and_nothing_else_is_one() {
        for value in [json!(1_717_171_717_171_001_i64), json!("1717171717171001")] {
            assert_eq!(id(&value), Some(1_717_171_717_171_001));
        }
        assert_eq!(id(&json!(9_223_372_036_854_775_807_i64)), Some(i64::MAX));
        for value in [json!(1.5), json!(0), json!(-4), json!(null), json!("12x"), json!("")] {
            assert_eq!(id(&value), None, "{value}");
        }
    }

    #[test]
    fn a_total_is_read_in_every_spelling_and_a_full_page_without_one_is_not_the_last() {
        assert_eq!(total_of(&json!({ "total": 45 }), 20, 20), 45);
        assert_eq!(total_of(&json!({ "total": "45" }), 20, 20), 45);
        for none in [json!({}), json!({ "total": null }), json!({ "total": "many" })] {
            assert_eq!((total_of(&none, 20, 20), total_of(&none, 19, 20)), (u64::MAX, 19), "{none}");
        }
    }

    #[test]
    fn an_enumeration_is_read_in_every_spelling() {
        for value in [json!({"s": {"code": 5}}), json!({"s": 5}), json!({"s": {"code": "5"}}), json!({"s": "5"})] {
            assert_eq!(code_at(&value, "s"), Some(5), "{value}");
        }
        assert_eq!(code_at(&json!({"s": {"message": "x"}}), "s"), None);
    }
}
