//! What is for a person: feedings that were taken back, reports that were changed, feedings that the MES refused. None of
//! it is posted; each is a run that stays in sight until somebody says that it is seen to.

use super::message::{FeedingNews, FeedingWork};
use super::{flows_of, name};
use crate::documents::record;
use crate::kinds::Scope;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenon_model::RunId;
use tenon_model::blacklake::{id_at, list_at, text_at};
use tenon_model::config::ProductionIssuesFlow;
use tenon_model::document::DocumentState;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_platform::runs::{self, Recorder};
use tenon_platform::{Result, events};

/// Code of a run that tells of material taken back.
const TAKEN_BACK: &str = "flow.issue-taken-back";
/// Code of a run that tells of a changed report.
const REPORT_ADJUSTED: &str = "flow.report-adjusted";

/// Whether a run only tells a person something.
pub(super) fn is_one(run: &Run) -> bool {
    matches!(run.code.as_deref(), Some(TAKEN_BACK | REPORT_ADJUSTED))
}

/// Tells what is no feeding. Told twice, it is one run.
pub(super) async fn record_run(at: Scope<'_>, work: &FeedingWork, news: &FeedingNews) -> Result<()> {
    let Scope { ctx, tenant, .. } = at;
    let flows = flows_of(at.loaded, &work.mes);
    let Some(flow) = flows.first() else { return Ok(()) };
    let event = work.event.as_deref().unwrap_or_default();
    let received_ms = events::received(ctx, tenant, &work.mes, event).await?.unwrap_or_else(|| ctx.now_ms());
    let hash = tenon_crypto::digest::sha256_hex(event.as_bytes());
    let id = RunId::new(format!("r-{received_ms:011x}{}", hash.get(..10).unwrap_or_default()));
    if runs::get(ctx, tenant, &id).await?.is_some() {
        return Ok(());
    }
    let mut steps = Recorder::new(ctx, id.clone());
    let (status, code, message) = match news {
        FeedingNews::Failed { records, reason } => {
            let ids: Vec<String> = records.iter().map(|record| record.id.to_string()).collect();
            let reason = if reason.is_empty() { "the MES gives no reason" } else { reason };
            steps.note("event", json!({ "records": ids, "reason": reason }));
            (RunStatus::Ended, None, format!("the feeding failed in the MES, and nothing is posted: {reason}"))
        }
        FeedingNews::TakenBack { said: words } => {
            let words = tenon_model::json::from_str(words).unwrap_or_else(|_| Value::from(words.as_str()));
            let message = taken_back(at, &flows, &words).await?;
            steps.note("event", words);
            (RunStatus::Failed, Some(TAKEN_BACK), message)
        }
        FeedingNews::ReportChanged { said: words } => {
            let words = tenon_model::json::from_str(words).unwrap_or_else(|_| Value::from(words.as_str()));
            steps.note("event", words);
            let message = "a report was changed in the MES; its receipt is not: compare the two and correct B1 by hand, \
                           then retry this run to put it aside";
            (RunStatus::Failed, Some(REPORT_ADJUSTED), message.to_owned())
        }
        FeedingNews::Fed { .. } => return Ok(()),
    };
    let run = Run {
        id,
        flow: flow.id.clone(),
        document: None,
        instance: Some(event.to_owned()),
        trigger: Trigger::Callback,
        status,
        started_ms: received_ms,
        ended_ms: Some(ctx.now_ms()),
        message,
        code: code.map(str::to_owned),
        counts: BTreeMap::new(),
    };
    steps.save(ctx, tenant, &run).await
}

/// What was taken back, and what became of the issue where the feeding is known by the id.
async fn taken_back(at: Scope<'_>, flows: &[&ProductionIssuesFlow], words: &Value) -> Result<String> {
    /// More than a person reads in one sentence.
    const SHOWN: usize = 5;
    let rows = list_at(words, "recordList");
    let mut listed = Vec::new();
    for row in rows.iter().take(SHOWN) {
        let id = id_at(row, "id");
        let shown = id.map_or_else(|| "a feeding".to_owned(), |id| format!("feeding {id}"));
        let (amount, batch) = (amount(row), text_at(row, "batchNo"));
        let batch = if batch.is_empty() { batch } else { format!(" of batch {batch}") };
        let issue = match id {
            Some(id) => issue_of(at, flows, id).await?,
            None => None,
        };
        listed.push(format!(
            "{amount}{batch} of {shown}{}",
            issue.map(|issue| format!(" ({issue})")).unwrap_or_default()
        ));
    }
    if rows.len() > SHOWN {
        listed.push(format!("{} more", rows.len() - SHOWN));
    }
    let what = if listed.is_empty() { "material".to_owned() } else { listed.join("; ") };
    Ok(format!(
        "taken back in the MES, and not posted: {what}. Book the return in B1 by hand where the issue was posted, then retry \
         this run to put it aside"
    ))
}

fn amount(row: &Value) -> String {
    let shown = ["opeAmountStr", "opeAmount"].iter().map(|name| text_at(row, name)).find(|text| !text.is_empty());
    shown.unwrap_or_else(|| "an amount".to_owned())
}

/// What became of a feeding's issue.
async fn issue_of(at: Scope<'_>, flows: &[&ProductionIssuesFlow], id: i64) -> Result<Option<String>> {
    let request = id.to_string();
    for flow in flows {
        let Some(stored) = record::get(at.ctx, name(at.tenant, flow, &request)).await? else { continue };
        return Ok(Some(match (stored.data.state, stored.data.key) {
            (DocumentState::Created, Some(key)) => format!("issued as {} {key}", stored.data.object),
            (DocumentState::Created, None) => "issued".to_owned(),
            (DocumentState::Closed, _) => "not issued".to_owned(),
            _ => format!("run {} is not through", stored.data.run),
        }));
    }
    Ok(None)
}
