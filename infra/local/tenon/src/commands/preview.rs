//! `tenon preview`: what a flow would write.

use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table};
use serde_json::Value;
use tenon_flows::operator;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_platform::Error;

const AFTER: &str = "\
Reads the document from the ERP and maps it to the form. Creates no instance and marks no document.
\
A field that the document does not have, and a control that the form does not have, end it with an error.

Example:
  tenon preview purchase-request                    the first document that is not synced yet
  tenon preview purchase-request --document 16      this one
  tenon preview items --document \"'1001'\"           a key that is a text of digits

Next:
  tenon run FLOW    submit the documents now";

/// Reads and maps one document, and shows what would be written.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct PreviewArgs {
    /// The flow.
    #[arg(value_name = "FLOW")]
    pub flow: String,
    /// The document's key. Digits are a number; single quotes make a text of them.
    #[arg(long, value_name = "KEY")]
    pub document: Option<String>,
}

/// The command.
///
/// # Errors
/// Not found for an unknown flow or document; what the ERP or the mapping refuse.
pub async fn preview(args: &PreviewArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let key = args.document.as_deref().map(DocumentKey::parse);
    let flow = FlowId::new(args.flow.as_str());
    let found = operator::preview(&environment.ctx, &TenantId::operator(), &flow, key).await;
    tenon_connectors::erp::release(&environment.ctx).await;
    let found = found?;
    out.result(|| found.clone(), || told(&found));
    out.note("nothing was written");
    let wrong: Vec<String> = list(&found, "problems").map(plain).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failure::from(Error::permanent("flow.mapping", wrong.join("; "))))
}

fn list<'v>(found: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    found.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn told(found: &Value) -> String {
    let at = |pointer: &str| found.pointer(pointer).map(plain).unwrap_or_default();
    let mut text = format!("flow {}, document {} {}\n", at("/flow"), at("/document/object"), at("/document/key"));
    if found.get("already_synced") == Some(&Value::Bool(true)) {
        text.push_str("it is marked as synced already, so a poll would pass it over\n");
    } else if found.get("waits_for_approval") == Some(&Value::Bool(false)) {
        text.push_str("no approval request waits for this flow, so a poll would pass it over\n");
    }
    text.push_str(&format!(
        "would create in the OA: form {}, submitted by {}, department {}\n",
        at("/would_create/processCode"),
        at("/would_create/originatorUserId"),
        at("/would_create/deptId")
    ));
    let mut controls = Table::bare();
    for control in found.pointer("/would_create/formComponentValues").and_then(Value::as_array).into_iter().flatten() {
        let part = |name| control.get(name).map(plain).unwrap_or_default();
        controls.row([part("name"), part("value")]);
    }
    text.push_str(&controls.text(2));
    text.push_str("would then mark in the ERP:\n");
    let mut marks = Table::bare();
    for (field, value) in found.get("would_mark").and_then(Value::as_object).into_iter().flatten() {
        marks.row([field.clone(), plain(value)]);
    }
    text.push_str(&marks.text(2));
    for warning in list(found, "warnings") {
        text.push_str(&format!("warning: {}\n", plain(warning)));
    }
    text
}

/// A text without quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shows_form_and_marks_in_columns() {
        let text = told(&json!({
            "flow": "purchase-request", "document": { "object": "Drafts", "key": 16 }, "already_synced": true,
            "would_create": { "processCode": "PROC-1", "originatorUserId": "u1", "deptId": -1,
                "formComponentValues": [{ "name": "申请人", "value": "张三" }, { "name": "数量", "value": "10" }] },
            "would_mark": { "U_ISSYN": "Y", "U_instanceID": "(instance id)" }, "warnings": ["U_X is no field"]
        }));
        assert!(text.starts_with("flow purchase-request, document Drafts 16\nit is marked as synced already"));
        assert!(text.contains("form PROC-1, submitted by u1, department -1\n  申请人  张三\n  数量    10\n"), "{text}");
        assert!(
            text.ends_with("  U_ISSYN       Y\n  U_instanceID  (instance id)\nwarning: U_X is no field\n"),
            "{text}"
        );
    }
}
