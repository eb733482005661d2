//! One version of a flow: who made it, and what differs from the one before.

use super::flow::Version;
use super::flows::address;
use super::{Label, ViewContext, diff, run, times};
use maud::{Markup, html};
use serde_json::Value;

/// A version's page.
pub struct VersionView<'v> {
    /// The flow's id.
    pub flow: &'v str,
    /// The version.
    pub version: &'v Version,
    /// The one before it.
    pub before: Option<&'v str>,
    /// What it says.
    pub value: &'v Value,
}

/// The page.
pub fn version(context: &ViewContext<'_>, view: &VersionView<'_>) -> Markup {
    let (flow, own) = (view.flow, view.version);
    html! {
        p.back { a href=(address(flow)) { "← " (flow) } }
        section.panel {
            h1 { (flow) " · " (context.text(Label::Version)) " " (times::moment(context, own.at_ms)) }
            dl.facts {
                div { dt { (context.text(Label::ChangedBy)) } dd { (own.by) } }
                div { dt { (context.text(Label::ChangedAt)) } dd { (times::moment(context, own.at_ms)) } }
                div { dt { (context.text(Label::WhatChanged)) } dd { (context.text(own.did)) } }
            }
            @if let Some(before) = view.before {
                p { a rel="prev" href={ (address(flow)) "/versions/" (before) } { "← " (context.text(Label::VersionBefore)) } }
            }
        }
        section.panel {
            h2 { (context.text(Label::WhatChanged)) }
            @if view.before.is_none() { p.hint { (context.text(Label::FirstVersion)) } }
            @else { (diff::table(context, context.text(Label::WhatChanged), &own.differs)) }
        }
        section.panel {
            h2 { (context.text(Label::WholeAnswer)) }
            (run::value(context, "version", view.value))
        }
    }
}
