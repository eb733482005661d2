//! Shipments of orders.

use crate::error::Result;
use crate::{orders, time};
use serde::{Deserialize, Serialize};
use tenon_model::TenantId;
use tenon_model::openapi::{LogisticsStatus, Shipment};
use tenon_platform::Context;
use tenon_platform::table::{Count, Expect, Key, Range, Write};

/// Shipments shown one by one.
const SHOWN: u32 = 200;

const SHIPMENTS: &str = "shipments";

/// One shipment as stored, twice: under its order by the number of its delivery note, and by time.
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

/// The shipments of one order of the tenant, newest first; an order that was not shipped has none. Three table
/// requests, however many shipments there are.
///
/// # Errors
/// `NotFound` for an order that is not the tenant's; failures of the table.
pub async fn status(ctx: &Context, tenant: &TenantId, order_no: &str) -> Result<LogisticsStatus> {
    let order = orders::get(ctx, tenant, order_no).await?;
    let count = count_key(tenant, &order.order_no);
    let counters = ctx.table.counters(std::slice::from_ref(&count)).await?;
    let total_shipments = counters.get(&count).and_then(|c| c.get(SHIPMENTS)).copied().unwrap_or(0);
    let partition = Key::partition_of(tenant, "SHIPMENTS", &[&order.order_no]);
    let newest = ctx.table.newest::<Shipped>(&partition, Range::default(), SHOWN).await?;
    let shipments = newest.into_iter().map(|stored| shipment(stored.data)).collect();
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

/// The delivery note of a shipment.
fn key(tenant: &TenantId, shipped: &Shipped) -> Key {
    Key::new(tenant, "SHIPMENT", &[shipped.order_no.as_str()], shipped.outstock_no.as_str())
}

/// Its place among the shipments of its order.
fn place(tenant: &TenantId, shipped: &Shipped) -> Key {
    let sort = format!("{:013x}#{}", shipped.shipped_ms.max(0), shipped.outstock_no);
    Key::new(tenant, "SHIPMENTS", &[shipped.order_no.as_str()], sort)
}

fn count_key(tenant: &TenantId, order_no: &str) -> Key {
    Key::new(tenant, "SHIPMENT-COUNT", &[order_no], "-")
}

/// The writes that store a shipment over what is known of its delivery note. They hold while nobody else has
/// written that note.
pub(crate) async fn writes(
    ctx: &Context,
    tenant: &TenantId,
    shipped: &Shipped,
    now_ms: i64,
) -> tenon_platform::Result<Vec<Write>> {
    let note = key(tenant, shipped);
    let listed = Write::put(place(tenant, shipped), shipped, Expect::Anything)?;
    let Some(known) = ctx.table.get::<Shipped>(&note).await? else {
        let count = Count::new(count_key(tenant, &shipped.order_no)).add(SHIPMENTS, 1);
        return Ok(vec![Write::put(note, shipped, Expect::AbsentAt(now_ms))?, listed, Write::count(count)]);
    };
    let mut writes = vec![Write::put(note, shipped, Expect::Version(known.version))?, listed];
    let before = place(tenant, &known.data);
    if before != place(tenant, shipped) {
        writes.push(Write::delete(before, Expect::Anything));
    }
    Ok(writes)
}
