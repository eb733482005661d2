//! Two lanes, and how a delivery of the first gets one of its endpoint's places: at once, by standing by for a moment,
//! or later. What stands by holds up a worker, so few may, and none for an endpoint that is known to be slow: its
//! deliveries go over to the slow lane.

use crate::health::Health;
use crate::places::{Expected, Place, UnderWay};
use std::sync::Arc;
use std::time::Duration;
use tenon_model::{AppId, TenantId};
use tenon_platform::Context;
use tenon_platform::queue::{QueueName, WEBHOOK_DELIVER, WEBHOOK_RETRY};

/// How long a delivery of the first lane stands by for a place of its endpoint. An endpoint that is well frees one
/// within its answer's time, and a second lets a burst to few endpoints through where a shorter time would send most
/// of it through the queue again and again. One that is not well frees none soon: nothing of the slow lane stands by.
pub(crate) const STANDS_BY: Duration = Duration::from_secs(1);

/// Which queue a worker works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// First attempts to endpoints that are well.
    First,
    /// All others.
    Retry,
}

impl Lane {
    /// Its queue.
    pub fn queue(self) -> QueueName {
        match self {
            Self::First => WEBHOOK_DELIVER,
            Self::Retry => WEBHOOK_RETRY,
        }
    }

    /// How long a message of the slow lane waits that finds its endpoint's places taken: about as long as an
    /// attempt lasts, which is until its time is up where the endpoint fails.
    pub(crate) fn busy_wait(health: &Health) -> Duration {
        let (soon, longest) = (Duration::from_secs(1), Duration::from_secs(15));
        match health.slow {
            _ if health.is_failing() => longest,
            Some(slow) => Duration::from_millis(u64::try_from(slow.took_ms).unwrap_or(0)).clamp(soon, longest),
            None => soon,
        }
    }
}

/// What this process knows of a delivery's way without asking anybody.
pub(crate) enum Outlook {
    /// There is a place, or one may come free: it is expected there.
    Open(Expected),
    /// Its endpoint's places are taken, and as many as may stand by do: about when it would have its turn.
    Full(Duration),
    /// An attempt to its endpoint is under way and has shown that it is slow.
    Slow,
}

/// How it looks for a delivery of the first lane that wants a place.
pub(crate) fn outlook(ctx: &Context, tenant: &TenantId, app: &AppId) -> Outlook {
    let under_way = ctx.extensions.get_or_init::<UnderWay>();
    under_way.outlook(&(tenant.clone(), app.clone()), ctx.clock.elapsed_ms(), &ctx.entropy)
}

/// Takes a place: of the first lane one that is or soon comes free, for a delivery that is expected there; of the slow
/// lane one that is free.
pub(crate) async fn enter(ctx: &Context, expected: Option<Expected>, tenant: &TenantId, app: &AppId) -> Option<Place> {
    let under_way = ctx.extensions.get_or_init::<UnderWay>();
    let endpoint = (tenant.clone(), app.clone());
    let places = under_way.places(&endpoint, ctx.clock.elapsed_ms());
    let permit = match Arc::clone(&places).try_acquire_owned() {
        Ok(permit) => permit,
        Err(_) if expected.is_none() => return None,
        Err(_) => tokio::time::timeout(STANDS_BY, places.acquire_owned()).await.ok()?.ok()?,
    };
    Some(Place::take(permit, under_way, endpoint, ctx.clock.clone()))
}
