//! What sending an item would write, and the flow held against one.

use super::send::Sender;
use super::{ITEMS, KEY};
use crate::compare::Findings;
use crate::kinds::Scope;
use crate::manufacturing::records;
use serde_json::{Map, Value, json};
use tenon_connectors::erp::{Filter, Place, Rows};
use tenon_model::DocumentKey;
use tenon_model::config::MesItemsFlow;
use tenon_model::manufacturing::ItemWork;
use tenon_platform::{Error, Result};

/// Reads and maps, writes nothing. Without a key the first item is taken.
pub(super) async fn preview(at: Scope<'_>, flow: &MesItemsFlow, key: Option<DocumentKey>) -> Result<Value> {
    let sender = Sender::open(at, flow)?;
    let item = match &key {
        // A code of digits is one all the same.
        Some(key) => {
            let key = DocumentKey::Text(key.to_string());
            let gone = || Error::permanent("flow.document", format!("{ITEMS} {key} does not exist"));
            let read = sender.erp.read_optional(&Place::new(ITEMS, &key)).await?;
            read.and_then(object).ok_or_else(gone)?
        }
        None => first(&sender, flow)
            .await?
            .ok_or_else(|| Error::permanent("flow.nothing", format!("flow {} finds no item", flow.id)))?,
    };
    let key = item.get(KEY).and_then(DocumentKey::from_json);
    let reading = sender.read(&item);
    let kept = match &key {
        Some(key) => records::get::<ItemWork>(at.ctx, at.tenant, &flow.id, key).await?.map(|stored| stored.data),
        None => None,
    };
    let members = super::material::or_error(&reading)?;
    Ok(json!({
        "flow": flow.id,
        "document": { "object": ITEMS, "key": key },
        "would_send": { "path": sender.mes.connection().paths.material_import, "body": members },
        "would_be_stopped": reading.is_stopped,
        "already_there": kept.is_some_and(|kept| kept.sent == Some(reading.fingerprint)),
    }))
}

/// Holds the flow against the first item, and the MES's material of it.
pub(super) async fn compare(at: Scope<'_>, flow: &MesItemsFlow) -> Result<Findings> {
    let sender = Sender::open(at, flow)?;
    let mut findings = Findings::default();
    let Some(item) = first(&sender, flow).await? else {
        findings.warnings.push("there is no item, so no fields were compared".to_owned());
        return Ok(findings);
    };
    let code = item.get(KEY).and_then(DocumentKey::from_json).map_or_else(String::new, |key| key.to_string());
    findings.compared.push(format!("item {code}"));
    if !item.contains_key("UpdateTime") || !item.contains_key("CreateTime") {
        let message = "B1 does not show UpdateTime and CreateTime of items, by which changes are found";
        findings.problems.push(message.to_owned());
    }
    if let Err(problem) = sender.read(&item).material {
        findings.problems.push(problem);
    }
    match sender.mes.material(&format!("{}{code}", sender.prefix)).await {
        Ok(_) => findings.compared.push("the MES's list of materials".to_owned()),
        Err(error) => findings.warnings.push(format!("the MES's materials cannot be listed: {error}")),
    }
    Ok(findings)
}

async fn first(sender: &Sender<'_>, flow: &MesItemsFlow) -> Result<Option<Map<String, Value>>> {
    let filter = flow.source.filter.clone().unwrap_or_else(|| format!("{KEY} ne ''"));
    let rows = Rows::Documents { object: ITEMS, filter: Filter::Own(&filter), select: &[] };
    let mut pages = sender.erp.pages(rows, KEY, 1).await?;
    Ok(pages.next().await?.unwrap_or_default().into_iter().next().and_then(object))
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}
