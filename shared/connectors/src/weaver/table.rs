//! The fields of a workflow's form, and its detail tables.

use super::{Request, Weaver, error};
use crate::base::Effect;
use http::Method;
use serde_json::Value;
use tenon_model::oa::{Control, FieldKind};
use tenon_model::schema::{FormControl, FormSchema};
use tenon_platform::error::{Error, Result};

const PATH: &str = "/api/workflow/paService/getCreateWorkflowRequestInfo";

impl Weaver<'_> {
    /// A workflow's form as it is filled in by hand.
    async fn blank(&self, workflow: &str) -> Result<Value> {
        let request = Request {
            effect: Effect::Read,
            method: Method::GET,
            path: PATH,
            user: &self.connection.read_as,
            fields: vec![("workflowId", workflow.to_owned())],
        };
        self.send(&request).await
    }

    /// The name of the one detail table that a workflow has.
    ///
    /// # Errors
    /// `weaver.table` when it has none, or several.
    pub(super) async fn only_table(&self, workflow: &str) -> Result<String> {
        let tables: Vec<String> = tables(&self.blank(workflow).await?).into_iter().map(|(name, _)| name).collect();
        let why = match tables.as_slice() {
            [one] => return Ok(one.clone()),
            [] => format!("workflow {workflow} shows no detail table for the rows"),
            several => format!("workflow {workflow} has several detail tables: {}", several.join(", ")),
        };
        Err(Error::permanent("weaver.table", format!("{why}; name the one that is meant in form.lines.to")))
    }

    /// A workflow's form: the fields of its main table, and its detail tables with their columns.
    pub(super) async fn schema(&self, workflow: &str) -> Result<FormSchema> {
        let blank = self.blank(workflow).await?;
        let data = data(&blank);
        let title = ["workflowName", "requestName"].into_iter().find_map(|name| data.get(name).and_then(error::text));
        let named = data.pointer("/workflowBaseInfo/workflowName").and_then(error::text);
        let main = data.get("workflowMainTableInfo").map(|main| described(records(main))).unwrap_or_default();
        let tables = data.get("workflowDetailTableInfos").and_then(Value::as_array);
        let table = |table: &Value| {
            let name = table.get("tableDBName").and_then(error::text).filter(|name| !name.is_empty())?;
            let label = table.get("tableTitle").and_then(error::text).filter(|label| !label.is_empty());
            Some(FormControl {
                id: name.clone(),
                label: label.unwrap_or_else(|| name.clone()),
                name,
                word: "table".to_owned(),
                kind: FieldKind::Table,
                columns: described(records(table)),
                ..FormControl::default()
            })
        };
        let tables = tables.into_iter().flatten().filter_map(table);
        Ok(FormSchema {
            title: named.or(title).unwrap_or_default(),
            controls: main.into_iter().chain(tables).collect(),
        })
    }

    /// The same by names alone.
    pub(super) async fn controls(&self, workflow: &str) -> Result<Vec<Control>> {
        Ok(self.schema(workflow).await?.controls.into_iter().map(plain).collect())
    }
}

fn plain(control: FormControl) -> Control {
    Control {
        id: control.id,
        name: control.name,
        // What it says of the others is a number of each site's own form, and what it says of filling in is not what its
        // own pages hold to.
        kind: if control.kind == FieldKind::Table { FieldKind::Table } else { FieldKind::Unknown },
        required: false,
        columns: control.columns.into_iter().map(plain).collect(),
    }
}

/// Each field of these records once.
fn described(records: &[Value]) -> Vec<FormControl> {
    let mut all: Vec<FormControl> = Vec::new();
    for field in records.iter().flat_map(fields) {
        let own = |name: &str| field.get(name).and_then(error::text).filter(|text| !text.is_empty());
        let Some(name) = own("fieldName").filter(|name| !all.iter().any(|known| known.name == *name)) else { continue };
        let html = own("fieldHtmlType").unwrap_or_default();
        let of = own("fieldType").unwrap_or_default();
        let kind = kind_of(&html, &of);
        let word = if html.is_empty() { String::new() } else { format!("{html}/{of}") };
        let options = if kind == FieldKind::Choice { options(field) } else { Vec::new() };
        all.push(FormControl {
            // It has a number too, which a copy of the form has anew.
            id: name.clone(),
            label: own("fieldShowName").unwrap_or_else(|| name.clone()),
            name,
            word,
            kind,
            required: own("isMand").is_some_and(|word| matches!(word.as_str(), "1" | "true")),
            options,
            longest: own("fieldDBType").as_deref().and_then(longest),
            ..FormControl::default()
        });
    }
    all
}

/// What may be written to a select: its values, and not what people see of them. A list, or a text with commas.
fn options(field: &Value) -> Vec<String> {
    match field.get("selectvalues") {
        Some(Value::Array(all)) => all.iter().filter_map(error::text).collect(),
        Some(Value::String(all)) => {
            all.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// What its numbers mean: 1 a line of text, 2 an area, 3 a browser, 4 a check, 5 a select, 6 files; of text 2 to 5 are
/// numbers, and of browsers 2 is a day, 19 a time, 1 and 17 people, 4 and 57 departments. A build may not say.
fn kind_of(html: &str, of: &str) -> FieldKind {
    match (html, of) {
        ("", _) => FieldKind::Unknown,
        ("1", "2" | "3") => FieldKind::Number,
        ("1", "4" | "5") => FieldKind::Money,
        ("1" | "2", _) => FieldKind::Text,
        ("3", "2") => FieldKind::Date,
        ("3", "1" | "17") => FieldKind::People,
        ("3", "4" | "57") => FieldKind::Departments,
        ("3", "16" | "152") => FieldKind::Instances,
        ("5", _) => FieldKind::Choice,
        ("6", _) => FieldKind::Files,
        _ => FieldKind::Other,
    }
}

/// `varchar2(200)`.
fn longest(of: &str) -> Option<u32> {
    let (word, rest) = of.split_once('(')?;
    let is_text = word.to_ascii_lowercase().contains("char");
    rest.split([')', ',']).next()?.trim().parse().ok().filter(|_| is_text)
}

fn data(body: &Value) -> &Value {
    body.get("data").unwrap_or(body)
}

/// Detail tables with their columns.
fn tables(body: &Value) -> Vec<(String, Vec<String>)> {
    let all = data(body).get("workflowDetailTableInfos").and_then(Value::as_array);
    let named = |table: &Value| {
        let name = table.get("tableDBName").and_then(error::text).filter(|name| !name.is_empty())?;
        Some((name, names(records(table))))
    };
    all.into_iter().flatten().filter_map(named).collect()
}

/// The records of a table; the two calls that show them name them differently.
pub(super) fn records(table: &Value) -> &[Value] {
    let found =
        ["requestRecords", "workflowRequestTableRecords"].into_iter().find_map(|name| table.get(name)?.as_array());
    found.map(Vec::as_slice).unwrap_or_default()
}

/// The fields of a record.
pub(super) fn fields(record: &Value) -> &[Value] {
    record.get("workflowRequestTableFields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn names(records: &[Value]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in records.iter().flat_map(fields).filter_map(|field| field.get("fieldName").and_then(error::text)) {
        if !name.is_empty() && !all.contains(&name) {
            all.push(name);
        }
    }
    all
}
