//! Finding documents to submit: one message per document that is not in hand already.

use super::whole::{self, Seen};
use super::{given_up, in_flight, links};
use crate::schedule::claim_slot;
use crate::source::{self, Pages};
use crate::{marks, messages};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use tenon_connectors::b1::release_sessions;
use tenon_model::config::{ApprovalFlow, Flow, Selection};
use tenon_model::link::Link;
use tenon_model::message::{Page, Work};
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{ConnectionId, DocumentKey, FlowId, RunId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::queue::APPROVALS_SUBMIT;
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
    /// Documents left alone because they were given up, see [`given_up`].
    #[serde(default)]
    pub given_up: u64,
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
        free.then_some(Self { polling, name })
    }
}

impl Drop for Poll {
    fn drop(&mut self) {
        self.polling.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// Polls every enabled approval flow whose slot is due; those of different ERPs side by side, since one
/// that hangs must not keep the others. A flow that fails does not stop the others; the first failure is
/// returned at the end. A flow whose ERP is out is passed over.
pub async fn poll_due(ctx: &Context, tenant: &TenantId) -> Result<()> {
    let loaded = ctx.config.load(tenant).await?;
    let mut by_erp: BTreeMap<&ConnectionId, Vec<&ApprovalFlow>> = BTreeMap::new();
    for flow in loaded.flows().iter().filter_map(Flow::as_approval).filter(|f| f.enabled) {
        by_erp.entry(&flow.erp).or_default().push(flow);
    }
    let each = by_erp.into_values().map(|flows| poll_in_turn(ctx, tenant, &loaded, flows));
    let failures = futures::future::join_all(each).await;
    release_sessions(ctx).await;
    failures.into_iter().flatten().next().map_or(Ok(()), Err)
}

/// Polls the flows of one ERP that are due, one after the other. Returns the first failure.
async fn poll_in_turn(ctx: &Context, tenant: &TenantId, loaded: &Loaded, flows: Vec<&ApprovalFlow>) -> Option<Error> {
    let mut first_failure = None;
    for flow in flows {
        let Some(_poll) = Poll::begin(ctx, tenant, &flow.id) else { continue };
        if let Err(error) = poll_if_due(ctx, tenant, loaded, flow).await {
            tracing::error!(flow = %flow.id, error.code = error.code, error.message = %error, "poll failed");
            first_failure.get_or_insert(error);
        }
    }
    first_failure
}

async fn poll_if_due(ctx: &Context, tenant: &TenantId, loaded: &Loaded, flow: &ApprovalFlow) -> Result<()> {
    if !claim_slot(ctx, tenant, "poll", flow.id.as_str(), flow.every).await? {
        return Ok(());
    }
    match breaker::admit(ctx, tenant, &[&flow.erp]).await {
        Err(error) if matches!(error.retry, Retry::PutOff(_)) => {
            tracing::debug!(flow = %flow.id, error.code = error.code, "poll is passed over");
            Ok(())
        }
        Err(error) => Err(error),
        Ok(()) => poll(ctx, tenant, loaded, flow, Trigger::Schedule).await.map(|_| ()),
    }
}

/// Polls one flow now.
pub async fn poll(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    flow: &ApprovalFlow,
    trigger: Trigger,
) -> Result<Counts> {
    let started_ms = ctx.now_ms();
    let mut counts = Counts::default();
    let result = find_and_queue(ctx, tenant, loaded, flow, trigger, &mut counts).await;
    let last = LastPoll { at_ms: started_ms, counts, error: result.as_ref().err().map(ToString::to_string) };
    let key = Key::new(tenant, "POLL", &[flow.id.as_str()], "last");
    let before = ctx.table.get::<LastPoll>(&key).await?.map(|s| s.data);
    let same = before.is_some_and(|b| b.counts == last.counts && b.error == last.error);
    if !same {
        ctx.table.write(Write::put(key, &last, Expect::Anything)?).await?;
    }
    // A run is kept when there is something to tell: an operator's wish, or work or a failure that is
    // not that of the poll before. A draft that waits for another stage is found every minute.
    let news = trigger == Trigger::Operator || (!same && (counts.queued > 0 || last.error.is_some()));
    if news {
        tell(ctx, tenant, flow, trigger, started_ms, &last, result.as_ref().err()).await?;
    }
    result.map(|()| counts)
}

async fn tell(
    ctx: &Context,
    tenant: &TenantId,
    flow: &ApprovalFlow,
    trigger: Trigger,
    started_ms: i64,
    last: &LastPoll,
    error: Option<&Error>,
) -> Result<()> {
    let Counts { pages, found, queued, in_hand, given_up, not_due } = last.counts;
    let run = Run {
        id: RunId::new(ctx.entropy.id("r-", started_ms)?),
        flow: flow.id.clone(),
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
            ("given_up".to_owned(), given_up),
            ("not_due".to_owned(), not_due),
        ]),
    };
    let mut recorder = Recorder::new(ctx, run.id.clone());
    recorder.note(
        "poll",
        json!({ "pages": pages, "found": found, "queued": queued, "in_hand": in_hand, "given_up": given_up, "not_due": not_due }),
    );
    recorder.save(ctx, tenant, &run).await?;
    match error {
        Some(error) => kept::keep_words(ctx, tenant, error).await,
        None => Ok(()),
    }
}

async fn find_and_queue(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    flow: &ApprovalFlow,
    trigger: Trigger,
    counts: &mut Counts,
) -> Result<()> {
    let b1 = source::b1(ctx, tenant, loaded, &flow.erp)?;
    let source = &flow.source;
    let select = source.select.as_ref().map_or_else(Vec::new, Selection::names);
    let select = if select.is_empty() { vec![source.key.as_str()] } else { select };
    let mut pages = Pages::begin(&b1, source, &marks::unsynced(&flow.marks), &select, source.page_size).await?;
    while let Some(values) = pages.next(&b1).await? {
        counts.pages += 1;
        counts.found += values.len() as u64;
        let found = source::keyed(source, values)?;
        let documents: Vec<Found> =
            found.into_iter().map(|(key, row)| Found { key, row: row.filter(whole::fits), page: None }).collect();
        let total = documents.len();
        let mut new = not_in_hand(ctx, tenant, flow, documents, trigger).await?;
        counts.in_hand += (total - new.len()) as u64;
        // An operator who asks for a poll may have mended what no configuration shows.
        if trigger == Trigger::Schedule {
            let given_up = given_up::among(ctx, tenant, loaded, flow, new.iter().map(|d| &d.key)).await?;
            counts.given_up += given_up.len() as u64;
            new.retain(|d| !given_up.contains(&d.key));
        }
        let keys: Vec<DocumentKey> = new.iter().map(|d| d.key.clone()).collect();
        let mut seen = whole::read(ctx, &b1, flow, &keys).await?;
        let found = new.len();
        new.retain_mut(|d| match seen.remove(&d.key) {
            Some(Seen::NotDue) => false,
            Some(Seen::Due(page)) => {
                d.page = page;
                true
            }
            None => true,
        });
        counts.not_due += (found - new.len()) as u64;
        counts.queued += new.len() as u64;
        queue(ctx, tenant, flow, new).await?;
    }
    Ok(())
}

/// A document a page shows.
struct Found {
    key: DocumentKey,
    /// Its row, when the source is SQL and the row fits a message; the submission looks for a larger one itself.
    row: Option<Map<String, Value>>,
    /// Its reading, when the page brought it whole.
    page: Option<Page>,
}

/// Of these documents, those that nobody has in hand and no message waits for. An operator's poll looks past
/// messages: one may wait long, or have been lost with its queue.
async fn not_in_hand(
    ctx: &Context,
    tenant: &TenantId,
    flow: &ApprovalFlow,
    mut documents: Vec<Found>,
    trigger: Trigger,
) -> Result<Vec<Found>> {
    let keys: Vec<Key> = documents.iter().map(|d| links::key(tenant, &flow.id, &d.key)).collect();
    let present = ctx.table.get_many::<Link>(&keys).await?;
    let under_way = |d: &Found| {
        let link = present.get(&links::key(tenant, &flow.id, &d.key));
        link.is_some_and(|link| !link.data.state.is_finished())
    };
    documents.retain(|d| !under_way(d));
    if trigger == Trigger::Schedule {
        let queued = in_flight::among(ctx, tenant, &flow.id, documents.iter().map(|d| &d.key), &present).await?;
        documents.retain(|d| !queued.contains(&d.key));
    }
    Ok(documents)
}

async fn queue(ctx: &Context, tenant: &TenantId, flow: &ApprovalFlow, documents: Vec<Found>) -> Result<()> {
    if documents.is_empty() {
        return Ok(());
    }
    let mut runs = Vec::with_capacity(documents.len());
    for document in &documents {
        runs.push((document.key.clone(), RunId::new(ctx.entropy.id("r-", ctx.now_ms())?)));
    }
    let named = runs.iter().map(|(key, run)| (key, run.clone()));
    let batch = in_flight::mark(ctx, tenant, &flow.id, named).await?;
    let both = documents.into_iter().zip(runs);
    let bodies: Result<Vec<String>> = both.map(|(d, (_, run))| message(ctx, tenant, flow, d, run)).collect();
    ctx.queue.send_all(&APPROVALS_SUBMIT, bodies?).await?;
    in_flight::confirm(ctx, tenant, &flow.id, &batch).await
}

fn message(ctx: &Context, tenant: &TenantId, flow: &ApprovalFlow, document: Found, run: RunId) -> Result<String> {
    let mut envelope = messages::submit(ctx, tenant, &flow.id, document.key, document.row, Some(run))?;
    if let Work::Submit(submit) = &mut envelope.body {
        submit.page = document.page;
    }
    envelope.group = Some(flow.erp.to_string());
    serde_json::to_string(&envelope).map_err(|e| Error::permanent("platform.message", e.to_string()))
}
