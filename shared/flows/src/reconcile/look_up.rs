//! Open instances, looked up one by one: each that cannot be read is left alone for longer each time.

use super::Counts;
use crate::approvals::{self, links, waiting};
use crate::messages::{looked_up, queue_write_back};
use crate::unit_failures::{UnitKind, Units};
use std::time::Duration;
use tenon_connectors::oa::{Events, Oa};
use tenon_model::config::Withdrawn;
use tenon_model::link::{Link, LinkState};
use tenon_model::oa::{Instance, Outcome};
use tenon_model::run::RunStatus;
use tenon_model::{ConnectionId, InstanceId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::table::Stored;
use tenon_platform::{Context, ErrorKind, Result, runs};

/// Instances looked up in one run.
const LOOK_UPS: u32 = 100;
/// Instances in a row that cannot be read, after which it is the vendor and not an instance.
const IN_A_ROW: u32 = 5;

/// Looks up what has been open for long.
///
/// # Errors
/// Of the table, or of the OA as a whole.
pub(super) async fn look_up(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    oa: &Oa<'_>,
    units: &mut Units<'_>,
    counts: &mut Counts,
) -> Result<()> {
    let mut in_a_row = 0;
    for stored in links::due_for_look_up(ctx, tenant, connection, LOOK_UPS).await? {
        let Some(instance) = stored.data.instance.clone() else { continue };
        counts.looked_up += 1;
        let outcome = one(ctx, tenant, connection, oa, &stored.data, &instance).await;
        match &outcome {
            Err(error) if error.is_of_the_vendor() => return outcome.map(|_| ()),
            Err(_) if in_a_row + 1 >= IN_A_ROW => return outcome.map(|_| ()),
            Err(_) => in_a_row += 1,
            Ok(_) => in_a_row = 0,
        }
        let failed = outcome.is_err();
        if units.note(&format!("instance {instance}"), UnitKind::Instance, outcome).await == Some(true) {
            counts.missed += 1;
        }
        let after = match stored.data.state {
            LinkState::Decided | LinkState::Adding => links::DECIDED_IS_LOST_AFTER,
            _ if failed => oa.times().check_open_after.saturating_mul(4),
            _ => oa.times().check_open_after,
        };
        put_off(ctx, tenant, stored, after).await?;
    }
    Ok(())
}

/// Whether an end was found, which is then queued.
async fn one(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    oa: &Oa<'_>,
    link: &Link,
    instance: &InstanceId,
) -> Result<bool> {
    let outcome = match (&link.state, &link.decision) {
        // Known, and not written for longer than its message may wait. One that a person has to look at is his.
        (LinkState::Decided | LinkState::Adding, Some(decision)) => {
            let run = runs::get(ctx, tenant, &link.run).await?;
            Some(decision.outcome).filter(|_| run.is_none_or(|run| run.status != RunStatus::Failed))
        }
        _ => match oa.read(instance).await? {
            None => Some(Outcome::Deleted),
            Some(found) => match still_waits(ctx, tenant, oa, link, &found).await? {
                Some(words) => {
                    waiting::record_run(ctx, tenant, link, words).await?;
                    None
                }
                None => found.outcome,
            },
        },
    };
    let Some(outcome) = outcome else { return Ok(false) };
    queue_write_back(ctx, tenant, looked_up(ctx, connection, instance.clone(), None, outcome)).await?;
    Ok(true)
}

/// Why an instance is waited for though it does not run: where the OA tells a decision and shows none, one that is over
/// may have been decided either way, and one that is back at its originator may be handed in again.
async fn still_waits(
    ctx: &Context,
    tenant: &TenantId,
    oa: &Oa<'_>,
    link: &Link,
    found: &Instance,
) -> Result<Option<&'static str>> {
    if oa.capabilities().events != Events::Decide {
        return Ok(None);
    }
    if found.archived {
        return Ok(Some(
            "archived in the OA, and no result was pushed: whether it was agreed to cannot be told. Push its result again, \
             or clear the document's mark to send it again",
        ));
    }
    let loaded = ctx.config.load(tenant).await?;
    let keeps = approvals::flow(&loaded, &link.flow)?.form.on_withdrawn == Withdrawn::Keep;
    Ok((found.outcome == Some(Outcome::Withdrawn) && keeps).then_some(
        "back at its creator in the OA, withdrawn or returned, without a result; the document keeps its marks and waits for \
         a result of this request",
    ))
}

/// Looks the instance up again only after another while. A link that somebody has in hand, or has
/// changed since the index was read, needs no putting off.
async fn put_off(ctx: &Context, tenant: &TenantId, stored: Stored<Link>, after: Duration) -> Result<()> {
    let Some(fresh) = links::get(ctx, tenant, &stored.data.flow, &stored.data.key).await? else { return Ok(()) };
    if !matches!(fresh.data.state, LinkState::Created | LinkState::Marked | LinkState::Decided | LinkState::Adding) {
        return Ok(());
    }
    let again = ctx.now_ms() + millis(after);
    match links::acquire(ctx, tenant, fresh).await {
        Ok(mut leased) => {
            leased.amend(ctx, |l| l.check_after_ms = again).await?;
            leased.release(ctx).await
        }
        Err(error) if error.kind() == ErrorKind::Busy => Ok(()),
        Err(error) => Err(error),
    }
}
