//! Runs as the work of a queue, and by themselves.

use crate::slice::{Slice, Syncing};
use std::time::Duration;
use tenon_flows::data_sync::message::{JOB, NextSlice};
use tenon_flows::data_sync::record::{self, Sync};
use tenon_flows::data_sync::{begin, record_run};
use tenon_flows::kinds::Scope;
use tenon_model::message::Envelope;
use tenon_model::run::RunStatus;
use tenon_model::{RunId, TenantId};
use tenon_platform::job::BoxFuture;
use tenon_platform::job::Job;
use tenon_platform::{Context, Error, ErrorKind, Result, Retry, lease};

/// Longer than the function may live, so that no other process goes on beside one that still does.
pub const LEASE: Duration = Duration::from_secs(150);
/// When another process has the run in hand.
const BUSY: Duration = Duration::from_secs(20);

/// Goes on with runs that fill tables, slice by slice: queue `data-sync`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableSyncer;

impl Job for TableSyncer {
    type Message = NextSlice;
    const NAME: &'static str = JOB;

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<NextSlice>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            match Box::pin(work(ctx, &message.tenant, &message.body.run, None)).await? {
                Slice::Done | Slice::Ended => Ok(()),
                Slice::OutOfTime => begin::resume(ctx, &message.tenant, &message.body.run, Duration::ZERO).await,
            }
        })
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<NextSlice>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { fail(ctx, &message.tenant, &message.body.run, error).await })
    }

    fn uneven(&self) -> bool {
        true
    }

    fn needs(&self) -> Duration {
        Duration::from_secs(30)
    }
}

/// Goes on with a run for as long as the function may, or for `at_most`.
///
/// # Errors
/// `data-sync.busy` while another process has it in hand; those of the ERP and the database.
pub async fn work(ctx: &Context, tenant: &TenantId, run: &RunId, at_most: Option<Duration>) -> Result<Slice> {
    let held = lease::acquire(ctx, tenant, &format!("data-sync/{run}"), LEASE).await?;
    let Some(held) = held else {
        let message = "another process goes on with this run";
        return Err(Error::new("data-sync.busy", Retry::PutOff(BUSY), message).with_kind(ErrorKind::Busy));
    };
    let outcome = Box::pin(in_hand(ctx, tenant, run, at_most)).await;
    tenon_connectors::erp::release(ctx).await;
    lease::give_back(ctx, held).await;
    outcome
}

async fn in_hand(ctx: &Context, tenant: &TenantId, run: &RunId, at_most: Option<Duration>) -> Result<Slice> {
    let Some(stored) = record::get(ctx, tenant, run).await?.filter(|stored| stored.data.ended_ms.is_none()) else {
        return Ok(Slice::Ended);
    };
    let loaded = ctx.config.load(tenant).await?;
    let at = Scope { ctx, tenant, loaded: &loaded };
    let mut sync = stored.data;
    sync.did.slices += 1;
    let outcome = match Box::pin(Syncing::open(at, &mut sync, at_most)).await {
        Ok(mut syncing) => {
            let outcome = Box::pin(syncing.slice()).await;
            syncing.close().await;
            outcome
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(slice) => Ok(slice),
        Err(error) if error.kind() == ErrorKind::Lost => Err(error),
        // A call was not begun for want of time; what was stored is stored.
        Err(error) if error.kind() == ErrorKind::OutOfTime => Ok(Slice::OutOfTime),
        Err(error) => {
            record::store(ctx, tenant, &sync).await?;
            let failed = Sync { code: Some(error.code.to_owned()), ..sync };
            record_run(at, &failed, RunStatus::Retrying, error.to_string()).await?;
            Err(error)
        }
    }
}

/// Ends a run that cannot go on.
///
/// # Errors
/// Those of the table.
pub async fn fail(ctx: &Context, tenant: &TenantId, run: &RunId, error: &Error) -> Result<()> {
    let Some(stored) = record::get(ctx, tenant, run).await?.filter(|stored| stored.data.ended_ms.is_none()) else {
        return Ok(());
    };
    let sync = Sync {
        ended_ms: Some(ctx.now_ms()),
        code: Some(error.code.to_owned()),
        error: Some(error.to_string()),
        ..stored.data
    };
    let loaded = ctx.config.load(tenant).await?;
    let at = Scope { ctx, tenant, loaded: &loaded };
    // The run first: what is told of is done.
    record_run(at, &sync, RunStatus::Failed, error.to_string()).await?;
    record::end(ctx, tenant, &sync).await
}
