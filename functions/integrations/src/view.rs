//! What is looked at. Reads the table and nothing else.

mod others;
mod runs;

use crate::common::{self, Call, Page, page, part, tenant, text};
use crate::convert;
use maud::{Markup, html};
use tenon_catalog::areas::integrations::view as routes;
use tenon_console_kit::{Console, ENVELOPE};
use tenon_model::FlowId;
use tenon_operations::flows::{self, FlowDetail};
use tenon_operations::runs as history;
use tenon_operations::{connections, runs::Filter};
use tenon_pages::integrations::{
    self as pages, FirstStep, FlowRow, FlowView, FlowsView, Label, NEW_FLOW, Tab, VersionView,
};
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Reply, Service, on};

pub(crate) use others::listed as connections_page;
pub(crate) use runs::{reviewed, shown as run_page};

/// Hours that a sparkline shows.
const HOURS: u32 = 24;
/// Flows on a page.
const SIZE: usize = 25;
/// Versions that a flow's page lists.
const VERSIONS: usize = 20;
/// Runs that a flow's page lists.
const LATEST: usize = 10;

/// The function.
pub static SERVICE: Service<Console> = Service::new(Console, || {
    vec![
        on(routes::FLOWS, list),
        on(routes::FLOW, flow),
        on(routes::VERSION, version),
        on(routes::RUNS, runs::list),
        on(routes::NEW, runs::newer),
        on(routes::COUNTS, runs::counts),
        on(routes::RUN, runs::one),
        on(routes::REVIEW, runs::review),
        on(routes::JOB, runs::job),
        on(routes::CONNECTIONS, others::connections),
        on(routes::PROCESSES, others::processes),
        on(routes::PROCESS, others::process),
        on(routes::SYNCS, others::syncs),
        on(routes::AUDIT, others::audit),
    ]
})
.answering(ENVELOPE);

/// Flows, each with how it stands.
async fn list(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, &tenant());
    let (wanted, cursor) = (text(&call, "q", 100), text(&call, "cursor", 100));
    let given = |text: &'_ str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let asked = (given(&wanted), given(&cursor));
    let asked = (asked.0.as_deref(), asked.1.as_deref(), SIZE);
    let found = flows::list_with_activity(ctx, tenant, asked, HOURS).await?;
    let rows: Vec<FlowRow> = found.items.into_iter().map(|(state, hours)| convert::flow_row(state, &hours)).collect();
    let none_at_all = rows.is_empty() && wanted.is_empty() && cursor.is_empty();
    let steps = if none_at_all { first_steps(&call).await? } else { Vec::new() };
    let own = Page { feedback: common::feedback(&call), ..Page::new(Tab::Flows, "") };
    page(&call, &own, |context| {
        let next = found.next.as_deref();
        pages::flows(context, &FlowsView { text: &wanted, rows: &rows, cursor: &cursor, next, steps: &steps })
    })
}

/// What there is to do where there is no flow.
async fn first_steps(call: &Call) -> Result<Vec<FirstStep>, Rejection> {
    let all = connections::list(&call.ctx, &tenant()).await?;
    let checked = !all.is_empty() && all.iter().all(|own| own.last_check.as_ref().is_some_and(|check| check.ok));
    let writes = common::may_change(call).then_some(NEW_FLOW);
    let step = |what, done, command, page| FirstStep { what, done, command, page };
    Ok(vec![
        step(Label::StepConnections, !all.is_empty(), Some("tenon apply --config tenon.toml"), None),
        step(Label::StepCheck, checked, None, Some(Tab::Connections.address())),
        step(
            Label::StepFlow,
            false,
            Some("tenon new flow --erp b1-main --object PurchaseOrders --oa ding-main"),
            writes,
        ),
        step(Label::StepPreview, false, Some("tenon preview FLOW"), None),
        step(Label::StepOn, false, Some("tenon apply --config tenon.toml"), None),
    ])
}

/// One flow.
async fn flow(call: Call, (): ()) -> Result<Reply, Rejection> {
    let title = part(&call, "flow").to_owned();
    let own = Page { feedback: common::feedback(&call), ..Page::new(Tab::Flows, &title) };
    let document = text(&call, "document", 200);
    shown(&call, &own, &document, |_| None).await
}

/// A flow's page, with what a dry run found.
pub(crate) async fn shown(
    call: &Call,
    own: &Page<'_>,
    document: &str,
    previewed: impl FnOnce(&pages::ViewContext<'_>) -> Option<Markup>,
) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, &tenant());
    let id = FlowId::new(part(call, "flow"));
    let (FlowDetail { state, value }, hours) = flows::one_with_activity(ctx, tenant, &id, HOURS).await?;
    let every_ms = state.every_ms;
    let versions = flows::versions(ctx, tenant, &id, None, VERSIONS).await?;
    let versions: Vec<_> = versions.items.into_iter().map(convert::version).collect();
    let wanted = Filter { flows: vec![id.clone()], ..Filter::default() };
    let runs = history::list(ctx, tenant, &wanted, None, LATEST).await?.runs;
    let row = convert::flow_row(state, &hours);
    page(call, own, |context| {
        let view = FlowView { row: &row, every_ms, versions: &versions, runs: &runs, stored: &value, document };
        let previewed = previewed(context);
        pages::flow(context, &view, previewed.as_ref())
    })
}

/// One version of a flow.
async fn version(call: Call, (): ()) -> Result<Reply, Rejection> {
    let id = FlowId::new(part(&call, "flow"));
    let wanted = part(&call, "version");
    let mut after: Option<String> = None;
    loop {
        let found = flows::versions(&call.ctx, &tenant(), &id, after.as_deref(), VERSIONS).await?;
        let place = found.items.iter().position(|own| own.id == wanted);
        let Some(place) = place else {
            match found.next {
                Some(next) => after = Some(next),
                None => return missing(&call, Tab::Flows, Label::NoSuchVersion),
            }
            continue;
        };
        let before = match found.items.get(place + 1) {
            Some(own) => Some(own.id.clone()),
            None => flows::versions(&call.ctx, &tenant(), &id, Some(wanted), 1).await?.items.pop().map(|own| own.id),
        };
        let Some(own) = found.items.into_iter().nth(place) else { return Err(Rejection::not_found()) };
        let value = own.value.clone();
        let shown = convert::version(own);
        let view = VersionView { flow: id.as_str(), version: &shown, before: before.as_deref(), value: &value };
        return page(&call, &Page::new(Tab::Flows, id.as_str()), |context| pages::version(context, &view));
    }
}

/// A page that says that something is not there.
pub(crate) fn missing(call: &Call, tab: Tab, label: Label) -> Result<Reply, Rejection> {
    let own = Page { status: 404, ..Page::new(tab, "") };
    page(call, &own, |context| html! { p.nothing { (label.of(context.frame.language)) } })
}
