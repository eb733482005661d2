//! What a dry run found: what would be written, and what differs from what was sent before.

use super::{Difference, Label, ViewContext, diff, run};
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
pub fn preview(context: &ViewContext<'_>, view: &Previewed<'_>) -> Markup {
    let lines = |name: &str| {
        let all = view.found.get(name).and_then(Value::as_array).into_iter().flatten();
        all.map(diff::shown).collect::<Vec<_>>()
    };
    let (problems, warnings) = (lines("problems"), lines("warnings"));
    let is = |name: &str, wanted: bool| view.found.get(name) == Some(&Value::Bool(wanted));
    let was_compared = view.differs.iter().any(|one| one.before.is_some());
    let caption = context.text(if was_compared { Label::ComparedWith } else { Label::WouldWrite });
    html! {
        section.panel #found aria-live="polite" {
            h2 { (context.text(Label::DryRun)) }
            @if problems.is_empty() { p.told { (context.text(Label::NothingWritten)) } } @else {
                div.told.wrong role="alert" {
                    p { (context.text(Label::DryRunProblems)) }
                    ul { @for line in &problems { li { (line) } } }
                }
            }
            @if is("already_synced", true) { p.hint { (context.text(Label::AlreadySynced)) } }
            @if is("waits_for_approval", false) { p.hint { (context.text(Label::NotWaiting)) } }
            @if !warnings.is_empty() {
                h3 { (context.text(Label::Warnings)) }
                ul { @for line in &warnings { li { (line) } } }
            }
            @if !was_compared { p.hint { (context.text(Label::ComparedWithNone)) } }
            (diff::table(context, caption, view.differs))
            details {
                summary { (context.text(Label::WholeAnswer)) }
                (run::value(context, "previewed", view.found))
            }
            @if let (Some(id), true) = (view.run, problems.is_empty()) {
                p { a.button href=(run::address(id)) { (context.text(Label::RetryThisRun)) } }
            }
        }
    }
}
