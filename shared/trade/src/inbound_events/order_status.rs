//! `ORDER_STATUS`: an order moved on.

use super::plan::Plan;
use crate::error::{Result, TradeError};
use crate::{orders, rules, time};
use tenon_model::openapi::{OrderState, OrderStatusData, OrderStatusEvent};
use tenon_model::{EventKind, TenantId};
use tenon_platform::Context;

const MAX: i64 = 10_000_000;

/// The new state, by either of its names.
fn new_state(event: &OrderStatusEvent) -> Result<OrderState> {
    match (event.status, event.new_status) {
        (Some(one), Some(other)) if one != other => Err(TradeError::bad("newStatus", "与status不同")),
        (Some(state), _) | (None, Some(state)) => Ok(state),
        (None, None) => Err(TradeError::bad("status", "不能为空")),
    }
}

pub(super) fn check(event: &OrderStatusEvent) -> Result<()> {
    rules::text("orderNo", &event.order_no, rules::ID_LIMIT)?;
    new_state(event)?;
    rules::lines("message", event.message.as_deref(), 500)?;
    time::read("changedAt", event.changed_at.as_deref(), 0)?;
    rules::optional_within("completedQuantity", event.completed_quantity, 0, MAX)?;
    rules::optional_within("productionProgress", event.production_progress, 0, 100)?;
    rules::optional_within("materialArrivalRate", event.material_arrival_rate, 0, 100)?;
    rules::optional("factoryName", event.factory_name.as_deref(), 200)?;
    rules::date("plannedStartDate", event.planned_start_date.as_deref())?;
    rules::date("plannedEndDate", event.planned_end_date.as_deref())?;
    rules::date("actualStartDate", event.actual_start_date.as_deref())?;
    rules::date("actualEndDate", event.actual_end_date.as_deref())?;
    rules::date("expectedShipDate", event.expected_ship_date.as_deref())
}

pub(super) async fn plan(ctx: &Context, tenant: &TenantId, event: &OrderStatusEvent, now_ms: i64) -> Result<Plan> {
    let stored = orders::for_event(ctx, tenant, &event.order_no).await?;
    let state = new_state(event)?;
    let changed_ms = time::read("changedAt", event.changed_at.as_deref(), now_ms)?;
    let known = &stored.data;
    // A queue in the production system may hand in events out of order; the newest is what holds.
    let is_late = changed_ms < known.changed_ms;
    if known.status == OrderState::Canceled && state != OrderState::Canceled && !is_late {
        return Err(TradeError::bad("status", "已取消的订单不能改变状态"));
    }
    let order = if is_late { known.clone() } else { moved(known, event, state, changed_ms, now_ms) };
    let data = OrderStatusData {
        order_no: known.order_no.clone(),
        external_order_no: known.external_order_no.clone(),
        status: state,
        old_status: event.old_status.unwrap_or(known.status),
        new_status: state,
        message: event.message.clone().unwrap_or_else(|| state.message().to_owned()),
        changed_at: time::text(changed_ms),
        completed_quantity: event.completed_quantity.unwrap_or(order.completed_quantity),
        order_quantity: order.quantity,
    };
    let writes = if is_late { Vec::new() } else { orders::change_writes(tenant, &stored, &order)? };
    Plan::new(EventKind::OrderStatus, data, writes, now_ms)
}

/// The order as the event leaves it; what the event does not tell stays.
fn moved(
    known: &orders::Order,
    event: &OrderStatusEvent,
    state: OrderState,
    changed_ms: i64,
    now_ms: i64,
) -> orders::Order {
    let newer = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
    // Who reports an order as completed has finished all of it, unless the event says otherwise.
    let finished = if state == OrderState::Completed { known.quantity } else { known.completed_quantity };
    let completed_quantity = event.completed_quantity.unwrap_or(finished);
    let share = (completed_quantity * 100 / known.quantity.max(1)).clamp(0, 100);
    orders::Order {
        status: state,
        completed_quantity,
        production_progress: event.production_progress.unwrap_or(share),
        material_arrival_rate: event.material_arrival_rate.or(known.material_arrival_rate),
        factory_name: newer(&event.factory_name, &known.factory_name),
        planned_start_date: newer(&event.planned_start_date, &known.planned_start_date),
        planned_end_date: newer(&event.planned_end_date, &known.planned_end_date),
        actual_start_date: newer(&event.actual_start_date, &known.actual_start_date),
        actual_end_date: newer(&event.actual_end_date, &known.actual_end_date),
        expected_ship_date: newer(&event.expected_ship_date, &known.expected_ship_date),
        // A clock that is ahead must not make every later change a late one.
        changed_ms: changed_ms.min(now_ms),
        updated_ms: now_ms,
        ..known.clone()
    }
}
