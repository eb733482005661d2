//! What a feeding would write.

use super::decide::{Decision, decide};
use super::owner::{self, Owner};
use super::reading::{self, FeedingRead};
use super::{OBJECT, body, flows_of, fresh, name};
use crate::documents::record;
use crate::kinds::Scope;
use serde_json::{Value, json};
use tenon_connectors::blacklake::Blacklake;
use tenon_connectors::erp::{self, Erp};
use tenon_model::DocumentKey;
use tenon_model::blacklake::FedRecord;
use tenon_model::config::ProductionIssuesFlow;
use tenon_platform::runs::Recorder;
use tenon_platform::{Error, Result};

/// Reads and maps, writes nothing. Without a key the newest feeding of the last hour is taken.
pub(super) async fn preview(at: Scope<'_>, flow: &ProductionIssuesFlow, key: Option<DocumentKey>) -> Result<Value> {
    let Scope { ctx, tenant, loaded } = at;
    let mes = Blacklake::open(ctx, tenant, loaded, &flow.mes)?;
    let record = match key {
        Some(DocumentKey::Number(id)) => FedRecord { id, order: None },
        Some(other) => {
            let message = format!("{other} is no id of a feeding: 投料记录 of the MES have ids of digits");
            return Err(Error::permanent("flow.document", message));
        }
        None => super::find::newest(at, &mes).await?.ok_or_else(|| {
            let message = format!("the MES shows no feeding of the last hour for flow {}", flow.id);
            Error::permanent("flow.nothing", message)
        })?,
    };
    let request = record.id.to_string();
    let known = record::get(ctx, name(tenant, flow, &request)).await?.map(|stored| stored.data);
    let record = FedRecord { order: record.order.or_else(|| known.as_ref().and_then(super::order_of)), ..record };
    // Its steps are not stored.
    let mut steps = Recorder::new(ctx, fresh(ctx, flow, record)?.run);
    let detail = reading::read_feeding(at, &mes, &flows_of(loaded, &flow.mes), record, &mut steps).await?;
    let detail = match detail {
        FeedingRead::FeedingDetail(detail) => detail,
        FeedingRead::Nobody => {
            let message = format!("feeding {} is for no order of ours that is released", record.id);
            return Err(Error::permanent("flow.nothing", message));
        }
    };
    let would = match owner::of(at, &mes, &flows_of(loaded, &flow.mes), &detail).await? {
        Owner::Ours(owner, order) if owner.id == flow.id => {
            let erp = Erp::open(ctx, tenant, loaded, &flow.erp)?;
            let detail = detail.in_company(&mes, flow)?;
            let seen = reading::look(at, (&flow.erp, &erp), (order, &detail.feeding.material), &mut steps).await?;
            match decide(flow, &detail, &seen)? {
                Decision::Nothing(why) => json!({ "nothing": why }),
                Decision::Issue(line) => {
                    let batches = body::batches(&erp, flow, &detail, &line).await?;
                    let zone = erp::of(loaded, &flow.erp)?.time_zone;
                    let body = body::body(flow, &detail, order, &line, &batches, (ctx.now_ms(), &zone))?;
                    body::whole(flow, record.id, body)
                }
            }
        }
        Owner::Ours(other, _) => json!({ "nothing": format!("flow {} issues it", other.id) }),
        Owner::Nobody(why) => json!({ "nothing": why }),
    };
    Ok(json!({
        "flow": flow.id,
        "document": { "object": "feeding", "key": record.id },
        "already_issued": known.and_then(|record| record.key),
        "work_order": detail.order.code,
        "would_create": { OBJECT: would },
    }))
}
