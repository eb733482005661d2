//! The work of the flows' queues.

use crate::approvals::message::Submit;
use crate::approvals::submit;
use crate::base_data;
use crate::base_data::message::SendRecords;
use crate::decisions;
use crate::decisions::message::WriteBack;
use crate::directory_pull::message::NextSlice;
use crate::issues;
use crate::issues::message::FeedingWork;
use crate::manufacturing;
use crate::manufacturing::message::Manufacture;
use crate::plm;
use crate::plm::message::ResumePlm;
use crate::{directory_pull, directory_push};
use std::time::Duration;
use tenon_connectors::erp;
use tenon_model::message::Envelope;
use tenon_platform::job::{BoxFuture, Job};
use tenon_platform::{Context, Error, Result};

/// A whole batch at once: what bounds the work for one connection is its places, and whoever waits for one must
/// not keep others.
const AT_ONCE: usize = 10;
/// Two slow calls to the ERP, and one to the OA.
const NEEDS: Duration = Duration::from_secs(60);

/// Takes ERP documents to the OA: queue `approvals-submit`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Submitter;

impl Job for Submitter {
    type Message = Submit;
    const NAME: &'static str = "submit";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<Submit>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { submit::submit(ctx, &message.tenant, &message.body).await.map(drop) })
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<Submit>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(submit::on_dead_letter(ctx, &message.tenant, &message.body, error))
    }

    fn on_batch_end<'a>(&'a self, ctx: &'a Context) -> BoxFuture<'a, ()> {
        Box::pin(erp::release(ctx))
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn needs(&self) -> Duration {
        NEEDS
    }
}

/// Takes decisions to the ERP: queue `approvals-write-back`.
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteBacker;

impl Job for WriteBacker {
    type Message = WriteBack;
    const NAME: &'static str = "write-back";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<WriteBack>) -> BoxFuture<'a, Result<()>> {
        Box::pin(
            async move { decisions::write_back(ctx, &message.tenant, &message.body, message.attempt).await.map(drop) },
        )
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<WriteBack>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(decisions::on_dead_letter(ctx, &message.tenant, &message.body, error))
    }

    fn on_batch_end<'a>(&'a self, ctx: &'a Context) -> BoxFuture<'a, ()> {
        Box::pin(erp::release(ctx))
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn needs(&self) -> Duration {
        NEEDS
    }
}

/// Takes items and orders to a factory's MES: queue `manufacturing-send`.
#[derive(Clone, Copy, Debug, Default)]
pub struct MesSender;

/// Takes reports of a factory's MES to the ERP: queue `manufacturing-post`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ErpPoster;

impl Job for MesSender {
    type Message = Manufacture;
    const NAME: &'static str = "mes-send";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<Manufacture>) -> BoxFuture<'a, Result<()>> {
        Box::pin(manufacturing::handle(ctx, message))
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<Manufacture>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(manufacturing::on_dead_letter(ctx, message, error))
    }

    fn on_batch_end<'a>(&'a self, ctx: &'a Context) -> BoxFuture<'a, ()> {
        Box::pin(erp::release(ctx))
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn needs(&self) -> Duration {
        NEEDS
    }
}

impl Job for ErpPoster {
    type Message = Manufacture;
    const NAME: &'static str = "erp-post";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<Manufacture>) -> BoxFuture<'a, Result<()>> {
        Box::pin(manufacturing::handle(ctx, message))
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<Manufacture>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(manufacturing::on_dead_letter(ctx, message, error))
    }

    fn on_batch_end<'a>(&'a self, ctx: &'a Context) -> BoxFuture<'a, ()> {
        Box::pin(erp::release(ctx))
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn needs(&self) -> Duration {
        NEEDS
    }
}

/// Takes records of base data to the other system: queue `master-data-send`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordSender;

impl Job for RecordSender {
    type Message = SendRecords;
    const NAME: &'static str = "send-records";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<SendRecords>) -> BoxFuture<'a, Result<()>> {
        Box::pin(base_data::send(ctx, message))
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<SendRecords>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(base_data::on_dead_letter(ctx, message, error))
    }

    fn on_batch_end<'a>(&'a self, ctx: &'a Context) -> BoxFuture<'a, ()> {
        Box::pin(erp::release(ctx))
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn needs(&self) -> Duration {
        NEEDS
    }
}

/// Goes on with what a PLM pushed: queue `master-data-plm`.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlmWriter;

impl Job for PlmWriter {
    type Message = ResumePlm;
    const NAME: &'static str = "go-on-with-plm";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<ResumePlm>) -> BoxFuture<'a, Result<()>> {
        Box::pin(plm::resume(ctx, message))
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<ResumePlm>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(plm::on_dead_letter(ctx, message, error))
    }

    fn on_batch_end<'a>(&'a self, ctx: &'a Context) -> BoxFuture<'a, ()> {
        Box::pin(erp::release(ctx))
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn needs(&self) -> Duration {
        NEEDS
    }
}

/// Takes feedings of the MES to the ERP as issues for production: queue `production-issues`.
#[derive(Clone, Copy, Debug, Default)]
pub struct FeedingIssuer;

impl Job for FeedingIssuer {
    type Message = FeedingWork;
    const NAME: &'static str = "issue-feedings";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<FeedingWork>) -> BoxFuture<'a, Result<()>> {
        Box::pin(issues::run(ctx, message))
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<FeedingWork>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(issues::on_dead_letter(ctx, message, error))
    }

    fn on_batch_end<'a>(&'a self, ctx: &'a Context) -> BoxFuture<'a, ()> {
        Box::pin(erp::release(ctx))
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn needs(&self) -> Duration {
        NEEDS
    }
}

/// Reads the people of an OA, and pushes those of an ERP, slice by slice: queue `directory-sync`.
#[derive(Clone, Copy, Debug, Default)]
pub struct DirectorySyncer;

impl Job for DirectorySyncer {
    type Message = NextSlice;
    const NAME: &'static str = "directory";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<NextSlice>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let pushes = is_push(ctx, message).await?;
            match pushes {
                true => Box::pin(directory_push::work(ctx, &message.tenant, &message.body)).await,
                false => Box::pin(directory_pull::work(ctx, &message.tenant, &message.body)).await,
            }
        })
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<NextSlice>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(directory_pull::on_dead_letter(ctx, &message.tenant, &message.body, error))
    }

    fn uneven(&self) -> bool {
        true
    }

    fn needs(&self) -> Duration {
        NEEDS
    }
}

/// Whether the flow of a message pushes.
async fn is_push(ctx: &Context, message: &Envelope<NextSlice>) -> Result<bool> {
    let loaded = ctx.config.load(&message.tenant).await?;
    Ok(loaded.flow(&message.body.flow)?.as_directory_push().is_some())
}
