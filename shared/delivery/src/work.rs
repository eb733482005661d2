//! The work of the delivery queues.

use crate::deliver::{self, Worker};
use crate::lane::Lane;
use crate::{fan_out, jobs};
use std::time::Duration;
use tenon_model::message::Envelope;
use tenon_model::webhook::{Deliver, FanOut, Resend};
use tenon_platform::job::BoxFuture;
use tenon_platform::job::Job;
use tenon_platform::{Context, Error, Result};

/// The name of a push in its messages, in whichever lane it is.
pub(crate) const DELIVER: &str = "deliver";
/// Messages of one batch in hand at once: all of it. What they read and store is done together, and each push may
/// last as long as its endpoint hangs.
const AT_ONCE: usize = 10;

/// Pushes events to tenants' endpoints: queues `webhook-deliver` and `webhook-retry`.
#[derive(Clone, Copy, Debug)]
pub struct Deliverer {
    worker: Worker,
}

impl Deliverer {
    /// First attempts to endpoints that are well.
    pub const FIRST: Self = Self { worker: Worker { lane: Lane::First, timeout: crate::TIMEOUT } };
    /// All other attempts.
    pub const RETRY: Self = Self { worker: Worker { lane: Lane::Retry, timeout: crate::TIMEOUT } };

    /// With another time for answers than 15 s.
    #[must_use]
    pub const fn with_timeout(self, timeout: Duration) -> Self {
        Self { worker: Worker { timeout, ..self.worker } }
    }

    /// How long a push may take.
    pub const fn longest_push() -> Duration {
        crate::TIMEOUT
    }
}

impl Job for Deliverer {
    type Message = Deliver;
    const NAME: &'static str = DELIVER;

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<Deliver>) -> BoxFuture<'a, Result<()>> {
        Box::pin(deliver::deliver(ctx, self.worker, message, &message.body))
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<Deliver>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(deliver::on_dead_letter(ctx, &message.tenant, &message.body, error))
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn uneven(&self) -> bool {
        true
    }
}

/// Makes the deliveries of events: queue `webhook-fan-out`.
#[derive(Clone, Copy, Debug, Default)]
pub struct FanOuter;

impl Job for FanOuter {
    type Message = FanOut;
    const NAME: &'static str = "fan-out";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<FanOut>) -> BoxFuture<'a, Result<()>> {
        Box::pin(fan_out::fan_out(ctx, &message.tenant, &message.body.event))
    }

    /// All of a batch, which stands on one look.
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    /// The event stays as it is, not fanned out, and its message in the dead-letter queue can be put back.
    fn on_dead_letter<'a>(
        &'a self,
        _: &'a Context,
        message: &'a Envelope<FanOut>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            tracing::error!(tenant = %message.tenant, event = %message.body.event, error.code = error.code, "an event was not fanned out");
            Ok(())
        })
    }
}

/// Works jobs that push a range of time again: queue `webhook-resend`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resender;

impl Job for Resender {
    type Message = Resend;
    const NAME: &'static str = "resend";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<Resend>) -> BoxFuture<'a, Result<()>> {
        Box::pin(jobs::work(ctx, &message.tenant, &message.body))
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<Resend>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(jobs::on_dead_letter(ctx, &message.tenant, &message.body, error))
    }
}
