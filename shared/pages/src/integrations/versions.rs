//! One version of a flow: who made it, and what differs from the one before.

use super::flow::Version;
use super::flows::address;
use super::{Say, Scene, diff, run, times};
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
pub fn version(scene: &Scene<'_>, view: &VersionView<'_>) -> Markup {
    let (flow, own) = (view.flow, view.version);
    html! {
        p.back { a href=(address(flow)) { "← " (flow) } }
        section.panel {
            h1 { (flow) " · " (scene.say(Say::Version)) " " (times::moment(scene, own.at_ms)) }
            dl.facts {
                div { dt { (scene.say(Say::ChangedBy)) } dd { (own.by) } }
                div { dt { (scene.say(Say::ChangedAt)) } dd { (times::moment(scene, own.at_ms)) } }
                div { dt { (scene.say(Say::WhatChanged)) } dd { (scene.say(own.did)) } }
            }
            @if let Some(before) = view.before {
                p { a rel="prev" href={ (address(flow)) "/versions/" (before) } { "← " (scene.say(Say::VersionBefore)) } }
            }
        }
        section.panel {
            h2 { (scene.say(Say::WhatChanged)) }
            @if view.before.is_none() { p.hint { (scene.say(Say::FirstVersion)) } }
            @else { (diff::table(scene, scene.say(Say::WhatChanged), &own.differs)) }
        }
        section.panel {
            h2 { (scene.say(Say::WholeAnswer)) }
            (run::value(scene, "version", view.value))
        }
    }
}
