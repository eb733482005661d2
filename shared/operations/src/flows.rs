//! Flows: how each stands, switching it, running it now, what it would write, how it was configured before.

mod activity;
mod latest;
mod versions;

pub use activity::{Hour, activity};
pub use versions::{Version, versions};

use crate::difference::{self, Change};
use crate::runs::Filter;
use crate::{At, Page, hurried, refusal};
use latest::Latest;
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::HashMap;
use tenon_flows::compare::Findings;
use tenon_flows::kinds::{self, Begins};
use tenon_flows::operator;
use tenon_flows::poll::{Counts, LastPoll};
use tenon_model::config::Flow;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{ConnectionId, DocumentKey, FlowId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::runs::{Feed, Lists, Span};
use tenon_platform::table::Key;
use tenon_platform::{Context, Rejection, lease};

/// How a flow stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlowState {
    /// Its id.
    pub id: FlowId,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its kind; absent when what is stored cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Whether it runs.
    pub enabled: bool,
    /// Whether a page stored it, and no file has it: then it can be mapped anew and removed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paged: bool,
    /// Who switched it since it was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switched_by: Option<String>,
    /// Epoch ms at which it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switched_ms: Option<i64>,
    /// The connections it needs.
    pub connections: Vec<ConnectionId>,
    /// Whether it looks for work by itself.
    pub polls: bool,
    /// How often, in ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_ms: Option<i64>,
    /// Epoch ms at which it looked last, as far as is still known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_poll_ms: Option<i64>,
    /// Epoch ms at which it is due next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_tick_ms: Option<i64>,
    /// How long it has been due without having looked, in ms; 0 when it is on time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag_ms: Option<i64>,
    /// Its newest run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_run: Option<Run>,
    /// Epoch ms at which the newest run that has succeeded ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_success_ms: Option<i64>,
    /// What went wrong when it looked last, or why what is stored cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A flow with its configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlowDetail {
    /// How it stands.
    pub state: FlowState,
    /// Its configuration, as `tenon.toml` has it.
    pub value: Value,
}

/// What a flow would write, and what of it is not so now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preview {
    /// As `tenon preview --json` prints it.
    pub found: Value,
    /// What would be written now against what the newest run of the same document wrote or tried to write; empty when
    /// there is no such run, or the kind of flow keeps no such thing.
    pub diff: Vec<Change>,
}

/// The configuration of a tenant: the operator's own alone has one.
async fn loaded(ctx: &Context, tenant: &TenantId) -> Result<Option<std::sync::Arc<Loaded>>, Rejection> {
    if *tenant != TenantId::operator() {
        return Ok(None);
    }
    Ok(Some(ctx.config.load(tenant).await?))
}

fn missing(id: &FlowId) -> Rejection {
    Rejection::NotFound(Cow::Owned(format!("没有流程{id}")))
}

/// Flows by id, behind this one; with `text` those of which id, name, kind or the id of a connection has it.
///
/// # Errors
/// Those of the table.
pub async fn list(
    ctx: &Context,
    tenant: &TenantId,
    text: Option<&str>,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<FlowState>, Rejection> {
    let page = list_with_activity(ctx, tenant, (text, after, limit), 0).await?;
    Ok(Page { items: page.items.into_iter().map(|(state, _)| state).collect(), next: page.next })
}

/// The same, each with its runs of so many hours, the oldest first, as [`activity`] has them.
///
/// # Errors
/// Those of the table.
pub async fn list_with_activity(
    ctx: &Context,
    tenant: &TenantId,
    (text, after, limit): (Option<&str>, Option<&str>, usize),
    hours: u32,
) -> Result<Page<(FlowState, Vec<Hour>)>, Rejection> {
    let Some(loaded) = loaded(ctx, tenant).await? else { return Ok(Page { items: Vec::new(), next: None }) };
    let text = text.map(str::to_lowercase);
    let has = |flow: &Flow| {
        let Some(text) = &text else { return true };
        let fields = [Some(flow.id().as_str()), flow.header().name, Some(flow.kind())];
        let needed = flow.connections();
        let connections = needed.iter().map(|needed| needed.id.as_str());
        fields.into_iter().flatten().chain(connections).any(|field| field.to_lowercase().contains(text))
    };
    let mut wanted: Vec<&Flow> = loaded.flows().iter().filter(|flow| has(flow)).collect();
    wanted.sort_by(|one, other| one.id().cmp(other.id()));
    wanted.retain(|flow| after.is_none_or(|after| flow.id().as_str() > after));
    wanted.truncate(limit.saturating_add(1));
    let page = Page::of(wanted, limit, |flow| flow.id().to_string());
    let mut items = states(ctx, tenant, &loaded, &page.items, hours).await?;
    if page.next.is_none() && text.is_none() {
        let unreadable: Vec<_> = loaded.unreadable_flows().collect();
        let ids: Vec<&FlowId> = unreadable.iter().map(|(id, _)| *id).collect();
        let latest = if hours == 0 {
            ids.iter().map(|_| Latest::default()).collect()
        } else {
            latest::of_flows(ctx, tenant, &ids, hours).await?
        };
        let states = unreadable.iter().map(|(id, error)| broken(&loaded, id, &error.to_string()));
        items.extend(states.zip(latest).map(|(state, latest)| (state, latest.hours)));
    }
    Ok(Page { items, next: page.next })
}

fn broken(loaded: &Loaded, id: &FlowId, why: &str) -> FlowState {
    FlowState {
        paged: loaded.is_paged(id),
        id: id.clone(),
        name: None,
        kind: None,
        enabled: false,
        switched_by: None,
        switched_ms: None,
        connections: Vec::new(),
        polls: false,
        every_ms: None,
        last_poll_ms: None,
        next_tick_ms: None,
        lag_ms: None,
        last_run: None,
        last_success_ms: None,
        error: Some(why.to_owned()),
    }
}

/// How these flows stand, with few requests however many they are.
async fn states(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    flows: &[&Flow],
    hours: u32,
) -> Result<Vec<(FlowState, Vec<Hour>)>, Rejection> {
    let key = |flow: &Flow| Key::new(tenant, "POLL", &[flow.id().as_str()], "last");
    let keys: Vec<Key> = flows.iter().map(|flow| key(flow)).collect();
    let mut polls: HashMap<Key, _> = ctx.table.get_many::<LastPoll>(&keys).await?;
    let things: Vec<_> = flows.iter().map(|flow| (tenant, vec!["poll", flow.id().as_str()])).collect();
    let slots = lease::last_slots(ctx, &things).await?;
    let ids: Vec<&FlowId> = flows.iter().map(|flow| flow.id()).collect();
    let latest = latest::of_flows(ctx, tenant, &ids, hours).await?;
    let each = flows.iter().zip(slots).zip(latest).map(|((flow, slot_ms), latest)| {
        let last = polls.remove(&key(flow)).map(|stored| stored.data);
        let Latest { last_run, last_success, hours } = latest;
        let mut state = state(ctx.now_ms(), flow, (last, slot_ms), (last_run, last_success));
        let switch = loaded.flow_switch(&state.id);
        state.paged = loaded.is_paged(&state.id);
        state.switched_by = switch.map(|switch| switch.by.name.clone());
        state.switched_ms = switch.map(|switch| switch.at_ms);
        (state, hours)
    });
    Ok(each.collect())
}

fn state(
    now: i64,
    flow: &Flow,
    (last, slot_ms): (Option<LastPoll>, Option<i64>),
    (last_run, last_success): (Option<Run>, Option<Run>),
) -> FlowState {
    let header = flow.header();
    let polls = matches!(kinds::of(flow).begins(), Begins::Polling(_));
    let every = millis(header.every).max(1);
    let slot_ms = slot_ms.filter(|_| polls);
    // Time is cut into slots of the flow's period; the one after that which was claimed last is due when it begins.
    let due = slot_ms.map_or(now, |at| (at.div_euclid(every) + 1).saturating_mul(every));
    let goes = polls && header.enabled;
    FlowState {
        id: header.id.clone(),
        name: header.name.map(str::to_owned),
        kind: Some(flow.kind()),
        enabled: header.enabled,
        paged: false,
        switched_by: None,
        switched_ms: None,
        connections: flow.connections().iter().map(|needed| needed.id.clone()).collect(),
        polls,
        every_ms: polls.then_some(every),
        last_poll_ms: slot_ms.or(last.as_ref().filter(|_| polls).map(|last| last.at_ms)),
        next_tick_ms: goes.then_some(due.max(now)),
        lag_ms: goes.then_some((now - due).max(0)),
        last_run,
        last_success_ms: last_success.map(|run| run.ended_ms.unwrap_or(run.started_ms)),
        error: last.and_then(|last| last.error),
    }
}

/// One flow.
///
/// # Errors
/// 404 when there is none; those of the table.
pub async fn one(ctx: &Context, tenant: &TenantId, id: &FlowId) -> Result<FlowDetail, Rejection> {
    Ok(one_with_activity(ctx, tenant, id, 0).await?.0)
}

/// The same with its runs of so many hours, the oldest first, as [`activity`] has them.
///
/// # Errors
/// As [`one`].
pub async fn one_with_activity(
    ctx: &Context,
    tenant: &TenantId,
    id: &FlowId,
    hours: u32,
) -> Result<(FlowDetail, Vec<Hour>), Rejection> {
    let loaded = loaded(ctx, tenant).await?.ok_or_else(|| missing(id))?;
    if let Some((_, error)) = loaded.unreadable_flows().find(|(broken, _)| *broken == id) {
        let state = broken(&loaded, id, &error.to_string());
        let hours = if hours == 0 { Vec::new() } else { activity(ctx, tenant, id, hours).await? };
        return Ok((FlowDetail { state, value: Value::Null }, hours));
    }
    let flow = loaded.flow(id).map_err(|_| missing(id))?;
    let states = states(ctx, tenant, &loaded, &[flow], hours).await?.pop();
    let (state, hours) = states.ok_or_else(|| missing(id))?;
    let value = serde_json::to_value(flow).unwrap_or_default();
    Ok((FlowDetail { state, value }, hours))
}

/// Switches a flow on or off, until a file is applied. Other processes see it within half a
/// minute.
///
/// # Errors
/// 404 when there is none; 409 when somebody else changes it at the same moment.
pub async fn switch(at: &At<'_>, id: &FlowId, on: bool) -> Result<FlowState, Rejection> {
    if *at.tenant != TenantId::operator() {
        return Err(missing(id));
    }
    at.ctx.config.switch_flow(at.ctx, at.tenant, (id, on), at.by).await?.ok_or_else(|| missing(id))?;
    Ok(one(at.ctx, at.tenant, id).await?.state)
}

/// Runs of a flow that are under way, at most so many: documents that are being decided on among them.
///
/// # Errors
/// Those of the table.
pub async fn under_way(ctx: &Context, tenant: &TenantId, id: &FlowId, most: usize) -> Result<usize, Rejection> {
    let lists = Lists::OfFlows(vec![id.clone()], vec![RunStatus::Running, RunStatus::Retrying]);
    let mut feed = Feed::new(tenant, &lists, Span::default(), u32::try_from(most).unwrap_or(u32::MAX));
    let mut count = 0;
    while count < most && feed.next(ctx).await?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Removes a flow that a page stored.
///
/// # Errors
/// 404 when there is none; 400 when it is of the file that was applied, or has runs that are under way: their decisions
/// would not be written; 409 when somebody else changes it at the same moment.
pub async fn remove(at: &At<'_>, id: &FlowId) -> Result<(), Rejection> {
    if *at.tenant != TenantId::operator() {
        return Err(missing(id));
    }
    if under_way(at.ctx, at.tenant, id, 1).await? > 0 && at.ctx.config.load(at.tenant).await?.is_paged(id) {
        let message = format!("流程{id}还有未结束的运行，移除后其审批结果不会回写：请先停用，待运行结束后再移除");
        return Err(Rejection::NotSupported(Cow::Owned(message)));
    }
    match at.ctx.config.remove_flow(at.ctx, at.tenant, id, at.by).await? {
        Some(true) => Ok(()),
        Some(false) => {
            let message = format!("流程{id}来自配置文件：请从文件中删去后再次应用；可先停用");
            Err(Rejection::NotSupported(Cow::Owned(message)))
        }
        None => Err(missing(id)),
    }
}

/// Holds a flow against its form and a document, as `tenon check` does. What cannot be compared is told with the rest.
///
/// # Errors
/// 404 when there is none; those of the table.
pub async fn compare(ctx: &Context, tenant: &TenantId, id: &FlowId) -> Result<Findings, Rejection> {
    let loaded = loaded(ctx, tenant).await?.ok_or_else(|| missing(id))?;
    loaded.flow(id).map_err(|_| missing(id))?;
    let found = findings(&hurried(ctx), tenant, id).await;
    tenon_connectors::erp::release(ctx).await;
    Ok(found)
}

/// What is found of a flow. That it was not compared is one of its warnings.
pub async fn findings(ctx: &Context, tenant: &TenantId, id: &FlowId) -> Findings {
    let found = tenon_flows::compare::flow(ctx, tenant, id).await;
    found.unwrap_or_else(|error| Findings {
        warnings: vec![format!("was not compared: {error}")],
        ..Findings::default()
    })
}

/// Looks for work of a flow now, whatever its schedule says.
///
/// # Errors
/// 404 when there is none; 400 when it is off or is told of its work; what an outside system said.
pub async fn run(at: &At<'_>, id: &FlowId) -> Result<Counts, Rejection> {
    let loaded = loaded(at.ctx, at.tenant).await?.ok_or_else(|| missing(id))?;
    loaded.flow(id).map_err(|_| missing(id))?;
    at.note("run-flow", id.as_str(), json!({})).await?;
    operator::run_now(&hurried(at.ctx), at.tenant, id).await.map_err(refusal::of)
}

/// What a flow would write of a document, or of the first it finds. Writes nothing.
///
/// # Errors
/// 404 when there is no such flow or document; 400 when the flow has nothing to show; what an outside system said.
pub async fn preview(
    ctx: &Context,
    tenant: &TenantId,
    id: &FlowId,
    key: Option<DocumentKey>,
) -> Result<Preview, Rejection> {
    let loaded = loaded(ctx, tenant).await?.ok_or_else(|| missing(id))?;
    loaded.flow(id).map_err(|_| missing(id))?;
    let found = operator::preview(&hurried(ctx), tenant, id, key).await;
    tenon_connectors::erp::release(ctx).await;
    let found = found.map_err(refusal::of)?;
    let diff = against_the_newest(ctx, tenant, id, &found).await?;
    Ok(Preview { found, diff })
}

/// What would be written against what the newest run of the document was writing.
async fn against_the_newest(
    ctx: &Context,
    tenant: &TenantId,
    id: &FlowId,
    found: &Value,
) -> Result<Vec<Change>, Rejection> {
    let key = found.pointer("/document/key").filter(|key| !key.is_null()).or_else(|| found.get("request"));
    let key = key.map(|key| key.as_str().map_or_else(|| key.to_string(), str::to_owned));
    // What the steps of a run keep of it: the form as it was mapped, the document as it was to be created.
    let pairs =
        [("form", "map to form"), ("would_create_in_erp", "create document"), ("would_create_in_erp", "create")];
    let compared = pairs.into_iter().find_map(|(name, step)| Some((found.get(name)?, step)));
    let (Some(document), Some((would, _))) = (key, compared) else { return Ok(Vec::new()) };
    let filter = Filter { flows: vec![id.clone()], document: Some(document), ..Filter::default() };
    let newest = crate::runs::list(ctx, tenant, &filter, None, 1).await?.runs.pop();
    let Some(run) = newest else { return Ok(Vec::new()) };
    let steps = tenon_platform::runs::steps(ctx, tenant, &run.id).await?;
    let before = steps.iter().rev().find_map(|step| {
        let (_, named) = pairs.into_iter().find(|(name, named)| found.get(*name).is_some() && step.name == *named)?;
        Some(if named == "map to form" { &step.output } else { &step.input }).filter(|value| value.is_object())
    });
    // A document that could not be mapped has nothing to be held against: all of it is new.
    Ok(difference::between(before.unwrap_or(&Value::Null), would))
}
