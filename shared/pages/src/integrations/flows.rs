//! The list of flows: how each stands, at a glance.

use super::address::at;
use super::{FirstStep, HOME, Label, NEW_FLOW, Tab, ViewContext, first_steps, run::badge, spark, times};
use crate::encoded;
use maud::{Markup, html};
use tenon_model::run::RunStatus;

/// Runs that began in an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// Those that failed.
    pub failed: u32,
    /// Those that did not.
    pub others: u32,
}

/// A run, as a list of flows tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRun {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub status: RunStatus,
    /// Epoch ms.
    pub started_ms: i64,
}

/// A flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRow {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// Its kind; none where what is stored of it cannot be read.
    pub kind: Option<&'static str>,
    /// Whether it runs.
    pub enabled: bool,
    /// Whether a page stored it.
    pub paged: bool,
    /// What went wrong when it looked for work last, or why what is stored of it cannot be used.
    pub error: Option<String>,
    /// Its connections.
    pub connections: Vec<String>,
    /// Whether it looks for work by itself.
    pub polls: bool,
    /// Its newest run.
    pub last_run: Option<LastRun>,
    /// Epoch ms.
    pub last_success_ms: Option<i64>,
    /// How late it is.
    pub lag_ms: Option<i64>,
    /// Epoch ms.
    pub next_tick_ms: Option<i64>,
    /// Runs of the last hours, the oldest first.
    pub hours: Vec<Hour>,
}

/// Where a flow is.
pub(crate) fn address(id: &str) -> String {
    format!("{HOME}/flows/{}", encoded(id))
}

/// A page of the list.
pub struct FlowsView<'v> {
    /// The text that is looked for.
    pub text: &'v str,
    /// The flows.
    pub rows: &'v [FlowRow],
    /// Where the page begins.
    pub cursor: &'v str,
    /// Where the next page begins.
    pub next: Option<&'v str>,
    /// What to do where there is no flow at all.
    pub steps: &'v [FirstStep],
}

/// The list; what to do first where there is nothing.
pub fn flows(context: &ViewContext<'_>, view: &FlowsView<'_>) -> Markup {
    let FlowsView { text, rows, cursor, next, steps } = *view;
    let page = |cursor: &str| {
        let parameters = [("q", text), ("cursor", cursor)].into_iter().filter(|(_, value)| !value.is_empty());
        let parameters: Vec<String> = parameters.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        at(Tab::Flows.address(), &parameters.join("&"))
    };
    html! {
        h1.hidden { (context.text(Label::Flows)) }
        @if context.may_change && steps.is_empty() { p { a.button href=(NEW_FLOW) { (context.text(Label::NewFlow)) } } }
        @if !steps.is_empty() { (first_steps(context, steps)) } @else {
            form.filters role="search" method="get" action=(Tab::Flows.address()) {
                div.field {
                    label for="q" { (context.text(Label::SearchFlows)) }
                    input #q type="search" name="q" value=(text) maxlength="100" data-search;
                }
                button.light { (context.text(Label::Apply)) }
                @if !text.is_empty() { a.clear href=(Tab::Flows.address()) { (context.text(Label::Clear)) } }
            }
            @if rows.is_empty() { p.nothing { (context.text(Label::NoFlowMatches)) } } @else {
                div.scroll tabindex="0" role="region" aria-label=(context.text(Label::FlowsCaption)) {
                    table.list.stack {
                        caption { (context.text(Label::FlowsCaption)) }
                        thead { tr {
                            th scope="col" { (context.text(Label::Flow)) }
                            th scope="col" { (context.text(Label::State)) }
                            th scope="col" { (context.text(Label::LastRun)) }
                            th scope="col" { (context.text(Label::LastSuccess)) }
                            th scope="col" { (context.text(Label::Lag)) }
                            th scope="col" { (context.text(Label::Last24Hours)) }
                        } }
                        tbody { @for row in rows { (one(context, row)) } }
                    }
                }
            }
            @if next.is_some() || !cursor.is_empty() {
                nav.pages aria-label=(context.text(Label::Flows)) {
                    @if !cursor.is_empty() { a href=(page("")) { (context.text(Label::FirstPage)) } }
                    @if let Some(next) = next { a rel="next" href=(page(next)) { (context.text(Label::NextPage)) } }
                }
            }
        }
    }
}

fn one(context: &ViewContext<'_>, row: &FlowRow) -> Markup {
    html! {
        tr data-row {
            th scope="row" {
                a href=(address(&row.id)) { (row.name.as_deref().unwrap_or(&row.id)) }
                span.soft { (row.id) " · " (row.kind.unwrap_or("?")) }
            }
            td data-name=(context.text(Label::State)) { (state(context, row)) }
            td data-name=(context.text(Label::LastRun)) {
                @match &row.last_run {
                    Some(run) => {
                        a href=(super::run::address(&run.id)) { (badge(context, run.status)) }
                        span.soft { (times::moment(context, run.started_ms)) }
                    }
                    None => { span.none { (context.text(Label::Never)) } }
                }
            }
            td data-name=(context.text(Label::LastSuccess)) {
                @match row.last_success_ms {
                    Some(at) => { (times::ago(context, at)) }
                    None => { span.none { (context.text(Label::Never)) } }
                }
            }
            td data-name=(context.text(Label::Lag)) { (lag(context, row)) }
            td data-name=(context.text(Label::Last24Hours)) { (spark::hours(context, &row.hours)) }
        }
    }
}

/// How late it is.
pub(crate) fn lag(context: &ViewContext<'_>, row: &FlowRow) -> Markup {
    html! {
        @match row.lag_ms {
            Some(ms) if ms > 0 => { strong { (times::long(context, ms)) } }
            Some(_) => { (context.text(Label::NoLag)) }
            None => { span.none { "–" } }
        }
    }
}

/// Whether it runs, in words.
pub(crate) fn state(context: &ViewContext<'_>, row: &FlowRow) -> Markup {
    html! {
        @match (row.kind, row.enabled) {
            (None, _) => { span.badge.bad { "✕ " (context.text(Label::Unreadable)) } }
            (Some(_), true) => { span.badge.good { "● " (context.text(Label::On)) } }
            (Some(_), false) => { span.badge { "○ " (context.text(Label::Off)) } }
        }
        @if row.kind.is_some() && row.enabled && row.error.is_some() {
            " " span.badge.bad { "✕ " (context.text(Label::LastLookFailed)) }
        }
    }
}
