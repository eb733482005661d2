//! Approval instances: creating, reading and listing them.

use super::{Request, {{NAME}}, {{Type}}};
use crate::base::Effect;
use crate::base::encode::percent;
use http::Method;
use serde_json::{Value, json};
use tenon_model::InstanceId;
use tenon_model::oa::{
    Field, FieldKind, FieldValue, FormDraft, Instance, InstanceField, Operation, Outcome, ReadValue, VendorTime,
};
use tenon_platform::error::{ErrorKind, Result};

/// What a create sends. FILL IN: the vendor's form of it.
pub(super) fn body(draft: &FormDraft) -> Value {
    let fields: Vec<Value> = draft.fields.iter().map(written).collect();
    json!({ "template": draft.template, "originator": draft.originator, "department": draft.department, "fields": fields })
}

fn written(field: &Field) -> Value {
    json!({ "name": field.name, "value": value(&field.value) })
}

/// FILL IN: how the vendor writes each kind of value.
fn value(value: &FieldValue) -> Value {
    match value {
        FieldValue::Table(rows) => {
            rows.iter().map(|row| row.iter().map(written).collect::<Value>()).collect()
        }
        other => json!(text(other)),
    }
}

fn text(value: &FieldValue) -> String {
    match value {
        FieldValue::Text(text) | FieldValue::Number(text) | FieldValue::Choice(text) | FieldValue::Files(text) => {
            text.clone()
        }
        FieldValue::Date(date) => date.to_string(),
        FieldValue::DateTime(at) => at.strftime("%Y-%m-%d %H:%M").to_string(),
        FieldValue::DateRange { begin, end, with_time } => {
            let form = if *with_time { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d" };
            json!([begin.strftime(form).to_string(), end.strftime(form).to_string()]).to_string()
        }
        FieldValue::Choices(all) | FieldValue::People(all) | FieldValue::Departments(all) => json!(all).to_string(),
        FieldValue::Instances(all) => json!(all).to_string(),
        FieldValue::Attached(files) => files.iter().map(|file| file.reference.as_str()).collect::<Value>().to_string(),
        FieldValue::Table(_) => String::new(),
    }
}

/// The controls of a form as its instance will show them.
pub(super) fn echo(fields: &[Field]) -> Vec<InstanceField> {
    fields
        .iter()
        .map(|field| InstanceField {
            name: field.name.clone(),
            kind: field.value.kind(),
            value: match &field.value {
                FieldValue::Table(rows) => ReadValue::Table(rows.iter().map(|row| echo(row)).collect()),
                other => ReadValue::Text(text(other)),
            },
        })
        .collect()
}

impl {{Type}}<'_> {
    pub(super) async fn create_instance(&self, draft: &FormDraft) -> Result<InstanceId> {
        let request = Request {
            effect: Effect::Create,
            method: Method::POST,
            path: "/{{name}}/instances".to_owned(),
            body: Some(body(draft)),
        };
        let data = self.send(&request).await?;
        let id = data.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        id.map(InstanceId::new).ok_or_else(|| {{NAME}}.unknown("the answer to a create names no instance"))
    }

    /// `None` only by the vendor's own word that there is none.
    pub(super) async fn instance(&self, id: &InstanceId) -> Result<Option<Instance>> {
        let request = Request {
            effect: Effect::Read,
            method: Method::GET,
            path: format!("/{{name}}/instances/{}", percent(id.as_str())),
            body: None,
        };
        match self.send(&request).await {
            Ok(data) => {
                read(&data).map(Some).ok_or_else(|| {{NAME}}.unintelligible("an instance has not the expected shape"))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Ids of a form's instances that were created in a time. FILL IN: pages, when the vendor has them.
    pub(super) async fn instances(
        &self,
        template: &str,
        from_ms: i64,
        to_ms: i64,
        originator: Option<&str>,
    ) -> Result<Vec<InstanceId>> {
        let originator = originator.map(|user| format!("&originator={}", percent(user))).unwrap_or_default();
        let path =
            format!("/{{name}}/instances?template={}&from={from_ms}&to={to_ms}{originator}", percent(template));
        let data = self.send(&Request { effect: Effect::Read, method: Method::GET, path, body: None }).await?;
        let list = data.as_array().ok_or_else(|| {{NAME}}.unintelligible("a list of instances is no list"))?;
        Ok(list.iter().filter_map(Value::as_str).map(InstanceId::new).collect())
    }
}

fn read(data: &Value) -> Option<Instance> {
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    let time = |name: &str| data.get(name).and_then(Value::as_i64).map(VendorTime::certain);
    // FILL IN: the vendor's states. One that is not known is no end.
    let outcome = match text("status")? {
        "running" => None,
        "agreed" => Some(Outcome::Agreed),
        "refused" => Some(Outcome::Refused),
        "withdrawn" => Some(Outcome::Withdrawn),
        "deleted" => Some(Outcome::Deleted),
        _ => return None,
    };
    Some(Instance {
        outcome,
        archived: false,
        originator: text("originator")?.to_owned(),
        title: text("title").unwrap_or_default().to_owned(),
        created: time("created_ms"),
        ended: time("ended_ms"),
        fields: fields(data.get("fields")?)?,
        operations: data.get("operations").and_then(Value::as_array).into_iter().flatten().map(operation).collect(),
        revokes: text("revokes").map(InstanceId::new),
    })
}

fn fields(list: &Value) -> Option<Vec<InstanceField>> {
    list.as_array()?
        .iter()
        .map(|field| {
            let value = match field.get("value")? {
                Value::Array(rows) => ReadValue::Table(rows.iter().map(fields).collect::<Option<_>>()?),
                Value::String(text) => ReadValue::Text(text.clone()),
                other => ReadValue::Text(other.to_string()),
            };
            Some(InstanceField { name: field.get("name")?.as_str()?.to_owned(), kind: FieldKind::Unknown, value })
        })
        .collect()
}

fn operation(read: &Value) -> Operation {
    let text = |name: &str| read.get(name).and_then(Value::as_str);
    Operation {
        user: text("user").unwrap_or_default().to_owned(),
        at: read.get("at_ms").and_then(Value::as_i64).map(VendorTime::certain),
        decides: matches!(text("result"), Some("agreed" | "refused")),
        comment: text("comment").map(str::to_owned),
    }
}
