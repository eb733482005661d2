//! Trials: once for ever per tenant and module.

use super::records::{Subscription, SubscriptionState, Term, TrialMark};
use super::{catalogue, keys, numbers, period, subscriptions};
use crate::credentials::{self, Credentials, new_app};
use crate::optimistic::settle;
use crate::{apps, contention};
use tenon_model::{Module, TenantId};
use tenon_platform::table::{Expect, Stored, Transacted, Write};
use tenon_platform::{Context, Rejection};

const TRIED: &str = "每个租户每个应用仅可试用一次";
const SUBSCRIBED: &str = "已有该应用的订阅，无需试用";

/// Place of the mark in the transaction.
const MARK: usize = 0;
/// Place of the subscription in the transaction.
const SUBSCRIPTION: usize = 1;

/// A trial that has begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// The subscription.
    pub subscription: Subscription,
    /// Shown once.
    pub credentials: Credentials,
}

/// How a tenant stands with trying a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The trial, if there was one.
    pub mark: Option<TrialMark>,
    /// Whether one can be started.
    pub can_try: bool,
    /// Whether the trial's time is up.
    pub expired: bool,
    /// How the subscription stands, if there is one.
    pub state: Option<SubscriptionState>,
}

/// Starts a trial: mark, subscription and app, or none of them. Finds what an earlier call with the same idempotency
/// key began.
///
/// # Errors
/// 400 that names `appId` when the module cannot be tried, was tried before, or is subscribed to.
pub async fn start(ctx: &Context, tenant: &TenantId, module: Module) -> Result<Started, Rejection> {
    let product = catalogue::product(ctx, module).await?.product;
    if !product.enabled {
        return Err(Rejection::field("appId", "应用已下架"));
    }
    if !product.trial_supported {
        return Err(Rejection::field("appId", "该应用不支持试用"));
    }
    settle(ctx, || async {
        if let Some((_, credentials)) = credentials::made_before(ctx, tenant).await?
            && let Some(subscription) = subscriptions::one(ctx, tenant, module).await?
        {
            return Ok(Some(Started { subscription: subscription.data, credentials }));
        }
        let now = ctx.now_ms();
        let ends_ms = period::end(now, now, Term::Trial, product.trial_days)?;
        let (app, credentials) = new_app(ctx, tenant, module, true, ends_ms).await?;
        let mark = TrialMark { app: app.id.clone(), started_ms: now, ends_ms };
        let subscription = Subscription {
            number: numbers::new(ctx, "SUB")?,
            tenant: tenant.clone(),
            module,
            term: Term::Trial,
            starts_ms: now,
            ends_ms,
            order: None,
            canceled_ms: None,
            created_ms: now,
            updated_ms: now,
        };
        let mut writes = vec![
            Write::put(keys::trial(tenant, module), &mark, Expect::AbsentAt(now))?,
            keys::subscription_write(&subscription, Expect::AbsentAt(now))?,
        ];
        writes.extend(apps::create_writes(&app, now)?);
        writes.extend(ctx.once.note(&app.id, now)?);
        match contention::transact(ctx, writes).await? {
            Transacted::Done => Ok(Some(Started { subscription, credentials })),
            Transacted::Conflict(places) if places.contains(&MARK) => Err(Rejection::field("appId", TRIED)),
            Transacted::Conflict(places) if places.contains(&SUBSCRIPTION) => {
                Err(Rejection::field("appId", SUBSCRIBED))
            }
            Transacted::Conflict(_) => Ok(None),
        }
    })
    .await
}

/// How a tenant stands with trying a module.
///
/// # Errors
/// Those of the table.
pub async fn status(ctx: &Context, tenant: &TenantId, module: Module) -> tenon_platform::Result<Status> {
    let mark: Option<Stored<TrialMark>> = ctx.table.get(&keys::trial(tenant, module)).await?;
    let subscription = subscriptions::one(ctx, tenant, module).await?.map(|s| s.data);
    let product = catalogue::product(ctx, module).await?.product;
    let mark = mark.map(|s| s.data);
    Ok(Status {
        can_try: mark.is_none() && subscription.is_none() && product.enabled && product.trial_supported,
        expired: mark.as_ref().is_some_and(|m| m.ends_ms <= ctx.now_ms()),
        state: subscription.map(|s| s.state(ctx.now_ms())),
        mark,
    })
}
