//! A form's controls, as DingTalk describes the form.

use super::{Api, Dingtalk, Request, form};
use crate::base::encode::percent;
use http::Method;
use serde_json::Value;
use tenon_model::schema::{FormControl, FormSchema};
use tenon_platform::error::Result;

const PATH: &str = "/v1.0/workflow/forms/schemas/processCodes";

/// Controls that nobody fills in: words on the form, what DingTalk computes, and what is a system of its own.
const NOT_FILLED_IN: [&str; 6] =
    ["TextNote", "CalculateField", "DDHolidayField", "FormulaField", "SeqNumberField", "SignatureField"];

impl Dingtalk<'_> {
    /// A form. Needs the permission `Workflow.Form.Read`, which the rest does not.
    pub(super) async fn schema(&self, process_code: &str) -> Result<FormSchema> {
        let query = format!("processCode={}", percent(process_code));
        let request = Request { api: Api::New, method: Method::GET, path: PATH, query, body: None, creates: false };
        let answer = self.send(&request).await?;
        let content = answer.pointer("/result/schemaContent").unwrap_or(&Value::Null);
        let text = |at: Option<&Value>| at.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let title = text(content.get("title")).or_else(|| text(answer.pointer("/result/name"))).unwrap_or_default();
        Ok(FormSchema { title, controls: controls(content.get("items").unwrap_or(&Value::Null)) })
    }
}

fn controls(items: &Value) -> Vec<FormControl> {
    let mut found = Vec::new();
    for item in items.as_array().into_iter().flatten() {
        let children = controls(item.get("children").unwrap_or(&Value::Null));
        let component = item.get("componentName").and_then(Value::as_str).unwrap_or_default();
        match item.pointer("/props/label") {
            // A suite is a frame around controls, which are filled in as if it were not there.
            _ if component.ends_with("Suite") => found.extend(children),
            Some(Value::String(label)) => found.push(control(item, component, label.clone(), children)),
            Some(labels @ Value::Array(_)) => found.push(control(item, component, labels.to_string(), children)),
            _ => found.extend(children),
        }
    }
    found
}

fn control(item: &Value, component: &str, label: String, columns: Vec<FormControl>) -> FormControl {
    let props = item.get("props").unwrap_or(&Value::Null);
    let id = props.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    let pattern = props.get("format").and_then(Value::as_str).unwrap_or_default();
    FormControl {
        id: id.map_or_else(|| label.clone(), str::to_owned),
        kind: form::kind_of(component),
        word: component.to_owned(),
        with_time: pattern.contains("HH") || pattern.contains("hh"),
        required: props.get("required").and_then(Value::as_bool).unwrap_or_default(),
        fillable: !NOT_FILLED_IN.contains(&component),
        options: props.get("options").and_then(Value::as_array).into_iter().flatten().filter_map(option).collect(),
        longest: None,
        columns,
        // A form is filled in by labels.
        name: label.clone(),
        label,
    }
}

/// JSON text `{"value","key"}`, the same as an object, or the text itself.
fn option(option: &Value) -> Option<String> {
    let of = |object: &Value| object.get("value").and_then(Value::as_str).map(str::to_owned);
    match option {
        Value::String(text) => {
            let object = serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
            object.and_then(|object| of(&object)).or_else(|| Some(text.clone()))
        }
        object => of(object),
    }
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
        let labels: Vec<&str> = found.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(labels, ["申请人", r#"["开始时间","结束时间"]"#, "物料明细"]);
        assert_eq!(found[2].columns.iter().map(|c| c.label.as_str()).collect::<Vec<_>>(), ["品号", "数量"]);
    }

    #[test]
    fn options_are_read_in_each_of_their_spellings() {
        let items = json!([{"componentName": "DDSelectField", "props": {"id": "s", "label": "加急", "required": true,
            "options": [r#"{"value":"是","key":"option_0"}"#, "否", {"value": "或", "key": "k"}, "{"]}},
            {"componentName": "DDDateField", "props": {"id": "d", "label": "日期", "format": "yyyy-MM-dd HH:mm"}},
            {"componentName": "TextNote", "props": {"label": "说明"}}]);
        let found = controls(&items);
        assert_eq!(found[0].options, ["是", "否", "或", "{"]);
        assert!(found[0].required && found[1].with_time && !found[2].fillable);
        assert_eq!((found[0].id.as_str(), found[2].id.as_str()), ("s", "说明"));
    }
}
