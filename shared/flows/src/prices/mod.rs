//! Price flows: when a form born in the OA is approved, the rows of its table become special prices
//! in B1, created or updated by business partner and item.

mod kind;
mod revoked;

use crate::agreed;
use crate::decisions::message::WriteBack;
use crate::map::price_rows;
use crate::written::Written;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use tenon_connectors::SETTLES;
use tenon_connectors::erp::{self, Erp, PriceWritten};
use tenon_connectors::oa::Oa;
use tenon_model::config::{PriceFlow, Timeouts};
use tenon_model::oa::Outcome;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{InstanceId, RunId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::runs::Recorder;
use tenon_platform::table::{Claim, Expect, Key, RecordKind, Stored, Write};
use tenon_platform::{Context, Error, ErrorKind, Result, Retry, lease};

/// What one special price takes beside its calls: waiting for a session, storing the history.
const REST: Duration = Duration::from_secs(15);

/// What an ended form came to.
enum Effect {
    /// So many special prices were read, and written where they differed.
    Written(usize),
    /// The form revokes this one.
    Revoked(InstanceId),
}

/// Special-price fields and their texts.
type Row = BTreeMap<String, String>;

/// What is kept of an approved form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Applied {
    run: RunId,
    started_ms: i64,
    done: bool,
}

/// The kind of record of a form.
pub(crate) const KIND: RecordKind = RecordKind::of::<Applied>("PRICE");

fn applied_key(tenant: &TenantId, flow: &PriceFlow, instance: &InstanceId) -> Key {
    Key::new(tenant, "PRICE", &[flow.id.as_str()], instance.as_str())
}

/// Applies one ended form. Every row is read before it is written, so that any number of repeats
/// leave the same prices.
pub async fn apply(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    flow: &PriceFlow,
    message: &WriteBack,
) -> Result<Written> {
    if message.outcome != Outcome::Agreed {
        return Ok(Written::Already);
    }
    let now = ctx.now_ms();
    let fresh = Applied { run: RunId::new(ctx.entropy.id("r-", now)?), started_ms: now, done: false };
    let key = applied_key(tenant, flow, &message.instance);
    let stored = match ctx.table.claim(&key, &fresh, None, now).await? {
        Claim::Stored => Stored { sort: String::new(), version: 1, data: fresh },
        Claim::Exists(old) if old.data.done => {
            let why = "nothing is left to write: the form was dealt with or revoked";
            Recorder::new(ctx, old.data.run).end_retried(ctx, tenant, why).await?;
            return Ok(Written::Already);
        }
        Claim::Exists(old) => old,
    };
    let mut steps = Recorder::new(ctx, stored.data.run.clone());
    let result = write_all(ctx, tenant, loaded, flow, message, &mut steps).await;
    let (status, text, code) = match &result {
        Ok(Effect::Written(rows)) => (RunStatus::Succeeded, format!("{rows} special prices written"), None),
        Ok(Effect::Revoked(form)) => {
            (RunStatus::Ended, revoked::set_aside(ctx, tenant, flow, form, &stored.data).await?, None)
        }
        Err(e) if e.retry == Retry::Permanent => (RunStatus::Failed, e.to_string(), Some(e.code)),
        Err(e) => (RunStatus::Retrying, e.to_string(), Some(e.code)),
    };
    let run = run_of(ctx, flow, message, &stored.data, status, text, code);
    if let Err(error) = steps.save(ctx, tenant, &run).await {
        tracing::error!(run = %run.id, error.code = error.code, error.message = %error, "run history could not be stored");
    }
    result?;
    // Whether this write or a concurrent one of the same form ticks it off makes no difference.
    ctx.table.write(Write::put(key, &Applied { done: true, ..stored.data }, Expect::Anything)?).await?;
    Ok(Written::Done)
}

fn run_of(
    ctx: &Context,
    flow: &PriceFlow,
    message: &WriteBack,
    applied: &Applied,
    status: RunStatus,
    text: String,
    code: Option<&str>,
) -> Run {
    Run {
        id: applied.run.clone(),
        flow: flow.id.clone(),
        document: None,
        instance: Some(message.instance.to_string()),
        trigger: Trigger::Callback,
        status,
        started_ms: applied.started_ms,
        ended_ms: (status != RunStatus::Retrying).then(|| ctx.now_ms()),
        message: text,
        code: code.map(str::to_owned),
        counts: BTreeMap::new(),
    }
}

async fn write_all(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    flow: &PriceFlow,
    message: &WriteBack,
    steps: &mut Recorder,
) -> Result<Effect> {
    let oa = Oa::open(ctx, tenant, loaded, &flow.oa)?;
    let (revokes, rows) = steps
        .step("read instance", json!({ "instance": message.instance }), async {
            let instance = agreed::read(&oa, &message.instance).await?;
            // An OA may say the same of a form that is handed in again after it was withdrawn.
            if let Some(form) = &instance.revokes
                && revoked::takes_back(ctx, tenant, flow, &oa, form).await?
            {
                let note = json!({ "revokes": form });
                return Ok(((instance.revokes, Vec::new()), note));
            }
            let rows = price_rows(flow, &instance.fields)?;
            let note = json!({ "rows": rows });
            Ok(((None, rows), note))
        })
        .await?;
    if let Some(form) = revokes {
        return Ok(Effect::Revoked(form));
    }
    let timeouts = erp::of(loaded, &flow.erp)?.timeouts;
    let work = time_for_one(&timeouts);
    let mut groups: Vec<((String, String), Vec<Row>)> = Vec::new();
    for row in rows {
        let of = |name: &str| row.get(name).cloned().unwrap_or_default();
        let key = (of("CardCode"), of("ItemCode"));
        match groups.iter_mut().find(|(k, _)| k == &key) {
            Some((_, group)) => group.push(row),
            None => groups.push((key, vec![row])),
        }
    }
    let count = groups.len();
    for ((card, item), rows) in groups {
        let name = format!("price/{}/{card}/{item}", flow.erp);
        let Some(mut lock) = lease::acquire(ctx, tenant, &name, lease_for_one(&timeouts)).await? else {
            return Err(Error::new(
                "flow.busy",
                Retry::RateLimited(Duration::from_secs(5)),
                format!("the special price of {card} and {item} is being written by another form; it is tried again"),
            )
            .with_kind(ErrorKind::Busy));
        };
        let bounded = ctx.within(work);
        let erp = Erp::open(&bounded, tenant, loaded, &flow.erp)?;
        let written = write_one(&erp, &card, &item, &rows, lock.inherited, steps).await;
        match &written {
            // It may still arrive: whoever comes next, this form included, waits until it cannot.
            Err(error) if error.retry == Retry::UnknownOutcome => {
                lease::renew(ctx, &mut lock, SETTLES).await?;
            }
            _ => lease::release(ctx, lock).await?,
        }
        written?;
    }
    Ok(Effect::Written(count))
}

/// What reading, writing and reading one special price back takes at most; nothing is begun after it.
pub fn time_for_one(timeouts: &Timeouts) -> Duration {
    timeouts.login + timeouts.read * 2 + timeouts.write + REST
}

/// How long one writer has a special price for itself, when it does not give it back before: until its last
/// call can no longer arrive.
pub fn lease_for_one(timeouts: &Timeouts) -> Duration {
    time_for_one(timeouts) + SETTLES
}

async fn write_one(
    erp: &Erp<'_>,
    card: &str,
    item: &str,
    rows: &[Row],
    look_again: bool,
    steps: &mut Recorder,
) -> Result<()> {
    steps
        .step("write special price", json!({ "CardCode": card, "ItemCode": item, "rows": rows }), async {
            let note = match erp.write_price((card, item), rows, look_again).await? {
                PriceWritten::Already => json!({ "already": true }),
                PriceWritten::Created(body) => json!({ "created": body }),
                PriceWritten::Changed(body) => json!({ "changed": body }),
                PriceWritten::Overwritten => {
                    return Err(Error::new(
                        "flow.overwritten",
                        Retry::RateLimited(Duration::from_secs(5)),
                        format!(
                            "the special price of {card} and {item} was changed by somebody else; it is read again"
                        ),
                    ));
                }
            };
            Ok(((), note))
        })
        .await
}

/// Tells the history that a form is given up.
pub async fn on_dead_letter(
    ctx: &Context,
    tenant: &TenantId,
    flow: &PriceFlow,
    message: &WriteBack,
    error: &Error,
) -> Result<()> {
    if let Some(stored) = ctx.table.get::<Applied>(&applied_key(tenant, flow, &message.instance)).await?
        && !stored.data.done
    {
        let run = run_of(ctx, flow, message, &stored.data, RunStatus::Failed, error.to_string(), Some(error.code));
        Recorder::new(ctx, stored.data.run.clone()).save(ctx, tenant, &run).await?;
    }
    Ok(())
}
