//! What to do where nothing is configured yet.

use super::{Label, ViewContext};
use maud::{Markup, html};

/// A step towards the first document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub what: Label,
    /// Whether it is done.
    pub done: bool,
    /// The command that does it.
    pub command: Option<&'static str>,
    /// The page that does it.
    pub page: Option<&'static str>,
}

/// The steps, in their order.
pub fn first_steps(context: &ViewContext<'_>, steps: &[Step]) -> Markup {
    html! {
        section.panel {
            h2 { (context.text(Label::FirstSteps)) }
            p { (context.text(Label::FirstStepsHint)) }
            ol.steps {
                @for step in steps {
                    li.done[step.done] {
                        @match step.page {
                            Some(page) => { a href=(page) { (context.text(step.what)) } }
                            None => { (context.text(step.what)) }
                        }
                        @if step.done { " " span.badge.good { "✓ " (context.text(Label::DoneAlready)) } }
                        @if let Some(command) = step.command { pre { code { (command) } } }
                    }
                }
            }
        }
    }
}
