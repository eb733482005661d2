//! At most one message under way per document. A poll remembers what it has queued, so that the next does
//! not queue it again, however long the message waits.
//!
//! In this order: the documents are marked under the name of their batch, with the promise of their messages; the
//! messages are sent; the batch is confirmed, and the promise taken out. A poll that dies in between leaves marks that count only as long as it might still live, and
//! documents whose messages were not sent are found again. Sent, but not confirmed, a page is queued once
//! more: a second message of a document finds its link and does nothing.
//!
//! A mark ends when its message has led to a link (both name the run), when the message is dealt with
//! without one, when it goes to the dead letters, and in any case with its time.

use super::links;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tenon_model::link::Link;
use tenon_model::{DocumentKey, FlowId, RunId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::table::{Expect, Key, RecordKind, Stored, Write};
use tenon_platform::{Context, Result};

/// How long a poll may live: marks of a batch that is not confirmed count for so long.
const POLL_LIVES: Duration = Duration::from_secs(150);
/// How long a mark counts: a message is tried for about 22 hours, and may have waited before.
const COUNTS: Duration = Duration::from_secs(30 * 3600);
/// A message that waits for its turn renews a mark that would end within this time.
const RENEWED: Duration = Duration::from_secs(15 * 3600);

/// Its kinds of records.
pub(super) const KINDS: [RecordKind; 2] = [RecordKind::of::<Mark>("QUEUED"), RecordKind::of::<Batch>("QUEUED-BATCH")];

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Mark {
    /// The run its message names.
    run: RunId,
    batch: String,
    /// Epoch ms.
    marked_ms: i64,
    /// Epoch ms.
    until_ms: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Batch {
    sent: bool,
}

fn key(tenant: &TenantId, flow: &FlowId, document: &DocumentKey) -> Key {
    Key::new(tenant, "QUEUED", &[flow.as_str()], document.sort_key())
}

fn batch_key(tenant: &TenantId, flow: &FlowId, batch: &str) -> Key {
    Key::new(tenant, "QUEUED-BATCH", &[flow.as_str()], batch)
}

/// Of these documents, none of which has an attempt under way, those with a message under way. `links`
/// holds what is left of former attempts.
pub async fn among(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    documents: impl Iterator<Item = &DocumentKey>,
    links: &HashMap<Key, Stored<Link>>,
) -> Result<HashSet<DocumentKey>> {
    let documents: Vec<(&DocumentKey, Key)> = documents.map(|d| (d, key(tenant, flow, d))).collect();
    if documents.is_empty() {
        return Ok(HashSet::new());
    }
    let keys: Vec<Key> = documents.iter().map(|(_, key)| key.clone()).collect();
    let marks = ctx.table.get_many::<Mark>(&keys).await?;
    let now = ctx.now_ms();
    let led_to_link = |document: &DocumentKey, mark: &Mark| {
        links.get(&links::key(tenant, flow, document)).is_some_and(|link| link.data.run == mark.run)
    };
    let counting: Vec<(&DocumentKey, &Mark)> = documents
        .iter()
        .filter_map(|(document, key)| Some((*document, &marks.get(key)?.data)))
        .filter(|(document, mark)| now < mark.until_ms && !led_to_link(document, mark))
        .collect();
    let young = |mark: &Mark| now < mark.marked_ms + millis(POLL_LIVES);
    let batches: HashSet<&str> =
        counting.iter().filter(|(_, mark)| !young(mark)).map(|(_, mark)| mark.batch.as_str()).collect();
    let batches: Vec<Key> = batches.into_iter().map(|batch| batch_key(tenant, flow, batch)).collect();
    let confirmed = ctx.table.get_many::<Batch>(&batches).await?;
    let counts = |mark: &Mark| young(mark) || confirmed.contains_key(&batch_key(tenant, flow, &mark.batch));
    Ok(counting.into_iter().filter(|(_, mark)| counts(mark)).map(|(document, _)| document.clone()).collect())
}

/// Marks documents whose messages are about to be sent. Returns the batch, to be confirmed.
pub async fn mark(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    documents: impl Iterator<Item = (&DocumentKey, RunId)>,
) -> Result<String> {
    let (batch, marks) = marks(ctx, tenant, flow, documents)?;
    ctx.table.put_many(marks).await?;
    Ok(batch)
}

/// What marks them, to be stored with something else, and the batch.
pub fn marks<'d>(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    documents: impl Iterator<Item = (&'d DocumentKey, RunId)>,
) -> Result<(String, Vec<Write>)> {
    let now = ctx.now_ms();
    let batch = ctx.entropy.id("q-", now)?;
    let until_ms = now + millis(COUNTS);
    let writes: Result<Vec<Write>> = documents
        .map(|(document, run)| {
            let mark = Mark { run, batch: batch.clone(), marked_ms: now, until_ms };
            let write = Write::put(key(tenant, flow, document), &mark, Expect::Anything)?;
            Ok(write.expiring(Some(until_ms / 1000)))
        })
        .collect();
    Ok((batch, writes?))
}

/// The messages of a batch are sent.
pub async fn confirm(ctx: &Context, tenant: &TenantId, flow: &FlowId, batch: &str) -> Result<()> {
    ctx.table.write(confirmation(ctx, tenant, flow, batch)?).await.map(drop)
}

/// What confirms a batch, to be stored with something else.
pub fn confirmation(ctx: &Context, tenant: &TenantId, flow: &FlowId, batch: &str) -> Result<Write> {
    let expires = Some((ctx.now_ms() + 8 * millis(COUNTS)) / 1000);
    let write = Write::put(batch_key(tenant, flow, batch), &Batch { sent: true }, Expect::Anything)?;
    Ok(write.expiring(expires))
}

/// The message is dealt with and has led to no link of its own: the document may be queued again.
pub async fn end(ctx: &Context, tenant: &TenantId, flow: &FlowId, document: &DocumentKey, run: &RunId) -> Result<()> {
    let key = key(tenant, flow, document);
    if let Some(stored) = ctx.table.get::<Mark>(&key).await?
        && &stored.data.run == run
    {
        // A conflict means that a newer message has marked it anew.
        ctx.table.write(Write::delete(key, Expect::Version(stored.version))).await?;
    }
    Ok(())
}

/// The message goes on waiting, maybe for longer than its mark counts.
pub async fn renew(ctx: &Context, tenant: &TenantId, flow: &FlowId, document: &DocumentKey, run: &RunId) -> Result<()> {
    let key = key(tenant, flow, document);
    let now = ctx.now_ms();
    if let Some(stored) = ctx.table.get::<Mark>(&key).await?
        && &stored.data.run == run
        && stored.data.until_ms < now + millis(RENEWED)
    {
        let until_ms = now + millis(COUNTS);
        let mark = Mark { until_ms, ..stored.data };
        let write = Write::put(key, &mark, Expect::Version(stored.version))?;
        ctx.table.write(write.expiring(Some(until_ms / 1000))).await?;
    }
    Ok(())
}
