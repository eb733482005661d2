//! Numbers of JSON as they are written. `serde_json` reads what has a point as a binary float, which
//! holds 15 digits, prints `0.000001` as `1e-6`, and tells 500.0 from 500. Here a whole number is read
//! as one however it is written, and a number that no float holds keeps its text in an object of one
//! field. (The feature `arbitrary_precision` would do it for every number, and breaks tagged and
//! untagged enums, messages and Lambda's own events among them.)

use crate::decimal;
use serde_json::{Map, Number, Value};
use std::borrow::Cow;

/// The field of the object that stands for a number no float holds; no vendor's field is called so.
const EXACT: &str = "$number";

/// The text of a number, plainly written when it can be; `None` for what is no number.
pub fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    let text = match value {
        Value::Number(number) if number.is_f64() => Cow::Owned(number.to_string()),
        Value::Number(number) => return Some(Cow::Owned(number.to_string())),
        Value::Object(fields) => Cow::Borrowed(exact(fields)?),
        _ => return None,
    };
    Some(decimal::parse_exact(&text).map_or(text, |number| Cow::Owned(decimal::plain(number))))
}

/// A decimal text as a number of JSON, of exactly its value; `None` for what is no number.
pub fn of_text(text: &str) -> Option<Value> {
    let Some(number) = decimal::parse_exact(text) else {
        // More digits than are counted with; none of them is lost.
        return (decimal::parse(text).is_some() && is_number(text)).then(|| exactly(text));
    };
    let plain = decimal::plain(number);
    match instead_of(plain.as_bytes()) {
        Some(Instead::Exact) => Some(exactly(&plain)),
        _ => serde_json::from_str::<Number>(&plain).ok().map(Value::Number),
    }
}

fn exactly(text: &str) -> Value {
    Value::Object(Map::from_iter([(EXACT.to_owned(), Value::from(text))]))
}

fn exact(fields: &Map<String, Value>) -> Option<&str> {
    match (fields.len(), fields.get(EXACT)) {
        // A stranger's object of this field is written out as it stands only if it is a number.
        (1, Some(Value::String(text))) if is_number(text) => Some(text),
        _ => None,
    }
}

/// The value as JSON with every number written plainly, for those who read it by eye or with a parser
/// that knows no exponents.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    append(&mut out, value);
    out
}

fn append(out: &mut String, value: &Value) {
    if let Some(number) = text_of(value) {
        return out.push_str(&number);
    }
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                append(out, item);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (index, (name, item)) in fields.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                append(out, item);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// JSON text with every number that no float holds written as a number, for those who are told nothing
/// of the object that stands for it here. Inside a text a quotation mark is escaped, so that what is
/// looked for is never a part of one.
pub fn written(json: String) -> String {
    let begin = format!("{{\"{EXACT}\":\"");
    if !json.contains(&begin) {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    let mut rest = json.as_str();
    while let Some((before, after)) = rest.split_once(&begin) {
        out.push_str(before);
        let number = after.split_once("\"}").filter(|(text, _)| instead_of(text.as_bytes()) == Some(Instead::Exact));
        match number {
            Some((text, behind)) => {
                out.push_str(
                    &decimal::parse_exact(text).map_or(Cow::Borrowed(text), |n| Cow::Owned(decimal::plain(n))),
                );
                rest = behind;
            }
            None => {
                out.push_str(&begin);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The JSON text with its numbers so written that nothing is lost in reading it.
pub fn kept(json: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => at = after_string(json, at),
            b'-' | b'0'..=b'9' => {
                let token = token(json, at);
                if let Some(instead) = instead_of(token) {
                    out.extend_from_slice(json.get(copied..at).unwrap_or_default());
                    match instead {
                        Instead::Whole(text) => out.extend_from_slice(text.as_bytes()),
                        Instead::Exact => {
                            out.extend_from_slice(format!("{{\"{EXACT}\":\"").as_bytes());
                            out.extend_from_slice(token);
                            out.extend_from_slice(b"\"}");
                        }
                    }
                    copied = at + token.len();
                }
                at += token.len();
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    out.extend_from_slice(json.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

fn after_string(json: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while let Some(byte) = json.get(at) {
        at += match byte {
            b'"' => return at + 1,
            b'\\' => 2,
            _ => 1,
        };
    }
    json.len()
}

fn token(json: &[u8], at: usize) -> &[u8] {
    let rest = json.get(at..).unwrap_or_default();
    let length = rest.iter().position(|b| !matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    rest.get(..length.unwrap_or(rest.len())).unwrap_or_default()
}

/// What is read in place of a number.
#[derive(Debug, PartialEq)]
enum Instead {
    /// The whole number that it is.
    Whole(String),
    /// Its text, because no float holds it.
    Exact,
}

/// `None` when the number reads well as it stands, and for what is no number.
fn instead_of(token: &[u8]) -> Option<Instead> {
    let text = std::str::from_utf8(token).ok().filter(|text| is_number(text))?;
    if !text.contains(['.', 'e', 'E']) {
        let read = text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
        return if read && text != "-0" { None } else { Some(if read { whole("0") } else { Instead::Exact }) };
    }
    let Some(number) = decimal::parse_exact(text) else { return Some(Instead::Exact) };
    let plain = decimal::plain(number);
    if !plain.contains('.') {
        return Some(if plain.parse::<i64>().is_ok() { whole(&plain) } else { Instead::Exact });
    }
    // The shortest text of the nearest float is the number itself when the float can hold it.
    let float: f64 = text.parse().ok()?;
    (decimal::parse(&float.to_string()) != Some(number)).then_some(Instead::Exact)
}

fn whole(text: &str) -> Instead {
    Instead::Whole(text.to_owned())
}

/// Whether JSON takes it as a number; what it does not take is left for the reader to refuse.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = digits.split_once(['e', 'E']).map_or((digits, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let signed = |part: &str| all_digits(part.strip_prefix(['+', '-']).unwrap_or(part));
    all_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(all_digits)
        && exponent.is_none_or(signed)
}

#[cfg(test)]
mod tests {
    use super::super::from_str;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        for text in ["500", "500.0", "5e2", "5.00E+2", "50000e-2"] {
            assert_eq!(from_str(text).unwrap().as_i64(), Some(500), "{text}");
        }
        assert_eq!(from_str("[-0, -0.0, 0.0e5]").unwrap(), json!([0, 0, 0]));
    }

    #[test]
    fn a_number_of_seventeen_digits_is_not_read_as_its_neighbour() {
        for text in ["0.00921246600016647900", "0.009212466000166479"] {
            let written = write(&from_str(text).unwrap());
            assert_eq!(written, "0.009212466000166479");
            assert_eq!(write(&from_str(&written).unwrap()), written);
        }
    }

    #[test]
    fn what_a_float_holds_is_a_number_and_what_it_does_not_keeps_its_text() {
        assert_eq!(from_str("[0.1, 1e-6, 0.30000000000000004]").unwrap(), json!([0.1, 1e-6, 0.300_000_000_000_000_04]));
        for text in [
            "1234567890123.123456",
            "12345678901234567890123",
            "-9007199254740993.5",
            "1e30",
            "0.1000000000000000055511151231257827",
            "12345678901234567890123456789.0123456789",
        ] {
            let value = from_str(text).unwrap();
            assert!(value.is_object(), "{text}");
            // As a message carries it through a queue.
            let value: Value = serde_json::from_str(&value.to_string()).unwrap();
            assert_eq!(text_of(&value).unwrap(), text);
            assert_eq!(write(&value), text);
        }
    }

    #[test]
    fn what_stands_for_a_number_is_written_as_one_wherever_it_is() {
        let text =
            r#"{"a":[1234567890123.123456,-12345678901234567890123],"b":{"c":0.1000000000000000055511151231257827}}"#;
        let value = from_str(text).unwrap();
        assert_ne!(value.to_string(), text);
        assert_eq!(written(value.to_string()), text);
        // What is no such object stays: a text that looks like one, another field beside it, a number that a float holds.
        for other in [
            json!({ "a": r#"{"$number":"1234567890123.123456"}"# }),
            json!({ "$number": "1234567890123.123456", "other": 1 }),
            json!({ "$number": "500" }),
            json!({ "$number": "1234567890123.123456\"}" }),
            json!({ "$number": "NaN" }),
            json!({ "$number": "" }),
        ] {
            assert_eq!(written(other.to_string()), other.to_string());
        }
    }

    #[test]
    fn numbers_are_written_plainly() {
        let value = from_str(r#"{"a": [1e-6, 8.5e-05, 500.0, 0.1, 1.5e3], "1e5": "1e5", "b": 1234567890123.123456}"#);
        let written = r#"{"1e5":"1e5","a":[0.000001,0.000085,500,0.1,1500],"b":1234567890123.123456}"#;
        assert_eq!(write(&value.unwrap()), written);
        for (text, written) in
            [("0.000001", "0.000001"), ("205.0", "205"), ("1234567890123.123456", "1234567890123.123456")]
        {
            assert_eq!(write(&of_text(text).unwrap()), written);
        }
        let long = "0.1000000000000000055511151231257827";
        assert_eq!(write(&of_text(long).unwrap()), long);
        assert_eq!(of_text("十元"), None);
        assert_eq!(write(&json!({"a": "\n\"", "b": [null, true, {}, []]})), r#"{"a":"\n\"","b":[null,true,{},[]]}"#);
    }

    #[test]
    fn one_odd_number_does_not_spoil_the_document_nor_fill_the_memory() {
        let value = from_str(r#"{"rate": 1e999999999, "DocEntry": 16.0}"#).unwrap();
        assert_eq!(value["DocEntry"], 16);
        assert_eq!(text_of(&value["rate"]).unwrap(), "1e999999999");
    }

    #[test]
    fn texts_are_not_touched_and_wrong_numbers_stay_wrong() {
        let text = r#"{"a\"1.0":"1.0 \\","b":["\\\"2.0",3]}"#;
        assert_eq!(from_str(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        for wrong in ["01", "1.", ".5", "+1", "1e", "--1", "1.0.0", "[1.0", "0x1", "1e5e5", "\"1.0"] {
            assert!(from_str(wrong).is_err(), "{wrong}");
        }
    }
}
