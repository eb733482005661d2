//! Finding documents to submit: one message per document that is not in hand already.

use super::whole::{self, Seen};
use super::{in_flight, links};
use crate::approvals::message::{Page, Submit};
use crate::kinds::Scope;
use crate::poll::Counts;
use crate::source;
use crate::{marks, messages, suppressed};
use serde_json::{Map, Value};
use tenon_connectors::erp::Erp;
use tenon_model::config::{ApprovalFlow, Selection};
use tenon_model::link::Link;
use tenon_model::message::Envelope;
use tenon_model::run::Trigger;
use tenon_model::{DocumentKey, RunId, TenantId};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::{APPROVALS_SUBMIT, body_of};
use tenon_platform::table::Key;
use tenon_platform::{Context, Result};

/// Documents whose messages are promised in one record, which is stored with their marks in one transaction.
const TOGETHER: usize = 49;

/// Finds documents and queues them.
pub async fn find_and_queue(at: Scope<'_>, flow: &ApprovalFlow, trigger: Trigger, counts: &mut Counts) -> Result<()> {
    let Scope { ctx, tenant, loaded } = at;
    let erp = Erp::open(ctx, tenant, loaded, &flow.erp)?;
    let from = &flow.source;
    let select = from.select.as_ref().map_or_else(Vec::new, Selection::names);
    let select = if select.is_empty() { vec![from.key.as_str()] } else { select };
    let mut pages = source::pages(&erp, from, marks::unsynced(&flow.marks), &select, from.page_size).await?;
    while let Some(values) = pages.next().await? {
        counts.pages += 1;
        counts.found += values.len() as u64;
        let found = source::keyed(from, values)?;
        let documents: Vec<Found> =
            found.into_iter().map(|(key, row)| Found { key, row: row.filter(whole::fits), page: None }).collect();
        let total = documents.len();
        let mut new = not_in_hand(ctx, tenant, flow, documents, trigger).await?;
        counts.in_hand += (total - new.len()) as u64;
        // An operator who asks for a poll may have mended what no configuration shows.
        if trigger == Trigger::Schedule {
            let suppressed = suppressed::among(at, &flow.id, new.iter().map(|d| &d.key)).await?;
            counts.suppressed += suppressed.len() as u64;
            new.retain(|d| !suppressed.contains(&d.key));
        }
        // As many as are read whole in one answer; what is read is queued before more is read.
        let together = usize::try_from(from.page_size).unwrap_or(1).max(1);
        while !new.is_empty() {
            let rest = new.split_off(new.len().min(together));
            let some = std::mem::replace(&mut new, rest);
            let found = some.len();
            let due = due(ctx, &erp, flow, some).await?;
            counts.not_due += (found - due.len()) as u64;
            counts.queued += due.len() as u64;
            queue(ctx, tenant, flow, due).await?;
        }
    }
    Ok(())
}

/// Of these documents, those that may be due, with their readings.
async fn due(ctx: &Context, erp: &Erp<'_>, flow: &ApprovalFlow, mut documents: Vec<Found>) -> Result<Vec<Found>> {
    let keys: Vec<DocumentKey> = documents.iter().map(|d| d.key.clone()).collect();
    let mut seen = whole::read(ctx, erp, flow, &keys).await?;
    documents.retain_mut(|d| match seen.remove(&d.key) {
        Some(Seen::NotDue) => false,
        Some(Seen::Due(page)) => {
            d.page = page;
            true
        }
        None => true,
    });
    Ok(documents)
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
    let (mut named, mut promised, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
    for document in documents {
        let run = RunId::new(ctx.entropy.id("r-", ctx.now_ms())?);
        named.push((document.key.clone(), run.clone()));
        let (short, whole) = message(ctx, tenant, flow, document, run)?;
        promised.push(short);
        bodies.push(whole);
    }
    let (batch, marks) = in_flight::marks(ctx, tenant, &flow.id, named.iter().map(|(key, run)| (key, run.clone())))?;
    let mut sent = vec![in_flight::confirmation(ctx, tenant, &flow.id, &batch)?];
    for (some, marks) in promised.chunks(TOGETHER).zip(marks.chunks(TOGETHER)) {
        let entry = Entry::of_all(ctx, &APPROVALS_SUBMIT, some)?;
        sent.push(entry.removal(ctx)?);
        // A document that is marked has its message, whatever dies.
        ctx.table.put_many([vec![entry.write()?], marks.to_vec()].concat()).await?;
    }
    ctx.queue.send_all(&APPROVALS_SUBMIT, bodies).await?;
    // One that cannot be taken out is sent once more.
    ctx.table.put_many(sent).await
}

/// A document's message: as it is promised, without what was read of the document, and as it is sent.
fn message(
    ctx: &Context,
    tenant: &TenantId,
    flow: &ApprovalFlow,
    document: Found,
    run: RunId,
) -> Result<(Envelope<Submit>, String)> {
    let mut envelope = messages::submit(ctx, tenant, &flow.id, document.key, None, Some(run))?;
    envelope.group = Some(flow.erp.to_string());
    let short = envelope.clone();
    (envelope.body.row, envelope.body.page) = (document.row, document.page);
    let whole = body_of(&envelope)?;
    Ok((short, whole))
}
