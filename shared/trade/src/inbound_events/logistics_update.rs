//! `LOGISTICS_UPDATE`: goods of an order left the warehouse.

use super::plan::Plan;
use crate::error::Result;
use crate::logistics::{self, Shipped};
use crate::{orders, rules, time};
use tenon_model::openapi::{LogisticsUpdateData, LogisticsUpdateEvent};
use tenon_model::{EventKind, TenantId};
use tenon_platform::Context;

pub(super) fn check(event: &LogisticsUpdateEvent) -> Result<()> {
    rules::text("orderNo", &event.order_no, rules::ID_LIMIT)?;
    rules::text("outstockNo", &event.outstock_no, rules::ID_LIMIT)?;
    rules::within("quantity", event.quantity, 1, 10_000_000)?;
    rules::optional("warehouse", event.warehouse.as_deref(), 100)?;
    rules::optional("outstockType", event.outstock_type.as_deref(), 50)?;
    rules::optional("logisticsCompany", event.logistics_company.as_deref(), 100)?;
    rules::optional("trackingNo", event.tracking_no.as_deref(), 100)?;
    time::read("shippedAt", event.shipped_at.as_deref(), 0).map(drop)
}

pub(super) async fn plan(ctx: &Context, tenant: &TenantId, event: &LogisticsUpdateEvent, now_ms: i64) -> Result<Plan> {
    let order = orders::get(ctx, tenant, &event.order_no).await?;
    let given = event.clone();
    let shipped = Shipped {
        order_no: order.order_no,
        outstock_no: given.outstock_no,
        quantity: given.quantity,
        outstock_type: given.outstock_type,
        warehouse: given.warehouse,
        logistics_company: given.logistics_company,
        tracking_no: given.tracking_no,
        shipped_ms: time::read("shippedAt", event.shipped_at.as_deref(), now_ms)?,
    };
    let writes = logistics::writes(ctx, tenant, &shipped, now_ms).await?;
    let data = LogisticsUpdateData {
        order_no: shipped.order_no,
        outstock_no: shipped.outstock_no,
        quantity: shipped.quantity,
        warehouse: shipped.warehouse,
        shipped_at: time::text(shipped.shipped_ms),
        style_no: order.style_no,
        outstock_type: shipped.outstock_type,
        logistics_company: shipped.logistics_company,
        tracking_no: shipped.tracking_no,
    };
    Plan::new(EventKind::LogisticsUpdate, data, writes, now_ms)
}
