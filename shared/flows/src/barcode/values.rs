//! Values as a barcode application writes them: numbers are exact or refused, a day is one that there is.

use super::answer::CallFailure;
use jiff::civil::Date;
use serde_json::Value;
use tenon_model::decimal::{self, Decimal};
use tenon_model::json::number;

type Read<T> = Result<T, CallFailure>;

/// A decimal number: digits with at most one point and a minus, or a number of JSON.
pub(super) fn quantity(path: &str, value: Option<&Value>) -> Read<Decimal> {
    let text = match value {
        None | Some(Value::Null) => return Err(CallFailure::at(path, "不能为空：应为数量")),
        Some(Value::String(text)) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let plain = !digits.is_empty()
                && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
                && digits.starts_with(|c: char| c.is_ascii_digit())
                && digits.ends_with(|c: char| c.is_ascii_digit());
            if !plain {
                let message =
                    if text.is_empty() { "不能为空：应为数量" } else { "应为十进制数字，例如 2.5" };
                return Err(CallFailure::at(path, message));
            }
            text.clone()
        }
        Some(other) => match number::text_of(other) {
            Some(text) => text.into_owned(),
            None => return Err(CallFailure::at(path, "应为数字")),
        },
    };
    let refused = || CallFailure::at(path, "位数过多，无法精确表示");
    let number = decimal::parse(&text).ok_or_else(refused)?;
    // What was rounded in reading would not be what was scanned.
    if decimal::plain(number).trim_start_matches('-').len() < significant(&text) {
        return Err(refused());
    }
    Ok(number)
}

/// Characters of a number without zeros that say nothing.
fn significant(text: &str) -> usize {
    let text = text.trim_start_matches('-');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if text.contains(['e', 'E']) {
        return 0;
    }
    whole.len().max(1) + if fraction.is_empty() { 0 } else { 1 + fraction.len() }
}

/// A number as it is sent.
pub(super) fn sent(number: Decimal) -> Value {
    number::of_text(&decimal::plain(number)).unwrap_or_default()
}

/// A whole number of 64 bits.
pub(super) fn whole(path: &str, value: &Value) -> Read<i64> {
    let text = match value {
        Value::String(text) => Some(text.clone()),
        other => number::text_of(other).map(std::borrow::Cow::into_owned),
    };
    let digits = text.as_deref().unwrap_or_default();
    let plain = !digits.is_empty() && digits.strip_prefix('-').unwrap_or(digits).bytes().all(|b| b.is_ascii_digit());
    let number = if plain { digits.parse().ok() } else { None };
    number.ok_or_else(|| CallFailure::at(path, "应为整数"))
}

/// `20230920` or `2023-09-20`, and a day that there is.
pub(super) fn is_day(text: &str) -> bool {
    let digits = match text.len() {
        8 => text.to_owned(),
        10 if text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-') => text.replace('-', ""),
        _ => return false,
    };
    if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|part| part.parse::<i16>().ok());
    let (Some(year), Some(month), Some(day)) = (part(0, 4), part(4, 6), part(6, 8)) else { return false };
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { return false };
    year >= 1753 && Date::new(year, month, day).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // R-B18
    #[test]
    fn numbers_are_exact_or_refused() {
        for (text, written) in
            [("0.1", "0.1"), ("1234567890.123456", "1234567890.123456"), ("30", "30"), ("007.50", "7.5")]
        {
            assert_eq!(decimal::plain(quantity("q", Some(&json!(text))).unwrap()), written, "{text}");
        }
        assert_eq!(number::write(&sent(decimal::parse("9007199254740993.25").unwrap())), "9007199254740993.25");
        let wrong = [
            "",
            "1e3",
            "１",
            " 1",
            "1 ",
            "+1",
            "1,5",
            ".5",
            "5.",
            "1.2.3",
            "--1",
            "0x1",
            "12345678901234567890.1234567890123",
        ];
        for text in wrong {
            assert!(
                quantity("data[0].Quantity", Some(&json!(text))).unwrap_err().message.starts_with("data[0].Quantity: "),
                "{text}"
            );
        }
        assert!(quantity("q", None).is_err() && quantity("q", Some(&json!([]))).is_err());
        assert_eq!(whole("e", &json!("9007199254740993")).unwrap(), 9_007_199_254_740_993);
        for wrong in [json!("478 or 1=1"), json!("1.5"), json!("１"), json!(1.5), json!(true), json!("")] {
            assert!(whole("e", &wrong).is_err(), "{wrong}");
        }
    }

    // R-B18
    #[test]
    fn a_day_is_one_that_there_is() {
        for day in ["20230920", "2023-09-20", "20240229"] {
            assert!(is_day(day), "{day}");
        }
        for no in ["20230230", "2023-13-01", "20239", "2023/09/20", "２０２３０９２０", "20230920 ", "2023-0920", ""]
        {
            assert!(!is_day(no), "{no}");
        }
    }
}
