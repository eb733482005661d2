//! The outcomes of attempts, stored together: the deliveries, their records in the call log, the counters and the
//! health of the endpoints, of all attempts of a process that end about now, in one request.
//!
//! Nobody else's outcome is lost for one that cannot be stored: what somebody changed meanwhile is left out, and where
//! it is not told whose fault it is, each is stored by itself.

use crate::deliver::contended;
use crate::health::{self, Alert, Failure, Health};
use crate::record::{AttemptOutcome, Delivery};
use crate::{deliveries, switched_off};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tenon_model::call::{CallRecord, CallResult};
use tenon_model::{AppId, TenantId};
use tenon_platform::table::{Stored, Transacted, Write};
use tenon_platform::together::Together;
use tenon_platform::{Context, Error, ErrorKind, Result, Retry};
use tenon_tenants::{call_log, contention};
use tokio::sync::Notify;

/// How long an outcome waits for those of other attempts that are under way. An outcome that is not stored is one that
/// a process which dies does not know of, so it is short.
const COMPANY: Duration = Duration::from_millis(20);
/// So many outcomes wait for no more.
const ENOUGH: usize = 32;
/// Writes of one transaction, at most; DynamoDB takes 100.
const MAX_WRITES: usize = 96;
/// Bytes of one transaction, at most, or about so; DynamoDB takes 4 MB.
const MAX_BYTES: usize = 3 << 20;
/// How often outcomes are stored again when others change what they stand on.
const LOOKS: u32 = 6;

type Endpoint = (TenantId, AppId);

/// An attempt that has ended, as it is to be stored.
pub(crate) struct Ended {
    pub tenant: TenantId,
    /// Of the address that was called.
    pub generation: u32,
    /// With the attempt's end.
    pub delivery: Delivery,
    /// The version it was claimed at.
    pub version: u64,
    pub outcome: AttemptOutcome,
    pub call: CallRecord,
    /// The endpoint's health as it was read before the attempt.
    pub health: Option<Stored<Health>>,
    /// The promise of the next round's message.
    pub next: Option<Write>,
    pub at_ms: i64,
}

/// What became of an outcome.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Settled {
    /// It is stored; the operational event that it raises.
    Stored(Option<Alert>),
    /// It was stored although the answer was lost, or the attempt was thought to be interrupted: look again.
    Overtaken,
}

/// Outcomes that are about to be stored, and attempts that are under way.
#[derive(Default)]
struct Outcomes {
    ended: Together<Ended, Result<Settled>>,
    under_way: AtomicUsize,
    came: Notify,
}

/// An attempt that is under way, until this is dropped.
pub(crate) struct UnderWay(Arc<Outcomes>);

/// Notes that an attempt begins.
pub(crate) fn begin(ctx: &Context) -> UnderWay {
    let outcomes = ctx.extensions.get_or_init::<Outcomes>();
    outcomes.under_way.fetch_add(1, Ordering::AcqRel);
    UnderWay(outcomes)
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
        self.0.came.notify_one();
    }
}

/// Stores the outcome of an attempt with those of others.
///
/// # Errors
/// Those of the table; `webhook.contended`.
pub(crate) async fn settle(ctx: &Context, under_way: UnderWay, ended: Ended) -> Result<Settled> {
    let outcomes = Arc::clone(&under_way.0);
    let (of, id) = (ctx.clone(), ended.delivery.id.clone());
    let ticket = outcomes.ended.hand_in(ended);
    // Not before: whoever waits for the last attempt under way then finds its outcome.
    drop(under_way);
    let settled = ticket.done(company(&outcomes), |all| together(of, all)).await;
    settled.unwrap_or_else(|| {
        let message = format!("the outcome of {id} was to be stored with others, which failed");
        Err(Error::transient("platform.panic", message))
    })
}

/// Until no attempt is under way whose outcome could come along, or enough have come, or the time is up.
async fn company(outcomes: &Outcomes) {
    let enough = async {
        while outcomes.under_way.load(Ordering::Acquire) > 0 && outcomes.ended.waiting() < ENOUGH {
            outcomes.came.notified().await;
        }
    };
    let _ = tokio::time::timeout(COMPANY, enough).await;
}

/// Stores outcomes; what became of each, in their order.
async fn together(ctx: Context, all: Vec<Ended>) -> Vec<Result<Settled>> {
    let mut known = freshest(&all);
    let mut settled: Vec<Option<Result<Settled>>> = all.iter().map(|_| None).collect();
    let mut left: Vec<usize> = (0..all.len()).collect();
    let mut alone = false;
    for _ in 0..LOOKS {
        for some in portions(&all, &std::mem::take(&mut left), alone) {
            let some: Vec<(usize, &Ended)> = some.iter().filter_map(|n| Some((*n, all.get(*n)?))).collect();
            let mut answer = |n: usize, settling: Result<Settled>| {
                if let Some(place) = settled.get_mut(n) {
                    *place = Some(settling);
                }
            };
            match store(&ctx, &some, &mut known).await {
                Ok(Made::All(alerts)) => {
                    for (n, _) in &some {
                        answer(*n, Ok(Settled::Stored(alerts.get(n).cloned())));
                    }
                }
                Ok(Made::None(overtaken)) => {
                    for (place, (n, _)) in some.iter().enumerate() {
                        match overtaken.contains(&place) {
                            true => answer(*n, Ok(Settled::Overtaken)),
                            false => left.push(*n),
                        }
                    }
                }
                // Nobody's fault: all of them are stored in a moment.
                Err(error) if error.retry == Retry::Transient && error.kind() != ErrorKind::Newer => {
                    tracing::warn!(outcomes = some.len(), error.code = error.code, error.message = %error, "outcomes could not be stored; they are stored again");
                    ctx.clock.sleep(ctx.entropy.jitter(Duration::from_millis(200))).await;
                    left.extend(some.iter().map(|(n, _)| *n));
                }
                Err(error) => match some.as_slice() {
                    [(n, _)] => answer(*n, Err(error)),
                    // It is not told whose fault it is.
                    several => {
                        alone = true;
                        left.extend(several.iter().map(|(n, _)| *n));
                    }
                },
            }
        }
        if left.is_empty() {
            break;
        }
    }
    let settling = settled.into_iter().zip(&all);
    settling.map(|(settling, ended)| settling.unwrap_or_else(|| Err(contended(&ended.delivery.id)))).collect()
}

/// Of each endpoint the health that was read last.
fn freshest(all: &[Ended]) -> HashMap<Endpoint, Option<Stored<Health>>> {
    let mut known: HashMap<Endpoint, Option<Stored<Health>>> = HashMap::new();
    for ended in all {
        let version = |health: &Option<Stored<Health>>| health.as_ref().map_or(0, |stored| stored.version);
        let place = known.entry(ended.endpoint()).or_insert_with(|| ended.health.clone());
        if version(&ended.health) > version(place) {
            place.clone_from(&ended.health);
        }
    }
    known
}

impl Ended {
    fn endpoint(&self) -> Endpoint {
        (self.tenant.clone(), self.delivery.app.clone())
    }

    /// Writes that are its own, whatever stands beside it, at most.
    fn writes(&self) -> usize {
        let went_wrong = self.call.result != CallResult::Success;
        // A failure is among the errors too, and may be the one that ends its endpoint, of which two tenants are told.
        2 + usize::from(self.next.is_some()) + if went_wrong { 3 } else { 0 }
    }

    fn bytes(&self) -> usize {
        4_096 + self.delivery.body.len() + 2 * (self.call.request_body.len() + self.call.response_body.len())
    }
}

/// Outcomes by what one transaction takes.
fn portions(all: &[Ended], left: &[usize], alone: bool) -> Vec<Vec<usize>> {
    let mut portions: Vec<Vec<usize>> = Vec::new();
    let (mut writes, mut bytes, mut endpoints) = (0, 0, BTreeSet::new());
    for (n, ended) in left.iter().filter_map(|n| Some((*n, all.get(*n)?))) {
        // A counter and a health for each endpoint, and a counter more where its day ends.
        let of_endpoint = if endpoints.contains(&ended.endpoint()) { 0 } else { 3 };
        let full = writes + ended.writes() + of_endpoint > MAX_WRITES || bytes + ended.bytes() > MAX_BYTES;
        if alone || full || portions.is_empty() {
            portions.push(Vec::new());
            (writes, bytes) = (0, 0);
            endpoints.clear();
        }
        writes += ended.writes() + if endpoints.insert(ended.endpoint()) { 3 } else { 0 };
        bytes += ended.bytes();
        if let Some(last) = portions.last_mut() {
            last.push(n);
        }
    }
    portions
}

/// What one transaction did.
enum Made {
    /// All is stored, with the events that were raised, by the outcome that raised them.
    All(HashMap<usize, Alert>),
    /// Nothing is stored: these places among them were changed by others; the health is read again.
    None(Vec<usize>),
}

async fn store(
    ctx: &Context,
    some: &[(usize, &Ended)],
    known: &mut HashMap<Endpoint, Option<Stored<Health>>>,
) -> Result<Made> {
    // The deliveries come first, so that one that was changed is known by its place.
    let mut writes = Vec::with_capacity(some.len() * 3);
    for (_, ended) in some {
        writes.push(deliveries::write(&ended.tenant, &ended.delivery, ended.version)?);
    }
    let calls: Vec<(&TenantId, &CallRecord)> = some.iter().map(|(_, ended)| (&ended.tenant, &ended.call)).collect();
    writes.extend(call_log::writes_of_all(&calls)?);
    writes.extend(some.iter().filter_map(|(_, ended)| ended.next.clone()));
    let Noted { health, alerts } = noted(some, known);
    for ((tenant, app), (next, at_ms)) in &health {
        let read = known.get(&(tenant.clone(), app.clone())).and_then(Option::as_ref).map(|stored| stored.version);
        writes.push(health::write(tenant, app, next, read, *at_ms)?);
    }
    for (n, alert) in &alerts {
        let Some((_, ended)) = some.iter().find(|(own, _)| own == n) else { continue };
        let Some((next, at_ms)) = health.get(&ended.endpoint()) else { continue };
        writes.extend(switched_off::writes(&ended.tenant, &ended.delivery.app, next, alert, *at_ms)?);
    }
    match contention::transact(ctx, writes).await? {
        Transacted::Done => {
            for (endpoint, (next, _)) in health {
                let place = known.entry(endpoint).or_default();
                let version = place.as_ref().map_or(0, |stored| stored.version) + 1;
                *place = Some(Stored { sort: "-".to_owned(), version, data: next });
            }
            Ok(Made::All(alerts))
        }
        Transacted::Conflict(mut places) => {
            places.retain(|place| *place < some.len());
            if places.is_empty() {
                again(ctx, some, known).await?;
            }
            Ok(Made::None(places))
        }
    }
}

/// Reads the health of these endpoints again: somebody noted something of one of them.
async fn again(
    ctx: &Context,
    some: &[(usize, &Ended)],
    known: &mut HashMap<Endpoint, Option<Stored<Health>>>,
) -> Result<()> {
    let endpoints: BTreeSet<Endpoint> = some.iter().map(|(_, ended)| ended.endpoint()).collect();
    let keys = endpoints.iter().map(|(tenant, app)| health::key(tenant, app));
    let mut several = ctx.table.get_several(keys).await?;
    for (tenant, app) in endpoints {
        let health = several.take(&health::key(&tenant, &app))?;
        known.insert((tenant, app), health);
    }
    Ok(())
}

/// What outcomes make of the health of their endpoints.
#[derive(Default)]
struct Noted {
    /// Where it changes, and when it did.
    health: BTreeMap<Endpoint, (Health, i64)>,
    /// The events that are raised, by the outcome that raises them.
    alerts: HashMap<usize, Alert>,
}

/// Notes outcomes in the order they came.
fn noted(some: &[(usize, &Ended)], known: &HashMap<Endpoint, Option<Stored<Health>>>) -> Noted {
    let mut noted = Noted::default();
    for (n, ended) in some.iter().filter(|(_, ended)| !ended.delivery.is_test()) {
        let endpoint = ended.endpoint();
        let stored = known.get(&endpoint).and_then(Option::as_ref).map(|stored| &stored.data);
        let before = noted.health.get(&endpoint).map(|(health, _)| health).or(stored);
        let next = note(ended.generation, before, ended.outcome, &ended.call, ended.at_ms);
        if let Some((health, alert)) = next {
            noted.health.insert(endpoint, (health, ended.at_ms));
            noted.alerts.extend(alert.map(|alert| (*n, alert)));
        }
    }
    noted
}

/// The endpoint's health after an outcome, when it changes. What an address said that is not the present
/// one any more counts for nothing.
pub(crate) fn note(
    generation: u32,
    before: Option<&Health>,
    outcome: AttemptOutcome,
    call: &CallRecord,
    now_ms: i64,
) -> Option<(Health, Option<Alert>)> {
    let before = before.cloned().unwrap_or_default();
    if before.generation > generation {
        return None;
    }
    let before = before.of_generation(generation);
    let took_ms = call.duration_ms;
    if outcome == AttemptOutcome::Delivered {
        return before.after_success(took_ms, now_ms).map(|next| (next, None));
    }
    let class = call.reason.as_deref().unwrap_or_default();
    Some(before.after_failure(Failure { gone: outcome == AttemptOutcome::Gone, class, took_ms }, now_ms))
}
