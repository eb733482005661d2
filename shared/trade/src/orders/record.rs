//! An order in the table: under its number; and its number among those of its tenant and of its app, by state
//! and time.

use super::totals;
use crate::rules::ID_LIMIT;
use crate::time;
use serde::{Deserialize, Serialize};
use tenon_model::openapi::{CreatedOrder, NumberOrText, OrderState, OrderStatus};
use tenon_model::{AppId, TenantId};
use tenon_platform::table::{Expect, Key, Stored, Write};
use tenon_platform::{Context, Result, shared_requests};

/// An order as stored. Amounts in fen, times in epoch ms, dates as texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the wire types, where they are described")]
pub struct Order {
    pub order_no: String,
    pub order_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_order_no: Option<String>,
    pub style_no: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style_name: Option<String>,
    pub quantity: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub colors: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factory_id: Option<NumberOrText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factory_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price_fen: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    pub status: OrderState,
    #[serde(default)]
    pub completed_quantity: i64,
    #[serde(default)]
    pub production_progress: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub material_arrival_rate: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_start_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_end_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_start_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_end_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_ship_date: Option<String>,
    pub app: AppId,
    pub created_by_name: String,
    pub created_ms: i64,
    pub updated_ms: i64,
    /// When the production system last moved it, as it says itself.
    #[serde(default)]
    pub changed_ms: i64,
}

impl Order {
    /// What a caller is told about it.
    pub fn status(&self) -> OrderStatus {
        let order = self.clone();
        OrderStatus {
            order_no: order.order_no,
            external_order_no: order.external_order_no,
            style_no: order.style_no,
            style_name: order.style_name,
            status: order.status,
            order_quantity: order.quantity,
            completed_quantity: order.completed_quantity,
            production_progress: order.production_progress,
            material_arrival_rate: order.material_arrival_rate,
            colors: order.colors,
            sizes: order.sizes,
            factory_id: order.factory_id,
            factory_name: order.factory_name,
            required_date: order.required_date,
            planned_start_date: order.planned_start_date,
            planned_end_date: order.planned_end_date,
            actual_start_date: order.actual_start_date,
            actual_end_date: order.actual_end_date,
            expected_ship_date: order.expected_ship_date,
            remark: order.remark,
            created_by_name: order.created_by_name,
            created_at: time::text(order.created_ms),
            updated_at: time::text(order.updated_ms),
        }
    }

    /// The answer to the call that created it, and to its repeats.
    pub fn created(&self, repeated: bool) -> CreatedOrder {
        let order = self.clone();
        CreatedOrder {
            status: "created".to_owned(),
            message: "订单创建成功".to_owned(),
            view_url: format!("/openapi/v1/orders/{}", order.order_no),
            order_no: order.order_no,
            order_id: order.order_id,
            external_order_no: order.external_order_no,
            style_no: order.style_no,
            style_name: order.style_name,
            company: order.company,
            quantity: order.quantity,
            order_status: OrderState::Pending,
            created_at: time::text(order.created_ms),
            repeated,
        }
    }

    /// Its place among the orders of its tenant: by time, then by number.
    pub(super) fn place(&self) -> String {
        format!("{:013x}#{}", self.created_ms, self.order_no)
    }
}

pub(super) fn key(tenant: &TenantId, order_no: &str) -> Key {
    Key::new(tenant, "ORDER", &[order_no], "-")
}

/// The partition of a tenant's orders of one state, or of those that one app created: their numbers, by the
/// orders' places.
pub(super) fn partition(tenant: &TenantId, app: Option<&AppId>, state: OrderState) -> String {
    match app {
        Some(app) => Key::partition_of(tenant, "APP-ORDERS", &[app.as_str(), state.word()]),
        None => Key::partition_of(tenant, "ORDERS", &[state.word()]),
    }
}

/// That there is an order, found by state and time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pointer {
    pub order_no: String,
}

/// Where an order is listed: among its tenant's, and among its app's.
fn pointer_keys(tenant: &TenantId, order: &Order) -> [Key; 2] {
    let state = order.status.word();
    [
        Key::new(tenant, "ORDERS", &[state], order.place()),
        Key::new(tenant, "APP-ORDERS", &[order.app.as_str(), state], order.place()),
    ]
}

/// The writes that list an order among those of its tenant and of its app.
pub(super) fn point(tenant: &TenantId, order: &Order) -> Result<Vec<Write>> {
    let pointer = Pointer { order_no: order.order_no.clone() };
    pointer_keys(tenant, order).into_iter().map(|key| Write::put(key, &pointer, Expect::Anything)).collect()
}

/// The write that stores an order over what is expected.
pub(super) fn put(tenant: &TenantId, order: &Order, expect: Expect) -> Result<Write> {
    Write::put(key(tenant, &order.order_no), order, expect)
}

/// One order of the tenant that an app of it made.
pub(crate) async fn find(ctx: &Context, tenant: &TenantId, order_no: &str) -> Result<Option<Stored<Order>>> {
    match can_exist(order_no) {
        true => ctx.table.get(&key(tenant, order_no)).await,
        false => Ok(None),
    }
}

/// As [`find`], with what others read now.
pub(crate) async fn find_together(ctx: &Context, tenant: &TenantId, order_no: &str) -> Result<Option<Stored<Order>>> {
    match can_exist(order_no) {
        true => shared_requests::get(ctx, &key(tenant, order_no)).await,
        false => Ok(None),
    }
}

fn can_exist(order_no: &str) -> bool {
    (1..=ID_LIMIT).contains(&order_no.len())
}

/// Writes that store a changed order with the totals that change with it.
pub(crate) fn change_writes(tenant: &TenantId, old: &Stored<Order>, new: &Order) -> Result<Vec<Write>> {
    let mut writes = vec![put(tenant, new, Expect::Version(old.version))?];
    if old.data.status != new.status {
        writes.extend(totals::moved(tenant, &new.app, &new.order_no, old.data.status, new.status));
        writes.extend(pointer_keys(tenant, &old.data).map(|key| Write::delete(key, Expect::Anything)));
        writes.extend(point(tenant, new)?);
    }
    Ok(writes)
}
