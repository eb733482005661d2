//! The fields of a workflow's form, and its detail tables.

use super::{Request, Weaver, error};
use crate::base::Effect;
use http::Method;
use serde_json::Value;
use tenon_model::oa::{Control, FieldKind};
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

    /// The fields of a workflow's form; of a table its columns.
    pub(super) async fn controls(&self, workflow: &str) -> Result<Vec<Control>> {
        let blank = self.blank(workflow).await?;
        let data = data(&blank);
        let main = data.get("workflowMainTableInfo").map(|main| names(records(main))).unwrap_or_default();
        let one = |name: String| Control {
            id: name.clone(),
            name,
            kind: FieldKind::Unknown,
            // What it says of that is not what its own pages hold to.
            required: false,
            columns: Vec::new(),
        };
        let mut controls: Vec<Control> = main.into_iter().map(one).collect();
        controls.extend(tables(&blank).into_iter().map(|(name, columns)| Control {
            id: name.clone(),
            required: false,
            name,
            kind: FieldKind::Table,
            columns: columns.into_iter().map(one).collect(),
        }));
        Ok(controls)
    }
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
