//! `GET /v1.0/workflow/forms/schemas/processCodes`: the controls of a form.

use super::DingTalk;
use super::{Call, errors};
use crate::reply::{self, Reply};
use crate::url;
use serde_json::{Value, json};

/// An app needs a permission for it that the rest does not need; one without it is refused.
pub(crate) fn describe(dingtalk: &mut DingTalk, call: &Call<'_>) -> Reply {
    let Some(code) = url::find(&call.query, "processCode") else {
        return errors::new_api(
            400,
            "MissingprocessCode",
            "processCode is mandatory for this action.",
            &mut dingtalk.ids,
        );
    };
    let Some(form) = dingtalk.options.forms.get(code) else {
        let (denied, text) =
            ("Forbidden.AccessDenied.AccessTokenPermissionDenied", "应用尚未开通所需的权限：[Workflow.Form.Read]");
        return errors::new_api(403, denied, text, &mut dingtalk.ids);
    };
    let control = |index: usize, label: &str, columns: &[String]| {
        let children: Vec<Value> =
            columns.iter().enumerate().map(|(at, column)| field(at, column, "TextField")).collect();
        if children.is_empty() {
            return field(index, label, if label.starts_with('[') { "DDDateRangeField" } else { "TextField" });
        }
        let mut table = field(index, label, "TableField");
        if let Some(table) = table.as_object_mut() {
            table.insert("children".to_owned(), Value::Array(children));
        }
        table
    };
    let items: Vec<Value> =
        form.iter().enumerate().map(|(index, (label, columns))| control(index, label, columns)).collect();
    let schema = json!({ "title": code, "items": items });
    reply::json(200, &json!({ "result": { "formCode": code, "status": "PUBLISHED", "schemaContent": schema } }))
}

fn field(index: usize, label: &str, component: &str) -> Value {
    let id = format!("{component}-{index}");
    json!({ "componentName": component, "props": { "id": id, "label": label, "required": false } })
}
