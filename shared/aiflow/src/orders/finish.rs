//! Finishing a long order whose process died between its transactions: what is left is promised with the first of them,
//! and taken back with the last. So it is done without the caller, too.

use super::apply::{At, Incoming, Kept, Known, TIMES};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_model::message::Envelope;
use tenon_platform::clock::millis;
use tenon_platform::job::BoxFuture;
use tenon_platform::job::Job;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::AIFLOW_LISTS;
use tenon_platform::table::in_the_way;
use tenon_platform::{Context, Error, Result};

/// Longer than whoever stores an order may live, so that nobody writes its lists beside it.
pub const LEFT: Duration = Duration::from_secs(45);
/// Three thousand lists are some thirty transactions.
const NEEDS: Duration = Duration::from_secs(20);

/// An order whose lists may be behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// The enterprise whose order it is.
    pub enterprise: String,
    /// The order.
    pub order: i64,
}

/// The promise to write its lists, kept by whoever makes it unless that process dies.
pub(super) fn owed(ctx: &Context, at: &At, order: i64) -> Result<Entry> {
    let id = format!("order/{}/{order}", at.enterprise);
    let body = Unfinished { enterprise: at.enterprise.clone(), order };
    let envelope = Envelope::new(ListWriter::NAME, id, &at.tenant, body);
    Ok(Entry::of(ctx, &AIFLOW_LISTS, &envelope)?.left_until(ctx.now_ms() + millis(LEFT)))
}

/// Writes the lists of an order that is unfinished.
async fn finish(ctx: &Context, tenant: &TenantId, of: &Unfinished) -> Result<()> {
    let mut at = At { tenant: tenant.clone(), enterprise: of.enterprise.clone(), by: String::new() };
    for _ in 0..TIMES {
        let known = Known::load(ctx, &at, of.order).await?;
        let Some(head) = known.head.as_ref().filter(|head| head.data.unfinished) else { return Ok(()) };
        at.by.clone_from(&head.data.by);
        let tasks = known.tasks().filter(|task| !task.gone).cloned().collect();
        let stored = Incoming { order: head.data.order.clone(), tasks, hash: head.data.hash.clone(), flow: None };
        let lists = stored.lists(&at, &known);
        let parts = usize::try_from(head.data.parts).unwrap_or(usize::MAX);
        let (leaving, writes) = (lists.leaving(), lists.writes(ctx)?);
        match stored.write_lists(ctx, &at, (parts, leaving), (writes, head.version), None).await? {
            Kept::Done | Kept::Older => return Ok(()),
            Kept::Meanwhile => {}
        }
    }
    Err(in_the_way(format!("others keep storing order {} of {}", of.order, of.enterprise)))
}

/// The work of the queue `aiflow-lists`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListWriter;

impl Job for ListWriter {
    type Message = Unfinished;
    const NAME: &'static str = "order-lists";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<Unfinished>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { finish(ctx, &message.tenant, &message.body).await })
    }

    fn on_dead_letter<'a>(
        &'a self,
        _ctx: &'a Context,
        message: &'a Envelope<Unfinished>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let Unfinished { enterprise, order } = &message.body;
            tracing::error!(enterprise, order, error.code = error.code, error.message = %error, "an order's lists are behind it until it is synced again");
            Ok(())
        })
    }

    fn needs(&self) -> Duration {
        NEEDS
    }
}
