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
use async_trait::async_trait;
use std::time::Duration;
use tenon_connectors::erp;
use tenon_model::message::Envelope;
use tenon_platform::job::Job;
use tenon_platform::{Context, Error, Result};

/// A whole batch at once: what bounds the work for one connection is its places, and whoever waits for one must
/// not keep others.
const AT_ONCE: usize = 10;
/// Two slow calls to the ERP, and one to the OA.
const NEEDS: Duration = Duration::from_secs(60);

/// Takes ERP documents to the OA: queue `approvals-submit`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Submitter;

#[async_trait]
impl Job for Submitter {
    type Message = Submit;
    const NAME: &'static str = "submit";

    async fn run(&self, ctx: &Context, message: &Envelope<Submit>) -> Result<()> {
        submit::submit(ctx, &message.tenant, &message.body).await.map(drop)
    }

    async fn on_dead_letter(&self, ctx: &Context, message: &Envelope<Submit>, error: &Error) -> Result<()> {
        submit::on_dead_letter(ctx, &message.tenant, &message.body, error).await
    }

    async fn on_batch_end(&self, ctx: &Context) {
        erp::release(ctx).await;
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

#[async_trait]
impl Job for WriteBacker {
    type Message = WriteBack;
    const NAME: &'static str = "write-back";

    async fn run(&self, ctx: &Context, message: &Envelope<WriteBack>) -> Result<()> {
        decisions::write_back(ctx, &message.tenant, &message.body, message.attempt).await.map(drop)
    }

    async fn on_dead_letter(&self, ctx: &Context, message: &Envelope<WriteBack>, error: &Error) -> Result<()> {
        decisions::on_dead_letter(ctx, &message.tenant, &message.body, error).await
    }

    async fn on_batch_end(&self, ctx: &Context) {
        erp::release(ctx).await;
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

#[async_trait]
impl Job for MesSender {
    type Message = Manufacture;
    const NAME: &'static str = "mes-send";

    async fn run(&self, ctx: &Context, message: &Envelope<Manufacture>) -> Result<()> {
        Box::pin(manufacturing::handle(ctx, message)).await
    }

    async fn on_dead_letter(&self, ctx: &Context, message: &Envelope<Manufacture>, error: &Error) -> Result<()> {
        manufacturing::on_dead_letter(ctx, message, error).await
    }

    async fn on_batch_end(&self, ctx: &Context) {
        erp::release(ctx).await;
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn needs(&self) -> Duration {
        NEEDS
    }
}

#[async_trait]
impl Job for ErpPoster {
    type Message = Manufacture;
    const NAME: &'static str = "erp-post";

    async fn run(&self, ctx: &Context, message: &Envelope<Manufacture>) -> Result<()> {
        Box::pin(manufacturing::handle(ctx, message)).await
    }

    async fn on_dead_letter(&self, ctx: &Context, message: &Envelope<Manufacture>, error: &Error) -> Result<()> {
        manufacturing::on_dead_letter(ctx, message, error).await
    }

    async fn on_batch_end(&self, ctx: &Context) {
        erp::release(ctx).await;
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

#[async_trait]
impl Job for RecordSender {
    type Message = SendRecords;
    const NAME: &'static str = "send-records";

    async fn run(&self, ctx: &Context, message: &Envelope<SendRecords>) -> Result<()> {
        Box::pin(base_data::send(ctx, message)).await
    }

    async fn on_dead_letter(&self, ctx: &Context, message: &Envelope<SendRecords>, error: &Error) -> Result<()> {
        base_data::on_dead_letter(ctx, message, error).await
    }

    async fn on_batch_end(&self, ctx: &Context) {
        erp::release(ctx).await;
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

#[async_trait]
impl Job for PlmWriter {
    type Message = ResumePlm;
    const NAME: &'static str = "go-on-with-plm";

    async fn run(&self, ctx: &Context, message: &Envelope<ResumePlm>) -> Result<()> {
        Box::pin(plm::resume(ctx, message)).await
    }

    async fn on_dead_letter(&self, ctx: &Context, message: &Envelope<ResumePlm>, error: &Error) -> Result<()> {
        plm::on_dead_letter(ctx, message, error).await
    }

    async fn on_batch_end(&self, ctx: &Context) {
        erp::release(ctx).await;
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

#[async_trait]
impl Job for FeedingIssuer {
    type Message = FeedingWork;
    const NAME: &'static str = "issue-feedings";

    async fn run(&self, ctx: &Context, message: &Envelope<FeedingWork>) -> Result<()> {
        Box::pin(issues::run(ctx, message)).await
    }

    async fn on_dead_letter(&self, ctx: &Context, message: &Envelope<FeedingWork>, error: &Error) -> Result<()> {
        Box::pin(issues::on_dead_letter(ctx, message, error)).await
    }

    async fn on_batch_end(&self, ctx: &Context) {
        erp::release(ctx).await;
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

#[async_trait]
impl Job for DirectorySyncer {
    type Message = NextSlice;
    const NAME: &'static str = "directory";

    async fn run(&self, ctx: &Context, message: &Envelope<NextSlice>) -> Result<()> {
        let pushes = is_push(ctx, message).await?;
        match pushes {
            true => Box::pin(directory_push::work(ctx, &message.tenant, &message.body)).await,
            false => Box::pin(directory_pull::work(ctx, &message.tenant, &message.body)).await,
        }
    }

    async fn on_dead_letter(&self, ctx: &Context, message: &Envelope<NextSlice>, error: &Error) -> Result<()> {
        directory_pull::on_dead_letter(ctx, &message.tenant, &message.body, error).await
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
