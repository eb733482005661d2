//! Finding feedings that no event told of: the MES lists those of at most an hour at once, behind a mark that only rises
//! when all before it is queued.

use super::message::{FeedingNews, FeedingWork};
use super::search::PAGES;
use super::{LEASE, flows_of, intake, name};
use crate::approvals::in_flight;
use crate::documents::record;
use crate::kinds::Scope;
use crate::poll::Counts;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tenon_connectors::blacklake::Blacklake;
use tenon_model::blacklake::{FedRecord, SeenFeeding};
use tenon_model::config::ProductionIssuesFlow;
use tenon_model::document::DocumentRecord;
use tenon_model::run::Trigger;
use tenon_model::{DocumentKey, RunId};
use tenon_platform::clock::millis;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::{PRODUCTION_ISSUES, body_of};
use tenon_platform::table::{Expect, Key, Write};
use tenon_platform::{Context, Error, Result};

/// The longest window that the MES lists.
const WINDOW_MS: i64 = 3_600_000;
/// Windows that one look reads, at most; the next goes on.
const WINDOWS: usize = 24;
/// Rows of a page.
const SIZE: u32 = 100;
/// Records without anybody at work that one look takes up, at most.
const LEFT: u32 = 50;

/// Until when feedings are known.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Epoch ms.
    until_ms: i64,
    /// Since when they are looked for, in epoch ms: what was fed before was issued by others.
    #[serde(default)]
    since_ms: i64,
}

fn mark_key(at: Scope<'_>, flow: &ProductionIssuesFlow) -> Key {
    Key::new(at.tenant, "POLL", &[flow.id.as_str()], "fed-until")
}

/// Queues the feedings that are not known yet, and work that nobody does any more.
pub(super) async fn find_and_queue(
    at: Scope<'_>,
    flow: &ProductionIssuesFlow,
    trigger: Trigger,
    counts: &mut Counts,
) -> Result<()> {
    counts.queued += look_after(at, flow).await?;
    let mes = Blacklake::open(at.ctx, at.tenant, at.loaded, &flow.mes)?;
    let end = at.ctx.now_ms() - millis(flow.delay);
    let stored = at.ctx.table.get::<Mark>(&mark_key(at, flow)).await?;
    let Some(stored) = stored else {
        let first = Mark { until_ms: end, since_ms: end };
        at.ctx.table.write(Write::put(mark_key(at, flow), &first, Expect::Anything)?).await?;
        return Ok(());
    };
    let since = stored.data.since_ms;
    // A clock that ran ahead must not hide what is fed until it is reached.
    let mark = stored.data.until_ms.min(end);
    let mut from = (mark - millis(flow.overlap)).max(since.min(end));
    for _ in 0..WINDOWS {
        if from >= end {
            break;
        }
        let until = (from + WINDOW_MS).min(end);
        window(at, flow, &mes, (from, until), trigger, counts).await?;
        if until > mark {
            let mark = Mark { until_ms: until, since_ms: since };
            at.ctx.table.write(Write::put(mark_key(at, flow), &mark, Expect::Anything)?).await?;
        }
        from = until;
        if out_of_time(at.ctx) {
            break;
        }
    }
    Ok(())
}

fn out_of_time(ctx: &Context) -> bool {
    ctx.time_left().is_some_and(|left| left < std::time::Duration::from_secs(20))
}

async fn window(
    at: Scope<'_>,
    flow: &ProductionIssuesFlow,
    mes: &Blacklake<'_>,
    window: (i64, i64),
    trigger: Trigger,
    counts: &mut Counts,
) -> Result<()> {
    let mut seen = 0;
    for page in 1..=PAGES {
        let (rows, total) = mes.feedings(None, window, page, SIZE).await?;
        counts.pages += 1;
        seen += u64::try_from(rows.len()).unwrap_or(u64::MAX);
        queue_unknown(at, flow, &rows, trigger, counts).await?;
        if rows.is_empty() || seen >= total {
            return Ok(());
        }
    }
    let message = format!("the MES shows more than {PAGES} pages of feedings in an hour; set a shorter overlap");
    Err(Error::transient("flow.issue-feeding", message))
}

async fn queue_unknown(
    at: Scope<'_>,
    flow: &ProductionIssuesFlow,
    rows: &[SeenFeeding],
    trigger: Trigger,
    counts: &mut Counts,
) -> Result<()> {
    let wanted: BTreeMap<i64, &SeenFeeding> = rows.iter().map(|row| (row.id, row)).collect();
    counts.found += u64::try_from(wanted.len()).unwrap_or(0);
    // Whichever flow of the factory it turned out to be of.
    let flows = flows_of(at.loaded, &flow.mes);
    let mut keys = HashMap::new();
    for id in wanted.keys() {
        let request = id.to_string();
        for flow in &flows {
            keys.insert(name(at.tenant, flow, &request).key(), *id);
        }
    }
    let record_keys: Vec<Key> = keys.keys().cloned().collect();
    let known = at.ctx.table.get_many::<DocumentRecord>(&record_keys).await?;
    let known: BTreeSet<i64> = known.keys().filter_map(|key| keys.get(key).copied()).collect();
    counts.in_hand += u64::try_from(known.len()).unwrap_or(0);
    let mut unknown: Vec<&SeenFeeding> = wanted.into_values().filter(|row| !known.contains(&row.id)).collect();
    if trigger == Trigger::Schedule {
        let hands: Vec<DocumentKey> = unknown.iter().map(|row| DocumentKey::Number(row.id)).collect();
        let queued = in_flight::among(at.ctx, at.tenant, &flow.id, hands.iter(), &HashMap::new()).await?;
        unknown.retain(|row| !queued.contains(&DocumentKey::Number(row.id)));
        counts.in_hand += u64::try_from(queued.len()).unwrap_or(0);
    }
    counts.queued += u64::try_from(unknown.len()).unwrap_or(0);
    put(at, flow, &unknown).await
}

/// Puts a message of each on the queue, marked as in hand. The mark ends with its time: from the moment its message is
/// worked on, a feeding has a record.
async fn put(at: Scope<'_>, flow: &ProductionIssuesFlow, rows: &[&SeenFeeding]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let (mut messages, mut hands) = (Vec::new(), Vec::new());
    for row in rows {
        let record = FedRecord { id: row.id, order: row.work_order };
        let message = intake::message(at.tenant, format!("m-found-{}", row.id), work(flow, record, false));
        messages.push(body_of(&message)?);
        hands.push((DocumentKey::Number(row.id), RunId::new(at.ctx.entropy.id("r-", at.ctx.now_ms())?)));
    }
    let marks = hands.iter().map(|(hand, run)| (hand, run.clone()));
    let batch = in_flight::mark(at.ctx, at.tenant, &flow.id, marks).await?;
    at.ctx.queue.send_all(&PRODUCTION_ISSUES, messages).await?;
    in_flight::confirm(at.ctx, at.tenant, &flow.id, &batch).await
}

/// The work on a feeding; of this flow where that is known.
fn work(flow: &ProductionIssuesFlow, record: FedRecord, own: bool) -> FeedingWork {
    FeedingWork {
        mes: flow.mes.clone(),
        news: FeedingNews::Fed { records: vec![record] },
        event: None,
        flow: own.then(|| flow.id.clone()),
        again: false,
    }
}

/// Queues what has work left and nobody to do it: its worker died, or its message was lost.
async fn look_after(at: Scope<'_>, flow: &ProductionIssuesFlow) -> Result<u64> {
    let mut queued = 0;
    for due in record::due(at.ctx, at.tenant, &flow.id, LEFT).await? {
        // The index lags; what counts is the record.
        let Some(stored) = record::get(at.ctx, name(at.tenant, flow, &due.data.request)).await? else { continue };
        let left = stored.data.state.is_open() || stored.data.lease.is_some();
        let Ok(id) = stored.data.request.parse() else { continue };
        if !left || stored.data.check_after_ms > at.ctx.now_ms() {
            continue;
        }
        let record = FedRecord { id, order: super::order_of(&stored.data) };
        let Some(held) = record::take(at.ctx, at.tenant, stored, LEASE, |_| {}).await? else { continue };
        let id = at.ctx.entropy.id("m-", at.ctx.now_ms())?;
        let message = intake::message(at.tenant, id, work(flow, record, true));
        record::hand_on(held, at.ctx, Entry::of(at.ctx, &PRODUCTION_ISSUES, &message)?).await?;
        queued += 1;
    }
    Ok(queued)
}

/// The newest feeding of the last hour.
pub(super) async fn newest(at: Scope<'_>, mes: &Blacklake<'_>) -> Result<Option<FedRecord>> {
    let now = at.ctx.now_ms();
    let (rows, _) = mes.feedings(None, (now - WINDOW_MS, now), 1, SIZE).await?;
    let newest = rows.iter().max_by_key(|row| (row.at_ms, row.id));
    Ok(newest.map(|row| FedRecord { id: row.id, order: row.work_order }))
}
