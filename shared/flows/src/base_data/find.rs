//! Finding records to send: pages of what is not marked, and one message for each call that is to be made.

use super::reading::{self, MAX_MESSAGE};
use super::records;
use crate::approvals::in_flight;
use crate::base_data::message::{RecordPage, SendRecord, SendRecords};
use crate::jobs::RecordSender;
use crate::kinds::Scope;
use crate::poll::Counts;
use crate::suppressed::definition;
use serde_json::Value;
use std::collections::HashMap;
use tenon_connectors::erp::{Erp, Filter, Pages, Rows};
use tenon_model::base_data::Record;
use tenon_model::config::BaseDataFlow;
use tenon_model::message::Envelope;
use tenon_model::run::Trigger;
use tenon_model::{DocumentKey, RunId};
use tenon_platform::Result;
use tenon_platform::job::Job;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::{MASTER_DATA_SEND, body_of};

/// Records whose messages are promised in one record of the outbox.
const TOGETHER: usize = 500;

/// A record that a page shows.
struct Found {
    key: DocumentKey,
    page: RecordPage,
    fits: bool,
}

/// The pages of the records that are to be sent.
pub async fn pages<'e>(erp: &'e Erp<'_>, flow: &BaseDataFlow, page_size: u32) -> Result<Pages<'e>> {
    let marks = &flow.marks;
    let unmarked = Filter::Equal { field: &marks.synced, value: &marks.unsynced_value };
    let filter = flow.source.filter.as_deref().map_or(unmarked, Filter::Own);
    let select = flow.source.selected();
    let rows = Rows::Documents { object: &flow.source.object, filter, select: &select };
    erp.pages(rows, &flow.source.key, page_size).await
}

/// Finds records and queues them.
pub async fn find_and_queue(at: Scope<'_>, flow: &BaseDataFlow, trigger: Trigger, counts: &mut Counts) -> Result<()> {
    let erp = Erp::open(at.ctx, at.tenant, at.loaded, &flow.erp)?;
    let definition = definition(at.loaded, at.loaded.flow(&flow.id)?)?;
    let most = most_a_poll(flow);
    let mut pages = pages(&erp, flow, flow.source.page_size).await?;
    while let Some(values) = pages.next().await? {
        let read_ms = at.ctx.now_ms();
        counts.pages += 1;
        counts.found += values.len() as u64;
        let mut new = found(flow, values, read_ms)?;
        let kept = records::among(at.ctx, at.tenant, &flow.id, new.iter().map(|f| &f.key)).await?;
        // An operator who asks for a poll looks past messages, which may have been lost with their queue, and may
        // have mended what nothing here shows.
        if trigger == Trigger::Schedule {
            let all = new.len();
            let queued =
                in_flight::among(at.ctx, at.tenant, &flow.id, new.iter().map(|f| &f.key), &HashMap::new()).await?;
            new.retain(|f| !queued.contains(&f.key));
            counts.in_hand += (all - new.len()) as u64;
            let due = new.len();
            let left_alone =
                |record: &Record, f: &Found| records::is_suppressed(record, &f.page.fingerprint, &definition, read_ms);
            new.retain(|f| !kept.get(&f.key).is_some_and(|record| left_alone(record, f)));
            counts.suppressed += (due - new.len()) as u64;
        }
        let room = most.saturating_sub(counts.in_hand + counts.queued);
        new.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        counts.queued += new.len() as u64;
        queue(at, flow, new, &kept).await?;
        if counts.in_hand + counts.queued >= most {
            break;
        }
    }
    Ok(())
}

/// Records that may be under way after one poll.
fn most_a_poll(flow: &BaseDataFlow) -> u64 {
    let Some(per_minute) = flow.form.per_minute else { return u64::MAX };
    u64::from(per_minute).saturating_mul(flow.every.as_secs().div_ceil(60).max(1))
}

fn found(flow: &BaseDataFlow, values: Vec<Value>, read_ms: i64) -> Result<Vec<Found>> {
    let mut all: Vec<Found> = Vec::with_capacity(values.len());
    for value in values {
        let Value::Object(row) = value else { continue };
        let key = reading::key_of(flow, &row)?;
        if all.iter().any(|known| known.key == key) {
            continue;
        }
        let (page, fits) = reading::of_page(flow, row, read_ms);
        all.push(Found { key, page, fits });
    }
    Ok(all)
}

async fn queue(
    at: Scope<'_>,
    flow: &BaseDataFlow,
    found: Vec<Found>,
    kept: &HashMap<DocumentKey, Record>,
) -> Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let now = at.ctx.now_ms();
    let mut records = Vec::with_capacity(found.len());
    for Found { key, page, fits } in found {
        // One that failed goes on in the run that told of it.
        let failing = kept.get(&key).filter(|record| record.failing.is_some());
        let run = match failing {
            Some(record) => record.run.clone(),
            None => RunId::new(at.ctx.entropy.id("r-", now)?),
        };
        records.push(SendRecord { key, run, page: fits.then_some(page), accept: false });
    }
    let named: Vec<(DocumentKey, RunId)> = records.iter().map(|r| (r.key.clone(), r.run.clone())).collect();
    let named = named.iter().map(|(key, run)| (key, run.clone()));
    let (mut short, mut bodies) = (Vec::new(), Vec::new());
    for records in calls(flow, records) {
        let whole = message(at, flow, records)?;
        bodies.push(body_of(&whole)?);
        short.push(without_pages(whole));
    }
    // Before the marks: a record that is marked has its message, whatever dies.
    let together = (TOGETHER / usize::try_from(flow.form.batch).unwrap_or(1).max(1)).max(1);
    let promised = short.chunks(together).map(|some| Entry::of_all(at.ctx, &MASTER_DATA_SEND, some));
    let promised = promised.collect::<Result<Vec<_>>>()?;
    for entry in &promised {
        entry.store(at.ctx).await?;
    }
    let batch = in_flight::mark(at.ctx, at.tenant, &flow.id, named).await?;
    at.ctx.queue.send_all(&MASTER_DATA_SEND, bodies).await?;
    in_flight::confirm(at.ctx, at.tenant, &flow.id, &batch).await?;
    for entry in promised {
        entry.sent(at.ctx).await;
    }
    Ok(())
}

/// A message as it is promised: what its page showed is read again.
fn without_pages(mut envelope: Envelope<SendRecords>) -> Envelope<SendRecords> {
    envelope.body.records.iter_mut().for_each(|record| record.page = None);
    envelope
}

/// The records of each call. What would make a message too large is read by the worker itself.
fn calls(flow: &BaseDataFlow, records: Vec<SendRecord>) -> Vec<Vec<SendRecord>> {
    let batch = usize::try_from(flow.form.batch).unwrap_or(1).max(1);
    let mut calls = Vec::new();
    let mut records = records.into_iter().peekable();
    while records.peek().is_some() {
        let mut call: Vec<SendRecord> = records.by_ref().take(batch).collect();
        let mut size = 0;
        for record in &mut call {
            let length = record.page.as_ref().map_or(0, |page| page.fields.len());
            if size + length > MAX_MESSAGE {
                record.page = None;
            } else {
                size += length;
            }
        }
        calls.push(call);
    }
    calls
}

/// A message that sends records.
pub fn message(at: Scope<'_>, flow: &BaseDataFlow, records: Vec<SendRecord>) -> Result<Envelope<SendRecords>> {
    let id = at.ctx.entropy.id("m-", at.ctx.now_ms())?;
    let body = SendRecords { flow: flow.id.clone(), records };
    let mut envelope = Envelope::new(RecordSender::NAME, id, at.tenant, body);
    envelope.group = Some(flow.erp.to_string());
    Ok(envelope)
}
