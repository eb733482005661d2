//! Documents that carry a request which no link knows: they were handed in before Tenon, by what came before it.
//! A result of such a request is the document's all the same.

use super::links::{self, SentElsewhere};
use super::resubmitted::marked;
use std::collections::BTreeMap;
use tenon_connectors::erp::Erp;
use tenon_model::config::{ApprovalFlow, Flow};
use tenon_model::{ConnectionId, DocumentKey, FlowId, InstanceId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Result};

/// Who carries a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// A link holds it now.
    Adopted,
    /// No document does.
    Nowhere,
    /// It cannot be told which, or the document has another request by now; why.
    Unclear(String),
}

/// Looks for the document of a request in the ERPs of this OA's flows, and makes it a link that waits for its result.
/// Nothing is adopted as long as one of the ERPs cannot be asked: it may carry the same number.
pub async fn adopt(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    oa: &ConnectionId,
    instance: &InstanceId,
    only: Option<&FlowId>,
) -> Result<Carried> {
    let flows = loaded.flows().iter().filter_map(Flow::as_approval).filter(|flow| flow.oa == *oa && flow.enabled);
    // Flows that share an entity set may show the same document; it is the first's.
    let mut found: BTreeMap<String, (&ApprovalFlow, DocumentKey)> = BTreeMap::new();
    for flow in flows.filter(|flow| only.is_none_or(|only| flow.id == *only)) {
        let erp = Erp::open(ctx, tenant, loaded, &flow.erp)?;
        let number = DocumentKey::Text(instance.to_string());
        for (key, document) in marked(flow, &erp, (flow.marks.instance.name(), &number)).await? {
            // A corrected document is to be sent anew; what its old request came to is over.
            if crate::marks::is_marked(&flow.marks, &document) {
                let place = format!("{} {} {}", flow.erp, flow.source.object, key.sort_key());
                found.entry(place).or_insert((flow, key));
            }
        }
    }
    let found: Vec<(&ApprovalFlow, DocumentKey)> = found.into_values().collect();
    match found.as_slice() {
        [] => Ok(Carried::Nowhere),
        [(flow, key)] => adopt_one(ctx, tenant, flow, key, instance).await,
        several => {
            let all: Vec<String> =
                several.iter().map(|(flow, key)| format!("{} {key} of {}", flow.source.object, flow.erp)).collect();
            Ok(Carried::Unclear(format!("several documents carry request {instance}: {}", all.join(", "))))
        }
    }
}

async fn adopt_one(
    ctx: &Context,
    tenant: &TenantId,
    flow: &ApprovalFlow,
    key: &DocumentKey,
    instance: &InstanceId,
) -> Result<Carried> {
    if let Some(stored) = links::get(ctx, tenant, &flow.id, key).await? {
        let other = stored.data.instance.as_ref().map_or_else(|| "another".to_owned(), ToString::to_string);
        return Ok(Carried::Unclear(format!(
            "document {key} carries request {instance}, and was sent here as {other}"
        )));
    }
    let by = format!("{} {instance}", flow.marks.instance.name());
    let document =
        SentElsewhere { flow, key, instance, originator: None, check_after: links::DECIDED_IS_LOST_AFTER, by: &by };
    match links::link_found(ctx, tenant, document).await? {
        Some(leased) => leased.release(ctx).await.map(|()| Carried::Adopted),
        None => Err(links::busy()),
    }
}
