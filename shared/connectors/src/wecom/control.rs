//! One control's value, as WeCom writes it and as it reads.

use super::error::text;
use super::template::{TemplateControl, each, kind_of, shown};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tenon_model::decimal;
use tenon_model::oa::{FieldKind, FieldValue, InstanceField, ReadValue};
use tenon_platform::error::{Error, Result};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// A value for a control that is no table.
pub(super) fn written(control: &TemplateControl, value: &FieldValue, zone: &TimeZone) -> Result<Value> {
    let plain = plain(value);
    if plain.as_deref().is_some_and(|text| text.trim().is_empty()) {
        return Ok(empty(control));
    }
    Ok(match control.control.as_str() {
        // WeCom's one-line text takes no line breaks.
        "Text" => json!({ "text": one_line(&wanted(control, plain)?) }),
        "Textarea" => json!({ "text": wanted(control, plain)? }),
        "Number" => json!({ "new_number": number(control, plain)? }),
        "Money" => json!({ "new_money": money(control, plain)? }),
        "Date" => {
            let at = moment(control, value)?;
            json!({ "date": { "type": date_type(control), "s_timestamp": seconds(at, control, zone)?.to_string() } })
        }
        "DateRange" => range(control, value, zone)?,
        "Selector" => {
            let keys = listed(value).iter().map(|t| key(control, t)).collect::<Result<Vec<_>>>()?;
            json!({ "selector": { "type": selector_type(control), "options": keys } })
        }
        "Contact" if control.departments => {
            json!({ "departments": listed(value).iter().map(|id| json!({"openapi_id": id})).collect::<Vec<_>>() })
        }
        "Contact" => json!({ "members": listed(value).iter().map(|id| json!({"userid": id})).collect::<Vec<_>>() }),
        "RelatedApproval" => {
            json!({ "related_approval": listed(value).iter().map(|id| json!({"sp_no": id})).collect::<Vec<_>>() })
        }
        "File" => match value {
            FieldValue::Attached(files) => {
                json!({ "files": files.iter().map(|file| json!({"file_id": file.reference})).collect::<Vec<_>>() })
            }
            _ => return Err(unfit(control, "holds files; name it in form.attachments and not in a mapping")),
        },
        "Table" => return Err(unfit(control, "is a table, and one value is mapped to it")),
        other => return Err(unfit(control, &format!("is of the kind {other}, which cannot be filled in"))),
    })
}

/// What an untouched control holds. WeCom refuses a table's row in which a control is missing.
pub(super) fn empty(control: &TemplateControl) -> Value {
    match control.control.as_str() {
        "Number" => json!({ "new_number": "" }),
        "Money" => json!({ "new_money": "" }),
        "Date" => json!({ "date": { "type": date_type(control), "s_timestamp": "" } }),
        "Selector" => json!({ "selector": { "type": selector_type(control), "options": [] } }),
        "Contact" if control.departments => json!({ "departments": [] }),
        "Contact" => json!({ "members": [] }),
        "File" => json!({ "files": [] }),
        "RelatedApproval" => json!({ "related_approval": [] }),
        _ => json!({ "text": "" }),
    }
}

fn unfit(control: &TemplateControl, why: &str) -> Error {
    Error::permanent("wecom.form", format!("control {} ({}) {why}", control.title, control.id))
}

fn wanted(control: &TemplateControl, text: Option<String>) -> Result<String> {
    text.ok_or_else(|| unfit(control, "holds a text, and files or rows are mapped to it"))
}

/// As people would type it.
fn plain(value: &FieldValue) -> Option<String> {
    Some(match value {
        FieldValue::Text(text) | FieldValue::Number(text) | FieldValue::Choice(text) => text.clone(),
        FieldValue::Date(day) => day.to_string(),
        FieldValue::DateTime(at) => minute(*at),
        FieldValue::DateRange { begin, end, with_time: true } => format!("{} ~ {}", minute(*begin), minute(*end)),
        FieldValue::DateRange { begin, end, with_time: false } => format!("{} ~ {}", begin.date(), end.date()),
        FieldValue::Choices(list) | FieldValue::People(list) | FieldValue::Departments(list) => list.join(","),
        FieldValue::Instances(ids) => ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(","),
        FieldValue::Files(_) | FieldValue::Attached(_) | FieldValue::Table(_) => return None,
    })
}

/// The text a form shows once it is handed in, whatever its control.
pub(super) fn shown_text(value: &FieldValue) -> String {
    one_line(&plain(value).unwrap_or_default())
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn minute(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

fn listed(value: &FieldValue) -> Vec<String> {
    let list = |texts: &[String]| texts.to_vec();
    match value {
        FieldValue::Choices(texts) | FieldValue::People(texts) | FieldValue::Departments(texts) => list(texts),
        FieldValue::Instances(ids) => ids.iter().map(|id| id.as_str().to_owned()).collect(),
        FieldValue::Choice(text) => vec![text.clone()],
        other => {
            let text = plain(other).unwrap_or_default();
            text.split([',', '，', ';', '；']).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect()
        }
    }
}

fn number(control: &TemplateControl, text: Option<String>) -> Result<String> {
    let text = wanted(control, text)?;
    let number = decimal::parse(text.trim())
        .ok_or_else(|| unfit(control, &format!("holds a number, and what is mapped to it is {text:?}")))?;
    Ok(if text.contains(['e', 'E', '+']) { decimal::plain(number) } else { text.trim().to_owned() })
}

/// With two digits after the point at least.
fn money(control: &TemplateControl, text: Option<String>) -> Result<String> {
    let written = number(control, text)?;
    let digits = written.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let padded = decimal::parse(&written).filter(|_| digits < 2).map(|number| decimal::fixed(number, 2));
    Ok(padded.unwrap_or(written))
}

fn date_type(control: &TemplateControl) -> &str {
    if control.style == "hour" { "hour" } else { "day" }
}

fn selector_type(control: &TemplateControl) -> &str {
    if control.style == "multi" { "multi" } else { "single" }
}

fn key(control: &TemplateControl, option: &str) -> Result<Value> {
    let found = control.options.iter().find(|(key, text)| key == option || text.trim() == option.trim());
    match found {
        Some((key, _)) => Ok(json!({ "key": key })),
        None => {
            let texts: Vec<String> = control.options.iter().map(|(key, text)| format!("{text} ({key})")).collect();
            let why = format!("has no option {option}; it has {}. Map the value with `values`", texts.join(", "));
            Err(unfit(control, &why))
        }
    }
}

fn moment(control: &TemplateControl, value: &FieldValue) -> Result<DateTime> {
    match value {
        FieldValue::Date(day) => Ok(day.to_datetime(Time::midnight())),
        FieldValue::DateTime(at) => Ok(*at),
        other => {
            let text = plain(other).unwrap_or_default();
            civil(&text).ok_or_else(|| unfit(control, &format!("holds a date, and what is mapped to it is {text:?}")))
        }
    }
}

/// A date as an ERP writes it. One with `Z` behind it is the company's own too.
fn civil(text: &str) -> Option<DateTime> {
    let text = text.trim().trim_end_matches(['Z', 'z']);
    let midnight = |day: Date| day.to_datetime(Time::midnight());
    text.parse().ok().or_else(|| text.parse().ok().map(midnight))
}

fn seconds(at: DateTime, control: &TemplateControl, zone: &TimeZone) -> Result<i64> {
    let at = if date_type(control) == "day" { at.date().to_datetime(Time::midnight()) } else { at };
    instant(at, zone).ok_or_else(|| unfit(control, &format!("cannot hold the date {at}")))
}

fn instant(at: DateTime, zone: &TimeZone) -> Option<i64> {
    zone.to_ambiguous_zoned(at).compatible().ok().map(|at| at.timestamp().as_second())
}

fn range(control: &TemplateControl, value: &FieldValue, zone: &TimeZone) -> Result<Value> {
    let FieldValue::DateRange { begin, end, with_time } = value else {
        return Err(unfit(control, "is a range of dates; map two fields to it: from = [\"first\", \"last\"]"));
    };
    let hours = control.style == "hour";
    let at = |at: DateTime| {
        let at = if *with_time && hours { at } else { at.date().to_datetime(Time::midnight()) };
        instant(at, zone).ok_or_else(|| unfit(control, &format!("cannot hold the date {at}")))
    };
    let (first, last) = (at(*begin)?, at(*end)?);
    // Half days: the last one is whole, and its second half begins at noon.
    let (last, duration) = if hours { (last, last - first) } else { (last + DAY / 2, last - first + DAY) };
    let kind = if hours { "hour" } else { "halfday" };
    Ok(json!({ "date_range": { "type": kind, "new_begin": first, "new_end": last, "new_duration": duration } }))
}

/// A control of a form that was handed in, under each name that a mapping may call it by.
pub(super) fn read(value: &Value, zone: &TimeZone) -> Vec<InstanceField> {
    let id = value.get("id").and_then(text).unwrap_or_default();
    let title = shown(value.get("title")).trim().to_owned();
    let (kind, held) = held(value, zone);
    let of = |name: &str| InstanceField { name: name.to_owned(), kind, value: held.clone() };
    let mut fields: Vec<InstanceField> = vec![of(&id)];
    if !title.is_empty() && title != id {
        fields.push(of(&title));
    }
    fields
}

fn held(control: &Value, zone: &TimeZone) -> (FieldKind, ReadValue) {
    let value = control.get("value").unwrap_or(&Value::Null);
    let name = control.get("control").and_then(text).unwrap_or_default();
    let at = |path: &str| value.pointer(path).and_then(text).filter(|t| !t.is_empty());
    let texts = |path: &str, of: &dyn Fn(&Value) -> Option<String>| {
        each(value.pointer(path)).filter_map(of).collect::<Vec<_>>().join(",")
    };
    let member = |key: &'static str| move |v: &Value| v.get(key).and_then(text);
    let multi = at("/selector/type").is_some_and(|t| t == "multi");
    let departments = each(value.pointer("/departments")).next().is_some();
    let kind = kind_of(&name, multi, departments);
    let shown_value = match name.as_str() {
        "Table" => {
            let rows = each(value.pointer("/children"));
            let row = |row: &Value| each(row.get("list")).flat_map(|cell| read(cell, zone)).collect();
            return (kind, ReadValue::Table(rows.map(row).collect()));
        }
        "Number" => at("/new_number"),
        "Money" => at("/new_money"),
        "Date" => at("/date/s_timestamp").and_then(|t| day(&t, at("/date/type").as_deref() == Some("hour"), zone)),
        "DateRange" => {
            let hours = at("/date_range/type").as_deref() == Some("hour");
            let end = |path: &str| at(path).and_then(|t| day(&t, hours, zone));
            end("/date_range/new_begin").zip(end("/date_range/new_end")).map(|pair| json!([pair.0, pair.1]).to_string())
        }
        "Selector" => Some(texts("/selector/options", &|option| {
            Some(shown(option.get("value"))).filter(|t| !t.is_empty()).or_else(|| option.get("key").and_then(text))
        })),
        "Contact" if departments => Some(texts("/departments", &member("openapi_id"))),
        "Contact" => Some(texts("/members", &member("userid"))),
        "File" => Some(texts("/files", &member("file_id"))),
        "RelatedApproval" => Some(texts("/related_approval", &member("sp_no"))),
        "Formula" => at("/formula/value"),
        _ => at("/text"),
    };
    (kind, ReadValue::Text(one_line(&shown_value.unwrap_or_default())))
}

fn day(seconds: &str, with_time: bool, zone: &TimeZone) -> Option<String> {
    let at = Timestamp::from_second(seconds.parse().ok()?).ok()?.to_zoned(zone.clone());
    Some(if with_time { minute(at.datetime()) } else { at.date().to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn of(control: &str, style: &str) -> TemplateControl {
        TemplateControl {
            id: format!("{control}-1"),
            title: "T".into(),
            control: control.into(),
            style: style.into(),
            options: vec![("option-77".into(), "产线".into()), ("option-78".into(), "仓库".into())],
            ..TemplateControl::default()
        }
    }

    fn shanghai() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    // R-C28
    #[test]
    fn each_kind_of_control_has_its_own_way_of_writing() {
        let t = |text: &str| FieldValue::Text(text.into());
        for (control, value, expected) in [
            (of("Text", ""), t("a\r\nb"), json!({"text": "a b"})),
            (of("Text", ""), FieldValue::Number("0".into()), json!({"text": "0"})),
            (of("Textarea", ""), t("a\nb"), json!({"text": "a\nb"})),
            (of("Number", ""), t("0"), json!({"new_number": "0"})),
            (of("Number", ""), FieldValue::Number("55".into()), json!({"new_number": "55"})),
            (of("Number", ""), t(""), json!({"new_number": ""})),
            (of("Money", ""), t("1234.5"), json!({"new_money": "1234.50"})),
            (of("Money", ""), t("0.125"), json!({"new_money": "0.125"})),
            (
                of("Date", "day"),
                FieldValue::Date(date(2024, 12, 4)),
                json!({"date": {"type": "day", "s_timestamp": "1733241600"}}),
            ),
            (
                of("Date", "day"),
                t("2024-12-04T00:00:00Z"),
                json!({"date": {"type": "day", "s_timestamp": "1733241600"}}),
            ),
            (of("Date", "day"), t("20241204"), json!({"date": {"type": "day", "s_timestamp": "1733241600"}})),
            (
                of("Date", "hour"),
                FieldValue::DateTime(date(2024, 12, 4).at(9, 30, 0, 0)),
                json!({"date": {"type": "hour", "s_timestamp": "1733275800"}}),
            ),
            (
                of("DateRange", "halfday"),
                FieldValue::DateRange {
                    begin: date(2024, 12, 4).at(0, 0, 0, 0),
                    end: date(2024, 12, 5).at(0, 0, 0, 0),
                    with_time: false,
                },
                json!({"date_range": {"type": "halfday", "new_begin": 1_733_241_600, "new_end": 1_733_371_200, "new_duration": 172_800}}),
            ),
            (
                of("Selector", "single"),
                FieldValue::Choice("产线".into()),
                json!({"selector": {"type": "single", "options": [{"key": "option-77"}]}}),
            ),
            (
                of("Selector", "multi"),
                t("option-77,仓库"),
                json!({"selector": {"type": "multi", "options": [{"key": "option-77"}, {"key": "option-78"}]}}),
            ),
            (of("Contact", ""), t("lisi，wangwu"), json!({"members": [{"userid": "lisi"}, {"userid": "wangwu"}]})),
            (
                TemplateControl { departments: true, ..of("Contact", "") },
                FieldValue::Departments(vec!["2".into()]),
                json!({"departments": [{"openapi_id": "2"}]}),
            ),
            (of("RelatedApproval", ""), t("202412040001"), json!({"related_approval": [{"sp_no": "202412040001"}]})),
        ] {
            assert_eq!(written(&control, &value, &shanghai()).unwrap(), expected, "{control:?} {value:?}");
        }
    }

    // R-C28, R-C40
    #[test]
    fn what_does_not_fit_names_the_control() {
        let t = |text: &str| FieldValue::Text(text.into());
        for (control, value, words) in [
            (of("Number", ""), t("a few"), "number"),
            (of("Date", "day"), t("soon"), "date"),
            (of("Selector", "single"), FieldValue::Choice("无".into()), "产线 (option-77)"),
            (of("File", ""), FieldValue::Files("[]".into()), "attachments"),
            (of("Location", ""), t("x"), "Location"),
            (of("DateRange", "hour"), t("2024-12-04"), "two fields"),
        ] {
            let error = written(&control, &value, &shanghai()).unwrap_err();
            assert!(error.message.contains(words) && error.message.contains("-1)"), "{error}");
        }
    }

    #[test]
    fn a_value_reads_as_it_was_meant_under_id_and_title() {
        let control = json!({"control": "Date", "id": "Date-2", "title": [{"text": "日期", "lang": "zh_CN"}],
            "value": {"date": {"type": "day", "s_timestamp": "1733241600"}, "tips": [], "children": []}});
        let fields = read(&control, &shanghai());
        let names: Vec<&str> = fields.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["Date-2", "日期"]);
        assert_eq!(fields[0].value, ReadValue::Text("2024-12-04".into()));
    }
}
