//! Rules of single fields.

use crate::error::{Result, TradeError};
use tenon_model::openapi::NumberOrText;

/// Longest identifier looked up; longer ones name nothing.
pub(crate) const ID_LIMIT: usize = 100;

/// A text of 1 to `most` characters on one line.
pub(crate) fn text(field: &str, text: &str, most: usize) -> Result<()> {
    if text.trim().is_empty() {
        return Err(TradeError::bad(field, "不能为空"));
    }
    optional(field, Some(text), most)
}

/// A text of at most `most` characters on one line, if there is one.
pub(crate) fn optional(field: &str, text: Option<&str>, most: usize) -> Result<()> {
    let text = text.unwrap_or_default();
    if text.chars().count() > most {
        return Err(TradeError::bad(field, format!("不能超过{most}个字符")));
    }
    if text.chars().any(char::is_control) {
        return Err(TradeError::bad(field, "不能包含控制字符"));
    }
    Ok(())
}

/// A text of at most `most` characters on any number of lines, if there is one.
pub(crate) fn lines(field: &str, text: Option<&str>, most: usize) -> Result<()> {
    let one_line = text.map(|t| t.replace(['\n', '\r', '\t'], " "));
    optional(field, one_line.as_deref(), most)
}

/// A number or a short text, if there is one.
pub(crate) fn number_or_text(field: &str, value: Option<&NumberOrText>) -> Result<()> {
    match value {
        Some(NumberOrText::Text(given)) => text(field, given, ID_LIMIT),
        Some(NumberOrText::Number(_)) | None => Ok(()),
    }
}

/// At most 100 texts of 1 to 50 characters.
pub(crate) fn texts(field: &str, given: &[String]) -> Result<()> {
    if given.len() > 100 {
        return Err(TradeError::bad(field, "不能超过100项"));
    }
    given.iter().enumerate().try_for_each(|(index, one)| text(&format!("{field}[{index}]"), one, 50))
}

/// A number within these bounds, themselves included.
pub(crate) fn within(field: &str, number: i64, least: i64, most: i64) -> Result<()> {
    if (least..=most).contains(&number) {
        Ok(())
    } else {
        Err(TradeError::bad(field, format!("应在{least}到{most}之间")))
    }
}

/// As [`within`], if there is a number.
pub(crate) fn optional_within(field: &str, number: Option<i64>, least: i64, most: i64) -> Result<()> {
    number.map_or(Ok(()), |number| within(field, number, least, most))
}

/// A day that exists, written `yyyy-MM-dd`, if there is one.
pub(crate) fn date(field: &str, text: Option<&str>) -> Result<()> {
    match text {
        Some(text) if !is_date(text) => Err(TradeError::bad(field, "应为yyyy-MM-dd格式的日期")),
        _ => Ok(()),
    }
}

/// Whether this is a day that exists, written `yyyy-MM-dd`.
pub(crate) fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == text)
}

/// An event's id: it becomes a key, and a header of pushes.
pub(crate) fn event_id(id: &str) -> Result<()> {
    let printable = id.bytes().all(|b| (b' '..=b'~').contains(&b));
    let sound = (1..=ID_LIMIT).contains(&id.len()) && printable && id.trim() == id;
    if sound { Ok(()) } else { Err(TradeError::bad("eventId", "应为1到100个可见ASCII字符")) }
}
