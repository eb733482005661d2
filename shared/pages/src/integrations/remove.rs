//! Removing a flow that a page stored: what is asked before.

use super::mapping::MappingOf;
use super::{Label, ViewContext, flows};
use maud::{Markup, html};

/// What is asked before a flow is removed.
pub fn remove(context: &ViewContext<'_>, id: &str, name: &str, under_way: usize) -> Markup {
    let content = html! { button.danger { (context.text(Label::Remove)) } };
    html! {
        (MappingOf::Flow(id).back(context))
        section.panel {
            h1 { (context.text(Label::RemoveFlow)) " " (name) }
            @if under_way == 0 {
                p { (context.text(Label::RemoveHint)) }
                (context.frame.form(&format!("{}/remove", flows::address(id)), "", &content))
            } @else {
                div.told.warn {
                    p { strong { (under_way) " " (context.text(Label::RunsUnderWay)) } }
                    p { (context.text(Label::NotRemovedYet)) }
                }
            }
        }
    }
}
