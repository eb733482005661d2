//! Whether the ERP has what was pushed. Pure.

use serde_json::{Map, Value};
use tenon_model::decimal;
use tenon_model::json::number;

/// Whether a row has all of these fields as they are. What it has besides does not count.
pub fn covers(row: &Map<String, Value>, fields: &Map<String, Value>) -> bool {
    fields.iter().all(|(name, wanted)| alike(row.get(name).unwrap_or(&Value::Null), wanted))
}

/// Lists are the same when each of their rows is, in the same order: the order of lines means something.
fn alike(found: &Value, wanted: &Value) -> bool {
    if let (Some(found), Some(wanted)) = (number::text_of(found), number::text_of(wanted)) {
        return match (decimal::parse(&found), decimal::parse(&wanted)) {
            (Some(found), Some(wanted)) => found == wanted,
            _ => found == wanted,
        };
    }
    match (found, wanted) {
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| alike(found, wanted))
        }
        (Value::Object(found), Value::Object(wanted)) => covers(found, wanted),
        (Value::String(found), Value::String(wanted)) => found == wanted || is_same_day(found, wanted),
        _ => found == wanted,
    }
}

/// B1 shows a date with a time that says nothing.
fn is_same_day(found: &str, wanted: &str) -> bool {
    let day = |text: &str| text.strip_suffix("T00:00:00Z").unwrap_or(text).replace('-', "");
    let is_date = |text: &str| text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let (found, wanted) = (day(found), day(wanted));
    is_date(&found) && found == wanted
}

#[cfg(test)]
mod tests {

    fn covers(row: &str, fields: &str) -> bool {
        let read = |text| tenon_model::json::from_str(text).unwrap().as_object().unwrap().clone();
        super::covers(&read(row), &read(fields))
    }

    #[test]
    fn r_p20_what_is_pushed_is_compared_by_its_value() {
        let row = r#"{"A":"x","Q":1.0,"D":"2026-01-05T00:00:00Z","N":null,"L":[{"ItemCode":"P","Quantity":0.333333,"ChildNum":0}]}"#;
        for same in [
            r#"{"A":"x"}"#,
            r#"{"Q":1}"#,
            r#"{"Q":1.000}"#,
            r#"{"D":"2026-01-05"}"#,
            r#"{"D":"20260105"}"#,
            r#"{"N":null,"M":null}"#,
            r#"{"L":[{"ItemCode":"P","Quantity":0.333333}]}"#,
        ] {
            assert!(covers(row, same), "{same}");
        }
        for other in [
            r#"{"A":"X"}"#,
            r#"{"A":"x "}"#,
            r#"{"Q":1.0000001}"#,
            r#"{"Q":"1"}"#,
            r#"{"D":"2026-01-06"}"#,
            r#"{"B":""}"#,
            r#"{"L":[]}"#,
            r#"{"L":[{"ItemCode":"P","Quantity":0.333334}]}"#,
            r#"{"L":[{"ItemCode":"P","Quantity":0.333333},{"ItemCode":"R"}]}"#,
        ] {
            assert!(!covers(row, other), "{other}");
        }
    }
}
