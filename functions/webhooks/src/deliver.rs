//! Pushes events to tenants' endpoints: consumer of the queues `webhook-deliver` and `webhook-retry`.

use async_trait::async_trait;
use std::time::Duration;
use tenon_delivery::deliver::{self, Courier};
use tenon_delivery::lane::Lane;
use tenon_model::message::{Envelope, Work};
use tenon_model::webhook::Deliver;
use tenon_platform::consumer::{Worker, misplaced};
use tenon_platform::{Context, Error, Result};

/// Pushes of one batch under way at once: all of it, since each may last as long as an endpoint hangs.
const AT_ONCE: usize = 10;

/// The worker of one lane.
#[derive(Clone, Copy, Debug)]
pub struct Deliverer {
    courier: Courier,
}

impl Deliverer {
    /// First attempts to endpoints that are well.
    pub const FIRST: Self = Self { courier: Courier { lane: Lane::First, timeout: tenon_delivery::TIMEOUT } };
    /// All other attempts.
    pub const RETRY: Self = Self { courier: Courier { lane: Lane::Retry, timeout: tenon_delivery::TIMEOUT } };

    /// With another time for answers than 15 s.
    #[must_use]
    pub const fn with_timeout(self, timeout: Duration) -> Self {
        Self { courier: Courier { timeout, ..self.courier } }
    }

    /// How long a push may take.
    pub const fn longest_push() -> Duration {
        tenon_delivery::TIMEOUT
    }

    fn body<'a>(&self, envelope: &'a Envelope) -> Result<&'a Deliver> {
        match &envelope.body {
            Work::Deliver(work) => Ok(work),
            _ => Err(misplaced(envelope, self.courier.lane.queue().as_str())),
        }
    }
}

#[async_trait]
impl Worker for Deliverer {
    async fn handle(&self, ctx: &Context, envelope: &Envelope) -> Result<()> {
        deliver::deliver(ctx, self.courier, envelope, self.body(envelope)?).await
    }

    async fn abandoned(&self, ctx: &Context, envelope: &Envelope, error: &Error) -> Result<()> {
        match self.body(envelope) {
            Ok(work) => deliver::abandoned(ctx, &envelope.tenant, work, error).await,
            Err(_) => Ok(()),
        }
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn uneven(&self) -> bool {
        true
    }
}
