//! One slice of a push.

use super::order::above_first;
use super::read::{Everything, Found, everything};
use super::{Of, Pushed, flow};
use crate::directory_pull::alone;
use crate::directory_pull::begin::{next_message, record_run};
use crate::directory_pull::message::NextSlice;
use crate::directory_pull::record::{self, Pull};
use crate::kinds::Scope;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tenon_connectors::aiflow::{self, Aiflow};
use tenon_connectors::odoo::Odoo;
use tenon_model::config::{Connection, DirectoryPushFlow};
use tenon_model::run::{RunStatus, Trigger};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::DIRECTORY_SYNC;
use tenon_platform::runs::Recorder;
use tenon_platform::table::{Expect, Range, Write};
use tenon_platform::{Context, Error, ErrorKind, Result};

/// No batch is begun with less time than this.
const ENOUGH: Duration = Duration::from_secs(40);
/// Records in one call.
const BATCH: usize = 200;
/// Refused records that a run names one by one.
const NAMED: usize = 200;

/// A push in hand.
struct Pushing<'a> {
    at: Scope<'a>,
    flow: &'a DirectoryPushFlow,
    aiflow: Aiflow<'a>,
    pull: Pull,
    /// Records that were not taken, and why.
    refused: Vec<(String, String)>,
}

fn wrong_kind(id: &ConnectionId, wanted: &str) -> Error {
    Error::permanent("config.connection", format!("connection {id} is no {wanted}"))
}

/// An ERP that shows none of what it has shown has shut it away, or the filter is wrong: that is no company without people.
fn nobody(flow: &DirectoryPushFlow, of: Of) -> Error {
    let what = if of == Of::Departments { "departments" } else { "employees" };
    let message = format!(
        "{} shows no {what} any more; nobody was disabled at {}. Let its user read them, or mend the flow's filter",
        flow.erp, flow.aiflow
    );
    Error::permanent("directory.nobody", message)
}

/// The Odoo of a push.
pub(super) fn odoo<'a>(ctx: &'a Context, tenant: &TenantId, loaded: &Loaded, id: &ConnectionId) -> Result<Odoo<'a>> {
    match loaded.connection(id)?.as_ref() {
        Connection::Odoo(c) => Ok(Odoo::new(ctx, tenant, c.clone(), loaded.revision(id))),
        _ => Err(wrong_kind(id, "Odoo")),
    }
}

fn target<'a>(ctx: &'a Context, tenant: &TenantId, loaded: &Loaded, id: &ConnectionId) -> Result<Aiflow<'a>> {
    match loaded.connection(id)?.as_ref() {
        Connection::Aiflow(c) => Ok(Aiflow::new(ctx, tenant, c.clone(), loaded.revision(id))),
        _ => Err(wrong_kind(id, "aiflow")),
    }
}

/// Goes on with a push for as long as the function may, and queues the next slice.
pub async fn work(ctx: &Context, tenant: &TenantId, slice: &NextSlice) -> Result<()> {
    alone(ctx, tenant, "push", slice, in_hand(ctx, tenant, slice)).await
}

async fn in_hand(ctx: &Context, tenant: &TenantId, slice: &NextSlice) -> Result<()> {
    let loaded = ctx.config.load(tenant).await?;
    let flow = flow(&loaded, &slice.flow)?;
    let stored = record::latest(ctx, tenant, &flow.id).await?;
    let Some(stored) = stored.filter(|stored| stored.data.run == slice.run && stored.data.ended_ms.is_none()) else {
        return Ok(());
    };
    let mut pushing = Pushing {
        at: Scope { ctx, tenant, loaded: &loaded },
        flow,
        aiflow: target(ctx, tenant, &loaded, &flow.aiflow)?,
        pull: stored.data,
        refused: Vec::new(),
    };
    pushing.pull.did.slices += 1;
    let odoo = odoo(ctx, tenant, &loaded, &flow.erp)?;
    match pushing.slice(&odoo).await {
        Ok(true) => pushing.end().await,
        Ok(false) => pushing.hand_on().await,
        Err(error) => {
            record::store(ctx, tenant, &flow.id, &pushing.pull).await?;
            if error.kind() != ErrorKind::Lost {
                let (at, pull) = (pushing.at, &pushing.pull);
                record_run(ctx, at, &flow.id, pull, RunStatus::Retrying, error.to_string(), Some(error.code)).await?;
            }
            Err(error)
        }
    }
}

impl Pushing<'_> {
    /// Whether all of it was pushed.
    async fn slice(&mut self, odoo: &Odoo<'_>) -> Result<bool> {
        let Everything { departments, people } = everything(odoo, self.flow).await?;
        if !self.push(Of::Departments, departments).await? {
            return Ok(false);
        }
        let before = self.refused.len();
        if !self.push(Of::People, people.clone()).await? {
            return Ok(false);
        }
        // Whoever was refused for the supervisor's sake goes without one.
        let refused: BTreeSet<String> = self.refused.iter().skip(before).map(|(code, _)| code.clone()).collect();
        let above_refused = |one: &Found| one.above.as_ref().is_some_and(|above| refused.contains(above));
        if !people.iter().any(|one| refused.contains(&one.code) && above_refused(one)) {
            return Ok(true);
        }
        self.refused.truncate(before);
        self.push(Of::People, people).await
    }

    async fn push(&mut self, of: Of, found: Vec<Found>) -> Result<bool> {
        let Scope { ctx, tenant, .. } = self.at;
        let known = ctx.table.query_all::<Pushed>(&of.partition(tenant, &self.flow.id), Range::default()).await?;
        let mut known: BTreeMap<String, Pushed> = known.into_iter().map(|stored| (stored.sort, stored.data)).collect();
        if found.is_empty() && known.values().any(|pushed| pushed.body.is_some()) {
            return Err(nobody(self.flow, of));
        }
        let above = found.iter().map(|one| (one.code.clone(), one.above.clone())).collect();
        let (order, circles) = above_first(&above);
        let mut wanted_by_code: BTreeMap<String, Found> =
            found.into_iter().map(|one| (one.code.clone(), one)).collect();
        let mut wrong: Vec<(String, String)> = Vec::new();
        for circle in circles {
            let path = circle.join(" → ");
            wrong.extend(circle.into_iter().map(|code| (code, format!("is above itself: {path}"))));
        }
        wrong.extend(wanted_by_code.values().filter_map(|one| Some((one.code.clone(), one.wrong.clone()?))));
        let skip: BTreeSet<String> = wrong.iter().map(|(code, _)| code.clone()).collect();
        self.note_wrong(of, wrong, &known).await?;
        // What was taken once and is no more is switched off.
        let gone: Vec<String> = known.keys().filter(|code| !wanted_by_code.contains_key(*code)).cloned().collect();
        let whole = self.pull.trigger == Trigger::Operator;
        let mut batch: Vec<(String, Value)> = Vec::new();
        for code in order.into_iter().chain(gone) {
            if skip.contains(&code) {
                continue;
            }
            let Some(body) = wanted(of, &code, wanted_by_code.remove(&code), &known) else { continue };
            let pushed = known.get(&code);
            let same = pushed.is_some_and(|pushed| pushed.failing.is_none() && pushed.body.as_ref() == Some(&body));
            // By hand all of it is pushed once: in the slices of that push only what it has not pushed yet.
            let again = whole && pushed.is_some_and(|pushed| pushed.at_ms < self.pull.started_ms);
            if same && !again {
                continue;
            }
            batch.push((code, body));
            if batch.len() == BATCH {
                if !self.has_time() {
                    return Ok(false);
                }
                self.send(of, std::mem::take(&mut batch), &mut known).await?;
            }
        }
        if !batch.is_empty() {
            if !self.has_time() {
                return Ok(false);
            }
            self.send(of, batch, &mut known).await?;
        }
        Ok(true)
    }

    fn has_time(&self) -> bool {
        self.at.ctx.time_left().is_none_or(|left| left >= ENOUGH)
    }

    /// Pushes a batch, and keeps what came of each record.
    async fn send(&mut self, of: Of, batch: Vec<(String, Value)>, known: &mut BTreeMap<String, Pushed>) -> Result<()> {
        let bodies: Vec<Value> = batch.iter().map(|(_, body)| body.clone()).collect();
        let aiflow::Pushed { taken, failed } = match of {
            Of::Departments => self.aiflow.departments(&bodies).await?,
            Of::People => self.aiflow.people(&bodies).await?,
        };
        match of {
            Of::Departments => self.pull.did.departments += taken,
            Of::People => self.pull.did.changed += taken,
        }
        let stranger = failed.iter().find(|failed| !batch.iter().any(|(code, _)| *code == failed.code));
        let now = self.at.ctx.now_ms();
        let mut writes = Vec::with_capacity(batch.len());
        for (code, body) in batch {
            let own = failed.iter().find(|failed| failed.code == code).map(|failed| failed.message.clone());
            // One of these was not taken, and which is not told.
            let failing = own.or_else(|| stranger.map(|failed| format!("{}: {}", failed.code, failed.message)));
            let before = known.remove(&code).unwrap_or_default();
            let pushed = match failing {
                Some(why) => {
                    self.refused.push((code.clone(), why.clone()));
                    Pushed { failing: Some(why), at_ms: now, ..before }
                }
                None => Pushed { body: Some(body), failing: None, at_ms: now },
            };
            writes.push(self.kept(of, &code, &pushed)?);
            known.insert(code, pushed);
        }
        self.at.ctx.table.put_many(writes).await
    }

    /// Keeps what cannot be pushed, where that is new.
    async fn note_wrong(
        &mut self,
        of: Of,
        wrong: Vec<(String, String)>,
        known: &BTreeMap<String, Pushed>,
    ) -> Result<()> {
        let mut writes = Vec::new();
        for (code, why) in wrong {
            let before = known.get(&code).cloned().unwrap_or_default();
            if before.failing.as_ref() != Some(&why) {
                let pushed = Pushed { failing: Some(why.clone()), at_ms: self.at.ctx.now_ms(), ..before };
                writes.push(self.kept(of, &code, &pushed)?);
            }
            self.refused.push((code, why));
        }
        self.at.ctx.table.put_many(writes).await
    }

    fn kept(&self, of: Of, code: &str, pushed: &Pushed) -> Result<Write> {
        Write::put(of.key(self.at.tenant, &self.flow.id, code), pushed, Expect::Anything)
    }

    async fn hand_on(mut self) -> Result<()> {
        let Scope { ctx, tenant, .. } = self.at;
        self.refused.clear();
        record::store(ctx, tenant, &self.flow.id, &self.pull).await?;
        let next = Entry::of(ctx, &DIRECTORY_SYNC, &next_message(ctx, tenant, &self.flow.id, &self.pull.run))?;
        next.store(ctx).await?;
        next.send(ctx).await
    }

    async fn end(mut self) -> Result<()> {
        let Scope { ctx, tenant, .. } = self.at;
        self.pull.ended_ms = Some(ctx.now_ms());
        self.pull.did.refused = self.refused.len() as u64;
        let (departments, people) = (self.pull.did.departments, self.pull.did.changed);
        let mut steps = Recorder::new(ctx, self.pull.run.clone());
        for (code, why) in self.refused.iter().take(NAMED) {
            steps.note("refused", json!({ "code": code, "why": why }));
        }
        let (status, code, text) = match self.refused.as_slice() {
            [] => (RunStatus::Succeeded, None, format!("pushed {departments} departments and {people} people")),
            [(first, why), rest @ ..] => {
                let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
                let text = format!(
                    "pushed {departments} departments and {people} people; {first}{more} were not taken ({why}); the \
                     next push tries them again"
                );
                (RunStatus::Failed, Some("directory.refused"), text)
            }
        };
        record_run(ctx, self.at, &self.flow.id, &self.pull, status, text, code).await?;
        let run = tenon_platform::runs::get(ctx, tenant, &self.pull.run).await?;
        if let Some(run) = run {
            steps.save(ctx, tenant, &run).await?;
        }
        record::store(ctx, tenant, &self.flow.id, &self.pull).await
    }
}

/// A record as it is to be at aiflow; `None` for what was never there and is not in use.
fn wanted(of: Of, code: &str, found: Option<Found>, known: &BTreeMap<String, Pushed>) -> Option<Value> {
    let Some(Found { above, mut body, active, .. }) = found else {
        let mut body = known.get(code)?.body.clone()?;
        body.as_object_mut()?.insert("status".to_owned(), 0.into());
        return Some(body);
    };
    if of == Of::People {
        if !active && known.get(code).is_none_or(|pushed| pushed.body.is_none()) {
            return None;
        }
        if !active {
            // Whoever has left keeps the last department.
            let last = known.get(code).and_then(|pushed| pushed.body.as_ref()?.get("deptId").cloned());
            if let Some(last) = last {
                body.insert("deptId".to_owned(), last);
            }
        }
        // A supervisor that aiflow refused keeps nobody out.
        let there = |above: &String| known.get(above).is_none_or(|pushed| pushed.failing.is_none());
        if let Some(above) = above.filter(|above| active && there(above)) {
            body.insert("directSupervisor".to_owned(), above.into());
        }
    }
    Some(Value::Object(body))
}
