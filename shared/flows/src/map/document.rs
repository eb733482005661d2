//! From what an OA pushes, or a form that was approved there, to the fields of a document of the ERP.

mod corrected;

pub use corrected::{Wrong, correct, digest, put, wrong};

use super::value::field_value;
use super::{Problem, join, typed};
use serde_json::{Map, Value};
use std::borrow::Cow;
use tenon_model::config::{DocumentFlow, Field, FieldFormat, Lines, range};
use tenon_model::json::{self, number};
use tenon_model::oa::{FieldValue, InstanceField, ReadValue};
use tenon_platform::{Error, Result};

type Row = Map<String, Value>;

/// The fields of a document that was pushed. Without a mapping its names are the ERP's own, and only its rows are put
/// where the flow says.
///
/// # Errors
/// `flow.mapping`, with every problem and its place.
pub fn of_pushed(flow: &DocumentFlow, pushed: &Row) -> Result<Row> {
    if flow.form.maps() { mapped(flow, pushed) } else { passed_through(flow, pushed) }
}

/// The fields of a document that begins as a form.
///
/// # Errors
/// As [`of_pushed`].
pub fn of_form(flow: &DocumentFlow, fields: &[InstanceField]) -> Result<Row> {
    mapped(flow, &row_of(fields))
}

/// The same, of what [`row_of`] made of it.
///
/// # Errors
/// As [`of_pushed`].
pub fn of_row(flow: &DocumentFlow, row: &Row) -> Result<Row> {
    mapped(flow, row)
}

/// What a form says, as what is pushed would say it.
pub fn row_of(fields: &[InstanceField]) -> Row {
    let value = |field: &InstanceField| match &field.value {
        ReadValue::Text(text) => Value::from(text.as_str()),
        ReadValue::Table(rows) => rows.iter().map(|cells| Value::Object(row_of(cells))).collect(),
    };
    fields.iter().map(|field| (field.name.clone(), value(field))).collect()
}

fn passed_through(flow: &DocumentFlow, pushed: &Row) -> Result<Row> {
    let mut fields = pushed.clone();
    fields.remove(&flow.request);
    if flow.lines.is_empty() {
        fields.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
    } else {
        let from = if fields.contains_key(&flow.lines) { Some(flow.lines.clone()) } else { only_list(&fields) };
        let found = from.as_ref().and_then(|name| fields.remove(name));
        let rows = found.as_ref().and_then(rows).filter(|rows| !rows.is_empty());
        let from = from.unwrap_or_else(|| flow.lines.clone());
        match rows.ok_or_else(|| no_rows(&from)).and_then(|rows| objects(&from, &rows)) {
            Ok(rows) => fields.insert(flow.lines.clone(), Value::Array(rows)),
            Err(problem) => return Err(not_mapped(&[problem])),
        };
    }
    typed::tidy(&mut fields);
    Ok(fields)
}

/// The one list of objects there is, wherever the OA has its rows.
fn only_list(fields: &Row) -> Option<String> {
    let is_list = |value: &Value| rows(value).is_some_and(|rows| rows.first().is_some_and(Value::is_object));
    let mut lists = fields.iter().filter(|(_, value)| is_list(value)).map(|(name, _)| name);
    match (lists.next(), lists.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}

fn objects(from: &str, rows: &[Value]) -> std::result::Result<Vec<Value>, Problem> {
    match rows.iter().position(|row| !row.is_object()) {
        None => Ok(rows.to_vec()),
        Some(index) => Err(problem(format!("{from}[{index}]"), "is no row: a row is an object of fields")),
    }
}

/// Rows as a list, or as the JSON text of one.
fn rows(value: &Value) -> Option<Cow<'_, [Value]>> {
    match value {
        Value::Array(rows) => Some(Cow::Borrowed(rows)),
        Value::String(text) if text.trim_start().starts_with('[') => match json::from_str(text.trim()) {
            Ok(Value::Array(rows)) => Some(Cow::Owned(rows)),
            _ => None,
        },
        _ => None,
    }
}

fn mapped(flow: &DocumentFlow, source: &Row) -> Result<Row> {
    try_mapped(flow, source).map_err(|problems| not_mapped(&problems))
}

/// The same, with every problem by itself.
fn try_mapped(flow: &DocumentFlow, source: &Row) -> std::result::Result<Row, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut fields = Row::new();
    cells(source, &flow.form.fields, "", &mut fields, &mut problems);
    let mut empty = Vec::new();
    for table in &flow.form.lines {
        let rows = table_rows(source, table, &mut problems);
        if rows.is_empty() {
            empty.push(table);
        } else {
            fields.insert(flow.collection_of(table).to_owned(), Value::Array(rows));
        }
    }
    // The flow's own lines have rows, and so has one table at least.
    let needs = |table: &&&Lines| flow.collection_of(table) == flow.lines || empty.len() == flow.form.lines.len();
    if problems.is_empty() {
        problems.extend(empty.iter().find(needs).map(|table| no_rows(&table.from)));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    typed::tidy(&mut fields);
    Ok(fields)
}

/// The rows of a list, mapped. Rows in which nothing that is mapped is filled in are left out.
pub fn table_rows(source: &Row, table: &Lines, problems: &mut Vec<Problem>) -> Vec<Value> {
    let Some(found) = find(source, &table.from).filter(|found| !is_empty(found)) else { return Vec::new() };
    let Some(rows) = rows(found) else {
        problems.push(problem(table.from.clone(), "is not a table; check that the form's control is one"));
        return Vec::new();
    };
    let mut made = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let Some(row) = row.as_object() else {
            problems.push(problem(format!("{}[{index}]", table.from), "is no row: a row is an object of fields"));
            continue;
        };
        // Forms show an empty row where people are to begin.
        if table.fields.iter().all(|field| field.sources().iter().all(|name| find(row, name).is_none_or(is_empty))) {
            continue;
        }
        let mut fields = Row::new();
        cells(row, &table.fields, &format!("{}[{index}].", table.from), &mut fields, problems);
        made.push(Value::Object(fields));
    }
    made
}

/// A member by its name.
pub fn find<'r>(row: &'r Row, name: &str) -> Option<&'r Value> {
    row.get(name).or_else(|| row.iter().find(|(known, _)| range::same(known, name)).map(|(_, value)| value))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => matches!(text.trim(), "" | "null" | "[]"),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// The fields of a row, mapped.
pub fn cells(row: &Row, fields: &[Field], prefix: &str, into: &mut Row, problems: &mut Vec<Problem>) {
    for field in fields {
        match cell(row, field) {
            Ok(found) => into.extend(found),
            Err(message) => problems.push(Problem { path: format!("{prefix}{}", field.from), message }),
        }
    }
}

/// The ERP's fields that one field of the OA fills: one, the two of a range, none.
fn cell(row: &Row, field: &Field) -> std::result::Result<Vec<(String, Value)>, String> {
    if let Some((begin, end)) = range::pair(&field.to) {
        let text = find(row, &field.from).map(exact);
        let (first, last) = super::range::read(text.as_ref().and_then(|t| t.as_str()).unwrap_or_default(), field)?;
        let ends = [(begin, first), (end, last)];
        return Ok(ends.into_iter().filter_map(|(name, value)| Some((name, Value::from(value?)))).collect());
    }
    let value = find(row, &field.from).map_or(Cow::Owned(Value::Null), exact);
    let Some(value) = field_value(&value, field)? else { return Ok(Vec::new()) };
    Ok(vec![(field.to.clone(), written(value, field)?)])
}

/// A number as its text, of which nothing is rounded.
fn exact(value: &Value) -> Cow<'_, Value> {
    match number::text_of(value) {
        Some(text) => Cow::Owned(Value::from(text)),
        None => Cow::Borrowed(value),
    }
}

fn written(value: FieldValue, field: &Field) -> std::result::Result<Value, String> {
    let text = match value {
        FieldValue::Number(text) => return number_of(&text),
        FieldValue::DateTime(at) => at.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        FieldValue::Choices(texts) | FieldValue::People(texts) | FieldValue::Departments(texts) => texts.join(","),
        single => single.text().unwrap_or_default(),
    };
    match field.format {
        // A default stands as the configuration writes it.
        FieldFormat::Number | FieldFormat::Money => number_of(&text),
        _ => Ok(Value::from(text)),
    }
}

fn number_of(text: &str) -> std::result::Result<Value, String> {
    number::of_text(text.trim()).ok_or_else(|| format!("is {text:?}, which is not a number"))
}

fn problem(path: String, message: &str) -> Problem {
    Problem { path, message: message.to_owned() }
}

fn no_rows(table: &str) -> Problem {
    problem(table.to_owned(), "has no rows")
}

fn not_mapped(problems: &[Problem]) -> Error {
    Error::permanent("flow.mapping", join(problems))
}

#[cfg(test)]
mod tests;
