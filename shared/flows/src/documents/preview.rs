//! What a document flow would create: reads and maps, writes nothing.

use super::record::{self, Name};
use super::{fresh, work};
use crate::kinds::Scope;
use crate::map::{of_form, of_pushed};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_connectors::oa::Oa;
use tenon_model::config::DocumentFlow;
use tenon_model::oa::Outcome;
use tenon_model::{DocumentKey, InstanceId};
use tenon_platform::clock::millis;
use tenon_platform::{Error, Result};

/// How far back the newest approved form is looked for.
const LOOK_BACK: Duration = Duration::from_secs(30 * 86_400);

/// Shows what one request or form would create, or the newest approved form.
pub(super) async fn preview(at: Scope<'_>, flow: &DocumentFlow, request: Option<DocumentKey>) -> Result<Value> {
    let request = request.map(|request| request.to_string());
    let (request, fields) = match &flow.form.template {
        Some(template) => of_a_form(at, flow, template, request).await?,
        None => of_a_push(at, flow, request).await?,
    };
    let name = Name { tenant: at.tenant, oa: &flow.oa, flow: &flow.id, request: &request };
    let known = record::get(at.ctx, name).await?.map(|stored| stored.data);
    let mark = match &known {
        Some(known) => known.mark.clone(),
        None => fresh(at.ctx, at.loaded, flow, &request)?.mark,
    };
    let mut fields = fields;
    fields.insert(flow.mark.name().to_owned(), json!(mark));
    Ok(json!({
        "flow": flow.id,
        "request": request,
        "document": { "object": flow.object, "key": known.as_ref().and_then(|known| known.key.clone()) },
        "state": known.as_ref().map(|known| known.state),
        "would_create_in_erp": { "object": flow.object, "fields": fields },
    }))
}

type Found = (String, serde_json::Map<String, Value>);

async fn of_a_push(at: Scope<'_>, flow: &DocumentFlow, request: Option<String>) -> Result<Found> {
    let Some(request) = request else {
        let message = format!(
            "flow {} is told of its documents by the OA; name a request that was pushed and not created yet, as \
             `tenon runs {}` shows it",
            flow.id, flow.id
        );
        return Err(Error::permanent("flow.kind", message));
    };
    let name = Name { tenant: at.tenant, oa: &flow.oa, flow: &flow.id, request: &request };
    let stored = record::get(at.ctx, name).await?.map(|stored| stored.data).filter(|record| record.pushed.is_some());
    let Some(record) = stored else {
        let message = format!("no body of request {request} is kept: it was not pushed, or its document is created");
        return Err(Error::permanent("flow.document", message));
    };
    Ok((request, of_pushed(flow, &work::stored_body(&record)?)?))
}

async fn of_a_form(at: Scope<'_>, flow: &DocumentFlow, template: &str, request: Option<String>) -> Result<Found> {
    let oa = Oa::open(at.ctx, at.tenant, at.loaded, &flow.oa)?;
    let given = request.map(InstanceId::new);
    let candidates = match (&given, oa.capabilities().list) {
        (Some(id), _) => vec![id.clone()],
        (None, Some(longest)) => {
            let now = at.ctx.now_ms();
            oa.list(template, now - millis(LOOK_BACK.min(longest)), now).await?
        }
        (None, None) => Vec::new(),
    };
    for id in candidates.into_iter().rev() {
        let Some(found) = oa.read(&id).await? else { continue };
        if given.is_some() || found.outcome == Some(Outcome::Agreed) {
            return Ok((id.to_string(), of_form(flow, &found.fields)?));
        }
    }
    Err(Error::permanent("flow.document", format!("no approved form {template} was found; name one with --document")))
}
