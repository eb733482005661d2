//! A push, answered with what became of each record.

use super::batch::{Ended, StoredRecords};
use super::fit::{Fit, Unfit};
use super::job::{Job, Work};
use super::outcome::{self, Outcome, RecordResult};
use super::{body, fit, record, resume, run, trees};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tenon_connectors::erp;
use tenon_model::config::{PlmFlow, Receives};
use tenon_model::plm::{PlmAction, PlmReply};
use tenon_model::{ConnectionId, DocumentKey, RunId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error, ErrorKind, Rejection, Result};

/// A caller has its answer within this time.
pub const ANSWERED_WITHIN: Duration = Duration::from_secs(25);
/// Of it, what is kept for storing what is left.
const TO_STORE: Duration = Duration::from_secs(3);

/// Writes what was pushed to the ERP, and says within twenty-five seconds what became of each record.
///
/// # Errors
/// What is wrong with the request as a whole; that there is no such flow for this connection; that the table failed.
/// What the ERP says, or does not say, is an answer.
pub async fn push(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    receives: Receives,
    bytes: &[u8],
) -> std::result::Result<PlmReply, Rejection> {
    let loaded = ctx.config.load(tenant).await?;
    let flow = flow_of(&loaded, connection, receives)?;
    let pushed = body::records(flow, bytes)?;
    let now = ctx.now_ms();
    let call = Push { ctx, tenant, loaded: &loaded, flow, id: ctx.entropy.id("push-", now)?, now };
    let results = call.answer(fit::all(flow, &pushed)).await;
    erp::release(ctx).await;
    Ok(outcome::reply(results?))
}

/// The flow behind a URL.
pub fn flow_of<'l>(
    loaded: &'l Loaded,
    connection: &ConnectionId,
    receives: Receives,
) -> std::result::Result<&'l PlmFlow, Rejection> {
    let mut flows = loaded.flows().iter().filter_map(|flow| flow.as_plm());
    let found = flows.find(|flow| flow.erp == *connection && flow.receives == receives);
    let word = receives.word();
    let none = format!("连接 {connection} 没有接收 {word} 的流程：请配置 kind = \"plm\"、receives = \"{word}\" 的流程");
    let flow = found.ok_or(Rejection::NotFound(Cow::Owned(none)))?;
    if !flow.enabled {
        return Err(Rejection::field("", format!("流程 {} 未启用：请设置 enabled = true 并重新应用配置", flow.id)));
    }
    Ok(flow)
}

struct Push<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    loaded: &'a Loaded,
    flow: &'a PlmFlow,
    id: String,
    now: i64,
}

impl Push<'_> {
    async fn answer(&self, fits: Vec<std::result::Result<Fit, Unfit>>) -> Result<Vec<RecordResult>> {
        let (mut results, jobs) = self.sorted(fits).await?;
        let bounded = self.ctx.within_cut(ANSWERED_WITHIN - TO_STORE);
        let work = Work::new((&bounded, self.ctx), self.tenant, self.loaded, self.flow, true)?;
        let stored = record::get_many(self.ctx, self.tenant, self.flow, jobs.iter().map(|job| &job.key)).await?;
        let jobs: Vec<Job> = jobs.into_iter().map(|job| later_than(job, &stored)).collect();
        let shown: HashMap<usize, String> = jobs.iter().map(|job| (job.place, job.key.to_string())).collect();
        let ended = work.write_all(jobs, &stored).await;
        resume::leave_to_queue(&work, &ended).await?;
        resume::record_runs(&work, &ended).await;
        results.extend(ended.into_iter().map(|one| of(one, &shown)));
        Ok(results)
    }

    /// What is to be written, and what is told already: records that are none, that a later one of their key replaces,
    /// that contain themselves.
    async fn sorted(&self, fits: Vec<std::result::Result<Fit, Unfit>>) -> Result<(Vec<RecordResult>, Vec<Job>)> {
        let mut results = Vec::new();
        let mut last: HashMap<DocumentKey, usize> = HashMap::new();
        for fit in fits.iter().flatten() {
            last.insert(fit.key.clone(), fit.place);
        }
        let mut kept = Vec::new();
        for fit in fits {
            match fit {
                Err(Unfit { place, shown, error, warnings }) => {
                    let outcome = error.map_or(Outcome::Done(PlmAction::Ignored), |error| Outcome::Refused(*error));
                    results.push(RecordResult { place, shown, outcome, warnings });
                }
                Ok(fit) => match last.get(&fit.key) {
                    Some(by) if *by != fit.place => {
                        let warning = format!("同一次推送中第{}条的编码相同，以第{}条为准", by + 1, by + 1);
                        results.push(before_its_turn(&fit, Outcome::Done(PlmAction::Superseded), Some(warning)));
                    }
                    _ => kept.push(fit),
                },
            }
        }
        if self.flow.receives == Receives::Boms {
            kept = without_cycles(kept, &mut results);
        }
        self.record_runs(&results).await;
        let jobs: Result<Vec<Job>> =
            kept.into_iter().map(|fit| Ok(Job::of(fit, &self.id, self.run()?, self.now))).collect();
        Ok((results, jobs?))
    }

    fn run(&self) -> Result<RunId> {
        Ok(RunId::new(self.ctx.entropy.id("r-", self.now)?))
    }

    /// Stores the runs of what is not worked on. What goes wrong here is only logged.
    async fn record_runs(&self, results: &[RecordResult]) {
        let mut writes = Vec::new();
        for one in results {
            let key = (!one.shown.is_empty()).then(|| DocumentKey::Text(one.shown.clone()));
            let Ok(id) = self.run() else { continue };
            let times = (self.now, self.ctx.now_ms());
            let run = run::run(self.flow, &id, key, &self.id, &one.outcome, times);
            writes.extend(Recorder::new(self.ctx, id).writes(self.ctx, self.tenant, &run).unwrap_or_default());
        }
        if let Err(error) = self.ctx.table.put_many(writes).await {
            tracing::error!(error.code = error.code, error.message = %error, "run history could not be stored");
        }
    }
}

fn before_its_turn(fit: &Fit, outcome: Outcome, warning: Option<String>) -> RecordResult {
    let mut warnings = fit.warnings.clone();
    warnings.extend(warning);
    RecordResult { place: fit.place, shown: fit.key.to_string(), outcome, warnings }
}

fn without_cycles(fits: Vec<Fit>, results: &mut Vec<RecordResult>) -> Vec<Fit> {
    let found: BTreeMap<usize, String> = trees::cycles(&fits.iter().map(Fit::tree).collect::<Vec<_>>());
    let mut kept = Vec::new();
    for (place, fit) in fits.into_iter().enumerate() {
        match found.get(&place) {
            Some(way) => {
                let why = format!("BOM循环：{way}；请在PLM中去掉其中一个子件后重新推送");
                let outcome = Outcome::Refused(Error::permanent("plm.cycle", why));
                results.push(before_its_turn(&fit, outcome, None));
            }
            None => kept.push(fit),
        }
    }
    kept
}

/// Clocks differ; what was stored when this push came was pushed before it.
fn later_than(job: Job, stored: &StoredRecords) -> Job {
    let before = stored.get(&job.key).map_or(i64::MIN, |stored| stored.data.arrival);
    Job { arrival: job.arrival.max(before.saturating_add(1)), ..job }
}

fn of(ended: Ended, shown: &HashMap<usize, String>) -> RecordResult {
    let place = ended.job.place;
    let shown = shown.get(&place).cloned().unwrap_or_default();
    RecordResult { place, shown, outcome: ended.written.outcome, warnings: ended.job.warnings }
}

/// Whether what is left may be left to the queue: of what another push has in hand, that one's record counts.
pub(super) fn may_wait(ended: &Ended) -> bool {
    matches!(&ended.written.outcome, Outcome::Left(error) if error.kind() != ErrorKind::Busy)
}
