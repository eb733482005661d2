//! Who changed what, and when.

use super::{Say, Scene, Tab, times};
use maud::{Markup, html};

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Epoch ms.
    pub at_ms: i64,
    /// Who.
    pub by: String,
    /// By what way: a page, the interface, the command.
    pub via: String,
    /// What was done.
    pub did: String,
    /// To what.
    pub of: String,
    /// What more is known.
    pub detail: String,
}

/// The page.
pub fn audit(scene: &Scene<'_>, all: &[Change], next: Option<&str>, is_first: bool) -> Markup {
    html! {
        h1.hidden { (scene.say(Say::Audit)) }
        @if all.is_empty() { p.nothing { (scene.say(Say::NoAudit)) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(scene.say(Say::AuditCaption)) {
                table.list.stack {
                    caption { (scene.say(Say::AuditCaption)) }
                    thead { tr {
                        th scope="col" { (scene.say(Say::Time)) }
                        th scope="col" { (scene.say(Say::Who)) }
                        th scope="col" { (scene.say(Say::What)) }
                        th scope="col" { (scene.say(Say::Subject)) }
                        th scope="col" { (scene.say(Say::Details)) }
                    } }
                    tbody { @for own in all {
                        tr data-row {
                            th scope="row" { (times::moment(scene, own.at_ms)) }
                            td data-name=(scene.say(Say::Who)) { (own.by) span.soft { (own.via) } }
                            td data-name=(scene.say(Say::What)) { (own.did) }
                            td data-name=(scene.say(Say::Subject)) { (own.of) }
                            td.message data-name=(scene.say(Say::Details)) { (own.detail) }
                        }
                    } }
                }
            }
        }
        @if next.is_some() || !is_first {
            nav.pages aria-label=(scene.say(Say::Audit)) {
                @if !is_first { a href=(Tab::Audit.address()) { (scene.say(Say::First)) } }
                @if let Some(next) = next {
                    a rel="next" href={ (Tab::Audit.address()) "?cursor=" (crate::encoded(next)) } {
                        (scene.say(Say::Next))
                    }
                }
            }
        }
    }
}
