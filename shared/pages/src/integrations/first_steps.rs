//! What to do where nothing is configured yet.

use super::{Say, Scene};
use maud::{Markup, html};

/// A step towards the first document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub what: Say,
    /// Whether it is done.
    pub done: bool,
    /// The command that does it.
    pub command: Option<&'static str>,
    /// The page that does it.
    pub page: Option<&'static str>,
}

/// The steps, in their order.
pub fn first_steps(scene: &Scene<'_>, steps: &[Step]) -> Markup {
    html! {
        section.panel {
            h2 { (scene.say(Say::FirstSteps)) }
            p { (scene.say(Say::FirstStepsTold)) }
            ol.steps {
                @for step in steps {
                    li.done[step.done] {
                        @match step.page {
                            Some(page) => { a href=(page) { (scene.say(step.what)) } }
                            None => { (scene.say(step.what)) }
                        }
                        @if step.done { " " span.badge.good { "✓ " (scene.say(Say::DoneAlready)) } }
                        @if let Some(command) = step.command { pre { code { (command) } } }
                    }
                }
            }
        }
    }
}
