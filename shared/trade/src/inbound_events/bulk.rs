//! Several events at once, each for itself.

use super::{Applied, Taken, store};
use crate::error::TradeError;
use futures::{StreamExt, future, stream};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use tenon_model::openapi::{BulkFailure, BulkSuccess, BulkTaken};
use tenon_model::{EventKind, TenantId};
use tenon_platform::{Context, rejection};

/// Events in one body, at most.
pub const BULK_LIMIT: usize = 200;

/// Whose event it is, or why nobody's may be taken: HTTP status and words.
pub type Addressee = Result<TenantId, (u16, String)>;

/// Lines of events that are taken in at once.
const AT_ONCE: usize = 50;

/// What became of an event; of one that is refused, HTTP status and words.
type Done = Result<Applied, (u16, String)>;

/// Takes events of one kind in; `whose` finds the tenant of each. Those of one order are stored one after another, in
/// their order, each while the message of the one before is queued; what others ask of the table meanwhile goes along.
/// One that fails does not keep the others out.
pub async fn apply_each(
    ctx: &Context,
    kind: EventKind,
    events: &[Value],
    whose: impl Fn(&Value) -> Addressee,
) -> BulkTaken {
    let given: Vec<(&Value, Addressee)> = events.iter().map(|event| (event, whose(event))).collect();
    let in_turn = |line: Vec<usize>| {
        let given = &given;
        async move {
            let mut done = Vec::with_capacity(line.len());
            let mut before = None;
            for (index, (event, whose)) in line.into_iter().filter_map(|index| Some((index, given.get(index)?))) {
                let stored = one(ctx, whose, kind, event, index + 1);
                let (stored, queued) = future::join(stored, queued(ctx, before.take())).await;
                done.extend(queued);
                match stored {
                    Ok(taken) => before = Some((index, taken)),
                    Err(refused) => done.push((index, Err(refused))),
                }
            }
            done.extend(queued(ctx, before).await);
            done
        }
    };
    let done = stream::iter(lines(kind, &given)).map(in_turn).buffer_unordered(AT_ONCE).concat().await;
    summary(events, done.into_iter().collect())
}

async fn one(
    ctx: &Context,
    whose: &Addressee,
    kind: EventKind,
    event: &Value,
    number: usize,
) -> Result<Taken, (u16, String)> {
    let tenant = whose.as_ref().map_err(Clone::clone)?;
    store(ctx, tenant, kind, event).await.map_err(|error| describe(error, number))
}

/// Queues what the event at this place promises, if there is one.
async fn queued(ctx: &Context, stored: Option<(usize, Taken)>) -> Option<(usize, Done)> {
    let (index, taken) = stored?;
    Some((index, taken.queued(ctx).await.map_err(|error| describe(error, index + 1))))
}

/// The places of events that wait for one another: those of an order, since each changes what the next one finds. All of
/// them where it is not told what they are of, or where one of them is given twice.
fn lines(kind: EventKind, given: &[(&Value, Addressee)]) -> Vec<Vec<usize>> {
    let text = |event: &Value, name: &str| event.get(name).and_then(Value::as_str).map(|text| text.trim().to_owned());
    let mut ids = HashSet::new();
    let distinct = given.iter().filter_map(|(event, _)| text(event, "eventId")).all(|id| ids.insert(id));
    if kind == EventKind::ReconciliationCreated || !distinct {
        return vec![(0..given.len()).collect()];
    }
    let mut lines: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (index, (event, whose)) in given.iter().enumerate() {
        lines.entry((whose.as_ref().ok(), text(event, "orderNo"))).or_default().push(index);
    }
    lines.into_values().collect()
}

fn summary(events: &[Value], mut done: BTreeMap<usize, Done>) -> BulkTaken {
    let mut taken = BulkTaken { total: events.len(), ..BulkTaken::default() };
    for (place, event) in events.iter().enumerate() {
        let index = place + 1;
        match done.remove(&place) {
            Some(Ok(Applied { event_id, repeated, skipped })) => {
                let skipped_apps = skipped.iter().map(ToString::to_string).collect();
                taken.success_records.push(BulkSuccess { index, event_id, repeated, skipped_apps });
            }
            Some(Err((code, error))) => {
                let event_id = event.get("eventId").and_then(Value::as_str).map(|id| id.chars().take(100).collect());
                taken.failed_records.push(BulkFailure { index, event_id, code, error });
            }
            // Every place is in a line.
            None => {}
        }
    }
    taken.success_count = taken.success_records.len();
    taken.failed_count = taken.failed_records.len();
    taken.message = format!("成功{}条，失败{}条", taken.success_count, taken.failed_count);
    taken
}

/// What the caller is told: its own mistakes in full, ours not at all.
fn describe(error: TradeError, index: usize) -> (u16, String) {
    match error {
        TradeError::Bad(bad) => (400, bad.to_string()),
        TradeError::NotFound(message) => (404, message),
        TradeError::Failed(error) if error.is_contention() => (409, rejection::BUSY.to_owned()),
        TradeError::Failed(error) => {
            tracing::error!(error.code = error.code, error.message = %error, event.index = index, "an event was not taken in");
            (500, "服务器内部错误，请重新提交该事件".to_owned())
        }
    }
}
