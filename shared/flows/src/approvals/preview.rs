//! What a submission would write.

use super::create::note_of;
use super::work::stages;
use super::{attachments, submitter};
use crate::kinds::Scope;
use crate::map::form_draft;
use crate::{compare, marks, source};
use serde_json::{Value, json};
use tenon_connectors::erp::{Erp, Waiting};
use tenon_connectors::oa::Oa;
use tenon_model::DocumentKey;
use tenon_model::config::{ApprovalFlow, DocumentKind};
use tenon_platform::{Error, Result};

/// Reads and maps, writes nothing: what would be created in the OA and marked in the ERP. Without a
/// key the first document the flow finds is taken.
pub async fn preview(at: Scope<'_>, flow: &ApprovalFlow, key: Option<DocumentKey>) -> Result<Value> {
    let Scope { ctx, tenant, loaded } = at;
    let from = &flow.source;
    let erp = Erp::open(ctx, tenant, loaded, &flow.erp)?;
    let key = match key {
        Some(key) => key,
        None => source::first(&erp, from, marks::unsynced(&flow.marks)).await?.ok_or_else(|| {
            Error::permanent("flow.nothing", format!("flow {} finds no document to submit just now", flow.id))
        })?,
    };
    let document = source::read(&erp, from, &flow.collections(), &key, None)
        .await?
        .ok_or_else(|| Error::permanent("flow.document", format!("{} {key} does not exist", from.object)))?;
    let oa = Oa::open(ctx, tenant, loaded, &flow.oa)?;
    let mut form = form_draft(oa.kind(), flow, &key, &document.fields)?;
    let waiting = match from.document {
        DocumentKind::Document => None,
        DocumentKind::Draft => Some(stages(&erp)?.waiting(from, &key, &document.entity).await?),
    };
    let requested = waiting.as_ref().map(Waiting::requester).unwrap_or_default();
    submitter::complete(&erp, flow, &document, &requested, &mut form).await?;
    let compared = compare::form(&flow.form.template, &compare::Wanted::of_approval(flow), &oa).await;
    let warnings = [compared.warnings, compare::besides(flow, &document.fields, &document.entity)].concat();
    let files = match (&flow.form.attachments, oa.capabilities().attachments) {
        (Some(wanted), Some(limits)) => match attachments::key(wanted, &document) {
            Some(entry) => attachments::previewed(wanted, limits, &erp.attached(&entry).await?),
            None => Value::Array(Vec::new()),
        },
        _ => Value::Null,
    };
    let waits = waiting.is_none_or(|waiting| waiting.is_due());
    Ok(json!({
        "flow": flow.id,
        "document": { "object": from.object, "key": key },
        "already_synced": marks::is_marked(&flow.marks, &document.entity),
        "waits_for_approval": waits,
        "form": note_of(&form, &oa.kind().echo(&form)),
        "would_create": oa.preview(&form).await?,
        "would_attach": files,
        "problems": compared.problems,
        "warnings": warnings,
        "would_mark": { &flow.marks.synced: flow.marks.synced_value, flow.marks.instance.name(): "(instance id)" },
    }))
}
