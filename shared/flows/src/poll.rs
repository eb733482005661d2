//! The schedule: flows that look for work are polled when their slot is due.

use crate::kinds::{Begins, Polls, Schedule, Scope, of};
use crate::schedule::claim_slot;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use tenon_connectors::erp;
use tenon_model::config::Header;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{ConnectionId, FlowId, RunId, TenantId};
use tenon_platform::runs::Recorder;
use tenon_platform::table::{Expect, Key, Write};
use tenon_platform::{Context, Error, Result, Retry, breaker, kept};

/// What one poll of one flow did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Pages read.
    pub pages: u64,
    /// Documents B1 returned.
    pub found: u64,
    /// Documents queued.
    pub queued: u64,
    /// Documents that were in hand already.
    pub in_hand: u64,
    /// Documents left alone because they were given up, see [`crate::suppressed`].
    #[serde(default)]
    pub suppressed: u64,
    /// Documents that wait for nobody: gone or marked since, or without a request that waits for the flow.
    #[serde(default)]
    pub not_due: u64,
}

/// How the newest polls of a flow came out, kept so that a poll tells only news.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LastPoll {
    /// Epoch ms of the first poll that came out so.
    pub at_ms: i64,
    /// What it did.
    pub counts: Counts,
    /// What went wrong.
    pub error: Option<String>,
}

/// Flows that this process polls just now: a poll that hangs is not joined by another.
#[derive(Default)]
struct Polling(Mutex<HashSet<(TenantId, FlowId)>>);

/// One of them, until it is dropped.
struct Poll {
    polling: Arc<Polling>,
    name: (TenantId, FlowId),
}

impl Poll {
    fn begin(ctx: &Context, tenant: &TenantId, flow: &FlowId) -> Option<Self> {
        let polling = ctx.extensions.get_or_init::<Polling>();
        let name = (tenant.clone(), flow.clone());
        let free = polling.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone());
        // Made only when it is free: one that is dropped takes the name out.
        free.then(|| Self { polling, name })
    }
}

impl Drop for Poll {
    fn drop(&mut self) {
        self.polling.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// A flow that is polled.
type Polled<'a> = (Header<'a>, &'a dyn Polls);

/// Polls every enabled flow of this schedule that looks for work and whose slot is due; those of different connections side by
/// side, since one that hangs must not keep the others. A flow that fails does not stop the others; the first
/// failure is returned at the end. A flow whose connection is out is passed over.
pub async fn poll_due(ctx: &Context, tenant: &TenantId, schedule: Schedule) -> Result<()> {
    let loaded = ctx.config.load(tenant).await?;
    let mut by_connection: BTreeMap<&ConnectionId, Vec<Polled<'_>>> = BTreeMap::new();
    for flow in loaded.flows().iter().filter(|flow| flow.is_enabled()) {
        if let Begins::Polling(polls) = of(flow).begins()
            && polls.schedule() == schedule
        {
            by_connection.entry(polls.connection()).or_default().push((flow.header(), polls));
        }
    }
    let at = Scope { ctx, tenant, loaded: &loaded };
    let each = by_connection.into_values().map(|flows| poll_in_turn(at, flows));
    let failures = futures::future::join_all(each).await;
    crate::certificates::note(ctx, &loaded);
    erp::release(ctx).await;
    failures.into_iter().flatten().next().map_or(Ok(()), Err)
}

/// Polls the flows of one connection that are due, one after the other. Returns the first failure.
async fn poll_in_turn(at: Scope<'_>, flows: Vec<Polled<'_>>) -> Option<Error> {
    let mut first_failure = None;
    for (header, polls) in flows {
        let Some(_poll) = Poll::begin(at.ctx, at.tenant, header.id) else { continue };
        if let Err(error) = poll_if_due(at, header, polls).await {
            tracing::error!(flow = %header.id, error.code = error.code, error.message = %error, "poll failed");
            first_failure.get_or_insert(error);
        }
    }
    first_failure
}

async fn poll_if_due(at: Scope<'_>, header: Header<'_>, polls: &dyn Polls) -> Result<()> {
    if !claim_slot(at.ctx, at.tenant, "poll", header.id.as_str(), header.every).await? {
        return Ok(());
    }
    match breaker::admit(at.ctx, at.tenant, &[polls.connection()]).await {
        Err(error) if matches!(error.retry, Retry::PutOff(_)) => {
            tracing::debug!(flow = %header.id, error.code = error.code, "poll is passed over");
            Ok(())
        }
        Err(error) => Err(error),
        Ok(()) => poll(at, header.id, polls, Trigger::Schedule).await.map(|_| ()),
    }
}

/// Polls one flow now.
pub async fn poll(at: Scope<'_>, flow: &FlowId, polls: &dyn Polls, trigger: Trigger) -> Result<Counts> {
    let Scope { ctx, tenant, .. } = at;
    let started_ms = ctx.now_ms();
    let mut counts = Counts::default();
    let result = polls.poll(at, trigger, &mut counts).await;
    let last = LastPoll { at_ms: started_ms, counts, error: result.as_ref().err().map(ToString::to_string) };
    let key = Key::new(tenant, "POLL", &[flow.as_str()], "last");
    let before = ctx.table.get::<LastPoll>(&key).await?.map(|s| s.data);
    let same = before.is_some_and(|b| b.counts == last.counts && b.error == last.error);
    if !same {
        ctx.table.write(Write::put(key, &last, Expect::Anything)?).await?;
    }
    // A run is kept when there is something to tell: an operator's wish, or work or a failure that is
    // not that of the poll before. A draft that waits for another stage is found every minute.
    let news = trigger == Trigger::Operator || (!same && (counts.queued > 0 || last.error.is_some()));
    if news {
        record_run(ctx, tenant, flow, trigger, started_ms, &last, result.as_ref().err()).await?;
    }
    result.map(|()| counts)
}

async fn record_run(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    trigger: Trigger,
    started_ms: i64,
    last: &LastPoll,
    error: Option<&Error>,
) -> Result<()> {
    let Counts { pages, found, queued, in_hand, suppressed, not_due } = last.counts;
    let run = Run {
        id: RunId::new(ctx.entropy.id("r-", started_ms)?),
        flow: flow.clone(),
        document: None,
        instance: None,
        trigger,
        status: if error.is_some() { RunStatus::Failed } else { RunStatus::Succeeded },
        started_ms,
        ended_ms: Some(ctx.now_ms()),
        message: match error {
            Some(error) => error.to_string(),
            None => format!("found {found}, queued {queued}"),
        },
        code: error.map(|e| e.code.to_owned()),
        counts: BTreeMap::from([
            ("pages".to_owned(), pages),
            ("found".to_owned(), found),
            ("queued".to_owned(), queued),
            ("in_hand".to_owned(), in_hand),
            ("suppressed".to_owned(), suppressed),
            ("not_due".to_owned(), not_due),
        ]),
    };
    let mut recorder = Recorder::new(ctx, run.id.clone());
    recorder.note(
        "poll",
        json!({ "pages": pages, "found": found, "queued": queued, "in_hand": in_hand, "suppressed": suppressed, "not_due": not_due }),
    );
    recorder.save(ctx, tenant, &run).await?;
    match error {
        Some(error) => kept::keep_words(ctx, tenant, error).await,
        None => Ok(()),
    }
}
