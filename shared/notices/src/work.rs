//! The work of the queue `notices-send`.

use crate::message::Notice;
use crate::on_dead_letter::on_dead_letter;
use crate::send::send;
use std::time::Duration;
use tenon_model::message::Envelope;
use tenon_platform::job::BoxFuture;
use tenon_platform::job::Job;
use tenon_platform::{Context, Error, Result};

/// Notices of one batch told at once.
const AT_ONCE: usize = 10;
/// Two slow calls: a token and a message.
const NEEDS: Duration = Duration::from_secs(20);

/// Tells people what waits for them.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoticeSender;

impl Job for NoticeSender {
    type Message = Notice;
    const NAME: &'static str = "notice";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<Notice>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { Box::pin(send(ctx, &message.tenant, &message.body)).await.map(drop) })
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<Notice>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { on_dead_letter(ctx, &message.tenant, &message.body, error).await })
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn needs(&self) -> Duration {
        NEEDS
    }
}
