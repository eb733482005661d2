//! Approved forms whose callback never came, of flows that begin in the OA. No document of ours waits for them, so
//! the OA is asked for the forms themselves, from the time the flow was first applied: older ones were entered by
//! hand.

use crate::kinds::Scope;
use crate::messages::{looked_up, queue_write_back};
use crate::unit_failures::{UnitKind, Units};
use serde::de::IgnoredAny;
use std::time::Duration;
use tenon_connectors::oa::Oa;
use tenon_connectors::time::settle;
use tenon_model::oa::Outcome;
use tenon_model::{ConnectionId, FlowId, InstanceId};
use tenon_platform::Result;
use tenon_platform::clock::millis;
use tenon_platform::table::{Key, Write};

/// How long after its creation a form is still looked for.
const LOOK_BACK: Duration = Duration::from_secs(30 * 86_400);

/// The forms of a flow.
pub struct Forms<'a> {
    /// The flow.
    pub flow: &'a FlowId,
    /// The OA connection.
    pub oa: &'a ConnectionId,
    /// The form.
    pub template: &'a str,
}

/// Queues approved forms that nothing was heard of. `record` is where what is known of a form is kept, and `ended`
/// what is kept of one that ended otherwise. Returns how many instances were read and how many were queued.
pub async fn find(
    at: Scope<'_>,
    forms: Forms<'_>,
    units: &mut Units<'_>,
    record: impl Fn(&InstanceId) -> Key,
    ended: impl Fn(&InstanceId, Key) -> Result<Write>,
) -> Result<(u64, u64)> {
    let Scope { ctx, tenant, loaded } = at;
    let oa = Oa::open(ctx, tenant, loaded, forms.oa)?;
    let since_ms = loaded.flow_since(forms.flow);
    let now = ctx.now_ms();
    let can = oa.capabilities();
    let Some(longest) = can.list else { return Ok((0, 0)) };
    let from = (since_ms - millis(can.clock_skew)).max(now - millis(LOOK_BACK.min(longest)));
    let ids = oa.list(forms.template, from, now + millis(can.clock_skew)).await?;
    let keys: Vec<Key> = ids.iter().map(&record).collect();
    let known = ctx.table.get_many::<IgnoredAny>(&keys).await?;
    let (mut read, mut queued) = (0, 0);
    for (id, key) in ids.into_iter().zip(keys).filter(|(_, key)| !known.contains_key(key)) {
        // A form that cannot be read is a unit of its own.
        let unit = format!("form {id}");
        if !units.is_due(&unit) {
            continue;
        }
        let outcome = oa.read(&id).await;
        if let Err(error) = &outcome
            && error.is_of_the_vendor()
        {
            return outcome.map(|_| (read, queued));
        }
        let Some(Some(instance)) = units.note(&unit, UnitKind::Instance, outcome).await else { continue };
        read += 1;
        let fresh = match settle(instance.ended, None, now) {
            Some((at, false)) => at > now - millis(can.delivers_within),
            // A time that cannot be is no reason to wait.
            Some((_, true)) => false,
            None => true,
        };
        match instance.outcome {
            None => {}
            // Its callback may still be on its way.
            Some(_) if fresh => {}
            Some(Outcome::Agreed) => {
                let template = Some(forms.template.to_owned());
                queue_write_back(ctx, tenant, looked_up(ctx, forms.oa, id, template, Outcome::Agreed)).await?;
                queued += 1;
            }
            // Refused or withdrawn: remembered, so that it is not read again.
            Some(Outcome::Refused | Outcome::Withdrawn | Outcome::Deleted) => {
                ctx.table.write(ended(&id, key)?).await?;
            }
        }
    }
    Ok((read, queued))
}
