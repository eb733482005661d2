//! `GET /v1.0/workflow/forms/schemas/processCodes`: the controls of a form.

use super::DingTalk;
use super::options::{DingTalkControl, DingTalkForm};
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
    if let Some(form) = dingtalk.options.schemas.get(code) {
        return whole(code, form);
    }
    if !dingtalk.options.schemas.is_empty() && dingtalk.options.forms.is_empty() {
        return errors::new_api(400, "processCodeError", "流程code错误或模板不存在", &mut dingtalk.ids);
    }
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

/// A form with everything that is told of it.
fn whole(code: &str, form: &DingTalkForm) -> Reply {
    let mut items: Vec<Value> = form.controls.iter().map(shown).collect();
    if form.in_suite {
        let suite = json!({ "id": "DDBizSuite-1", "label": "套件", "bizType": "suite" });
        items = vec![json!({ "componentName": "DDBizSuite", "props": suite, "children": items })];
    }
    let schema = json!({ "title": form.title, "items": items });
    reply::json(
        200,
        &json!({ "result": { "formCode": code, "formUuid": "FORM-1", "name": form.title, "status": "PUBLISHED",
            "gmtModified": "2026-11-01T08:00Z", "schemaContent": schema } }),
    )
}

fn shown(control: &DingTalkControl) -> Value {
    let label = match control.labels.as_slice() {
        [one] => json!(one),
        several => json!(several),
    };
    let option = |(at, text): (usize, &String)| {
        if control.options_as_json {
            json!(json!({ "value": text, "key": format!("option_{at}") }).to_string())
        } else {
            json!(text)
        }
    };
    let mut props = json!({ "id": control.id, "label": label, "required": control.required });
    if let Some(props) = props.as_object_mut().filter(|_| !control.options.is_empty()) {
        props.insert("options".to_owned(), control.options.iter().enumerate().map(option).collect());
    }
    let mut item = json!({ "componentName": control.component, "props": props });
    if let Some(item) = item.as_object_mut().filter(|_| !control.children.is_empty()) {
        item.insert("children".to_owned(), control.children.iter().map(shown).collect());
    }
    item
}

fn field(index: usize, label: &str, component: &str) -> Value {
    let id = format!("{component}-{index}");
    json!({ "componentName": component, "props": { "id": id, "label": label, "required": false } })
}
