//! Tables and their rows.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A table of the cube.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CubeTable {
    /// Columns that must not be empty.
    pub mandatory: Vec<String>,
    /// Whether another row with the same text in this column is refused.
    pub unique: Option<String>,
    /// Interfaces that list its rows; none where the site has made none.
    pub lists: BTreeSet<String>,
    /// Whether listing heeds no condition.
    pub lists_all: bool,
}

impl CubeTable {
    /// A table with these mandatory columns, whose rows an interface of this name lists.
    #[must_use]
    pub fn new(mandatory: &[&str], list: &str) -> Self {
        let lists = (!list.is_empty()).then(|| list.to_owned()).into_iter().collect();
        Self { mandatory: mandatory.iter().map(|name| (*name).to_owned()).collect(), lists, ..Self::default() }
    }
}

/// What the cube holds.
#[derive(Default)]
pub(in crate::weaver) struct Cube {
    /// Rows by table, in the order of their making.
    pub rows: BTreeMap<String, Vec<Value>>,
    /// Bodies that arrived and proved themselves, with the interface.
    pub seen: Vec<(String, Value)>,
    last: u64,
}

impl Cube {
    /// Saves one record. Returns the row's id, or why not.
    pub fn save(&mut self, table: &str, shape: &CubeTable, record: &Value) -> Result<String, String> {
        let main = record["mainTable"].as_object().cloned().unwrap_or_default();
        let text = |name: &str| main.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if text_at(record, "/operationinfo/operator").is_empty() {
            return Err("operator不能为空".to_owned());
        }
        if let Some(name) = shape.mandatory.iter().find(|name| text(name).is_empty()) {
            return Err(format!("字段 {name} 不能为空"));
        }
        let id = text("id");
        let rows = self.rows.entry(table.to_owned()).or_default();
        let other = |row: &Value, column: &str| column_of(row, column) == text(column) && column_of(row, "id") != id;
        if let Some(column) = &shape.unique
            && rows.iter().any(|row| other(row, column))
        {
            return Err(format!("{column} 重复"));
        }
        let place = match rows.iter().position(|row| column_of(row, "id") == id) {
            Some(place) => place,
            None if !id.is_empty() => return Err(format!("数据 {id} 不存在")),
            None => {
                self.last += 1;
                rows.push(json!({ "mainTable": { "id": (500 + self.last).to_string() } }));
                rows.len() - 1
            }
        };
        let Some(row) = rows.get_mut(place) else { return Err("没有该数据".to_owned()) };
        if let Some(columns) = row["mainTable"].as_object_mut() {
            columns.extend(main.into_iter().filter(|(name, _)| name != "id"));
        }
        let details = record.as_object().into_iter().flatten().filter(|(name, _)| name.starts_with("detail"));
        for (name, details) in details {
            let shown = row.as_object_mut().map(|row| row.entry(name.clone()).or_insert_with(|| json!([])));
            if let Some(shown) = shown.and_then(Value::as_array_mut) {
                save_details(&mut self.last, shown, details);
            }
        }
        Ok(column_of(row, "id").to_owned())
    }

    /// Rows that fit the conditions as the OA takes them: a part of the text is enough.
    pub fn found(&self, table: &str, shape: &CubeTable, wanted: &Value) -> Vec<Value> {
        let wanted = wanted.as_object().cloned().unwrap_or_default();
        let fits = |row: &&Value| {
            let shown = |column: &String| column_of(row, column);
            let part = |(column, text): (&String, &Value)| shown(column).contains(text.as_str().unwrap_or_default());
            shape.lists_all || wanted.iter().all(part)
        };
        self.rows.get(table).into_iter().flatten().filter(fits).cloned().collect()
    }
}

/// The text at a place of a document; empty where there is none.
pub(super) fn text_at<'v>(value: &'v Value, place: &str) -> &'v str {
    value.pointer(place).and_then(Value::as_str).unwrap_or_default()
}

fn column_of<'v>(row: &'v Value, column: &str) -> &'v str {
    row.get("mainTable").and_then(|main| main.get(column)).and_then(Value::as_str).unwrap_or_default()
}

fn save_details(last: &mut u64, shown: &mut Vec<Value>, details: &Value) {
    for detail in details.as_array().into_iter().flatten() {
        let data = detail["data"].as_object().cloned().unwrap_or_default();
        let id = data.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let known = shown.iter_mut().find(|row| !id.is_empty() && row["id"] == id.as_str());
        if text_at(detail, "/operate/action") == "Delete" {
            shown.retain(|row| row["id"] != id.as_str());
        } else if let Some(row) = known.and_then(Value::as_object_mut) {
            row.extend(data);
        } else {
            *last += 1;
            let mut row: Map<String, Value> = data;
            row.insert("id".to_owned(), json!((500 + *last).to_string()));
            shown.push(Value::Object(row));
        }
    }
}
