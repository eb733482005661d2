//! Forms of approval flows that people hand in themselves in the OA, when their events never came. No create of
//! ours made them, so no link waits for them: the OA is asked for what was handed in since it was last asked, and
//! each of these is looked up until it has ended and what became of it is known.

use super::links;
use crate::kinds::Scope;
use crate::messages::{looked_up, promise_write_back};
use crate::unit_failures::{UnitKind, Units};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use tenon_connectors::oa::Oa;
use tenon_connectors::time::settle;
use tenon_model::config::{ApprovalFlow, Flow};
use tenon_model::oa::{Instance, Outcome};
use tenon_model::{ConnectionId, InstanceId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::outbox::Entry;
use tenon_platform::table::{Expect, Key, Outcome as Wrote, RecordKind, Write};
use tenon_platform::{Context, Result};

/// How long a form is looked for after it was handed in.
const LOOK_BACK: Duration = Duration::from_secs(30 * 86_400);
/// How far back each list begins before the end of the last: what the OA shows late is not passed over.
const OVERLAP: Duration = Duration::from_secs(3600);
/// Forms looked up in one run.
const LOOK_UPS: usize = 50;
/// Forms that are remembered as open, all in one record. What a list has beyond them is taken up by later ones.
const OPEN: usize = 1_000;

/// The forms of a template.
struct Forms<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    connection: &'a ConnectionId,
    template: &'a str,
    oa: Oa<'a>,
}

/// What is known of a template's forms that belong to no link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Known {
    /// Epoch ms until which the OA was asked.
    listed_ms: i64,
    /// Those that had not ended, each with the time before which it is not looked up again (epoch ms) and when it
    /// was found.
    open: BTreeMap<InstanceId, Look>,
    /// Those that are done with and that the next list shows again, with the time they were found.
    done: BTreeMap<InstanceId, i64>,
}

/// Its kinds of records.
pub(super) const KINDS: [RecordKind; 2] = [RecordKind::of::<()>("BY-HAND"), RecordKind::of::<Known>("BY-HAND-LIST")];

/// When a form is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Look {
    found_ms: i64,
    next_ms: i64,
}

/// Whether a flow asks for the forms of its template; of those that share one, the first does.
pub fn is_first_of_template(at: Scope<'_>, flow: &ApprovalFlow) -> bool {
    let mut flows = at.loaded.flows_of_form(&flow.oa, &flow.form.template).filter_map(Flow::as_approval);
    flows.find(|other| other.enabled).is_some_and(|first| first.id == flow.id)
}

/// Queues ended forms that nothing was heard of. Returns how many were read and how many were queued.
///
/// # Errors
/// Of the table, or of the OA as a whole; a form that cannot be read is a unit of its own.
pub async fn find(at: Scope<'_>, flow: &ApprovalFlow, units: &mut Units<'_>) -> Result<(u64, u64)> {
    let Scope { ctx, tenant, loaded } = at;
    let (connection, template) = (&flow.oa, flow.form.template.as_str());
    let oa = Oa::open(ctx, tenant, loaded, connection)?;
    let since = loaded.flows_of_form(connection, template).map(|flow| loaded.flow_since(flow.id())).min();
    Forms { ctx, tenant, connection, template, oa }.find(since.unwrap_or_default(), units).await
}

/// Notes that the end of an instance without a link has been dealt with.
pub async fn dealt_with(ctx: &Context, tenant: &TenantId, connection: &ConnectionId, id: &InstanceId) -> Result<()> {
    let expires = (ctx.now_ms() + millis(LOOK_BACK + OVERLAP)) / 1000;
    let write = Write::put(dealt_with_key(tenant, connection, id), &(), Expect::Anything)?;
    ctx.table.write(write.expiring(Some(expires))).await.map(|_| ())
}

fn dealt_with_key(tenant: &TenantId, connection: &ConnectionId, id: &InstanceId) -> Key {
    Key::new(tenant, "BY-HAND", &[connection.as_str(), id.as_str()], "-")
}

impl Forms<'_> {
    async fn find(&self, since_ms: i64, units: &mut Units<'_>) -> Result<(u64, u64)> {
        let key = Key::new(self.tenant, "BY-HAND-LIST", &[self.connection.as_str(), self.template], "-");
        let stored = self.ctx.table.get::<Known>(&key).await?;
        let version = stored.as_ref().map(|stored| stored.version);
        let mut known = stored.map(|stored| stored.data).unwrap_or_default();
        self.list(&mut known, since_ms).await?;
        let mut promised = Vec::new();
        let looked_up = self.look_up(&mut known, units, &mut promised).await;
        let expect = version.map_or(Expect::AbsentAt(self.ctx.now_ms()), Expect::Version);
        let mut writes = vec![Write::put(key, &known, expect)?];
        for entry in &promised {
            writes.push(entry.write()?);
        }
        // A form that is done with has its message, whatever dies.
        if self.ctx.table.transact(writes).await? == Wrote::Conflict {
            // Whoever was faster has asked the same, and what he did not find done is looked up again.
            tracing::info!(connection = %self.connection, template = self.template, "another process has listed the form");
            return looked_up.map(|(read, _)| (read, 0));
        }
        for entry in promised {
            entry.send(self.ctx).await?;
        }
        looked_up
    }

    /// Takes up what was handed in since the last list.
    async fn list(&self, known: &mut Known, since_ms: i64) -> Result<()> {
        let can = self.oa.capabilities();
        let Some(longest) = can.list else { return Ok(()) };
        if known.open.len() >= OPEN {
            tracing::warn!(connection = %self.connection, template = self.template, open = known.open.len(), "so many forms are open that no further ones are listed");
            return Ok(());
        }
        let now = self.ctx.now_ms();
        let overlap = millis(OVERLAP + can.clock_skew);
        let from = (since_ms - millis(can.clock_skew)).max(now - millis(LOOK_BACK.min(longest)));
        let from = from.max(known.listed_ms.saturating_sub(overlap));
        let ids = self.oa.list(self.template, from, now + millis(can.clock_skew)).await?;
        let mut new = self.unlinked(ids).await?;
        new.retain(|id| !known.done.contains_key(id) && !known.open.contains_key(id));
        let room = OPEN - known.open.len();
        if new.len() <= room {
            known.listed_ms = now;
            known.done.retain(|_, found| *found > now - overlap - millis(OVERLAP));
        }
        known.open.extend(new.into_iter().take(room).map(|id| (id, Look { found_ms: now, next_ms: now })));
        known.open.retain(|_, look| look.found_ms > now - millis(LOOK_BACK));
        Ok(())
    }

    /// Those of these that no link has, and that no event has told of.
    async fn unlinked(&self, ids: Vec<InstanceId>) -> Result<Vec<InstanceId>> {
        let linked = links::known_instances(self.ctx, self.tenant, self.connection, &ids).await?;
        let key = |id: &InstanceId| dealt_with_key(self.tenant, self.connection, id);
        let keys: Vec<Key> = ids.iter().map(key).collect();
        let recorded = self.ctx.table.get_many::<()>(&keys).await?;
        Ok(ids.into_iter().filter(|id| !linked.contains(id) && !recorded.contains_key(&key(id))).collect())
    }

    /// Looks up what is due, and promises the ends that are found.
    async fn look_up(&self, known: &mut Known, units: &mut Units<'_>, promised: &mut Vec<Entry>) -> Result<(u64, u64)> {
        let now = self.ctx.now_ms();
        let mut due: Vec<(i64, InstanceId)> = known
            .open
            .iter()
            .filter(|(_, look)| look.next_ms <= now)
            .map(|(id, look)| (look.next_ms, id.clone()))
            .collect();
        due.sort();
        let due: Vec<InstanceId> = due.into_iter().take(LOOK_UPS).map(|(_, id)| id).collect();
        let open = self.unlinked(due.clone()).await?;
        let (mut read, mut queued) = (0, 0);
        for id in due {
            if !open.contains(&id) {
                known.is_done(id);
                continue;
            }
            let outcome = self.oa.read(&id).await;
            if let Err(error) = &outcome
                && error.is_of_the_vendor()
            {
                return outcome.map(|_| (read, queued));
            }
            let Some(found) = units.note(&format!("form {id}"), UnitKind::Instance, outcome).await else {
                known.look_again(&id, now + millis(self.oa.times().check_open_after) * 4);
                continue;
            };
            read += 1;
            match self.end_of(found.as_ref(), now) {
                End::Open => known.look_again(&id, now + millis(self.oa.times().check_open_after)),
                // Its event may still be on its way.
                End::Fresh => known.look_again(&id, now),
                End::Decided(outcome) => {
                    promised.push(self.promise(&id, outcome)?);
                    queued += 1;
                    known.is_done(id);
                }
                End::Nothing => known.is_done(id),
            }
        }
        Ok((read, queued))
    }

    fn end_of(&self, found: Option<&Instance>, now: i64) -> End {
        let Some(instance) = found else { return End::Nothing };
        let Some(outcome) = instance.outcome else { return End::Open };
        // A time that cannot be is no reason to wait.
        let is_fresh = match settle(instance.ended, None, now) {
            Some((at, is_doubtful)) => !is_doubtful && at > now - millis(self.oa.capabilities().delivers_within),
            None => false,
        };
        match outcome {
            _ if is_fresh => End::Fresh,
            Outcome::Agreed | Outcome::Refused => End::Decided(outcome),
            Outcome::Withdrawn | Outcome::Deleted => End::Nothing,
        }
    }

    fn promise(&self, instance: &InstanceId, outcome: Outcome) -> Result<Entry> {
        let template = Some(self.template.to_owned());
        let write_back = looked_up(self.ctx, self.connection, instance.clone(), template, outcome);
        promise_write_back(self.ctx, self.tenant, write_back)
    }
}

/// What a look at a form found.
enum End {
    Open,
    Fresh,
    Decided(Outcome),
    Nothing,
}

impl Known {
    fn is_done(&mut self, id: InstanceId) {
        if let Some(look) = self.open.remove(&id) {
            self.done.insert(id, look.found_ms);
        }
    }

    fn look_again(&mut self, id: &InstanceId, next_ms: i64) {
        if let Some(look) = self.open.get_mut(id) {
            look.next_ms = next_ms;
        }
    }
}
