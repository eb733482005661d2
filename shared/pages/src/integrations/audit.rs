//! Who changed what, and when.

use super::{Label, Tab, ViewContext, times};
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
pub fn audit(context: &ViewContext<'_>, all: &[Change], next: Option<&str>, is_first: bool) -> Markup {
    html! {
        h1.hidden { (context.text(Label::Audit)) }
        @if all.is_empty() { p.nothing { (context.text(Label::NoAudit)) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(context.text(Label::AuditCaption)) {
                table.list.stack {
                    caption { (context.text(Label::AuditCaption)) }
                    thead { tr {
                        th scope="col" { (context.text(Label::Time)) }
                        th scope="col" { (context.text(Label::Who)) }
                        th scope="col" { (context.text(Label::What)) }
                        th scope="col" { (context.text(Label::Subject)) }
                        th scope="col" { (context.text(Label::Details)) }
                    } }
                    tbody { @for own in all {
                        tr data-row {
                            th scope="row" { (times::moment(context, own.at_ms)) }
                            td data-name=(context.text(Label::Who)) { (own.by) span.soft { (own.via) } }
                            td data-name=(context.text(Label::What)) { (own.did) }
                            td data-name=(context.text(Label::Subject)) { (own.of) }
                            td.message data-name=(context.text(Label::Details)) { (own.detail) }
                        }
                    } }
                }
            }
        }
        @if next.is_some() || !is_first {
            nav.pages aria-label=(context.text(Label::Audit)) {
                @if !is_first { a href=(Tab::Audit.address()) { (context.text(Label::First)) } }
                @if let Some(next) = next {
                    a rel="next" href={ (Tab::Audit.address()) "?cursor=" (crate::encoded(next)) } {
                        (context.text(Label::Next))
                    }
                }
            }
        }
    }
}
