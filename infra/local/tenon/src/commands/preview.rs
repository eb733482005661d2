//! `tenon preview`: what a flow would write.

use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table};
use crate::remote::{Remote, segment};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use tenon_flows::operator;
use tenon_model::json::number;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_platform::Error;

const AFTER: &str = "\
Reads the document from the ERP and maps it to the form. Creates no instance and marks no document. Of a flow
whose documents begin in the OA it shows what would be created in the ERP, and of base data the body that would
be sent.

A field that the document does not have, and a control that the form does not have, end it with an error.

Example:
  tenon preview purchase-request                    the first document that is not synced yet
  tenon preview purchase-request --document 16      this one
  tenon preview items --document \"'1001'\"           a key that is a text of digits
  tenon preview plm-boms --body pushed.json         a body that a PLM would push

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
    /// A file with a body that another system would push to the flow.
    #[arg(long, value_name = "FILE", conflicts_with = "document")]
    pub body: Option<PathBuf>,
}

/// The command.
///
/// # Errors
/// Not found for an unknown flow or document; what the ERP or the mapping refuse.
pub async fn preview(args: &PreviewArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let key = args.document.as_deref().map(DocumentKey::parse);
    let flow = FlowId::new(args.flow.as_str());
    let (ctx, tenant) = (&environment.ctx, TenantId::operator());
    let found = match &args.body {
        Some(file) => operator::preview_pushed(ctx, &tenant, &flow, &read(file)?).await,
        None => operator::preview(ctx, &tenant, &flow, key).await,
    };
    tenon_connectors::erp::release(&environment.ctx).await;
    shown(&found?, out)
}

/// The same through the API.
///
/// # Errors
/// Not found for an unknown flow or document; what the API says.
pub async fn remote(args: &PreviewArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    if args.body.is_some() {
        return Err(Failure::usage("--body is read where the data is; leave --api out for it"));
    }
    let path = format!("/admin/v1/flows/{}/preview", segment(&args.flow));
    let previewed: Value = remote.post(&path, &json!({ "document": args.document })).await?;
    shown(previewed.get("found").unwrap_or(&Value::Null), out)
}

fn shown(found: &Value, out: &Out) -> Result<(), Failure> {
    out.result(|| found.clone(), || render(found));
    out.note("nothing was written");
    let wrong: Vec<String> = list(found, "problems").map(plain).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failure::from(Error::permanent("flow.mapping", wrong.join("; "))))
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))
}

fn list<'v>(found: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    found.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn render(found: &Value) -> String {
    if found.get("records").is_some() {
        return records_text(found);
    }
    let at = |pointer: &str| found.pointer(pointer).map(plain).unwrap_or_default();
    let mut text = format!("flow {}, {}\n", at("/flow"), subject(found));
    if found.get("already_synced") == Some(&Value::Bool(true)) {
        text.push_str("it is marked as synced already, so a poll would pass it over\n");
    } else if found.get("waits_for_approval") == Some(&Value::Bool(false)) {
        text.push_str("no approval request waits for this flow, so a poll would pass it over\n");
    }
    if let Some(form) = found.get("would_create") {
        text.push_str(&form_text(form));
    }
    if let Some(created) = found.get("would_create_in_erp") {
        text.push_str(&document_text(created));
    }
    if let Some(body) = found.get("would_send") {
        let row = found
            .get("row")
            .filter(|row| !row.is_null())
            .map_or_else(String::new, |row| format!(", row {}", plain(row)));
        text.push_str(&format!("would send to {}{row}:\n{}", at("/interface"), whole(body)));
    }
    for file in list(found, "would_attach") {
        let name = file.get("file").map(plain).unwrap_or_default();
        match file.get("left_out") {
            Some(why) => text.push_str(&format!("would leave out the file {name}: {}\n", plain(why))),
            None => text.push_str(&format!("would attach the file {name}\n")),
        }
    }
    if let Some(Value::Object(marks)) = found.get("would_mark") {
        text.push_str("would then mark in the ERP:\n");
        text.push_str(&fields(marks.iter()));
    }
    for warning in list(found, "warnings") {
        text.push_str(&format!("warning: {}\n", plain(warning)));
    }
    text
}

/// What is previewed: a document of the ERP, or one of the OA's that becomes one.
fn subject(found: &Value) -> String {
    let at = |pointer: &str| found.pointer(pointer).filter(|value| !value.is_null()).map(plain);
    let object = at("/document/object").unwrap_or_default();
    match (at("/request"), at("/document/key"), at("/state")) {
        (Some(request), Some(key), _) => format!("request {request}, which is {object} {key} already"),
        (Some(request), None, Some(state)) => format!("request {request} ({state})"),
        (Some(request), None, None) => format!("request {request}"),
        (None, key, _) => format!("document {object} {}", key.unwrap_or_default()),
    }
}

/// A form: in columns where its controls are names and texts, otherwise as the OA's call takes it.
fn form_text(form: &Value) -> String {
    let at = |name: &str| form.get(name).map(plain).unwrap_or_default();
    let Some(controls) = form.get("formComponentValues").and_then(Value::as_array) else {
        return format!("would create in the OA:\n{}", whole(form));
    };
    let mut shown = Table::bare();
    for control in controls {
        let part = |name| control.get(name).map(plain).unwrap_or_default();
        shown.row([part("name"), part("value")]);
    }
    format!(
        "would create in the OA: form {}, submitted by {}, department {}\n{}",
        at("processCode"),
        at("originatorUserId"),
        at("deptId"),
        shown.text(2)
    )
}

fn document_text(created: &Value) -> String {
    let object = created.get("object").map(plain).unwrap_or_default();
    let all = created.get("fields").and_then(Value::as_object);
    format!("would create in the ERP: {object}\n{}", all.map(fields_of_document).unwrap_or_default())
}

/// A document of the ERP: its header in columns, its collections as they are written.
pub(super) fn fields_of_document(all: &Map<String, Value>) -> String {
    // A number that no float holds is an object, see `number`.
    let is_header =
        |(_, value): &(&String, &Value)| number::text_of(value).is_some() || !(value.is_array() || value.is_object());
    let mut text = fields(all.iter().filter(is_header));
    for (name, rows) in all.iter().filter(|field| !is_header(field)) {
        text.push_str(&format!("  {name}:\n"));
        match rows {
            Value::Array(rows) => rows.iter().for_each(|row| text.push_str(&format!("    {}\n", number::write(row)))),
            other => text.push_str(&format!("    {}\n", number::write(other))),
        }
    }
    text
}

/// What a pushed body would write, record by record.
fn records_text(found: &Value) -> String {
    let of = |value: &Value, name: &str| value.get(name).map(plain).unwrap_or_default();
    let object = of(found, "object");
    let mut text = format!("flow {}\n", of(found, "flow"));
    for record in list(found, "records") {
        let key = of(record, "key");
        let body = |name: &str| record.get(name).and_then(Value::as_object);
        let what = match (body("would_create"), body("would_change")) {
            (Some(_), _) => format!("would create {object} {key}"),
            (_, Some(_)) if record.get("unchanged") == Some(&Value::Bool(true)) => {
                format!("would change nothing of {object} {key}")
            }
            (_, Some(_)) => format!("would change {object} {key}"),
            _ => format!("would not write {key}: {}", of(record, "error")),
        };
        text.push_str(&format!("{what}\n"));
        let mut fields = Table::bare();
        for (field, value) in body("would_create").or(body("would_change")).into_iter().flatten() {
            fields.row([field.clone(), plain(value)]);
        }
        text.push_str(&fields.text(2));
        for warning in list(record, "warnings") {
            text.push_str(&format!("  warning: {}\n", plain(warning)));
        }
    }
    text
}

fn fields<'v>(all: impl Iterator<Item = (&'v String, &'v Value)>) -> String {
    let mut shown = Table::bare();
    for (field, value) in all {
        shown.row([field.clone(), plain(value)]);
    }
    shown.text(2)
}

/// A body, indented.
fn whole(body: &Value) -> String {
    let text = match body {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// A text without quotes, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| number::write(value), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_a_pushed_body_would_write() {
        let text = render(&json!({"flow": "plm-items", "object": "Items", "records": [
            {"key": "A", "would_create": {"ItemCode": "A", "ItemName": "泵"}, "warnings": ["未在映射中，未发送：图号"]},
            {"key": "B", "would_change": {"ItemName": "阀"}, "unchanged": false, "warnings": []},
            {"key": "", "error": "ItemCode 为空", "warnings": []}], "problems": ["第3条: ItemCode 为空"]}));
        assert!(text.contains("would create Items A\n  ItemCode  A\n  ItemName  泵\n  warning: 未在映射中"), "{text}");
        assert!(text.ends_with("would change Items B\n  ItemName  阀\nwould not write : ItemCode 为空\n"), "{text}");
    }

    #[test]
    fn shows_form_and_marks_in_columns() {
        let text = render(&json!({
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
    #[test]
    fn shows_the_body_of_a_form_whose_controls_are_typed() {
        let text = render(&json!({
            "flow": "issue-scrap", "document": { "object": "Drafts", "key": 40 },
            "would_create": { "creator_userid": "zhangtao" }, "would_mark": { "U_ISSYN": "Y" },
            "would_attach": [{ "file": "a.pdf" }, { "file": "b.exe", "left_out": "its type is none of pdf" }],
        }));
        assert_eq!(
            text,
            "flow issue-scrap, document Drafts 40\nwould create in the OA:\n  {\n    \"creator_userid\": \"zhangtao\"\n  }\n\
             would attach the file a.pdf\nwould leave out the file b.exe: its type is none of pdf\n\
             would then mark in the ERP:\n  U_ISSYN  Y\n"
        );
    }

    #[test]
    fn shows_a_document_that_would_be_created_in_the_erp() {
        let mut found = json!({
            "flow": "oa-orders", "request": "88204", "document": { "object": "Orders", "key": null }, "state": "refused",
            "would_create_in_erp": { "object": "Orders", "fields": { "CardCode": "C100", "U_REQUESTID": "88204",
                "DocumentLines": [{ "ItemCode": "A-001", "Quantity": 5 }] } },
        });
        let text = render(&found);
        assert_eq!(
            text,
            "flow oa-orders, request 88204 (refused)\nwould create in the ERP: Orders\n  CardCode     C100\n  \
             U_REQUESTID  88204\n  DocumentLines:\n    {\"ItemCode\":\"A-001\",\"Quantity\":5}\n"
        );
        found["document"]["key"] = json!(1201);
        assert!(render(&found).starts_with("flow oa-orders, request 88204, which is Orders 1201 already\n"));
    }

    #[test]
    fn shows_what_a_record_would_be_sent_as() {
        let text = render(&json!({
            "flow": "items", "document": { "object": "Items", "key": "A-001" }, "already_synced": false, "row": "501",
            "interface": "erpWuliao", "would_send": { "datajson": "{}" }, "would_mark": { "U_ISSYN": "Y" },
        }));
        assert_eq!(
            text,
            "flow items, document Items A-001\nwould send to erpWuliao, row 501:\n  {\n    \"datajson\": \"{}\"\n  }\n\
             would then mark in the ERP:\n  U_ISSYN  Y\n"
        );
    }
}
