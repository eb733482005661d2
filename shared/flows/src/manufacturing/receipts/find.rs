//! Finding reports: those of the time since the last look, with an overlap, and once a day those of the last days, which may
//! have been dated back. A report that is found again with other words after its receipt is told, and posted by nobody.

use super::way;
use crate::kinds::Scope;
use crate::manufacturing::find::{self, Found};
use crate::manufacturing::message::Seen;
use crate::manufacturing::progress::{self, Progress};
use crate::manufacturing::{records, work};
use crate::poll::Counts;
use crate::schedule::claim_slot;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use tenon_connectors::blacklake::Blacklake;
use tenon_crypto::digest::sha256_hex;
use tenon_model::DocumentKey;
use tenon_model::blacklake::Report;
use tenon_model::config::ProductionReceiptsFlow;
use tenon_model::manufacturing::{ReportWork, Tracked, WorkState};
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_platform::clock::millis;
use tenon_platform::runs::{self, Recorder};
use tenon_platform::{Error, Result};

/// Time that a look needs for one more page.
const TIME_OF_A_PAGE: Duration = Duration::from_secs(30);
/// Receipts whose reports a sweep looks for, at most.
const RECEIVED_AT_ONCE: u32 = 5_000;
/// The longest time that is asked for at once: a factory's day may have more pages than one look has time for.
const WINDOW: Duration = Duration::from_secs(6 * 3_600);

/// How far the reports were looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Epoch ms until which everything was seen.
    pub until_ms: i64,
    /// Where a sweep goes on that did not end in one go, and where it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<(i64, i64)>,
}

/// Finds reports and queues them, and again those that are due again.
pub(super) async fn find_and_queue(
    at: Scope<'_>,
    flow: &ProductionReceiptsFlow,
    trigger: Trigger,
    counts: &mut Counts,
) -> Result<()> {
    let Scope { ctx, tenant, loaded } = at;
    let way_flow = loaded.flow(&flow.id)?;
    let way = way(way_flow, flow);
    find::queue_due::<ReportWork>(at, &way, trigger, counts).await?;
    let look = Look { at, flow, way: &way, trigger, mes: Blacklake::open(ctx, tenant, loaded, &flow.mes)? };
    let source = &flow.source;
    let now = ctx.now_ms();
    let end = now - millis(source.delay);
    let known = progress::load::<Mark>(ctx, tenant, &flow.id).await?;
    let is_first = known.is_none();
    let mut mark = match known {
        Some(known) => known.mark,
        None => Mark { until_ms: end - millis(source.sweep), sweep: None },
    };
    // A clock that was set back must not hide what comes until it has caught up.
    let from = (mark.until_ms - millis(source.overlap)).min(end - millis(source.overlap));
    mark.until_ms = look.over((from, end), false, counts).await?.max(mark.until_ms.min(end));
    store(at, flow, &mark).await?;
    if mark.until_ms < end {
        return Ok(());
    }
    // The first look has gone as far back.
    let is_due = claim_slot(ctx, tenant, "sweep", flow.id.as_str(), source.sweep_every).await?;
    if mark.sweep.is_none() && is_due && !is_first {
        mark.sweep = Some((end - millis(source.sweep), end));
    }
    if let Some((begin, until)) = mark.sweep {
        let reached = look.over((begin, until), true, counts).await?;
        mark.sweep = (reached < until).then_some((reached, until));
        store(at, flow, &mark).await?;
    }
    Ok(())
}

async fn store(at: Scope<'_>, flow: &ProductionReceiptsFlow, mark: &Mark) -> Result<()> {
    let progress = Progress { mark: mark.clone(), mapping: String::new() };
    progress::store(at.ctx, at.tenant, &flow.id, &progress).await
}

struct Look<'a> {
    at: Scope<'a>,
    flow: &'a ProductionReceiptsFlow,
    way: &'a find::Way<'a>,
    trigger: Trigger,
    mes: Blacklake<'a>,
}

impl Look<'_> {
    /// Looks at a time, part by part as long as there is time. Until when it has seen everything.
    async fn over(&self, (from, to): (i64, i64), is_sweep: bool, counts: &mut Counts) -> Result<i64> {
        let mut begin = from;
        while begin < to {
            if self.at.ctx.time_left().is_some_and(|left| left < TIME_OF_A_PAGE) {
                return Ok(begin);
            }
            let end = begin.saturating_add(millis(WINDOW)).min(to);
            let seen = self.window((begin, end), counts).await?;
            if is_sweep {
                self.gone((begin, end), &seen).await?;
            }
            begin = end;
        }
        Ok(to)
    }

    /// Every report of a time, page by page until all that there are were seen.
    async fn window(&self, window: (i64, i64), counts: &mut Counts) -> Result<HashSet<i64>> {
        let mut seen = HashSet::new();
        let (mut page, mut rows) = (1, 0);
        loop {
            let shown = self.mes.reports(window, page, self.flow.source.page_size).await?;
            counts.pages += 1;
            let count = u64::try_from(shown.rows.len()).unwrap_or(u64::MAX);
            counts.found += count;
            rows += count;
            let mut reports = Vec::with_capacity(shown.rows.len());
            for row in shown.rows {
                // One that cannot be read is told by the look that saw it, and hides no other.
                match row {
                    Ok(report) if seen.insert(report.id) => reports.push(report),
                    Ok(_) => {}
                    Err(problem) => {
                        tracing::error!(flow = %self.flow.id, problem, "a report of the MES cannot be read")
                    }
                }
            }
            // One that shows its last page for whatever is behind it has no more.
            let is_new = !reports.is_empty();
            self.queue(reports, counts).await?;
            if count == 0 || rows >= shown.total || (shown.total == u64::MAX && !is_new) {
                return Ok(seen);
            }
            page += 1;
        }
    }

    async fn queue(&self, reports: Vec<Report>, counts: &mut Counts) -> Result<()> {
        let Scope { ctx, tenant, .. } = self.at;
        let found: Result<Vec<Found>> = reports.iter().map(|report| found(report, ctx.now_ms())).collect();
        let found = found?;
        let kept = records::among::<ReportWork>(ctx, tenant, &self.flow.id, found.iter().map(|f| &f.key)).await?;
        for (found, report) in found.iter().zip(&reports) {
            if let Some(record) = kept.get(&found.key).filter(|record| record.state == WorkState::Sent) {
                self.compare(record, Some((report, &found.page.fingerprint))).await?;
            }
        }
        find::queue::<ReportWork>(self.at, self.way, found, self.trigger, counts, is_over).await
    }

    /// Reports that became receipts and are not there any more.
    async fn gone(&self, (from, to): (i64, i64), seen: &HashSet<i64>) -> Result<()> {
        let Scope { ctx, tenant, .. } = self.at;
        let received = records::received(ctx, tenant, &self.flow.id, (from, to - 1), RECEIVED_AT_ONCE).await?;
        for record in received {
            let DocumentKey::Number(id) = record.key else { continue };
            if record.of.at_ms < from || record.of.at_ms >= to || seen.contains(&id) {
                continue;
            }
            self.compare(&record, None).await?;
        }
        Ok(())
    }

    /// Holds what was received against what the MES says now; a difference is told once.
    async fn compare(&self, record: &Tracked<ReportWork>, now: Option<(&Report, &String)>) -> Result<()> {
        let seen = now.map_or("", |(_, fingerprint)| fingerprint.as_str());
        if record.sent.as_deref() == Some(seen)
            || record.of.differs.as_deref() == Some(seen)
            || work::is_unclear(record)
        {
            return Ok(());
        }
        let Scope { ctx, tenant, .. } = self.at;
        let id = &self.flow.id;
        let stored = records::get::<ReportWork>(ctx, tenant, id, &record.key).await?;
        let Ok(mut held) = records::acquire(ctx, tenant, id, (&record.key, &record.run), stored).await else {
            return Ok(());
        };
        let what = match now {
            Some((report, _)) => {
                let amount = report.quantity.as_ref().map_or("nothing", |q| q.amount.as_str());
                format!("the MES shows it otherwise now ({amount}, batch {:?})", report.batch)
            }
            None => "the MES does not show it any more".to_owned(),
        };
        let message = format!(
            "received as {}; {what}. A receipt is not posted a second time: correct it in B1 by hand",
            held.record
                .of
                .receipt
                .as_ref()
                .map_or_else(|| "a document".to_owned(), |key| format!("{} {key}", super::RECEIPTS))
        );
        let mut steps = Recorder::new(ctx, held.record.run.clone());
        steps.note(
            "report has changed",
            json!({ "before": held.record.of.report, "now": now.map(|(report, _)| report) }),
        );
        let before = runs::get(ctx, tenant, &held.record.run).await?;
        let run = Run {
            id: held.record.run.clone(),
            flow: id.clone(),
            document: Some(record.key.clone()),
            instance: None,
            trigger: before.as_ref().map_or(Trigger::Schedule, |run| run.trigger),
            status: RunStatus::Succeeded,
            started_ms: held.record.started_ms,
            ended_ms: Some(ctx.now_ms()),
            message,
            code: Some("flow.report-changed".to_owned()),
            counts: BTreeMap::new(),
        };
        steps.save(ctx, tenant, &run).await?;
        let differs = Some(seen.to_owned());
        held.record.of.differs = differs;
        held.release(ctx).await
    }
}

/// A report as it is found.
fn found(report: &Report, read_ms: i64) -> Result<Found> {
    let fields = serde_json::to_string(report).map_err(|e| Error::permanent("platform.message", e.to_string()))?;
    let page = Seen { fields, fingerprint: fingerprint(report), read_ms };
    Ok(Found { key: DocumentKey::Number(report.id), page, fits: true })
}

/// Of what a receipt is made of.
pub(super) fn fingerprint(report: &Report) -> String {
    sha256_hex(report.content().as_bytes())
}

/// Done with: received, whatever it says now; or passed over as it is.
fn is_over(record: &Tracked<ReportWork>, fingerprint: &str) -> bool {
    let passed = record.of.passed.is_some() && record.sent.as_deref() == Some(fingerprint);
    record.state == WorkState::Sent || passed || record.of.is_refused
}

#[cfg(test)]
mod tests {
    use super::super::mark;

    #[test]
    fn r_m39_the_key_in_the_receipt_is_the_reports_own_id() {
        assert_eq!(mark(1_717_000_000_000_002), "MES 1717000000000002");
    }
}
