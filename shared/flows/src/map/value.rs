//! One value: from the ERP's JSON to what a form's control is to hold.

use jiff::civil::{Date, DateTime, Time};
use serde_json::Value;
use tenon_connectors::erp::DECIMALS;
use tenon_model::InstanceId;
use tenon_model::config::{Field, FieldFormat};
use tenon_model::decimal;
use tenon_model::json::number;
use tenon_model::oa::FieldValue;

/// A value as the field's format wants it, typed. `Ok(None)` when there is nothing to write.
pub fn field_value(value: &Value, field: &Field) -> Result<Option<FieldValue>, String> {
    let Some(text) = plain_text(value, field)?.filter(|text| !text.trim().is_empty()) else {
        return match (&field.default, field.required) {
            (Some(default), _) => Ok(Some(FieldValue::Text(default.clone()))),
            (None, true) => Err("is empty, and the field is required".to_owned()),
            (None, false) => Ok(None),
        };
    };
    let named = |text: String| field.values.get(&text).cloned().unwrap_or(text);
    Ok(Some(match field.format {
        FieldFormat::MultiChoice => FieldValue::Choices(options(value, &text, field)?),
        FieldFormat::Contact => FieldValue::People(options(value, &text, field)?),
        FieldFormat::Related => {
            FieldValue::Instances(options(value, &text, field)?.into_iter().map(InstanceId::new).collect())
        }
        FieldFormat::Text => FieldValue::Text(named(text)),
        FieldFormat::Choice => FieldValue::Choice(named(text)),
        FieldFormat::Attachment => FieldValue::Files(named(text)),
        FieldFormat::Department => {
            FieldValue::Departments(named(text).split(',').map(|id| id.trim().to_owned()).collect())
        }
        FieldFormat::Number => FieldValue::Number(decimal_text(&named(text), field.decimals)?),
        FieldFormat::Money => FieldValue::Number(decimal_text(&named(text), Some(field.decimals.unwrap_or(2)))?),
        FieldFormat::Date => FieldValue::Date(date(&named(text))?.0),
        FieldFormat::Datetime => {
            let (day, time) = date(&named(text))?;
            FieldValue::DateTime(DateTime::from_parts(day, time.unwrap_or(Time::midnight())))
        }
    }))
}

/// The same as a text, for forms that are read.
pub fn format_value(value: &Value, field: &Field) -> Result<Option<String>, String> {
    Ok(field_value(value, field)?.map(|value| match value {
        FieldValue::Choices(texts) | FieldValue::People(texts) => Value::from(texts).to_string(),
        FieldValue::Departments(ids) => ids.join(","),
        FieldValue::Instances(ids) => Value::from_iter(ids.iter().map(InstanceId::as_str)).to_string(),
        single => single.text().unwrap_or_default(),
    }))
}

/// The text of a scalar; lists are joined by commas.
fn plain_text(value: &Value, field: &Field) -> Result<Option<String>, String> {
    if let Some(number) = number::text_of(value) {
        return number_text(&number, field).map(Some);
    }
    Ok(match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) => {
            let mut texts = Vec::with_capacity(items.len());
            for item in items {
                texts.extend(plain_text(item, field)?);
            }
            Some(texts.join(","))
        }
        Value::Object(_) => return Err("is an object, and a form control takes one value".to_owned()),
    })
}

/// A number of the ERP as people write it, `55` and `0.000001`, without what is beyond B1's decimals.
fn number_text(number: &str, field: &Field) -> Result<String, String> {
    let decimals = DECIMALS.max(field.decimals.map_or(0, u32::from));
    match decimal::parse(number) {
        Some(read) => Ok(decimal::at_most(read, decimals)),
        // An id longer than any amount is no less an id.
        None if number.bytes().all(|b| b.is_ascii_digit()) => Ok(number.to_owned()),
        None => Err(format!("is {number}, which no form takes as a number")),
    }
}

fn options(value: &Value, text: &str, field: &Field) -> Result<Vec<String>, String> {
    let options: Vec<String> = match value {
        Value::Array(items) => {
            let mut options = Vec::new();
            for item in items {
                options.extend(plain_text(item, field)?);
            }
            options
        }
        _ => text.split([',', '，', ';', '；']).map(|o| o.trim().to_owned()).filter(|o| !o.is_empty()).collect(),
    };
    Ok(options.into_iter().map(|o| field.values.get(&o).cloned().unwrap_or(o)).collect())
}

/// A decimal text with this many digits after the point, rounded half away from zero on the decimal
/// text itself, so that money suffers no binary rounding. Without `decimals` every digit stays.
pub fn decimal_text(text: &str, decimals: Option<u8>) -> Result<String, String> {
    let number = decimal::parse(text.trim()).ok_or_else(|| format!("is {text:?}, which is not a number"))?;
    Ok(decimals.map_or_else(|| decimal::plain(number), |places| decimal::fixed(number, places.into())))
}

/// Date and, when given, `hh:mm` of a B1 date: `2022-08-23`, `2022-08-23T00:00:00Z`, `20220823`. B1
/// dates are company-local already and carry a meaningless zone.
fn date(text: &str) -> Result<(Date, Option<Time>), String> {
    let refuse = || format!("is {text:?}, which is not a date such as 2026-11-22 or 20261122");
    let compact = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let day = if compact {
        format!(
            "{}-{}-{}",
            text.get(..4).ok_or_else(refuse)?,
            text.get(4..6).ok_or_else(refuse)?,
            text.get(6..).ok_or_else(refuse)?
        )
    } else {
        text.get(..10).ok_or_else(refuse)?.replace('/', "-")
    };
    let day = day.parse::<Date>().map_err(|_| refuse())?;
    let time = if compact { None } else { text.get(11..16) };
    let time = time.map(|time| format!("{time}:00").parse::<Time>().map_err(|_| refuse())).transpose()?;
    Ok((day, time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tenon_platform::Entropy;

    fn field(format: FieldFormat) -> Field {
        serde_json::from_value(json!({"from": "a", "to": "b", "format": format})).unwrap()
    }

    fn written(value: Value, format: FieldFormat) -> String {
        format_value(&value, &field(format)).unwrap().unwrap()
    }

    #[test]
    fn values_read_as_people_write_them() {
        assert_eq!(written(json!(55.0), FieldFormat::Text), "55");
        assert_eq!(written(json!(0.1), FieldFormat::Number), "0.1");
        assert_eq!(written(json!("12.50"), FieldFormat::Number), "12.5");
        assert_eq!(written(json!(1234.565), FieldFormat::Money), "1234.57");
        assert_eq!(written(json!(300), FieldFormat::Money), "300.00");
        assert_eq!(written(json!("2022-08-23T00:00:00Z"), FieldFormat::Date), "2022-08-23");
        assert_eq!(written(json!("20220823"), FieldFormat::Date), "2022-08-23");
        assert_eq!(written(json!("2022-08-23T08:30:00Z"), FieldFormat::Datetime), "2022-08-23 08:30");
        assert_eq!(written(json!("2022-08-23"), FieldFormat::Datetime), "2022-08-23 00:00");
        assert_eq!(written(json!("a, b"), FieldFormat::MultiChoice), r#"["a","b"]"#);
        assert_eq!(written(json!(["甲", "乙"]), FieldFormat::MultiChoice), r#"["甲","乙"]"#);
    }

    #[test]
    fn numbers_of_the_erp_are_written_exactly_and_without_the_noise_of_floats() {
        let read = |text: &str| tenon_model::json::from_str(text).unwrap();
        for (text, written_as) in [
            ("0.000001", "0.000001"),
            ("1e-6", "0.000001"),
            ("8.5e-05", "0.000085"),
            ("0.30000000000000004", "0.3"),
            ("789.34000000000003", "789.34"),
            ("-5.551115123125783e-17", "0"),
            ("500.0", "500"),
            ("1234567890123.123456", "1234567890123.123456"),
            ("9007199254740993.25", "9007199254740993.25"),
        ] {
            assert_eq!(written(read(text), FieldFormat::Text), written_as);
            assert_eq!(written(read(text), FieldFormat::Number), written_as);
        }
        assert_eq!(written(read("12345678901234567890123456789012345"), FieldFormat::Text).len(), 35);
        assert_eq!(written(read("[1.50, 1e-6]"), FieldFormat::MultiChoice), r#"["1.5","0.000001"]"#);
        let mut finer = field(FieldFormat::Number);
        finer.decimals = Some(8);
        assert_eq!(format_value(&read("1.2e-7"), &finer), Ok(Some("0.00000012".into())));
        let refused = format_value(&read("1e300"), &field(FieldFormat::Text)).unwrap_err();
        assert!(refused.starts_with("is 1e300"), "{refused}");
    }

    #[test]
    fn empty_values_follow_default_and_required() {
        let mut it = field(FieldFormat::Text);
        assert_eq!(format_value(&json!(null), &it), Ok(None));
        it.required = true;
        assert!(format_value(&json!("  "), &it).is_err());
        it.default = Some("无".into());
        assert_eq!(format_value(&json!(""), &it), Ok(Some("无".into())));
    }

    #[test]
    fn named_values_are_replaced() {
        let mut it = field(FieldFormat::Choice);
        it.values = [("tYES".to_owned(), "是".to_owned())].into();
        assert_eq!(format_value(&json!("tYES"), &it), Ok(Some("是".into())));
        assert_eq!(format_value(&json!("other"), &it), Ok(Some("other".into())));
    }

    #[test]
    fn what_is_no_number_or_date_is_refused() {
        assert!(format_value(&json!("12,5"), &field(FieldFormat::Number)).is_err());
        assert!(format_value(&json!("2022-02-30"), &field(FieldFormat::Date)).is_err());
        assert!(format_value(&json!("昨天下午三点"), &field(FieldFormat::Date)).is_err());
        assert!(format_value(&json!({"a": 1}), &field(FieldFormat::Text)).is_err());
    }

    #[test]
    fn rounding_is_decimal_and_away_from_zero() {
        for (text, places, expected) in [
            ("2.675", 2, "2.68"),
            ("1.005", 2, "1.01"),
            ("-1.005", 2, "-1.01"),
            ("9.999", 2, "10.00"),
            ("0.004", 2, "0.00"),
            ("-0.004", 2, "0.00"),
            ("99.5", 0, "100"),
            (".5", 1, "0.5"),
            ("1e3", 2, "1000.00"),
            ("1234567890123.123456", 6, "1234567890123.123456"),
        ] {
            assert_eq!(decimal_text(text, Some(places)).unwrap(), expected, "{text}");
        }
    }

    /// Texts of up to 32 characters: with what stands in numbers and dates, and with any other character; and dates with
    /// a character of each length in every place.
    fn drawn_texts() -> Vec<String> {
        let entropy = Entropy::seeded(1);
        let below = |most: usize| u32::from_le_bytes(entropy.bytes().unwrap()) as usize % most;
        let usual: Vec<char> = "0123456789+-.eE/:TZ ,".chars().collect();
        let any = || char::from_u32(below(0x0011_0000) as u32).filter(|c| !c.is_control()).unwrap_or('订');
        let one = |_| if below(4) > 0 { usual[below(usual.len())] } else { any() };
        let mut texts: Vec<String> = (0..4_000).map(|_| (0..below(33)).map(one).collect()).collect();
        for date in ["2026-11-22T08:30:00Z", "20261122", "1234567890.123456"] {
            for (place, wide) in (0..=date.len()).flat_map(|place| ['\u{e9}', '订', '😀'].map(|wide| (place, wide)))
            {
                texts.push(format!("{}{wide}{}", &date[..place], &date[place..]));
                texts.push(format!("{}{wide}", &date[..place]));
            }
        }
        texts
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in drawn_texts() {
            for places in [None, Some(0), Some(1), Some(2), Some(3), Some(4), Some(5)] {
                if let (Ok(number), Some(places)) = (decimal_text(&text, places), places) {
                    let behind = number.split_once('.').map_or(0, |(_, behind)| behind.len());
                    assert_eq!(behind, usize::from(places), "{text}");
                }
            }
            let _ = date(&text);
        }
    }

    #[test]
    fn two_decimals_stay_within_half_a_cent() {
        let near = |of: i64| of - 11..=of + 11;
        let small = -20_000..=20_000;
        let powers = (5..=8).flat_map(|digits| near(10_i64.pow(digits)).chain(near(-10_i64.pow(digits))));
        let entropy = Entropy::seeded(1);
        let any = (0..2_000).map(|_| i64::from(i32::from_le_bytes(entropy.bytes().unwrap())) % 100_000_000);
        for thousandths in small.chain(powers).chain(any) {
            let (sign, whole) = (if thousandths < 0 { "-" } else { "" }, thousandths.abs());
            let text = format!("{sign}{}.{:03}", whole / 1000, whole % 1000);
            let rounded = decimal_text(&text, Some(2)).unwrap();
            let (_, behind) = rounded.split_once('.').unwrap();
            assert_eq!(behind.len(), 2, "{text}: {rounded}");
            let cents: i64 = rounded.replace('.', "").parse().unwrap();
            assert!((cents * 10 - thousandths).abs() <= 5, "{text}: {rounded}");
        }
    }
}
