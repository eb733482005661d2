//! Documents that begin as a form of the OA: when it is approved there, it becomes a document of the ERP.

use super::record::{self, LeasedRecord, Name};
use super::work::{Doing, Source};
use super::{LEASE, correct, fresh, revoked, run, take};
use crate::admission;
use crate::agreed;
use crate::decisions::message::WriteBack;
use crate::map::{of_row, row_of};
use crate::written::Written;
use serde_json::{Map, Value, json};
use tenon_connectors::oa::Oa;
use tenon_model::config::DocumentFlow;
use tenon_model::document::DocumentState;
use tenon_model::oa::Outcome;
use tenon_model::{InstanceId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error, ErrorKind, Result, Retry};

/// Creates the document of one ended form.
pub async fn apply(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    flow: &DocumentFlow,
    message: &WriteBack,
) -> Result<Written> {
    if message.outcome != Outcome::Agreed {
        return Ok(Written::Already);
    }
    let name = Name { tenant, oa: &flow.oa, flow: &flow.id, request: message.instance.as_str() };
    let wished = message.operator.is_some();
    let _permit = admission::acquire(ctx, tenant, loaded, (&flow.erp, &flow.oa), "write-back").await?;
    let held = match record::get(ctx, name).await? {
        None => {
            let fresh = fresh(ctx, loaded, flow, name.request)?;
            record::claim(ctx, name, fresh, LEASE, None).await?.ok_or_else(busy)?
        }
        Some(stored) if run::is_recorded(ctx, tenant, &stored.data, wished).await? => return Ok(Written::Already),
        Some(stored) => take(ctx, tenant, stored, wished).await?,
    };
    let doing = Doing { ctx, loaded, flow, is_awaited: false };
    doing.through(held, Source::Form(&message.instance)).await
}

fn busy() -> Error {
    Error::new("flow.busy", Retry::Transient, "another worker has this form in hand; it is tried again")
        .with_kind(ErrorKind::Busy)
}

/// The fields that a form becomes; `None` when nothing is to be created, and the record then says why.
pub(super) async fn fields(
    doing: &Doing<'_>,
    held: &mut LeasedRecord,
    instance: &InstanceId,
    steps: &mut Recorder,
) -> Result<Option<Map<String, Value>>> {
    let (ctx, flow, tenant) = (doing.ctx, doing.flow, held.tenant().clone());
    let oa = Oa::open(ctx, &tenant, doing.loaded, &flow.oa)?;
    let (revokes, fields) = steps
        .step("read instance", json!({ "instance": instance }), async {
            let found = agreed::read(&oa, instance).await?;
            if let Some(form) = &found.revokes
                && revoked::takes_back(ctx, &tenant, flow, &oa, form).await?
            {
                let note = json!({ "revokes": form });
                return Ok(((Some(form.clone()), Map::new()), note));
            }
            let fields = correct::fields(flow, &held.record, &row_of(&found.fields), of_row)?;
            let note = correct::noted(&fields, &held.record);
            Ok(((None, fields), note))
        })
        .await?;
    let Some(form) = revokes else { return Ok(Some(fields)) };
    let why = revoked::set_aside(ctx, &tenant, flow, &form).await?;
    held.advance(ctx, DocumentState::Closed, |record| record.message = Some(why)).await?;
    Ok(None)
}
