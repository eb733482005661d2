//! `QUALITY_RESULT`: pieces of an order were inspected.

use super::plan::Plan;
use crate::error::{Result, TradeError};
use crate::quality::{self, Inspection, defect_rate};
use crate::{orders, rules, time};
use tenon_model::openapi::{QualityResultData, QualityResultEvent};
use tenon_model::{EventKind, TenantId};
use tenon_platform::Context;

const MAX: i64 = 10_000_000;

pub(super) fn check(event: &QualityResultEvent) -> Result<()> {
    rules::text("orderNo", &event.order_no, rules::ID_LIMIT)?;
    if let Some(process) = &event.process_name {
        rules::text("processName", process, 100)?;
    }
    rules::within("qualifiedQuantity", event.qualified_quantity, 0, MAX)?;
    rules::optional_within("unqualifiedQuantity", event.unqualified_quantity, 0, MAX)?;
    if event.qualified_quantity + event.unqualified_quantity.unwrap_or(0) == 0 {
        return Err(TradeError::bad("qualifiedQuantity", "合格与不合格数量不能都为0"));
    }
    rules::optional("result", event.result.as_deref(), 50)?;
    time::read("inspectedAt", event.inspected_at.as_deref(), 0).map(drop)
}

pub(super) async fn plan(ctx: &Context, tenant: &TenantId, event: &QualityResultEvent, now_ms: i64) -> Result<Plan> {
    let order = orders::get(ctx, tenant, &event.order_no).await?;
    let (qualified, unqualified) = (event.qualified_quantity, event.unqualified_quantity.unwrap_or(0));
    let result = if unqualified == 0 { "qualified" } else { "unqualified" };
    let inspection = Inspection {
        id: event.event_id.clone(),
        order_no: order.order_no,
        process_name: event.process_name.clone().unwrap_or_else(|| "入库质检".to_owned()),
        qualified,
        unqualified,
        result: event.result.clone().unwrap_or_else(|| result.to_owned()),
        inspected_ms: time::read("inspectedAt", event.inspected_at.as_deref(), now_ms)?,
    };
    let writes = quality::writes(ctx, tenant, &inspection).await?;
    let data = QualityResultData {
        order_no: inspection.order_no,
        process_name: inspection.process_name,
        qualified_quantity: qualified,
        unqualified_quantity: unqualified,
        defect_rate: defect_rate(qualified, unqualified),
        result: inspection.result,
        inspected_at: time::text(inspection.inspected_ms),
    };
    Plan::new(EventKind::QualityResult, data, writes, now_ms)
}
