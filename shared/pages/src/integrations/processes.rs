//! Instances of the process engine: where each stands, drawn.

use super::address::at;
use super::{Say, Scene, Tab, times};
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
pub struct Happened {
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
    pub history: &'v [Happened],
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
pub fn processes(scene: &Scene<'_>, view: &ProcessesView<'_>) -> Markup {
    let ProcessesView { rows: all, next, .. } = *view;
    html! {
        h1.hidden { (scene.say(Say::Processes)) }
        (filters(scene, view))
        @if view.flow.is_empty() { p.nothing { (scene.say(Say::ChooseProcess)) } }
        @else if all.is_empty() { p.nothing { (scene.say(Say::NoProcesses)) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(scene.say(Say::ProcessesCaption)) {
                table.list.stack {
                    caption { (scene.say(Say::ProcessesCaption)) }
                    thead { tr {
                        th scope="col" { (scene.say(Say::Number)) }
                        th scope="col" { (scene.say(Say::State)) }
                        th scope="col" { (scene.say(Say::Present)) }
                        th scope="col" { (scene.say(Say::Initiator)) }
                        th scope="col" { (scene.say(Say::Started)) }
                    } }
                    tbody { @for row in all {
                        tr data-row {
                            th scope="row" { a href=(address(&row.number)) { (row.number) } span.soft { (row.name) } }
                            td data-name=(scene.say(Say::State)) { span.badge { (row.state) } }
                            td data-name=(scene.say(Say::Present)) { (row.present.join(", ")) }
                            td data-name=(scene.say(Say::Initiator)) { (row.initiator) }
                            td data-name=(scene.say(Say::Started)) { (times::moment(scene, row.started_ms)) }
                        }
                    } }
                }
            }
        }
        @if let Some(next) = next {
            nav.pages aria-label=(scene.say(Say::Processes)) {
                @let query = format!("flow={}&month={}&cursor={}", encoded(view.flow), encoded(view.month), encoded(next));
                a rel="next" href=(at(Tab::Processes.address(), &query)) {
                    (scene.say(Say::Next))
                }
            }
        }
    }
}

fn filters(scene: &Scene<'_>, view: &ProcessesView<'_>) -> Markup {
    html! {
        form.filters role="search" method="get" action=(Tab::Processes.address()) {
            div.field {
                label for="flow" { (scene.say(Say::ProcessCode)) }
                input #flow name="flow" value=(view.flow) maxlength="100" data-search;
            }
            div.field {
                label for="month" { (scene.say(Say::BegunIn)) }
                input #month type="month" name="month" value=(view.month);
            }
            div.field {
                label for="number" { (scene.say(Say::FindProcess)) }
                input #number name="number" maxlength="100";
            }
            button { (scene.say(Say::Apply)) }
        }
    }
}

/// One instance.
pub fn process(scene: &Scene<'_>, view: &ProcessView<'_>) -> Markup {
    let row = view.row;
    html! {
        p.back { a href=(Tab::Processes.address()) { "← " (scene.say(Say::Processes)) } }
        section.panel {
            h1 { (row.name) " · " (row.number) " " span.badge { (row.state) } }
            dl.facts {
                div { dt { (scene.say(Say::Initiator)) } dd { (row.initiator) } }
                div { dt { (scene.say(Say::Started)) } dd { (times::moment(scene, row.started_ms)) } }
                div { dt { (scene.say(Say::Present)) } dd { (row.present.join(", ")) } }
            }
        }
        section.panel {
            h2 { (scene.say(Say::Diagram)) }
            @if view.drawing.is_empty() { p.hint { (scene.say(Say::NoDiagram)) } } @else {
                div.scroll tabindex="0" role="region" aria-label=(scene.say(Say::Diagram)) {
                    (view.drawing.svg(scene.language()))
                }
            }
        }
        section.panel {
            h2 { (scene.say(Say::History)) }
            ol.history {
                @for own in view.history {
                    li { (own.what) @if !own.by.is_empty() { " · " (own.by) } " · " (times::moment(scene, own.at_ms)) }
                }
            }
        }
    }
}
