//! Connections, processes, synchronisations, who changed what.

use super::missing;
use crate::common::{self, Call, Page, fragment, page, part, tenant, text};
use crate::convert;
use tenon_console_kit::see_other;
use tenon_model::Language;
use tenon_operations::{beside, connections as outside, data_sync, processes as running};
use tenon_pages::integrations::{
    self as pages, Change, HistoryEntry, Label, ProcessRow, ProcessView, ProcessesView, SyncRow, Tab,
};
use tenon_platform::dispatch::Reply;
use tenon_platform::{Rejection, audit as log};
use tenon_process::run::{Entry, Instance, State};
use tenon_process::store;
use tenon_task_center::process::drawn;

/// Entries on a page.
const SIZE: u32 = 50;

/// Outside systems.
pub(super) async fn connections(call: Call, (): ()) -> Result<Reply, Rejection> {
    let feedback = common::feedback(&call);
    listed(&call, &Page { feedback, ..Page::new(Tab::Connections, "") }).await
}

/// The page of outside systems.
pub(crate) async fn listed(call: &Call, own: &Page<'_>) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, &tenant());
    let loaded = ctx.config.load(tenant).await?;
    let all = outside::list(ctx, tenant).await?;
    let mut rows: Vec<_> = all.into_iter().map(|state| convert::connection(state, &loaded)).collect();
    rows.extend(convert::beside(beside::list(ctx, tenant).await?, &loaded));
    page(call, own, |context| pages::connections(context, &rows))
}

/// Who changed what.
pub(super) async fn audit(call: Call, (): ()) -> Result<Reply, Rejection> {
    let cursor = text(&call, "cursor", 100);
    let after = Some(cursor.as_str()).filter(|cursor| log::is_id(cursor));
    let found = log::list(&call.ctx, &tenant(), after, SIZE).await?;
    let rows: Vec<Change> = found
        .entries
        .into_iter()
        .map(|entry| Change {
            at_ms: entry.at_ms,
            by: entry.by,
            via: serde_json::to_value(entry.via)
                .ok()
                .and_then(|via| Some(via.as_str()?.to_owned()))
                .unwrap_or_default(),
            did: entry.did,
            of: entry.of,
            detail: if entry.detail.is_null() { String::new() } else { entry.detail.to_string() },
        })
        .collect();
    page(&call, &Page::new(Tab::Audit, ""), |context| {
        pages::audit(context, &rows, found.next.as_deref(), after.is_none())
    })
}

/// Instances of processes: of a flow, begun in a month.
pub(super) async fn processes(call: Call, (): ()) -> Result<Reply, Rejection> {
    let number = text(&call, "number", 100);
    if !number.is_empty() {
        let encoded: String = form_urlencoded::byte_serialize(number.as_bytes()).collect();
        return Ok(see_other(&format!("{}/{}", Tab::Processes.address(), encoded.replace('+', "%20"))));
    }
    let (flow, month, cursor) = (text(&call, "flow", 100), text(&call, "month", 7), text(&call, "cursor", 30));
    let month = if month.is_empty() { this_month(call.ctx.now_ms()) } else { month };
    let (rows, next) = if flow.is_empty() {
        (Vec::new(), None)
    } else {
        let after = Some(cursor.as_str()).filter(|cursor| !cursor.is_empty());
        let of = (flow.as_str(), &*month.replace('-', ""));
        let found = running::list(&call.ctx, &tenant(), of, after, 50).await?;
        let language = common::language(&call);
        (found.items.iter().map(|own| process_row(own, language)).collect(), found.next)
    };
    page(&call, &Page::new(Tab::Processes, ""), |context| {
        let view = ProcessesView { flow: &flow, month: &month, rows: &rows, next: next.as_deref() };
        pages::processes(context, &view)
    })
}

fn this_month(now_ms: i64) -> String {
    let now = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    now.to_zoned(common::zone().clone()).strftime("%Y-%m").to_string()
}

fn process_row(instance: &Instance, language: Language) -> ProcessRow {
    let stopped = instance.incidents().next().is_some();
    let state = match instance.state {
        State::Running if stopped => ("异常待处理", "stopped by an incident"),
        State::Running => ("进行中", "running"),
        State::Rejected => ("已驳回至发起人", "returned to the initiator"),
        State::Discarded => ("已废弃", "discarded"),
        State::Passed => ("已通过", "approved"),
    };
    let open = instance.open_tasks().map(|task| task.name.clone());
    let mut present: Vec<String> = open.collect();
    if present.is_empty() {
        present = instance.open_nodes().into_iter().map(str::to_owned).collect();
    }
    ProcessRow {
        number: instance.number.clone(),
        name: instance.name.clone(),
        state: language.of(state.0, state.1).to_owned(),
        initiator: if instance.initiator.name.is_empty() { &instance.initiator.code } else { &instance.initiator.name }
            .clone(),
        started_ms: instance.created_ms,
        present,
    }
}

/// One instance, drawn.
pub(super) async fn process(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, &tenant());
    let found = match running::one(ctx, tenant, part(&call, "number"), None).await {
        Ok(found) => found,
        Err(Rejection::NotFound(_)) => return missing(&call, Tab::Processes, Label::NoSuchProcess),
        Err(other) => return Err(other),
    };
    let definition = store::load(ctx, tenant, &found.instance.flow, found.instance.version).await?;
    let drawing = drawn::drawing(&definition, &found.instance);
    let language = common::language(&call);
    let row = process_row(&found.instance, language);
    let history: Vec<HistoryEntry> = found.history.iter().map(|entry| happened(entry, language)).collect();
    let own = Page::new(Tab::Processes, &row.number);
    page(&call, &own, |context| {
        pages::process(context, &ProcessView { row: &row, drawing: &drawing, history: &history })
    })
}

fn happened(entry: &Entry, language: Language) -> HistoryEntry {
    let (zh, en) = drawn::did(entry.did);
    let mut what = language.of(zh, en).to_owned();
    if let Some(name) = entry.name.as_ref().or(entry.node.as_ref()) {
        what = format!("{what} · {name}");
    }
    if !entry.comment.is_empty() {
        what = format!("{what}: {}", entry.comment);
    }
    HistoryEntry { at_ms: entry.at_ms, what, by: entry.by.clone() }
}

/// Tables that are filled.
pub(super) async fn syncs(call: Call, (): ()) -> Result<Reply, Rejection> {
    let found = data_sync::list(&call.ctx, &tenant(), None, 50).await?;
    let language = common::language(&call);
    let rows: Vec<SyncRow> = found.items.into_iter().map(|own| convert::sync(own, language)).collect();
    if text(&call, "part", 20) == "list" {
        return fragment(&call, |context| pages::syncs(context, &rows));
    }
    page(&call, &Page::new(Tab::Syncs, ""), |context| pages::syncs(context, &rows))
}
