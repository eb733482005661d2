//! What sending an order would write, and the flow held against one.

use super::find::{filter, pages};
use super::mark::body;
use super::order::Order;
use super::send::{Call, Sender};
use super::{KEY, ORDERS};
use crate::compare::Findings;
use crate::kinds::Scope;
use serde_json::{Value, json};
use tenon_connectors::erp::{Filter, Rows};
use tenon_model::DocumentKey;
use tenon_model::config::MesWorkOrdersFlow;
use tenon_platform::{Error, Result};

/// Reads both systems and maps, writes nothing. Without a key the first order that is to be sent is taken.
pub(super) async fn preview(at: Scope<'_>, flow: &MesWorkOrdersFlow, key: Option<DocumentKey>) -> Result<Value> {
    let sender = Sender::open(at, flow)?;
    let key = match key {
        Some(key) => key,
        None => {
            let filter = filter(at.loaded, flow)?;
            let found = pages(&sender.erp, &filter, 1).await?.next().await?.unwrap_or_default();
            let first = found.first().and_then(|row| DocumentKey::from_json(row.get(KEY)?));
            first.ok_or_else(|| {
                Error::permanent("flow.nothing", format!("flow {} finds no order to send just now", flow.id))
            })?
        }
    };
    let gone = || Error::permanent("flow.document", format!("{ORDERS} {key} does not exist"));
    let order = sender.read(&key).await?.ok_or_else(gone)?;
    let code = sender.code(&key);
    let existing = match sender.mes.work_order_id(&code).await? {
        Some(id) => Some(sender.mes.work_order(id).await?),
        None => None,
    };
    let paths = &sender.mes.connection().paths;
    let (path, would_send) = match sender.call(&order, &code, existing.as_ref()).await? {
        Call::Create(body) => (Some(&paths.work_order_import), Value::Object(body)),
        Call::Edit(_, body) => (Some(&paths.work_order_update), Value::Object(body)),
        Call::Close(id, reason) => (
            Some(&paths.work_order_close),
            json!({ "workOrderIdList": [id], "workOrderCloseType": sender.mes.values().close_type, "operateReason": reason }),
        ),
        Call::None(_, why) => (None, json!({ "nothing": why })),
    };
    Ok(json!({
        "flow": flow.id,
        "document": { "object": ORDERS, "key": key, "status": order.text("ProductionOrderStatus") },
        "already_synced": !order.is_unsynced(flow),
        "work_order": { "code": code, "id": existing.as_ref().map(|order| order.id),
            "status": existing.as_ref().and_then(|order| order.status) },
        "would_send": { "path": path, "body": would_send },
        "would_mark": body(flow),
    }))
}

/// Holds the flow against an order: its fields, and the marks.
pub(super) async fn compare(at: Scope<'_>, flow: &MesWorkOrdersFlow) -> Result<Findings> {
    let sender = Sender::open(at, flow)?;
    let mut findings = Findings::default();
    let all = format!("{KEY} gt 0");
    let rows = Rows::Documents { object: ORDERS, filter: Filter::Own(&all), select: &[] };
    let mut pages = sender.erp.pages(rows, KEY, 1).await?;
    let first = pages.next().await?.unwrap_or_default().into_iter().next();
    let Some(Value::Object(fields)) = first else {
        findings.warnings.push("there is no production order, so no fields were compared".to_owned());
        return Ok(findings);
    };
    let order = Order::of(flow, fields, None);
    findings.compared.push(format!("order {}", order.text(KEY)));
    for field in [&flow.marks.synced, &flow.marks.flag] {
        if !order.fields.contains_key(field) {
            findings.problems.push(format!(
                "{field} is no field of production orders; create it in B1 (OWOR, alphanumeric, 1), or name another in marks"
            ));
        }
    }
    for field in flow.fields.iter().filter(|field| !order.fields.contains_key(&field.from)) {
        findings.problems.push(format!("{} is no field of production orders", field.from));
    }
    if order.is_synced(flow) && order.is_flagged(flow) {
        findings.warnings.push(format!(
            "order {} is marked and its {} still says {}: B1's transaction procedure is missing or does not take it back, \
             and later changes of orders will not be sent",
            order.text(KEY),
            flow.marks.flag,
            flow.marks.flag_value
        ));
    }
    Ok(findings)
}
