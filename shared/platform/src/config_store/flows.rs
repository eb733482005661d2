//! What operators changed of flows beside the file that was applied: switches, and flows that a page stored. It lies in
//! a partition of its own, so that what switches a flow may write no connection and no caller.
//!
//! Whatever came last counts. A switch counts over the file that was applied before it; a file that is applied later
//! takes the switch away and counts itself, whether or not it has changed. A flow of the file counts over one of the
//! same id that a page stored, and applying it removes that one; those that the file does not know stay.

use super::versions::{self, Changed};
use super::{ConfigStore, KIND_OF_FLOW, Record, json, record, unreadable};
use crate::audit::{self, Actor};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::table::{Expect, Key, Outcome, Range, RecordKind, Stored, Table, Write};
use futures::future::try_join;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use tenon_model::config::Flow;
use tenon_model::{FlowId, TenantId};

/// What the records of switches are called, before the ids of their flows.
const KIND_OF_SWITCH: &str = "switch";

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Operated>("FLOWS");

/// A record of what operators changed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "lowercase")]
pub(super) enum Operated {
    /// A flow is on or off.
    Switch(FlowSwitch),
    /// A flow that a page stored.
    Flow {
        value: Value,
        /// Epoch ms at which it was stored.
        since_ms: i64,
    },
}

/// How a flow was switched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowSwitch {
    /// Whether it runs.
    pub enabled: bool,
    /// Who switched it.
    pub by: Actor,
    /// Epoch ms.
    pub at_ms: i64,
}

/// The partition of a tenant.
pub(super) fn partition(tenant: &TenantId) -> String {
    Key::partition_of(tenant, "FLOWS", &[])
}

fn key(tenant: &TenantId, kind: &str, flow: &FlowId) -> Key {
    Key::new(tenant, "FLOWS", &[], format!("{kind}#{flow}"))
}

fn applied(tenant: &TenantId, flow: &FlowId) -> Key {
    Key::new(tenant, "CONFIG", &[], format!("{KIND_OF_FLOW}#{flow}"))
}

/// Has a stored flow on or off.
fn set(value: &mut Value, enabled: bool) {
    if let Some(fields) = value.as_object_mut() {
        fields.insert("enabled".to_owned(), enabled.into());
    }
}

/// A stored flow as it counts, with its switch, and since when it is there.
pub(super) fn counting(
    sort: &str,
    (mut value, since_ms): (Value, i64),
    own: Option<&FlowSwitch>,
) -> Result<(Flow, i64)> {
    if let Some(switch) = own {
        set(&mut value, switch.enabled);
    }
    Ok((serde_json::from_value(value).map_err(|why| unreadable(sort, why))?, since_ms))
}

/// What operators changed, as it was read.
#[derive(Debug, Default)]
pub(super) struct Changes {
    switches: HashMap<FlowId, Result<FlowSwitch>>,
    /// Flows that a page stored.
    pub flows: HashMap<FlowId, Result<(Value, i64)>>,
}

impl Changes {
    /// What was read, each record by itself.
    pub(super) fn of(all: Vec<(String, Result<Stored<Operated>>)>) -> Self {
        let mut changes = Self::default();
        for (sort, stored) in all {
            let stored = stored.map(|stored| stored.data).inspect_err(|error| {
                tracing::error!(record = sort, error.code = error.code, error.message = %error, "what an operator changed of a flow cannot be read");
            });
            match (sort.split_once('#'), stored) {
                (Some((KIND_OF_SWITCH, id)), Ok(Operated::Switch(own))) => {
                    _ = changes.switches.insert(FlowId::new(id), Ok(own))
                }
                (Some((KIND_OF_SWITCH, id)), Err(error)) => _ = changes.switches.insert(FlowId::new(id), Err(error)),
                (Some((KIND_OF_FLOW, id)), Ok(Operated::Flow { value, since_ms })) => {
                    changes.flows.insert(FlowId::new(id), Ok((value, since_ms)));
                }
                (Some((KIND_OF_FLOW, id)), Err(error)) => _ = changes.flows.insert(FlowId::new(id), Err(error)),
                _ => {}
            }
        }
        changes
    }

    /// The switch of a flow. One that cannot be read is an error of its flow: whether that may run is not known.
    pub(super) fn switch(&self, flow: &FlowId) -> Result<Option<&FlowSwitch>> {
        self.switches.get(flow).map(|own| own.as_ref().map_err(Clone::clone)).transpose()
    }

    /// The switches that can be read.
    pub(super) fn into_switches(self) -> HashMap<FlowId, FlowSwitch> {
        self.switches.into_iter().filter_map(|(flow, own)| Some((flow, own.ok()?))).collect()
    }
}

/// What operators changed, with the versions of its records: what the file that is applied takes away.
#[derive(Default)]
pub(super) struct Known {
    switches: HashMap<FlowId, (FlowSwitch, u64)>,
    flows: HashMap<FlowId, u64>,
}

impl Known {
    pub(super) async fn read(table: &Table, tenant: &TenantId) -> Result<Self> {
        let mut known = Self::default();
        for stored in table.query_all::<Operated>(&partition(tenant), Range::default()).await? {
            let Some((_, id)) = stored.sort.split_once('#') else { continue };
            match stored.data {
                Operated::Switch(own) => _ = known.switches.insert(FlowId::new(id), (own, stored.version)),
                Operated::Flow { .. } => _ = known.flows.insert(FlowId::new(id), stored.version),
            }
        }
        Ok(known)
    }

    /// What has to go when the file has this flow, and how it was switched.
    pub(super) fn take(&mut self, tenant: &TenantId, flow: &FlowId) -> (Vec<Write>, Option<FlowSwitch>) {
        let mut writes = Vec::new();
        let switch = self.switches.remove(flow).map(|(own, version)| {
            writes.push(Write::delete(key(tenant, KIND_OF_SWITCH, flow), Expect::Version(version)));
            own
        });
        if let Some(version) = self.flows.remove(flow) {
            writes.push(Write::delete(key(tenant, KIND_OF_FLOW, flow), Expect::Version(version)));
        }
        (writes, switch)
    }

    /// Switches of flows that are neither in the file nor stored by a page.
    pub(super) fn left_over(self, tenant: &TenantId) -> Vec<Write> {
        let Self { switches, flows } = self;
        let of_nobody = switches.into_iter().filter(|(flow, _)| !flows.contains_key(flow));
        of_nobody
            .map(|(flow, (_, version))| Write::delete(key(tenant, KIND_OF_SWITCH, &flow), Expect::Version(version)))
            .collect()
    }
}

fn overtaken(flow: &FlowId) -> Error {
    let message = format!("flow {flow} was changed by somebody else at the same moment; do it again");
    Error::transient("config.conflict", message).with_kind(ErrorKind::Overtaken)
}

impl ConfigStore {
    /// Switches a flow on or off, until a file is applied. `None` when there is no such flow; `Some(false)` when it
    /// stands so already.
    ///
    /// # Errors
    /// `config.conflict` when somebody else switches it at the same moment; those of the table.
    pub async fn switch_flow(
        &self,
        ctx: &Context,
        tenant: &TenantId,
        (flow, on): (&FlowId, bool),
        by: &Actor,
    ) -> Result<Option<bool>> {
        let own = key(tenant, KIND_OF_SWITCH, flow);
        let (stored, switch) = try_join(self.stored_flow(tenant, flow), self.table.get::<Operated>(&own)).await?;
        let Some(mut value) = stored else { return Ok(None) };
        let (before, expect) = match switch {
            Some(Stored { data: Operated::Switch(own), version, .. }) => (own.enabled, Expect::Version(version)),
            Some(other) => return Err(unreadable(&other.sort, "other kind")),
            None => {
                let as_stored: Flow =
                    serde_json::from_value(value.clone()).map_err(|why| unreadable(flow.as_str(), why))?;
                (as_stored.is_enabled(), Expect::AbsentAt(ctx.now_ms()))
            }
        };
        if before == on {
            return Ok(Some(false));
        }
        set(&mut value, on);
        let (did, word) = if on { (Changed::On, "switch-flow-on") } else { (Changed::Off, "switch-flow-off") };
        let switched = Operated::Switch(FlowSwitch { enabled: on, by: by.clone(), at_ms: ctx.now_ms() });
        let writes = vec![
            Write::put(own, &switched, expect)?,
            versions::of_flow(ctx, tenant, (flow, did), by, Some(&value))?,
            audit::write(ctx, tenant, by, (word, flow.as_str()), Value::Null)?,
        ];
        if self.table.transact(writes).await? == Outcome::Conflict {
            return Err(overtaken(flow));
        }
        self.forget();
        Ok(Some(true))
    }

    /// A flow as it is stored, without its switch: the file's, else a page's.
    async fn stored_flow(&self, tenant: &TenantId, flow: &FlowId) -> Result<Option<Value>> {
        if let Some(stored) = self.table.get::<Value>(&applied(tenant, flow)).await? {
            return match record(&stored)? {
                Record::Flow { value, .. } => Ok(Some(value)),
                _ => Err(unreadable(&stored.sort, "other kind")),
            };
        }
        match self.table.get::<Operated>(&key(tenant, KIND_OF_FLOW, flow)).await?.map(|stored| stored.data) {
            Some(Operated::Flow { value, .. }) => Ok(Some(value)),
            _ => Ok(None),
        }
    }

    /// Stores a flow that no file has. `false` when there is one of its id: nothing is changed then, not even when a
    /// file that has it is applied at the same moment.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn store_flow(&self, ctx: &Context, tenant: &TenantId, flow: &Flow, by: &Actor) -> Result<bool> {
        let (id, now) = (flow.id(), ctx.now_ms());
        let value = json(flow)?;
        let version = versions::of_flow(ctx, tenant, (id, Changed::Created), by, Some(&value))?;
        let stored = Operated::Flow { value, since_ms: now };
        let writes = vec![
            Write::check(applied(tenant, id), Expect::AbsentAt(now)),
            Write::put(key(tenant, KIND_OF_FLOW, id), &stored, Expect::AbsentAt(now))?,
            // Whatever a flow of this id once was: this one stands as it is stored.
            Write::delete(key(tenant, KIND_OF_SWITCH, id), Expect::Anything),
            version,
            audit::write(ctx, tenant, by, ("store-flow", id.as_str()), Value::Null)?,
        ];
        let is_stored = self.table.transact(writes).await? == Outcome::Done;
        self.forget();
        Ok(is_stored)
    }

    /// A flow that a page stored, without its switch, with the version of its record; `None` for one that a file has, or
    /// nobody.
    ///
    /// # Errors
    /// Those of the table; `config.stored` for one that cannot be read.
    pub async fn paged_flow(&self, tenant: &TenantId, flow: &FlowId) -> Result<Option<(Flow, u64)>> {
        let own = key(tenant, KIND_OF_FLOW, flow);
        let (file, applied) = (applied(tenant, flow), self.table.get::<Operated>(&own));
        let (file, stored) = try_join(self.table.get::<Value>(&file), applied).await?;
        match (file, stored) {
            (None, Some(Stored { data: Operated::Flow { value, .. }, version, sort })) => {
                let flow = serde_json::from_value(value).map_err(|why| unreadable(&sort, why))?;
                Ok(Some((flow, version)))
            }
            _ => Ok(None),
        }
    }

    /// Puts another text of a flow in the place of what a page stored of it in this version. How it is switched stays.
    /// `false` when it is of another version by now, is gone, or is one of a file: nothing is changed then.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn change_flow(
        &self,
        ctx: &Context,
        tenant: &TenantId,
        (flow, version): (&Flow, u64),
        by: &Actor,
    ) -> Result<bool> {
        let (id, now) = (flow.id(), ctx.now_ms());
        let own = key(tenant, KIND_OF_FLOW, id);
        let since_ms = match self.table.get::<Operated>(&own).await? {
            Some(Stored { data: Operated::Flow { since_ms, .. }, .. }) => since_ms,
            _ => return Ok(false),
        };
        let value = json(flow)?;
        let kept = versions::of_flow(ctx, tenant, (id, Changed::Changed), by, Some(&value))?;
        let writes = vec![
            Write::check(applied(tenant, id), Expect::AbsentAt(now)),
            Write::put(own, &Operated::Flow { value, since_ms }, Expect::Version(version))?,
            kept,
            audit::write(ctx, tenant, by, ("change-flow", id.as_str()), Value::Null)?,
        ];
        let is_changed = self.table.transact(writes).await? == Outcome::Done;
        self.forget();
        Ok(is_changed)
    }

    /// Removes a flow that a page stored. `None` when there is no such flow; `Some(false)` when it is of the file that
    /// was applied: it goes with the next file that lacks it.
    ///
    /// # Errors
    /// `config.conflict` when somebody else changes it at the same moment; those of the table.
    pub async fn remove_flow(
        &self,
        ctx: &Context,
        tenant: &TenantId,
        flow: &FlowId,
        by: &Actor,
    ) -> Result<Option<bool>> {
        if self.table.get::<Value>(&applied(tenant, flow)).await?.is_some() {
            return Ok(Some(false));
        }
        let own = key(tenant, KIND_OF_FLOW, flow);
        let Some(stored) = self.table.get::<Operated>(&own).await? else { return Ok(None) };
        let writes = vec![
            Write::delete(own, Expect::Version(stored.version)),
            Write::delete(key(tenant, KIND_OF_SWITCH, flow), Expect::Anything),
            versions::of_flow(ctx, tenant, (flow, Changed::Removed), by, None)?,
            audit::write(ctx, tenant, by, ("remove-flow", flow.as_str()), Value::Null)?,
        ];
        if self.table.transact(writes).await? == Outcome::Conflict {
            return Err(overtaken(flow));
        }
        self.forget();
        Ok(Some(true))
    }
}
