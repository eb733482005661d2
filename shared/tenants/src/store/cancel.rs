//! The operator cancels an order, or returns its money.

use super::records::{Order, OrderState};
use super::{keys, orders, subscriptions};
use crate::optimistic::settle;
use crate::{apps, contention};
use tenon_platform::table::{Expect, Transacted, Write};
use tenon_platform::{Context, Rejection};

/// Cancels an order that is not paid; with `refund`, takes back the time of one that is: what it
/// bought ends now, or is not begun. An order that is canceled or refunded already stays so.
///
/// # Errors
/// 404 for an unknown order; 400 for a paid one without `refund`, and for one that is not the
/// subscription's latest.
pub async fn cancel(ctx: &Context, number: &str, remark: &str, refund: bool) -> Result<Order, Rejection> {
    if remark.chars().count() > 500 {
        return Err(Rejection::field("remark", "不能超过500个字符"));
    }
    settle(ctx, || async {
        let stored = orders::by_number(ctx, number).await?.ok_or_else(Rejection::not_found)?;
        let (mut order, now) = (stored.data, ctx.now_ms());
        let before = order.state;
        let mut writes = match order.state {
            OrderState::Canceled | OrderState::Refunded => return Ok(Some(order)),
            OrderState::Pending => Vec::new(),
            OrderState::Paid if refund => taken_back(ctx, &mut order, now).await?,
            OrderState::Paid => return Err(Rejection::field("refund", "订单已支付，退款须传refund=true")),
        };
        order.state = if order.payment.is_some() { OrderState::Refunded } else { OrderState::Canceled };
        (order.updated_ms, order.remark) = (now, remark.to_owned());
        writes.extend(keys::order_writes(&order, Some(before), Expect::Version(stored.version))?);
        Ok(match contention::transact(ctx, writes).await? {
            Transacted::Done => Some(order),
            Transacted::Conflict(_) => None,
        })
    })
    .await
}

async fn taken_back(ctx: &Context, order: &mut Order, now: i64) -> Result<Vec<Write>, Rejection> {
    let latest = || Rejection::field("orderId", "只能退该订阅最近一次支付的订单");
    let held = subscriptions::one(ctx, &order.tenant, order.module).await?.ok_or_else(latest)?;
    let mut subscription = held.data;
    let payment = order.payment.as_mut().ok_or_else(latest)?;
    if subscription.order.as_ref() != Some(&order.number) {
        return Err(latest());
    }
    payment.refunded_ms = Some(now);
    subscription.ends_ms = payment.from_ms.max(now).min(subscription.ends_ms);
    if subscription.ends_ms <= now {
        subscription.canceled_ms = Some(now);
    }
    subscription.updated_ms = now;
    subscription.order = payment.before.as_ref().map(|before| before.order.clone());
    if let Some(before) = &payment.before {
        subscription.term = before.term;
    }
    let mut writes = vec![
        keys::payment_write(&order.tenant, payment, Expect::Anything)?,
        keys::subscription_write(&subscription, Expect::Version(held.version))?,
    ];
    for mut app in apps::list(ctx, &order.tenant).await? {
        if app.data.module == order.module {
            (app.data.expires_ms, app.data.updated_ms) = (Some(subscription.ends_ms), now);
            writes.extend(apps::update_writes(&app.data, app.version)?);
        }
    }
    Ok(writes)
}
