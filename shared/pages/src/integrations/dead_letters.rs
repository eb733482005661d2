//! Messages that were given up: why, since when, and what can be done with them.

use super::{Label, Tab, ViewContext, remedy, times};
use crate::encoded;
use maud::{Markup, html};

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its queue.
    pub queue: String,
    /// Its id.
    pub id: String,
    /// What it is for.
    pub job: String,
    /// The stable code of why.
    pub code: Option<String>,
    /// Why.
    pub reason: String,
    /// Epoch ms at which it was given up.
    pub at_ms: i64,
}

/// The page.
pub fn dead_letters(context: &ViewContext<'_>, all: &[DeadLetter]) -> Markup {
    html! {
        h1.hidden { (context.text(Label::DeadLetters)) }
        @if all.is_empty() { p.nothing { (context.text(Label::NoDeadLetters)) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(context.text(Label::DeadCaption)) {
                table.list.stack {
                    caption { (context.text(Label::DeadCaption)) }
                    thead { tr {
                        th scope="col" { (context.text(Label::Queue)) }
                        th scope="col" { (context.text(Label::Why)) }
                        th scope="col" { (context.text(Label::Age)) }
                        @if context.may_change { th scope="col" { (context.text(Label::Actions)) } }
                    } }
                    tbody { @for letter in all { (one(context, letter)) } }
                }
            }
        }
    }
}

fn one(context: &ViewContext<'_>, letter: &DeadLetter) -> Markup {
    html! {
        tr data-row {
            th scope="row" { (letter.queue) span.soft { (letter.job) } }
            td.message data-name=(context.text(Label::Why)) {
                (letter.reason)
                @if let Some(code) = &letter.code {
                    details { summary { code { (code) } } (remedy::details(context, code)) }
                }
            }
            td data-name=(context.text(Label::Age)) { (times::ago(context, letter.at_ms)) }
            @if context.may_change {
                @let own = format!("{}/{}/{}", Tab::DeadLetters.address(), encoded(&letter.queue), encoded(&letter.id));
                td { div.actions {
                    (context.press(&format!("{own}/put-back"), "light", Label::PutBack))
                    details.more {
                        summary { (context.text(Label::Drop)) }
                        p.hint { (context.text(Label::DropHint)) }
                        (context.press(&format!("{own}/drop"), "danger", Label::Drop))
                    }
                } }
            }
        }
    }
}
