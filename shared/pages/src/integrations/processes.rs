//! Instances of the process engine: where each stands, drawn.

use super::address::at;
use super::{Label, Tab, ViewContext, times};
use crate::diagram::Drawing;
use crate::encoded;
use maud::{Markup, html};

/// An instance, as a list tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessRow {
    /// Its running number.
    pub number: String,
    /// The process's name.
    pub name: String,
    /// How it stands.
    pub state: String,
    /// Who began it.
    pub initiator: String,
    /// Epoch ms.
    pub started_ms: i64,
    /// The nodes it stands at.
    pub present: Vec<String>,
}

/// Something that happened to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Epoch ms.
    pub at_ms: i64,
    /// What, in words.
    pub what: String,
    /// By whom.
    pub by: String,
}

/// An instance's page.
pub struct ProcessView<'v> {
    /// The instance.
    pub row: &'v ProcessRow,
    /// What its file draws, with where it stands.
    pub drawing: &'v Drawing,
    /// What happened.
    pub history: &'v [HistoryEntry],
}

fn address(number: &str) -> String {
    format!("{}/{}", Tab::Processes.address(), encoded(number))
}

/// A page of the list.
pub struct ProcessesView<'v> {
    /// The flow's code.
    pub flow: &'v str,
    /// The month in which they were begun: `2026-11`.
    pub month: &'v str,
    /// The instances, the newest first.
    pub rows: &'v [ProcessRow],
    /// Where the next page begins.
    pub next: Option<&'v str>,
}

/// The list.
pub fn processes(context: &ViewContext<'_>, view: &ProcessesView<'_>) -> Markup {
    let ProcessesView { rows: all, next, .. } = *view;
    html! {
        h1.hidden { (context.text(Label::Processes)) }
        (filters(context, view))
        @if view.flow.is_empty() { p.nothing { (context.text(Label::ChooseProcess)) } }
        @else if all.is_empty() { p.nothing { (context.text(Label::NoProcesses)) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(context.text(Label::ProcessesCaption)) {
                table.list.stack {
                    caption { (context.text(Label::ProcessesCaption)) }
                    thead { tr {
                        th scope="col" { (context.text(Label::Number)) }
                        th scope="col" { (context.text(Label::State)) }
                        th scope="col" { (context.text(Label::Present)) }
                        th scope="col" { (context.text(Label::Initiator)) }
                        th scope="col" { (context.text(Label::Started)) }
                    } }
                    tbody { @for row in all {
                        tr data-row {
                            th scope="row" { a href=(address(&row.number)) { (row.number) } span.soft { (row.name) } }
                            td data-name=(context.text(Label::State)) { span.badge { (row.state) } }
                            td data-name=(context.text(Label::Present)) { (row.present.join(", ")) }
                            td data-name=(context.text(Label::Initiator)) { (row.initiator) }
                            td data-name=(context.text(Label::Started)) { (times::moment(context, row.started_ms)) }
                        }
                    } }
                }
            }
        }
        @if let Some(next) = next {
            nav.pages aria-label=(context.text(Label::Processes)) {
                @let query = format!("flow={}&month={}&cursor={}", encoded(view.flow), encoded(view.month), encoded(next));
                a rel="next" href=(at(Tab::Processes.address(), &query)) {
                    (context.text(Label::Next))
                }
            }
        }
    }
}

fn filters(context: &ViewContext<'_>, view: &ProcessesView<'_>) -> Markup {
    html! {
        form.filters role="search" method="get" action=(Tab::Processes.address()) {
            div.field {
                label for="flow" { (context.text(Label::ProcessCode)) }
                input #flow name="flow" value=(view.flow) maxlength="100" data-search;
            }
            div.field {
                label for="month" { (context.text(Label::BegunIn)) }
                input #month type="month" name="month" value=(view.month);
            }
            div.field {
                label for="number" { (context.text(Label::FindProcess)) }
                input #number name="number" maxlength="100";
            }
            button { (context.text(Label::Apply)) }
        }
    }
}

/// One instance.
pub fn process(context: &ViewContext<'_>, view: &ProcessView<'_>) -> Markup {
    let row = view.row;
    html! {
        p.back { a href=(Tab::Processes.address()) { "← " (context.text(Label::Processes)) } }
        section.panel {
            h1 { (row.name) " · " (row.number) " " span.badge { (row.state) } }
            dl.facts {
                div { dt { (context.text(Label::Initiator)) } dd { (row.initiator) } }
                div { dt { (context.text(Label::Started)) } dd { (times::moment(context, row.started_ms)) } }
                div { dt { (context.text(Label::Present)) } dd { (row.present.join(", ")) } }
            }
        }
        section.panel {
            h2 { (context.text(Label::Diagram)) }
            @if view.drawing.is_empty() { p.hint { (context.text(Label::NoDiagram)) } } @else {
                div.scroll tabindex="0" role="region" aria-label=(context.text(Label::Diagram)) {
                    (view.drawing.svg(context.language()))
                }
            }
        }
        section.panel {
            h2 { (context.text(Label::History)) }
            ol.history {
                @for own in view.history {
                    li { (own.what) @if !own.by.is_empty() { " · " (own.by) } " · " (times::moment(context, own.at_ms)) }
                }
            }
        }
    }
}
