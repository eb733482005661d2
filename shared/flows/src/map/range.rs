//! Ranges of dates: two fields of the ERP, one control of the OA with two labels.

use super::value::{field_value, format_value};
use jiff::civil::{DateTime, Time};
use serde_json::{Map, Value};
use tenon_model::config::{Field, FieldFormat, range};
use tenon_model::oa::FieldValue;

/// What parts the two ends of a range that stands in one text.
const BETWEEN: [char; 8] = [',', '，', ';', '；', '~', '～', '至', '—'];

/// What a range control is to hold; `Ok(None)` when there is nothing to write.
pub(super) fn written(document: &Map<String, Value>, field: &Field) -> Result<Option<FieldValue>, String> {
    let of = |name: &str| document.get(name).cloned().unwrap_or_default();
    let (begin, end) = match range::pair(&field.from) {
        Some((begin, end)) => (of(&begin), of(&end)),
        None => match ends(&of(&field.from)) {
            Some(ends) => ends,
            None => return Err(format!("is {}, which is not two dates", of(&field.from))),
        },
    };
    let with_time = field.format == FieldFormat::Datetime;
    match (end_of(&begin, field)?, end_of(&end, field)?) {
        (Some(begin), Some(end)) => Ok(Some(FieldValue::DateRange { begin, end, with_time })),
        (None, None) => field_value(&Value::Null, field),
        _ => Err("has one end only, and a range control takes both or none".to_owned()),
    }
}

/// The two ends of a range control as it reads, each written as the field says; both `None` when nobody filled
/// it in.
pub(super) fn read(text: &str, field: &Field) -> Result<(Option<String>, Option<String>), String> {
    let Some((begin, end)) = ends(&Value::from(text)) else {
        return Err(format!("is {text:?}, which is not two dates"));
    };
    match (date(&begin, field)?, date(&end, field)?) {
        (None, None) if field.required => Err("is empty, and the field is required".to_owned()),
        ends => Ok(ends),
    }
}

fn date(value: &Value, field: &Field) -> Result<Option<String>, String> {
    format_value(value, &as_date(field))
}

/// One end, at midnight when it is a day.
fn end_of(value: &Value, field: &Field) -> Result<Option<DateTime>, String> {
    Ok(match field_value(value, &as_date(field))? {
        Some(FieldValue::Date(day)) => Some(day.to_datetime(Time::midnight())),
        Some(FieldValue::DateTime(at)) => Some(at),
        _ => None,
    })
}

fn as_date(field: &Field) -> Field {
    let format = if field.format == FieldFormat::Datetime { FieldFormat::Datetime } else { FieldFormat::Date };
    Field { format, default: None, required: false, ..field.clone() }
}

/// The two ends in one value: a list, the text of one, or two dates with a mark between them.
fn ends(value: &Value) -> Option<(Value, Value)> {
    match value {
        Value::Null => Some((Value::Null, Value::Null)),
        Value::Array(items) => match items.as_slice() {
            [] => Some((Value::Null, Value::Null)),
            [begin, end] => Some((begin.clone(), end.clone())),
            _ => None,
        },
        Value::String(text) if text.trim().is_empty() || text.trim() == "null" => Some((Value::Null, Value::Null)),
        Value::String(text) if text.trim_start().starts_with('[') => {
            ends(&tenon_model::json::from_str(text.trim()).ok().filter(Value::is_array)?)
        }
        Value::String(text) => {
            let (begin, end) = text.split_once(BETWEEN)?;
            Some((Value::from(begin.trim()), Value::from(end.trim())))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(from: Value) -> Field {
        serde_json::from_value(json!({"from": from, "to": ["开始", "结束"], "format": "date"})).unwrap()
    }

    fn of(document: Value, from: Value) -> Result<Option<FieldValue>, String> {
        written(document.as_object().unwrap(), &field(from))
    }

    #[test]
    fn two_fields_fill_one_control() {
        let both = json!({"DocDate": "2026-11-20T00:00:00Z", "DocDueDate": "20261130", "U_None": null});
        let day = |day| jiff::civil::date(2026, 11, day).to_datetime(Time::midnight());
        let wanted = Ok(Some(FieldValue::DateRange { begin: day(20), end: day(30), with_time: false }));
        assert_eq!(of(both.clone(), json!(["DocDate", "DocDueDate"])), wanted);
        assert_eq!(of(both.clone(), json!(["U_None", "U_None"])), Ok(None));
        assert!(of(both, json!(["DocDate", "U_None"])).unwrap_err().contains("one end only"));
        for text in [
            "2026-11-20,2026-11-30",
            "2026-11-20 ~ 2026-11-30",
            "2026-11-20至2026-11-30",
            r#"["2026-11-20","2026-11-30"]"#,
        ] {
            assert_eq!(of(json!({"U_Range": text}), json!("U_Range")), wanted, "{text}");
        }
        assert!(of(json!({"U_Range": "2026-11-20"}), json!("U_Range")).is_err());
    }

    #[test]
    fn one_control_reads_as_two_dates() {
        let field = field(json!("x"));
        let dates = (Some("2026-11-01".to_owned()), Some("2026-12-31".to_owned()));
        assert_eq!(read(r#"["2026-11-01","2026-12-31"]"#, &field), Ok(dates));
        for empty in ["", "null", "[]", r#"["",""]"#, "[null,null]"] {
            assert_eq!(read(empty, &field), Ok((None, None)), "{empty}");
        }
        assert!(read("昨天", &field).is_err());
        assert!(read(r#"["2026-13-01","2026-12-31"]"#, &field).is_err());
    }
}
