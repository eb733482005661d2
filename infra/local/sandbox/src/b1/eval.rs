//! The evaluator of simple queries over drafts and documents.

use super::B1;
use super::entities::Row;
use super::errors::{B1Error, Result};
use super::schema::object_number;
use super::sql::SqlCall;
use super::target::split_outside_quotes;
use serde_json::Value;
use std::cmp::Ordering;

/// Header table, line table, entity set.
const TABLES: [(&str, &str, &str); 5] = [
    ("ODRF", "DRF1", "Drafts"),
    ("OPRQ", "PRQ1", "PurchaseRequests"),
    ("OPQT", "PQT1", "PurchaseQuotations"),
    ("OPOR", "POR1", "PurchaseOrders"),
    ("ORDR", "RDR1", "Orders"),
];

/// Columns whose property has another name.
const COLUMNS: [(&str, &str); 12] = [
    ("DSCRIPTION", "ItemDescription"),
    ("REQNAME", "RequesterName"),
    ("REQDATE", "RequriedDate"),
    ("OBJTYPE", "DocObjectCode"),
    ("DOCSTATUS", "DocumentStatus"),
    ("CANCELED", "Cancelled"),
    ("WHSCODE", "WarehouseCode"),
    ("UNITMSR", "MeasureUnit"),
    ("DOCCUR", "DocCurrency"),
    ("SLPCODE", "SalesPersonCode"),
    ("CREATEDATE", "CreationDate"),
    ("OCRCODE", "CostingCode"),
];

/// Runs a text.
pub(super) fn evaluate(b1: &B1, call: &SqlCall) -> Result<Vec<Value>> {
    let text = call.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = text.to_ascii_lowercase();
    let from = lower.find(" from ").ok_or_else(|| syntax("from is missing"))?;
    let selected = text.get("select".len()..from).unwrap_or("");
    let after = text.get(from + " from ".len()..).unwrap_or("");
    let after_lower = after.to_ascii_lowercase();
    let order = after_lower.find(" order by ").unwrap_or(after.len());
    let where_at = after_lower.find(" where ").unwrap_or(order);
    let tables = after.get(..where_at).unwrap_or("");
    let condition = after.get(where_at..order).unwrap_or("").trim_start();
    let condition = condition.get("where".len()..).unwrap_or("");
    let order = after.get(order..).and_then(|o| o.get(" order by ".len()..)).unwrap_or("");

    let words: Vec<String> = tables.split(|c: char| !c.is_alphanumeric()).map(str::to_uppercase).collect();
    let has = |name: &str| words.iter().any(|w| w == name);
    let (_, lines, set) = TABLES.iter().find(|(header, lines, _)| has(header) || has(lines)).ok_or_else(|| {
        B1Error::new(400, 702, "The sandbox evaluates ODRF, OPRQ, OPQT, OPOR and ORDR with their lines only")
    })?;
    let columns = columns(selected)?;
    let tests = conditions(condition, call)?;
    let mut rows = Vec::new();
    for stored in b1.set(set)?.rows.values() {
        for row in if has(lines) { with_lines(&stored.row) } else { vec![stored.row.clone()] } {
            if tests.iter().all(|t| t.passes(&row)) {
                rows.push(row);
            }
        }
    }
    sort(&mut rows, order);
    Ok(rows.iter().map(|row| Value::Object(project(row, &columns))).collect())
}

/// Orders by `a, b desc`.
fn sort(rows: &mut [Row], order: &str) {
    let by: Vec<(String, bool)> = order
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| match part.trim().rsplit_once(' ') {
            Some((column, way)) => (column_name(column), way.eq_ignore_ascii_case("desc")),
            None => (column_name(part), false),
        })
        .collect();
    rows.sort_by(|a, b| {
        let compared = by.iter().map(|(column, descending)| {
            let ordering = compare(&plain(value(a, column)), &plain(value(b, column)));
            if *descending { ordering.reverse() } else { ordering }
        });
        compared.into_iter().find(|o| *o != Ordering::Equal).unwrap_or(Ordering::Equal)
    });
}

fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// Numbers by value, other texts by their characters.
fn compare(a: &str, b: &str) -> Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        _ => a.cmp(b),
    }
}

fn syntax(what: &str) -> B1Error {
    B1Error::new(400, 701, format!("Invalid SQL syntax: {what}"))
}

/// A header row once for each of its lines, the line's values over the header's.
fn with_lines(header: &Row) -> Vec<Row> {
    let lines = header.get("DocumentLines").and_then(Value::as_array).into_iter().flatten();
    lines.filter_map(Value::as_object).map(|line| header.clone().into_iter().chain(line.clone()).collect()).collect()
}

/// Column and the name it is shown under; `*` is every scalar.
type Column = (String, String);

fn columns(selected: &str) -> Result<Vec<Column>> {
    let column = |item: &str| {
        let item = item.trim();
        let lower = item.to_ascii_lowercase();
        let (expression, alias) = match lower.find(" as ") {
            Some(at) => (item.get(..at).unwrap_or(""), item.get(at + 4..).map(bare)),
            None => match item.rsplit_once(' ') {
                Some((expression, alias)) => (expression, Some(bare(alias))),
                None => (item, None),
            },
        };
        let name = column_name(expression);
        if name.is_empty() {
            return Err(syntax("an empty column"));
        }
        let alias = alias.unwrap_or_else(|| name.clone());
        Ok((name, alias))
    };
    split_outside_quotes(selected.trim(), ',').into_iter().map(column).collect()
}

/// `T0."DocEntry"` → `DocEntry`.
fn column_name(expression: &str) -> String {
    let expression = expression.trim();
    bare(expression.rsplit_once('.').map_or(expression, |(_, name)| name))
}

fn bare(text: &str) -> String {
    text.trim().trim_matches(['"', '\'', '[', ']', '`']).to_owned()
}

/// The value of a column, whatever its letter case.
fn value<'a>(row: &'a Row, column: &str) -> Option<&'a Value> {
    let upper = column.to_ascii_uppercase();
    let name = COLUMNS.iter().find(|(c, _)| *c == upper).map_or(column, |(_, property)| property);
    row.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
}

fn project(row: &Row, columns: &[Column]) -> Row {
    let mut out = Row::new();
    for (column, alias) in columns {
        if column == "*" {
            out.extend(
                row.iter().filter(|(_, v)| !v.is_array() && !v.is_object()).map(|(n, v)| (n.clone(), v.clone())),
            );
        } else {
            out.insert(alias.clone(), value(row, column).cloned().unwrap_or(Value::Null));
        }
    }
    out
}

/// `column = value`, `column <> value`, `column > value` and so on, with what stands for null.
struct Test {
    column: String,
    when_null: Option<String>,
    operator: &'static str,
    wanted: String,
}

impl Test {
    fn passes(&self, row: &Row) -> bool {
        let found = match value(row, &self.column) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Null) | None => self.when_null.clone(),
            Some(other) => Some(other.to_string()),
        };
        found.is_some_and(|f| {
            let status = |t: &str| match t {
                "O" => "bost_Open".to_owned(),
                "C" => "bost_Close".to_owned(),
                _ => object_number(t).to_owned(),
            };
            let ordering = compare(&f, &self.wanted);
            match self.operator {
                "=" => status(&f) == status(&self.wanted),
                ">" => ordering == Ordering::Greater,
                "<" => ordering == Ordering::Less,
                ">=" => ordering != Ordering::Less,
                "<=" => ordering != Ordering::Greater,
                _ => status(&f) != status(&self.wanted),
            }
        })
    }
}

/// The longer ones first, so that none is taken for a part of another.
const OPERATORS: [&str; 7] = ["<>", "!=", ">=", "<=", "=", ">", "<"];

fn conditions(text: &str, call: &SqlCall) -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for term in split_and(text) {
        let parts = OPERATORS.iter().find_map(|o| term.split_once(o).map(|(l, r)| (l, *o, r)));
        let (left, operator, right) =
            parts.ok_or_else(|| syntax(&format!("the sandbox knows comparisons only, not: {term}")))?;
        let (column, when_null) = match left.trim().to_ascii_lowercase() {
            l if l.starts_with("isnull(") || l.starts_with("ifnull(") => {
                let inside = left.trim().get("isnull(".len()..).unwrap_or("").trim_end_matches(')');
                let (column, other) = inside.split_once(',').ok_or_else(|| syntax(term))?;
                (column_name(column), Some(bare(other)))
            }
            _ => (column_name(left), None),
        };
        let right = right.trim();
        let wanted = match right.strip_prefix(':') {
            Some(name) => call
                .parameters
                .get(name)
                .cloned()
                .ok_or_else(|| B1Error::new(400, 704, format!("Parameter '{name}' is missing")))?,
            None => bare(right),
        };
        tests.push(Test { column, when_null, operator, wanted });
    }
    Ok(tests)
}

fn split_and(text: &str) -> Vec<&str> {
    let lower = text.to_ascii_lowercase();
    let mut terms = Vec::new();
    let mut start = 0;
    for (at, word) in lower.match_indices(" and ") {
        terms.extend(text.get(start..at));
        start = at + word.len();
    }
    terms.extend(text.get(start..));
    terms.into_iter().map(str::trim).filter(|t| !t.is_empty()).collect()
}
