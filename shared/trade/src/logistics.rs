//! Shipments of orders.

use crate::error::Result;
use crate::{orders, time};
use serde::{Deserialize, Serialize};
use tenon_model::TenantId;
use tenon_model::openapi::{LogisticsStatus, Shipment};
use tenon_platform::Context;
use tenon_platform::table::{Expect, Key, Range, Write};

/// Shipments shown one by one.
const SHOWN: usize = 200;

/// One shipment as stored, under its order by the number of its delivery note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shipped {
    pub order_no: String,
    pub outstock_no: String,
    pub quantity: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outstock_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logistics_company: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_no: Option<String>,
    pub shipped_ms: i64,
}

/// The shipments of one order of the tenant; an order that was not shipped has none.
///
/// # Errors
/// `NotFound` for an order that is not the tenant's; failures of the table.
pub async fn status(ctx: &Context, tenant: &TenantId, order_no: &str) -> Result<LogisticsStatus> {
    let order = orders::get(ctx, tenant, order_no).await?;
    let partition = Key::partition_of(tenant, "SHIPMENT", &[&order.order_no]);
    let stored = ctx.table.query_all::<Shipped>(&partition, Range::default()).await?;
    let total_shipments = i64::try_from(stored.len()).unwrap_or(i64::MAX);
    let mut shipped: Vec<Shipped> = stored.into_iter().map(|s| s.data).collect();
    shipped.sort_by(|a, b| (b.shipped_ms, &b.outstock_no).cmp(&(a.shipped_ms, &a.outstock_no)));
    let shipments = shipped.into_iter().take(SHOWN).map(shipment).collect();
    Ok(LogisticsStatus { order_no: order.order_no, total_shipments, shipments })
}

fn shipment(shipped: Shipped) -> Shipment {
    Shipment {
        outstock_no: shipped.outstock_no,
        quantity: shipped.quantity,
        outstock_type: shipped.outstock_type,
        warehouse: shipped.warehouse,
        logistics_company: shipped.logistics_company,
        tracking_no: shipped.tracking_no,
        create_time: time::text(shipped.shipped_ms),
    }
}

/// The write that stores a shipment over what was known of its delivery note.
pub(crate) fn write(tenant: &TenantId, shipped: &Shipped) -> tenon_platform::Result<Write> {
    let key = Key::new(tenant, "SHIPMENT", &[shipped.order_no.as_str()], shipped.outstock_no.as_str());
    Write::put(key, shipped, Expect::Anything)
}
