//! How the work on a record ended, in its run and in what is kept of it.

use super::records;
use super::work::{Over, Piece, Work};
use std::collections::BTreeMap;
use tenon_model::TenantId;
use tenon_model::base_data::{Record, RecordState};
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error, ErrorKind, Result, Retry, telemetry};

/// Ends the work on one record. An error to be returned is what the message comes again for.
pub async fn end(work: &Work<'_>, piece: Piece<'_>) -> Result<Option<Error>> {
    let Piece { held, mut steps, reading, over, .. } = piece;
    let (ctx, tenant) = (work.ctx, work.tenant);
    let over = over.unwrap_or(Over::Before);
    let Some(held) = held else {
        return match over {
            Over::Failed(error) => Ok(Some(error)),
            Over::Refused(error) => Err(error),
            Over::Before | Over::Done(_) | Over::NotDue(_) => Ok(None),
        };
    };
    let message = work.message.to_owned();
    match over {
        Over::Before => held.release(ctx).await.map(|()| None),
        Over::Done(text) => {
            save(ctx, tenant, &mut steps, &held.record, RunStatus::Succeeded, text, None).await?;
            held.release_with(ctx, |record| {
                record.state = RecordState::Idle;
                (record.failing, record.sent_ms, record.done) = (None, None, Some(message));
            })
            .await?;
            Ok(None)
        }
        Over::NotDue(why) => {
            if held.record.failing.is_some() || held.record.state == RecordState::Saved {
                save(ctx, tenant, &mut steps, &held.record, RunStatus::Ended, why, None).await?;
            } else {
                steps.end_retried(ctx, tenant, &format!("nothing to send: {why}")).await?;
            }
            held.release_with(ctx, |record| {
                if record.state == RecordState::Saved {
                    record.state = RecordState::Idle;
                }
                (record.failing, record.done) = (None, Some(message));
            })
            .await?;
            Ok(None)
        }
        Over::Refused(error) => {
            let fingerprint = reading.map(|reading| reading.fingerprint);
            let flow = work.loaded.flow(&work.flow.id)?;
            let failing = held.record.failing.as_ref();
            let failing = records::failing(failing, work.loaded, flow, fingerprint, ctx.now_ms())?;
            failed(ctx, tenant, &mut steps, &held.record, &error).await?;
            telemetry::count(&ctx.clock, "BaseDataRefused", ("State", "refused"), 1);
            held.release_with(ctx, |record| (record.failing, record.done) = (Some(failing), Some(message))).await?;
            Ok(None)
        }
        Over::Failed(error) => {
            if !matches!(error.retry, Retry::PutOff(_)) && error.kind() != ErrorKind::Lost {
                let (text, code) = (error.to_string(), Some(error.code));
                save(ctx, tenant, &mut steps, &held.record, RunStatus::Retrying, text, code).await?;
            }
            held.release(ctx).await?;
            Ok(Some(error))
        }
    }
}

/// Stores that the record is not there, and why. It is tried again by and by.
pub async fn failed(
    ctx: &Context,
    tenant: &TenantId,
    steps: &mut Recorder,
    record: &Record,
    error: &Error,
) -> Result<()> {
    save(ctx, tenant, steps, record, RunStatus::Failed, error.to_string(), Some(error.code)).await
}

async fn save(
    ctx: &Context,
    tenant: &TenantId,
    steps: &mut Recorder,
    record: &Record,
    status: RunStatus,
    message: String,
    code: Option<&str>,
) -> Result<()> {
    let run = Run {
        id: record.run.clone(),
        flow: record.flow.clone(),
        document: Some(record.key.clone()),
        instance: None,
        trigger: Trigger::Schedule,
        status,
        started_ms: record.started_ms,
        ended_ms: (status != RunStatus::Retrying).then(|| ctx.now_ms()),
        message,
        code: code.map(str::to_owned),
        counts: BTreeMap::new(),
    };
    steps.save(ctx, tenant, &run).await
}
