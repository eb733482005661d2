//! Messages that were given up: why, since when, and what can be done with them.

use super::{Say, Scene, Tab, remedy, times};
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
pub fn dead_letters(scene: &Scene<'_>, all: &[DeadLetter]) -> Markup {
    html! {
        h1.hidden { (scene.say(Say::DeadLetters)) }
        @if all.is_empty() { p.nothing { (scene.say(Say::NoDeadLetters)) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(scene.say(Say::DeadCaption)) {
                table.list.stack {
                    caption { (scene.say(Say::DeadCaption)) }
                    thead { tr {
                        th scope="col" { (scene.say(Say::Queue)) }
                        th scope="col" { (scene.say(Say::Why)) }
                        th scope="col" { (scene.say(Say::Age)) }
                        @if scene.may_change { th scope="col" { (scene.say(Say::Actions)) } }
                    } }
                    tbody { @for letter in all { (one(scene, letter)) } }
                }
            }
        }
    }
}

fn one(scene: &Scene<'_>, letter: &DeadLetter) -> Markup {
    html! {
        tr data-row {
            th scope="row" { (letter.queue) span.soft { (letter.job) } }
            td.message data-name=(scene.say(Say::Why)) {
                (letter.reason)
                @if let Some(code) = &letter.code {
                    details { summary { code { (code) } } (remedy::told(scene, code)) }
                }
            }
            td data-name=(scene.say(Say::Age)) { (times::ago(scene, letter.at_ms)) }
            @if scene.may_change {
                @let own = format!("{}/{}/{}", Tab::DeadLetters.address(), encoded(&letter.queue), encoded(&letter.id));
                td { div.actions {
                    (scene.press(&format!("{own}/put-back"), "light", Say::PutBack))
                    details.more {
                        summary { (scene.say(Say::Drop)) }
                        p.hint { (scene.say(Say::DropTold)) }
                        (scene.press(&format!("{own}/drop"), "danger", Say::Drop))
                    }
                } }
            }
        }
    }
}
