//! What people were shown: the mapped values of the document that a form was made from, as a fingerprint on
//! the link and, beside it, as a record that can tell afterwards what has changed.

use crate::map::decimal_text;
use crate::source::Document;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;
use tenon_crypto::digest::sha256_hex;
use tenon_model::config::{ApprovalFlow, Field, Marks};
use tenon_model::link::Link;
use tenon_model::one_or_several::one_or_several;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_platform::runs::redact;
use tenon_platform::table::{Expect, Key, Write};
use tenon_platform::{Context, Result};

/// How long the record is kept, in seconds; the fingerprint stays with the link.
const KEEP_S: i64 = 400 * 86_400;
/// Characters kept of one value.
const VALUE_LIMIT: usize = 120;
/// Bytes kept of all values; beyond it a change is still found, and told without the old value.
const VALUES_LIMIT: usize = 100 * 1024;
/// Hex digits that tell one value from another.
const HASH: usize = 12;
/// B1 moves these whenever anything is written, our marks included.
const MOVING: [&str; 2] = ["UpdateDate", "UpdateTime"];

/// The mapped values of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    header: BTreeMap<String, Value>,
    lines: Vec<Lines<Value>>,
}

/// The mapped columns of a document's lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Lines<T> {
    from: String,
    columns: Vec<String>,
    rows: Vec<Vec<T>>,
}

/// A value as it is kept: what tells it from another, and its text, redacted and cut. Empty for no value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Cell(String);

impl Cell {
    fn hash(&self) -> &str {
        self.0.get(..HASH).unwrap_or_default()
    }

    fn text(&self) -> &str {
        self.0.get(HASH..).unwrap_or_default()
    }
}

/// What is kept of a form's origin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The attempt it belongs to.
    attempt: u32,
    header: BTreeMap<String, Cell>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_several")]
    lines: Vec<Lines<Cell>>,
    /// What each control was given, to recognise an instance by.
    #[serde(default)]
    pub controls: BTreeMap<String, String>,
}

/// One value that is not what was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `DocTotal`, `DocumentLines[2].Quantity`.
    pub field: String,
    /// What was shown.
    pub old: String,
    /// What it is.
    pub new: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.old.is_empty() && self.new.is_empty() {
            return f.write_str(&self.field);
        }
        let shown = |text: &str| if text.is_empty() { "(empty)".to_owned() } else { text.to_owned() };
        write!(f, "{}: {} → {}", self.field, shown(&self.old), shown(&self.new))
    }
}

/// The first few changes as one sentence.
pub fn describe(changes: &[Change]) -> String {
    const FEW: usize = 5;
    let mut text = changes.iter().take(FEW).map(ToString::to_string).collect::<Vec<_>>().join("; ");
    if changes.len() > FEW {
        text.push_str(&format!("; and {} more, see the steps", changes.len() - FEW));
    }
    text
}

/// The values of a document that its form is made of, without the fields that Tenon itself writes.
pub fn values(flow: &ApprovalFlow, document: &Document) -> Values {
    let form = &flow.form;
    let watched_by_name = |name: &str| flow.watch.iter().flatten().any(|w| w.trim() == name);
    let originator = form.originator_user.is_none().then(|| form.originator.clone());
    let submitter = originator.into_iter().chain(form.department.clone());
    let header: Vec<String> = form
        .fields
        .iter()
        .flat_map(Field::sources)
        .chain(submitter)
        .filter(|name| !is_own(&flow.marks, name) && (!MOVING.contains(&name.as_str()) || watched_by_name(name)))
        .collect();
    let tables = form.lines.iter().map(|l| (l.from.as_str(), l.fields.iter().flat_map(Field::sources).collect()));
    take(document, header.iter().map(String::as_str), tables)
}

fn is_own(marks: &Marks, name: &str) -> bool {
    let optional = [&marks.approver, &marks.decided_at, &marks.comments];
    name == marks.synced
        || name == marks.instance.name()
        || name == marks.result
        || optional.into_iter().flatten().any(|own| own == name)
}

/// The values of these header fields, and of these columns of each collection.
fn take<'a>(
    document: &Document,
    header: impl Iterator<Item = &'a str>,
    tables: impl Iterator<Item = (&'a str, Vec<String>)>,
) -> Values {
    let header = header.filter_map(|name| Some((name.to_owned(), document.header(name)?.clone()))).collect();
    let lines = tables.map(|(from, columns)| {
        let rows = document.fields.get(from).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let cell = |row: &Value, name: &str| row.get(name).cloned().unwrap_or(Value::Null);
        Lines {
            from: from.to_owned(),
            rows: rows.iter().map(|row| columns.iter().map(|name| cell(row, name)).collect()).collect(),
            columns,
        }
    });
    Values { header, lines: lines.collect() }
}

/// A value brought to the form in which equal ones are equal: `55.0` is `55`, and empty is absent.
fn canonical(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => decimal_text(&number.to_string(), None).unwrap_or_else(|_| number.to_string()),
        other => other.to_string(),
    }
}

/// Whether a field counts. A table's name stands for all of its columns.
fn watched(watch: Option<&[String]>, table: Option<&str>, name: &str) -> bool {
    let Some(watch) = watch else { return true };
    watch.iter().map(|w| w.trim()).any(|w| match table {
        None => w == name,
        Some(table) => w == table || w.strip_prefix(table).and_then(|rest| rest.strip_prefix('.')) == Some(name),
    })
}

/// SHA-256 over the values that count.
pub fn fingerprint(values: &Values, watch: Option<&[String]>) -> String {
    let header: Vec<(&str, String)> = values
        .header
        .iter()
        .filter(|(name, _)| watched(watch, None, name))
        .map(|(name, value)| (name.as_str(), canonical(value)))
        .collect();
    let table = |lines: &Lines<Value>| {
        let counts: Vec<bool> = lines.columns.iter().map(|name| watched(watch, Some(&lines.from), name)).collect();
        let row = |row: &Vec<Value>| {
            row.iter().zip(&counts).filter(|(_, counts)| **counts).map(|(value, _)| canonical(value)).collect()
        };
        let rows: Vec<Vec<String>> = lines.rows.iter().map(row).collect();
        if counts.contains(&true) { json!([lines.from, lines.columns, rows]) } else { Value::Null }
    };
    let mut all = vec![json!(header)];
    all.extend(values.lines.iter().map(table));
    if values.lines.is_empty() {
        all.push(Value::Null);
    }
    sha256_hex(Value::Array(all).to_string().as_bytes())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(VALUE_LIMIT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The text of a value as a run may show it.
fn display(name: &str, value: &Value) -> String {
    let mut kept = redact(Value::Object(Map::from_iter([(name.to_owned(), value.clone())])));
    match kept.get_mut(name).map(Value::take) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => shortened(text.trim()),
        Some(other) => shortened(&other.to_string()),
    }
}

fn hash(value: &Value) -> String {
    let text = canonical(value);
    if text.is_empty() {
        return String::new();
    }
    sha256_hex(text.as_bytes()).get(..HASH).unwrap_or_default().to_owned()
}

/// What is to be kept of these values.
pub fn record(attempt: u32, values: &Values, controls: BTreeMap<String, String>) -> Record {
    let mut left = VALUES_LIMIT;
    let mut keep = |name: &str, value: &Value| {
        let hash = hash(value);
        if hash.is_empty() {
            return Cell::default();
        }
        let text = display(name, value);
        match left.checked_sub(text.len()) {
            Some(rest) => {
                left = rest;
                Cell(format!("{hash}{text}"))
            }
            None => Cell(hash),
        }
    };
    let header = values.header.iter().map(|(name, value)| (name.clone(), keep(name, value))).collect();
    let lines = values.lines.iter().map(|lines| Lines {
        from: lines.from.clone(),
        columns: lines.columns.clone(),
        rows: lines
            .rows
            .iter()
            .map(|row| lines.columns.iter().zip(row).map(|(name, value)| keep(name, value)).collect())
            .collect(),
    });
    Record { attempt, header, lines: lines.collect(), controls }
}

impl Record {
    /// What is otherwise now, of the fields that count.
    fn changes(&self, document: &Document, watch: Option<&[String]>) -> Vec<Change> {
        let tables = self.lines.iter().map(|l| (l.from.as_str(), l.columns.clone()));
        let now = take(document, self.header.keys().map(String::as_str), tables);
        let mut changes = Vec::new();
        let mut compare = |field: String, name: &str, old: &Cell, new: &Value| {
            if old.hash() != hash(new) {
                let unkept = !old.hash().is_empty() && old.text().is_empty();
                let old = if unkept { "(not kept)".to_owned() } else { old.text().to_owned() };
                changes.push(Change { field, old, new: display(name, new) });
            }
        };
        for (name, old) in self.header.iter().filter(|(name, _)| watched(watch, None, name)) {
            compare(name.clone(), name, old, now.header.get(name).unwrap_or(&Value::Null));
        }
        for (then, now) in self.lines.iter().zip(&now.lines) {
            let (none_then, none_now) = (Vec::new(), Vec::new());
            for row in 0..then.rows.len().max(now.rows.len()) {
                let old = then.rows.get(row).unwrap_or(&none_then);
                let new = now.rows.get(row).unwrap_or(&none_now);
                for (place, name) in then.columns.iter().enumerate() {
                    if watched(watch, Some(&then.from), name) {
                        let field = format!("{}[{row}].{name}", then.from);
                        let (empty, null) = (Cell::default(), Value::Null);
                        compare(field, name, old.get(place).unwrap_or(&empty), new.get(place).unwrap_or(&null));
                    }
                }
            }
        }
        changes
    }
}

fn key(tenant: &TenantId, flow: &FlowId, document: &DocumentKey) -> Key {
    Key::new(tenant, "SHOWN", &[flow.as_str()], document.sort_key())
}

/// The write that keeps a record, to be made together with the link's.
pub fn write(ctx: &Context, tenant: &TenantId, link: &Link, record: &Record) -> Result<Write> {
    let write = Write::put(key(tenant, &link.flow, &link.key), record, Expect::Anything)?;
    Ok(write.expiring(Some(ctx.now_ms() / 1000 + KEEP_S)))
}

/// The record of a link's attempt.
pub async fn load(ctx: &Context, tenant: &TenantId, link: &Link) -> Result<Option<Record>> {
    let stored = ctx.table.get::<Record>(&key(tenant, &link.flow, &link.key)).await?;
    Ok(stored.map(|s| s.data).filter(|record| record.attempt == link.attempt))
}

/// What of a document is not what its form was made from. Links from before this was kept have nothing to
/// compare with.
pub async fn changes(
    ctx: &Context,
    tenant: &TenantId,
    flow: &ApprovalFlow,
    link: &Link,
    document: &Document,
) -> Result<Vec<Change>> {
    let Some(shown) = &link.shown else { return Ok(Vec::new()) };
    let change = |text: &String| Change { field: text.clone(), old: String::new(), new: String::new() };
    let mut changes: Vec<Change> = shown.differs.iter().map(change).collect();
    if fingerprint(&values(flow, document), None) == shown.fingerprint {
        return Ok(changes);
    }
    match load(ctx, tenant, link).await? {
        Some(record) => changes.extend(record.changes(document, flow.watch.as_deref())),
        None => changes.push(Change {
            field: "the document".to_owned(),
            old: "(not kept)".to_owned(),
            new: "otherwise".to_owned(),
        }),
    }
    Ok(changes)
}

/// The fingerprint by which a document that was found changed is known again.
pub fn found(flow: &ApprovalFlow, document: &Document) -> String {
    fingerprint(&values(flow, document), flow.watch.as_deref())
}

#[cfg(test)]
mod tests;
