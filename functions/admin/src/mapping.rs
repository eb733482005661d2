//! A flow that an operator has matched, tried on one real document and stored: `/admin/v1/flows/propose`,
//! `/admin/v1/flows/fields`, `PUT /admin/v1/flows/{id}`.

use crate::calls::{Call, OfId, actor, at};
use serde::Deserialize;
use serde_json::{Value, json};
use tenon_catalog::areas::admin::mapping as routes;
use tenon_model::schema::UserField;
use tenon_model::{ConnectionId, DocumentKey, FlowId};
use tenon_operations::mapping::{self, Choices, NeededField, Revision, Wanted, Which, is_id, made_id};
use tenon_operations::refusal;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Body, Path, Service, on};
use tenon_tenants::entry::Bearer;

/// The function. A form with many controls is long.
pub static SERVICE: Service<Bearer> =
    Service::new(Bearer, || vec![on(routes::PROPOSE, propose), on(routes::FIELDS, fields), on(routes::STORE, store)])
        .with_body_limit(512 * 1024);

/// What a new flow is to connect.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Connects {
    erp: String,
    object: String,
    #[serde(default)]
    draft_of: Option<String>,
    oa: String,
    template: String,
}

/// Which document is tried.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tried {
    /// Its key; the newest without one.
    #[serde(default)]
    document: Option<String>,
}

/// What is asked for: a flow that is to be, or one that was stored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    flow: Option<String>,
    #[serde(default)]
    connects: Option<Connects>,
    #[serde(default)]
    choices: Option<Choices>,
    #[serde(default)]
    preview: Option<Tried>,
}

/// What is to be made in the ERP, as it was proposed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Creating {
    #[serde(default)]
    flow: Option<String>,
    #[serde(default)]
    connects: Option<Connects>,
    fields: Vec<NeededField>,
}

/// What is to be stored, as it was shown.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    #[serde(default)]
    connects: Option<Connects>,
    choices: Choices,
    revision: Revision,
}

fn which(flow: Option<String>, connects: Option<Connects>) -> Result<Which, Rejection> {
    let Some(own) = connects else {
        let stored = flow.map(|id| Which::Stored(FlowId::new(id)));
        return stored.ok_or_else(|| Rejection::field("connects", "须给出connects，或已保存流程的flow"));
    };
    let named = [("erp", &own.erp), ("object", &own.object), ("oa", &own.oa), ("template", &own.template)];
    if let Some((name, _)) = named.into_iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(Rejection::field(&format!("connects.{name}"), "不能为空"));
    }
    let (oa, object) = (ConnectionId::new(own.oa.trim()), own.object.trim().to_owned());
    let draft_of = own.draft_of.filter(|of| !of.trim().is_empty());
    let id = flow.unwrap_or_else(|| made_id(&object, draft_of.as_deref(), &oa));
    if !is_id(&id) {
        return Err(Rejection::field("flow", "须为1至64个字母、数字或短横线"));
    }
    Ok(Which::New(Wanted {
        id: FlowId::new(id),
        erp: ConnectionId::new(own.erp.trim()),
        object,
        draft_of,
        oa,
        template: own.template.trim().to_owned(),
        enabled: false,
    }))
}

async fn propose(call: Call, Body(asked): Body<Asked>) -> Result<Value, Rejection> {
    let which = which(asked.flow, asked.connects)?;
    let (ctx, tenant) = (&call.ctx, &call.by.tenant);
    let Some(tried) = asked.preview else {
        return Ok(mapping::read(ctx, tenant, &which, asked.choices).await?.view());
    };
    let key = tried.document.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(DocumentKey::parse);
    let (mapping, found) = mapping::preview(ctx, tenant, (&which, asked.choices), key).await?;
    let found = found.transpose().map_err(refusal::of)?;
    let mut view = mapping.view();
    if let Value::Object(members) = &mut view {
        members.insert("preview".to_owned(), json!(found));
    }
    Ok(view)
}

async fn fields(call: Call, Body(asked): Body<Creating>) -> Result<Value, Rejection> {
    let which = which(asked.flow, asked.connects)?;
    if asked.fields.is_empty() {
        return Err(Rejection::field("fields", "不能为空"));
    }
    let shown: Vec<UserField> = asked.fields.into_iter().map(|needed| needed.field).collect();
    let by = actor(&call);
    Ok(mapping::create_fields_or_refuse(&at(&call, &by), &which, &shown).await?.view())
}

async fn store(call: Call, (Path(of), Body(shown)): (Path<OfId>, Body<Shown>)) -> Result<Value, Rejection> {
    let which = which(Some(of.id), shown.connects)?;
    let by = actor(&call);
    let id = mapping::store_or_refuse(&at(&call, &by), &which, shown.choices, &shown.revision).await?;
    Ok(json!({ "flow": id, "stored": true }))
}
