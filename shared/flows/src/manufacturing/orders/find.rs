//! Finding orders to send: released or cancelled, and not marked.

use super::order::Order;
use super::{KEY, ORDERS, way};
use crate::kinds::Scope;
use crate::manufacturing::find::{self, Found};
use crate::manufacturing::message::Seen;
use crate::poll::Counts;
use serde_json::Value;
use tenon_connectors::erp::{Erp, Filter, Pages, Rows};
use tenon_model::DocumentKey;
use tenon_model::config::{Connection, MesWorkOrdersFlow, ServiceLayer};
use tenon_model::manufacturing::{OrderWork, Tracked};
use tenon_model::run::Trigger;
use tenon_platform::config_store::Loaded;
use tenon_platform::{Error, Result};

/// The filter of orders that are to be sent.
pub(super) fn filter(loaded: &Loaded, flow: &MesWorkOrdersFlow) -> Result<String> {
    // The newer version of the interface takes enumerations with their type only.
    let typed = match loaded.connection(&flow.erp)?.as_ref() {
        Connection::B1(b1) => b1.api == ServiceLayer::V2,
        _ => false,
    };
    let kind = if typed { "SAPB1.BoProductionOrderStatusEnum" } else { "" };
    let mut states = vec!["boposReleased", "boposCancelled"];
    if flow.close_on_close {
        states.push("boposClosed");
    }
    let states: Vec<String> = states.iter().map(|state| format!("ProductionOrderStatus eq {kind}'{state}'")).collect();
    let marks = &flow.marks;
    let unsynced = marks.unsynced_value.replace('\'', "''");
    let found = format!("({}) and {} eq '{unsynced}'", states.join(" or "), marks.synced);
    Ok(match &flow.source.filter {
        Some(own) => format!("({own}) and {found}"),
        None => found,
    })
}

/// Pages of the orders that are to be sent, whole.
pub(super) async fn pages<'e>(erp: &'e Erp<'_>, filter: &str, page_size: u32) -> Result<Pages<'e>> {
    erp.pages(Rows::Documents { object: ORDERS, filter: Filter::Own(filter), select: &[] }, KEY, page_size).await
}

/// Finds orders and queues them.
pub(super) async fn find_and_queue(
    at: Scope<'_>,
    flow: &MesWorkOrdersFlow,
    trigger: Trigger,
    counts: &mut Counts,
) -> Result<()> {
    let erp = Erp::open(at.ctx, at.tenant, at.loaded, &flow.erp)?;
    let way = way(at.loaded.flow(&flow.id)?, flow);
    let filter = filter(at.loaded, flow)?;
    let mut pages = pages(&erp, &filter, flow.source.page_size).await?;
    while let Some(values) = pages.next().await? {
        counts.pages += 1;
        counts.found += values.len() as u64;
        let mut found = Vec::with_capacity(values.len());
        for value in values {
            let Value::Object(fields) = value else { continue };
            let key = fields
                .get(KEY)
                .and_then(DocumentKey::from_json)
                .ok_or_else(|| Error::permanent("flow.key", format!("{ORDERS} has a record without {KEY}")))?;
            let fingerprint = Order::of(flow, fields, None).fingerprint;
            // The worker reads it anew: it is written to.
            let page = Seen { fields: String::new(), fingerprint, read_ms: at.ctx.now_ms() };
            found.push(Found { key, page, fits: false });
        }
        find::queue::<OrderWork>(at, &way, found, trigger, counts, is_over).await?;
    }
    Ok(())
}

/// The MES has it as it is, and the ERP refuses to be told so.
fn is_over(record: &Tracked<OrderWork>, fingerprint: &str) -> bool {
    record.of.unmarkable.as_deref() == Some(fingerprint)
}
