//! A form's controls, as DingTalk describes the form.

use super::{Api, Dingtalk, Request};
use crate::base::encode::percent;
use http::Method;
use serde_json::Value;
use tenon_platform::error::Result;

const PATH: &str = "/v1.0/workflow/forms/schemas/processCodes";

/// One control of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Control {
    /// Its label, which names it when it is filled in; of a range both labels, as JSON text.
    pub label: String,
    /// `TextField`, `TableField`, `DDDateRangeField`, …
    pub component: String,
    /// Whether it must be filled in.
    pub required: bool,
    /// The controls of a table's row.
    pub columns: Vec<Control>,
}

impl Dingtalk<'_> {
    /// The controls of a form. Needs the permission `Workflow.Form.Read`, which the rest does not.
    pub(super) async fn schema(&self, process_code: &str) -> Result<Vec<Control>> {
        let query = format!("processCode={}", percent(process_code));
        let request = Request { api: Api::New, method: Method::GET, path: PATH, query, body: None, creates: false };
        let answer = self.send(&request).await?;
        let items = answer.pointer("/result/schemaContent/items").unwrap_or(&Value::Null);
        Ok(controls(items))
    }
}

fn controls(items: &Value) -> Vec<Control> {
    let mut found = Vec::new();
    for item in items.as_array().into_iter().flatten() {
        let children = controls(item.get("children").unwrap_or(&Value::Null));
        let component = item.get("componentName").and_then(Value::as_str).unwrap_or_default();
        let required = item.pointer("/props/required").and_then(Value::as_bool).unwrap_or_default();
        match item.pointer("/props/label") {
            // A suite is a frame around controls, which are filled in as if it were not there.
            _ if component.ends_with("Suite") => found.extend(children),
            Some(Value::String(label)) => {
                found.push(Control {
                    label: label.clone(),
                    component: component.to_owned(),
                    required,
                    columns: children,
                });
            }
            Some(labels @ Value::Array(_)) => {
                let label = labels.to_string();
                found.push(Control { label, component: component.to_owned(), required, columns: children });
            }
            _ => found.extend(children),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn suites_are_looked_into_and_tables_have_columns() {
        let text = |label: &str| json!({"componentName": "TextField", "props": {"id": "x", "label": label}});
        let items = json!([
            text("申请人"),
            {"componentName": "DDDateRangeField", "props": {"label": ["开始时间", "结束时间"]}},
            {"componentName": "DDBizSuite", "props": {"label": "套件"}, "children": [
                {"componentName": "TableField", "props": {"label": "物料明细"}, "children": [text("品号"), text("数量")]}
            ]}
        ]);
        let found = controls(&items);
        let labels: Vec<&str> = found.iter().map(|c| c.label.as_str()).collect();
        assert_eq!(labels, ["申请人", r#"["开始时间","结束时间"]"#, "物料明细"]);
        assert_eq!(found[2].columns.iter().map(|c| c.label.as_str()).collect::<Vec<_>>(), ["品号", "数量"]);
    }
}
