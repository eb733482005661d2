//! What sending a record would write.

use super::find::pages;
use super::reading::{self, key_of};
use super::records;
use super::rows::mapped;
use super::work::Work;
use crate::kinds::Scope;
use serde_json::{Value, json};
use tenon_connectors::base_data::{Detail, Row};
use tenon_connectors::erp::Erp;
use tenon_model::DocumentKey;
use tenon_model::config::BaseDataFlow;
use tenon_platform::{Error, Result};

/// Reads and maps, writes nothing: the body that would be sent and the mark. Without a key the first record that is
/// found is taken.
pub async fn preview(at: Scope<'_>, flow: &BaseDataFlow, key: Option<DocumentKey>) -> Result<Value> {
    let work = Work::new(at, flow, "")?;
    let key = match key {
        Some(key) => key,
        None => first(&work.erp, flow).await?.ok_or_else(|| {
            Error::permanent("flow.nothing", format!("flow {} finds no record to send just now", flow.id))
        })?,
    };
    let gone = || Error::permanent("flow.document", format!("{} {key} does not exist", flow.source.object));
    let reading = reading::read(&work.erp, flow, &key).await?.ok_or_else(gone)?;
    let kept = records::get(at.ctx, at.tenant, &flow.id, &key).await?.map(|stored| stored.data);
    let row_id = kept.as_ref().and_then(|kept| kept.row.clone());
    let mapped = mapped(flow, &reading)?;
    let detail = |columns| Detail { columns, ..Detail::default() };
    let details = mapped.details.into_iter().map(|(name, rows)| (name, rows.into_iter().map(detail).collect()));
    let row = Row { id: row_id.clone(), columns: mapped.columns, details: details.collect() };
    let interface = work.saving(kept.is_some_and(|kept| kept.is_there));
    Ok(json!({
        "flow": flow.id,
        "document": { "object": flow.source.object, "key": key },
        "already_synced": reading.is_marked,
        "row": row_id,
        "interface": interface.name,
        "would_send": work.target.preview(interface, &[row])?,
        "would_mark": { &flow.marks.synced: flow.marks.synced_value },
    }))
}

/// The first record that is to be sent.
pub async fn first(erp: &Erp<'_>, flow: &BaseDataFlow) -> Result<Option<DocumentKey>> {
    let found = pages(erp, flow, 1).await?.next().await?.unwrap_or_default();
    found.first().and_then(Value::as_object).map(|row| key_of(flow, row)).transpose()
}
