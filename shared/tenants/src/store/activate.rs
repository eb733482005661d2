//! The operator marks an order paid: the subscription gets its time, and its apps with it.

use super::records::{Order, OrderKind, OrderState, PaidBefore, Payment, Subscription, TrialMark};
use super::{keys, numbers, orders, period, subscriptions};
use crate::credentials::{Credentials, PAID_QUOTA, default_name, new_app, new_secret};
use crate::optimistic::settle;
use crate::{apps, contention};
use tenon_model::AppId;
use tenon_model::tenant_app::{AppSecret, TenantApp};
use tenon_platform::table::{Expect, Stored, Transacted, Write};
use tenon_platform::{Context, Rejection};

/// A paid order.
#[derive(Clone, Debug, PartialEq)]
pub struct Activated {
    /// The order.
    pub order: Order,
    /// The subscription as it is now.
    pub subscription: Option<Subscription>,
    /// Shown once, when the order made a key.
    pub credentials: Option<Credentials>,
}

/// Marks an order paid, in one transaction with its payment, the subscription and every app of the
/// module. An order that is paid already is answered as it is, without credentials.
///
/// # Errors
/// 404 for an unknown order; 400 for one that was canceled or refunded.
pub async fn activate(ctx: &Context, number: &str, remark: &str, marked_by: &str) -> Result<Activated, Rejection> {
    if remark.chars().count() > 500 {
        return Err(Rejection::field("remark", "不能超过500个字符"));
    }
    settle(ctx, || attempt(ctx, number, remark, marked_by)).await
}

async fn attempt(ctx: &Context, number: &str, remark: &str, marked_by: &str) -> Result<Option<Activated>, Rejection> {
    let stored = orders::by_number(ctx, number).await?.ok_or_else(Rejection::not_found)?;
    let (mut order, version, now) = (stored.data, stored.version, ctx.now_ms());
    let held = subscriptions::one(ctx, &order.tenant, order.module).await?;
    match order.state {
        OrderState::Pending => {}
        OrderState::Paid => {
            // Shown once, also to whoever repeats the call because its process died.
            let credentials = ctx.once.made_sealed::<Credentials>(ctx).await?;
            return Ok(Some(Activated { order, subscription: held.map(|s| s.data), credentials }));
        }
        OrderState::Canceled => return Err(Rejection::field("orderId", "订单已取消，请重新下单")),
        OrderState::Refunded => return Err(Rejection::field("orderId", "订单已退款，请重新下单")),
    }
    // Since it was placed, a trial may have begun or another order been paid.
    order.kind = OrderKind::of(held.as_ref().map(|s| &s.data));
    let subscription = prolonged(ctx, &order, held.as_ref().map(|s| &s.data), now)?;
    let before = held.as_ref().and_then(|s| Some(PaidBefore { order: s.data.order.clone()?, term: s.data.term }));
    let payment = Payment {
        number: numbers::new(ctx, "PAY")?,
        order: order.number.clone(),
        subscription: subscription.number.clone(),
        amount_fen: order.amount_fen,
        paid_ms: now,
        from_ms: begins(order.kind, held.as_ref().map(|s| &s.data), now),
        to_ms: subscription.ends_ms,
        marked_by: marked_by.to_owned(),
        refunded_ms: None,
        before,
    };
    (order.state, order.updated_ms, order.remark) = (OrderState::Paid, now, remark.to_owned());
    order.payment = Some(payment.clone());

    let mut writes = keys::order_writes(&order, Some(OrderState::Pending), Expect::Version(version))?;
    writes.push(keys::payment_write(&order.tenant, &payment, Expect::AbsentAt(now))?);
    let expect = held.map_or(Expect::AbsentAt(now), |s| Expect::Version(s.version));
    writes.push(keys::subscription_write(&subscription, expect)?);
    let (of_apps, credentials) = apps_of(ctx, &order, subscription.ends_ms).await?;
    writes.extend(of_apps);
    if let Some(credentials) = &credentials {
        writes.extend(ctx.once.note_sealed(ctx, credentials).await?);
    }
    Ok(match contention::transact(ctx, writes).await? {
        Transacted::Done => Some(Activated { order, subscription: Some(subscription), credentials }),
        Transacted::Conflict(_) => None,
    })
}

/// From when the time bought counts: what is left of a paid subscription is not lost.
fn begins(kind: OrderKind, held: Option<&Subscription>, now: i64) -> i64 {
    match (kind, held) {
        (OrderKind::Renew, Some(held)) if held.is_live(now) => held.ends_ms,
        _ => now,
    }
}

fn prolonged(
    ctx: &Context,
    order: &Order,
    held: Option<&Subscription>,
    now: i64,
) -> tenon_platform::Result<Subscription> {
    let from_ms = begins(order.kind, held, now);
    let goes_on = from_ms > now;
    let starts_ms = held.filter(|_| goes_on).map_or(now, |s| s.starts_ms);
    Ok(Subscription {
        number: held.map_or_else(|| numbers::new(ctx, "SUB"), |s| Ok(s.number.clone()))?,
        tenant: order.tenant.clone(),
        module: order.module,
        term: order.term,
        starts_ms,
        ends_ms: period::end(from_ms, starts_ms, order.term, 0)?,
        order: Some(order.number.clone()),
        canceled_ms: None,
        created_ms: held.map_or(now, |s| s.created_ms),
        updated_ms: now,
    })
}

/// Writes that give every app of the module the new end, and a key where there is to be one: to a
/// tenant that has none, and to a trial whose order asked for it.
async fn apps_of(
    ctx: &Context,
    order: &Order,
    ends_ms: i64,
) -> tenon_platform::Result<(Vec<Write>, Option<Credentials>)> {
    let now = ctx.now_ms();
    let mut held: Vec<Stored<TenantApp>> = apps::list(ctx, &order.tenant).await?;
    held.retain(|app| app.data.module == order.module);
    if held.is_empty() {
        let (app, credentials) = new_app(ctx, &order.tenant, order.module, false, ends_ms).await?;
        return Ok((apps::create_writes(&app, now)?, Some(credentials)));
    }
    let renewed = match order.kind {
        OrderKind::Upgrade if order.new_credentials => trial_app(ctx, order, &held).await?,
        OrderKind::New | OrderKind::Renew | OrderKind::Upgrade => None,
    };
    let (mut writes, mut credentials) = (Vec::new(), None);
    for Stored { data: mut app, version, .. } in held {
        if app.trial {
            paid(&mut app);
        }
        (app.expires_ms, app.updated_ms) = (Some(ends_ms), now);
        if renewed.as_ref() == Some(&app.id) {
            let old_key = std::mem::replace(&mut app.app_key, apps::new_app_key(ctx)?);
            let secret = new_secret(ctx)?;
            let sealed = apps::seal(ctx, &app.tenant, &app.id, apps::APP_SECRET, secret.expose()).await?;
            app.secrets = vec![AppSecret { secret: sealed, until_ms: None }];
            credentials = Some(Credentials {
                app: app.id.clone(),
                app_key: app.app_key.clone(),
                app_secret: secret,
                callback_secret: None,
            });
            writes.extend(apps::rekey_writes(&app, version, &old_key, now)?);
        } else {
            writes.extend(apps::update_writes(&app, version)?);
        }
    }
    Ok((writes, credentials))
}

/// Makes a trial's app a paid one.
fn paid(app: &mut TenantApp) {
    app.trial = false;
    app.daily_quota = PAID_QUOTA;
    if app.name == default_name(app.module, true) {
        app.name = default_name(app.module, false);
    }
}

/// The app that came with the trial; the oldest one when that was deleted.
async fn trial_app(ctx: &Context, order: &Order, held: &[Stored<TenantApp>]) -> tenon_platform::Result<Option<AppId>> {
    let mark: Option<Stored<TrialMark>> = ctx.table.get(&keys::trial(&order.tenant, order.module)).await?;
    let came = mark.and_then(|m| held.iter().find(|app| app.data.id == m.data.app));
    Ok(came.or_else(|| held.first()).map(|app| app.data.id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Term;

    #[test]
    fn a_trials_end_is_not_added_to_and_a_paid_ones_is() {
        let held = |term| Subscription {
            number: "SUB1".to_owned(),
            tenant: tenon_model::TenantId::new("t-1"),
            module: tenon_model::Module::OrderSync,
            term,
            starts_ms: 0,
            ends_ms: 1_000,
            order: None,
            canceled_ms: None,
            created_ms: 0,
            updated_ms: 0,
        };
        assert_eq!(begins(OrderKind::Renew, Some(&held(Term::Monthly)), 400), 1_000);
        assert_eq!(begins(OrderKind::Renew, Some(&held(Term::Monthly)), 1_000), 1_000);
        assert_eq!(begins(OrderKind::Renew, Some(&held(Term::Monthly)), 5_000), 5_000);
        assert_eq!(begins(OrderKind::Upgrade, Some(&held(Term::Trial)), 400), 400);
        let canceled = Subscription { canceled_ms: Some(300), ..held(Term::Yearly) };
        assert_eq!(begins(OrderKind::Renew, Some(&canceled), 400), 400);
    }
}
