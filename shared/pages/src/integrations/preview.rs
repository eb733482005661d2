//! What a dry run found: what would be written, and what differs from what was sent before.

use super::{Difference, Say, Scene, diff, run};
use maud::{Markup, html};
use serde_json::Value;

/// What a dry run found.
pub struct Previewed<'p> {
    /// The whole answer.
    pub found: &'p Value,
    /// What differs from what the previous attempt sent, or from what stands there now.
    pub differs: &'p [Difference],
    /// The failed run of this document, which may be retried.
    pub run: Option<&'p str>,
}

/// The part of a flow's page.
pub fn preview(scene: &Scene<'_>, view: &Previewed<'_>) -> Markup {
    let lines = |name: &str| {
        let all = view.found.get(name).and_then(Value::as_array).into_iter().flatten();
        all.map(diff::shown).collect::<Vec<_>>()
    };
    let (problems, warnings) = (lines("problems"), lines("warnings"));
    let is = |name: &str, wanted: bool| view.found.get(name) == Some(&Value::Bool(wanted));
    let was_compared = view.differs.iter().any(|one| one.before.is_some());
    let caption = scene.say(if was_compared { Say::ComparedWith } else { Say::WouldWrite });
    html! {
        section.panel #found aria-live="polite" {
            h2 { (scene.say(Say::DryRun)) }
            @if problems.is_empty() { p.told { (scene.say(Say::NothingWritten)) } } @else {
                div.told.wrong role="alert" {
                    p { (scene.say(Say::DryRunProblems)) }
                    ul { @for line in &problems { li { (line) } } }
                }
            }
            @if is("already_synced", true) { p.hint { (scene.say(Say::AlreadySynced)) } }
            @if is("waits_for_approval", false) { p.hint { (scene.say(Say::NotWaiting)) } }
            @if !warnings.is_empty() {
                h3 { (scene.say(Say::Warnings)) }
                ul { @for line in &warnings { li { (line) } } }
            }
            @if !was_compared { p.hint { (scene.say(Say::ComparedWithNone)) } }
            (diff::table(scene, caption, view.differs))
            details {
                summary { (scene.say(Say::WholeAnswer)) }
                (run::value(scene, "previewed", view.found))
            }
            @if let (Some(id), true) = (view.run, problems.is_empty()) {
                p { a.button href=(run::address(id)) { (scene.say(Say::RetryThisRun)) } }
            }
        }
    }
}
