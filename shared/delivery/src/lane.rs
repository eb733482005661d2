//! Two lanes, and how many attempts to one endpoint may be under way in one process. An endpoint that
//! hangs takes a place for as long as an attempt may last; with few places each, it cannot take those of
//! others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_model::{AppId, TenantId};
use tenon_platform::Context;
use tenon_platform::queue::{QueueName, WEBHOOK_DELIVER, WEBHOOK_RETRY};

/// Attempts under way to one endpoint from one process.
const AT_ONCE: u32 = 2;

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

    /// How long a message waits that finds its endpoint's places taken. In the slow lane an attempt often
    /// lasts until its time is up, so there is no use in asking sooner.
    pub(crate) fn busy_wait(self) -> Duration {
        match self {
            Self::First => Duration::from_secs(1),
            Self::Retry => Duration::from_secs(15),
        }
    }
}

type Endpoint = (TenantId, AppId);

#[derive(Default)]
struct UnderWay(Mutex<HashMap<Endpoint, u32>>);

/// A place, given back when dropped.
pub(crate) struct Place {
    under_way: Arc<UnderWay>,
    endpoint: Endpoint,
}

/// Takes a place, if one is free.
pub(crate) fn enter(ctx: &Context, tenant: &TenantId, app: &AppId) -> Option<Place> {
    let under_way = ctx.extensions.get_or_init::<UnderWay>();
    let endpoint = (tenant.clone(), app.clone());
    {
        let mut map = under_way.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = map.entry(endpoint.clone()).or_default();
        if *taken >= AT_ONCE {
            return None;
        }
        *taken += 1;
    }
    Some(Place { under_way, endpoint })
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut map = self.under_way.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = map.get_mut(&self.endpoint) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                map.remove(&self.endpoint);
            }
        }
    }
}
