//! One flow: how it stands, what can be done with it, its versions and latest runs.

use super::diff::{self, Difference};
use super::flows::{FlowRow, address, lag, state};
use super::{RunsAsked, Say, Scene, Since, run, runs, spark, times};
use maud::{Markup, html};
use tenon_model::run::{Run, RunStatus};

/// A version, as a list tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Its id.
    pub id: String,
    /// Epoch ms.
    pub at_ms: i64,
    /// Who made it.
    pub by: String,
    /// What was done.
    pub did: Say,
    /// What differs from the version before.
    pub differs: Vec<Difference>,
}

/// A flow's page.
pub struct FlowView<'v> {
    /// The flow.
    pub row: &'v FlowRow,
    /// How often it looks for work, in ms.
    pub every_ms: Option<i64>,
    /// Its versions, the newest first.
    pub versions: &'v [Version],
    /// Its newest runs.
    pub runs: &'v [Run],
    /// What is stored, without secrets.
    pub stored: &'v serde_json::Value,
    /// The document a dry run was asked for.
    pub document: &'v str,
}

/// The page, with what a dry run found.
pub fn flow(scene: &Scene<'_>, view: &FlowView<'_>, previewed: Option<&Markup>) -> Markup {
    let row = view.row;
    html! {
        p.back { a href=(super::HOME) { "← " (scene.say(Say::Flows)) } }
        section.panel {
            h1 { (row.name.as_deref().unwrap_or(&row.id)) " " (state(scene, row)) }
            @if let Some(error) = &row.error { p.told.wrong { (error) } }
            (facts(scene, view))
            @if scene.may_change && row.kind.is_some() { (buttons(scene, row)) }
        }
        @if row.kind.is_some() { (dry_run(scene, view)) }
        @if let Some(previewed) = previewed { (previewed) }
        section.panel {
            h2 { (scene.say(Say::LatestRuns)) }
            @if view.runs.is_empty() { p.hint { (scene.say(Say::NothingYet)) } } @else {
                (runs::table(scene, view.runs, false))
            }
            p { a href=(of_flow(row, None).address()) { (scene.say(Say::AllRunsOfFlow)) } " · "
                a href=(of_flow(row, Some(RunStatus::Failed)).address()) { (scene.say(Say::FailedOfFlow)) } }
        }
        section.panel {
            h2 { (scene.say(Say::Versions)) }
            (versions(scene, row, view.versions))
            details {
                summary { (scene.say(Say::WholeAnswer)) }
                (run::value(scene, "stored", view.stored))
            }
        }
    }
}

fn of_flow(row: &FlowRow, status: Option<RunStatus>) -> RunsAsked {
    RunsAsked { flow: row.id.clone(), status, since: Since::Month, ..RunsAsked::default() }
}

fn facts(scene: &Scene<'_>, view: &FlowView<'_>) -> Markup {
    let row = view.row;
    html! {
        dl.facts {
            div { dt { (scene.say(Say::Kind)) } dd { (row.kind.unwrap_or("?")) " " span.soft { (row.id) } } }
            div { dt { (scene.say(Say::Uses)) } dd {
                @for (index, id) in row.connections.iter().enumerate() {
                    @if index > 0 { ", " }
                    a href={ (super::Tab::Connections.address()) "#" (id) } { (id) }
                }
            } }
            div { dt { (scene.say(Say::Every)) } dd {
                @match (row.polls, view.every_ms) {
                    (true, Some(ms)) => { (times::long(scene, ms)) }
                    _ => { (scene.say(Say::NotScheduled)) }
                }
            } }
            div { dt { (scene.say(Say::NextTick)) } dd {
                @match row.next_tick_ms {
                    Some(at) => { (times::moment(scene, at)) }
                    None => { span.none { "–" } }
                }
            } }
            div { dt { (scene.say(Say::LastSuccess)) } dd {
                @match row.last_success_ms {
                    Some(at) => { (times::ago(scene, at)) }
                    None => { span.none { (scene.say(Say::Never)) } }
                }
            } }
            div { dt { (scene.say(Say::Lag)) } dd { (lag(scene, row)) } }
            div { dt { (scene.say(Say::Last24Hours)) } dd { (spark::hours(scene, &row.hours)) } }
        }
    }
}

fn buttons(scene: &Scene<'_>, row: &FlowRow) -> Markup {
    let own = address(&row.id);
    let (word, name) = if row.enabled { ("off", Say::TurnOff) } else { ("on", Say::TurnOn) };
    html! {
        div.actions {
            (scene.press(&format!("{own}/{word}"), "light", name))
            @if row.enabled && row.polls { (scene.press(&format!("{own}/run"), "", Say::RunNow)) }
        }
        @if row.enabled { p.hint { (scene.say(Say::TurnOffTold)) } }
    }
}

/// A dry run changes nothing, but it calls the ERP: only who may change things has it made.
fn dry_run(scene: &Scene<'_>, view: &FlowView<'_>) -> Markup {
    let fields = html! {
        div.field {
            label for="document" { (scene.say(Say::DocumentKey)) }
            input #document name="document" value=(view.document) maxlength="200";
        }
        button { (scene.say(Say::DryRun)) }
    };
    html! {
        @if scene.may_change {
            section.panel #dry-run {
                h2 { (scene.say(Say::DryRun)) }
                p { (scene.say(Say::DryRunTold)) }
                (scene.frame.form(&format!("{}/preview", address(&view.row.id)), "filters", &fields))
            }
        }
    }
}

fn versions(scene: &Scene<'_>, row: &FlowRow, all: &[Version]) -> Markup {
    html! {
        @if all.is_empty() { p.hint { (scene.say(Say::NoVersions)) } }
        ol.versions {
            @for version in all {
                li {
                    h3 {
                        a href={ (address(&row.id)) "/versions/" (version.id) } { (times::moment(scene, version.at_ms)) }
                    }
                    p { (scene.say(version.did)) " · " (version.by) }
                    @if !version.differs.is_empty() {
                        details {
                            summary { (scene.say(Say::Compare)) " (" (version.differs.len()) ")" }
                            (diff::table(scene, scene.say(Say::WhatChanged), &version.differs))
                        }
                    }
                }
            }
        }
    }
}
