//! How a run stands, in the run history.

use super::record::{Sync, SyncProgress};
use crate::kinds::Scope;
use tenon_model::DocumentKey;
use tenon_model::run::{Run, RunStatus};
use tenon_platform::Result;
use tenon_platform::runs::Recorder;

/// Tells it.
///
/// # Errors
/// Those of the table.
pub async fn record_run(at: Scope<'_>, sync: &Sync, status: RunStatus, text: String) -> Result<()> {
    let SyncProgress { rows, pages, deleted, in_table, slices } = sync.did;
    let columns = sync.plan.as_ref().map_or(0, |plan| plan.tables.iter().map(|table| table.columns.len()).sum());
    let counts = [
        ("rows", rows),
        ("pages", pages),
        ("deleted", deleted),
        ("in_table", in_table),
        ("slices", slices),
        ("columns", u64::try_from(columns).unwrap_or(0)),
    ];
    let run = Run {
        id: sync.run.clone(),
        flow: sync.flow.clone(),
        document: Some(DocumentKey::Text(sync.form.clone())),
        instance: None,
        trigger: sync.trigger,
        status,
        started_ms: sync.started_ms,
        ended_ms: (!matches!(status, RunStatus::Running | RunStatus::Retrying)).then(|| at.ctx.now_ms()),
        message: text,
        code: sync.code.clone(),
        counts: counts.map(|(name, count)| (name.to_owned(), count)).into(),
    };
    Recorder::new(at.ctx, run.id.clone()).save(at.ctx, at.tenant, &run).await
}
