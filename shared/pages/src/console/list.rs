//! What lists have in common: where the next page begins, and what an empty one says.

use super::layout::Frame;
use super::texts::Label;
use maud::{Markup, html};

/// Links to the first and the next page.
pub fn pages(frame: &Frame, is_first: bool, next: Option<&str>) -> Markup {
    html! {
        @if !is_first || next.is_some() {
            nav.pages aria-label=(frame.text(Label::Pages)) {
                @if !is_first { a href=(frame.with("cursor", "")) { (frame.text(Label::FirstPage)) } }
                @if let Some(next) = next { a rel="next" href=(frame.with("cursor", next)) { (frame.text(Label::NextPage)) } }
            }
        }
    }
}

/// A list without entries: whether there is nothing yet, the filter hides all, or not all was looked at.
pub fn nothing(frame: &Frame, yet: Label, filtered: bool, more: bool) -> Markup {
    let label = match (more, filtered) {
        (true, _) => Label::MoreBehind,
        (false, true) => Label::Filtered,
        (false, false) => yet,
    };
    html! { p.nothing { (frame.text(label)) } }
}
