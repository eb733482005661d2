//! Finding documents to submit: one message per document that is not in hand already.

use super::document::{b1, source};
use super::links;
use crate::messages;
use crate::schedule::claim_slot;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tenon_connectors::b1::{B1, Query, release_sessions};
use tenon_model::config::{Flow, FlowKind, Selection, Source};
use tenon_model::link::Link;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{DocumentKey, RunId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::queue::APPROVALS_SUBMIT;
use tenon_platform::runs::Recorder;
use tenon_platform::table::{Expect, Key, Write};
use tenon_platform::{Context, Error, Result};

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
}

/// The outcome of the newest poll of a flow, kept for `tenon runs`.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LastPoll {
    /// Epoch ms.
    pub at_ms: i64,
    /// What it did.
    pub counts: Counts,
    /// What went wrong.
    pub error: Option<String>,
}

/// Polls every enabled approval flow whose slot is due. A flow that fails does not stop the others;
/// the first failure is returned at the end.
pub async fn poll_due(ctx: &Context, tenant: &TenantId) -> Result<()> {
    let loaded = ctx.config.load(tenant).await?;
    let mut first_failure = None;
    for flow in loaded.flows().iter().filter(|f| f.enabled && f.kind == FlowKind::Approval) {
        if !claim_slot(ctx, tenant, "poll", flow.id.as_str(), flow.every).await? {
            continue;
        }
        if let Err(error) = poll(ctx, tenant, &loaded, flow, Trigger::Schedule).await {
            tracing::error!(flow = %flow.id, error.code = error.code, error.message = %error, "poll failed");
            first_failure.get_or_insert(error);
        }
    }
    release_sessions(ctx).await;
    first_failure.map_or(Ok(()), Err)
}

/// Polls one flow now.
pub async fn poll(ctx: &Context, tenant: &TenantId, loaded: &Loaded, flow: &Flow, trigger: Trigger) -> Result<Counts> {
    let started_ms = ctx.now_ms();
    let mut counts = Counts::default();
    let result = find_and_queue(ctx, tenant, loaded, flow, &mut counts).await;
    let last = LastPoll { at_ms: started_ms, counts, error: result.as_ref().err().map(ToString::to_string) };
    let key = Key::new(tenant, "POLL", &[flow.id.as_str()], "last");
    let before = ctx.table.get::<LastPoll>(&key).await?.map(|s| s.data);
    ctx.table.write(Write::put(key, &last, Expect::Anything)?).await?;
    // A run is kept when there is something to tell: an operator's wish, or work or a failure that is
    // not that of the poll before. A draft that waits for another stage is found every minute.
    let same = before.is_some_and(|b| b.counts == last.counts && b.error == last.error);
    let news = trigger == Trigger::Operator || (!same && (counts.queued > 0 || last.error.is_some()));
    if news {
        tell(ctx, tenant, flow, trigger, started_ms, &last, result.as_ref().err()).await?;
    }
    result.map(|()| counts)
}

async fn tell(
    ctx: &Context,
    tenant: &TenantId,
    flow: &Flow,
    trigger: Trigger,
    started_ms: i64,
    last: &LastPoll,
    error: Option<&Error>,
) -> Result<()> {
    let Counts { pages, found, queued, in_hand } = last.counts;
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
        ]),
    };
    let mut recorder = Recorder::new(ctx, run.id.clone());
    recorder.note("poll", json!({ "pages": pages, "found": found, "queued": queued, "in_hand": in_hand }));
    recorder.save(ctx, tenant, &run).await
}

async fn find_and_queue(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    flow: &Flow,
    counts: &mut Counts,
) -> Result<()> {
    let b1 = b1(ctx, tenant, loaded, flow)?;
    let source = source(flow)?;
    let mut pages = Pages::begin(&b1, flow, source).await?;
    while let Some(values) = pages.next(&b1).await? {
        counts.pages += 1;
        counts.found += values.len() as u64;
        let queued = queue_page(ctx, tenant, flow, source, values).await?;
        counts.queued += queued.0;
        counts.in_hand += queued.1;
    }
    Ok(())
}

/// The pages of a source.
struct Pages<'f> {
    source: &'f Source,
    query: Query,
    sql: Option<tenon_connectors::b1::SqlCode>,
    cursor: Option<tenon_connectors::b1::Cursor>,
    ended: bool,
}

impl<'f> Pages<'f> {
    async fn begin(b1: &B1<'_>, flow: &Flow, source: &'f Source) -> Result<Self> {
        let sql = match &source.sql {
            Some(sql) => Some(b1.sql_ensure(&sql.main).await?),
            None => None,
        };
        let unsynced = || format!("{} eq '{}'", flow.marks.synced, flow.marks.unsynced_value);
        let mut select = source.select.as_ref().map_or_else(Vec::new, Selection::names);
        if !select.contains(&source.key.as_str()) {
            select.push(&source.key);
        }
        let query = Query::default()
            .filter(source.filter.clone().unwrap_or_else(unsynced))
            .select(select)
            .order_by(&source.key)
            .page_size(source.page_size);
        Ok(Self { source, query, sql, cursor: None, ended: false })
    }

    async fn next(&mut self, b1: &B1<'_>) -> Result<Option<Vec<Value>>> {
        if self.ended {
            return Ok(None);
        }
        let cursor = self.cursor.take();
        let page = match &self.sql {
            Some(code) => b1.sql_page(code, &[], Some(self.source.page_size), cursor).await?,
            None => b1.page(&self.source.object, &self.query, cursor).await?,
        };
        self.ended = page.next.is_none();
        self.cursor = page.next;
        Ok(Some(page.values))
    }
}

/// Queues the documents of a page that are not in hand; returns how many were and were not queued.
async fn queue_page(
    ctx: &Context,
    tenant: &TenantId,
    flow: &Flow,
    source: &Source,
    values: Vec<Value>,
) -> Result<(u64, u64)> {
    let mut documents: Vec<(DocumentKey, Option<Map<String, Value>>)> = Vec::with_capacity(values.len());
    for value in values {
        let Value::Object(fields) = value else { continue };
        let Some(key) = fields.get(&source.key).and_then(DocumentKey::from_json) else {
            return Err(Error::permanent(
                "flow.key",
                format!("{} has a document without {}; name its key field in source.key", source.object, source.key),
            ));
        };
        if !documents.iter().any(|(k, _)| k == &key) {
            documents.push((key, source.sql.is_some().then_some(fields)));
        }
    }
    let keys: Vec<Key> = documents.iter().map(|(k, _)| links::key(tenant, &flow.id, k)).collect();
    let present = ctx.table.get_many::<Link>(&keys).await?;
    let total = documents.len() as u64;
    let mut bodies = Vec::new();
    for ((key, row), at) in documents.into_iter().zip(&keys) {
        if present.get(at).is_none_or(|link| link.data.state.is_finished()) {
            bodies.push(message(ctx, tenant, flow, key, row)?);
        }
    }
    let queued = bodies.len() as u64;
    if queued > 0 {
        ctx.queue.send_all(&APPROVALS_SUBMIT, bodies).await?;
    }
    Ok((queued, total - queued))
}

fn message(
    ctx: &Context,
    tenant: &TenantId,
    flow: &Flow,
    key: DocumentKey,
    row: Option<Map<String, Value>>,
) -> Result<String> {
    let envelope = messages::submit(ctx, tenant, &flow.id, key, row)?;
    serde_json::to_string(&envelope).map_err(|e| Error::permanent("platform.message", e.to_string()))
}
