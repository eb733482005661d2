//! One flow: how it stands, what can be done with it, its versions and latest runs.

use super::diff::{self, Difference};
use super::flows::{FlowRow, address, lag, state};
use super::{Label, RunsAsked, Since, ViewContext, run, runs, spark, times};
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
    pub did: Label,
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
pub fn flow(context: &ViewContext<'_>, view: &FlowView<'_>, previewed: Option<&Markup>) -> Markup {
    let row = view.row;
    html! {
        p.back { a href=(super::HOME) { "← " (context.say(Label::Flows)) } }
        section.panel {
            h1 { (row.name.as_deref().unwrap_or(&row.id)) " " (state(context, row)) }
            @if let Some(error) = &row.error { p.told.wrong { (error) } }
            (facts(context, view))
            @if context.may_change && row.kind.is_some() { (buttons(context, row)) }
            @if context.may_change && row.paged { (changes(context, row)) }
        }
        @if row.kind.is_some() { (dry_run(context, view)) }
        @if let Some(previewed) = previewed { (previewed) }
        section.panel {
            h2 { (context.say(Label::LatestRuns)) }
            @if view.runs.is_empty() { p.hint { (context.say(Label::NothingYet)) } } @else {
                (runs::table(context, view.runs, false))
            }
            p { a href=(of_flow(row, None).address()) { (context.say(Label::AllRunsOfFlow)) } " · "
                a href=(of_flow(row, Some(RunStatus::Failed)).address()) { (context.say(Label::FailedOfFlow)) } }
        }
        section.panel {
            h2 { (context.say(Label::Versions)) }
            (versions(context, row, view.versions))
            details {
                summary { (context.say(Label::WholeAnswer)) }
                (run::value(context, "stored", view.stored))
            }
        }
    }
}

fn of_flow(row: &FlowRow, status: Option<RunStatus>) -> RunsAsked {
    RunsAsked { flow: row.id.clone(), status, since: Since::Month, ..RunsAsked::default() }
}

fn facts(context: &ViewContext<'_>, view: &FlowView<'_>) -> Markup {
    let row = view.row;
    html! {
        dl.facts {
            div { dt { (context.say(Label::Kind)) } dd { (row.kind.unwrap_or("?")) " " span.soft { (row.id) } } }
            div { dt { (context.say(Label::Uses)) } dd {
                @for (index, id) in row.connections.iter().enumerate() {
                    @if index > 0 { ", " }
                    a href={ (super::Tab::Connections.address()) "#" (id) } { (id) }
                }
            } }
            div { dt { (context.say(Label::Source)) } dd {
                (context.say(if row.paged { Label::FromThePage } else { Label::FromTheFile }))
            } }
            div { dt { (context.say(Label::Every)) } dd {
                @match (row.polls, view.every_ms) {
                    (true, Some(ms)) => { (times::long(context, ms)) }
                    _ => { (context.say(Label::NotScheduled)) }
                }
            } }
            div { dt { (context.say(Label::NextTick)) } dd {
                @match row.next_tick_ms {
                    Some(at) => { (times::moment(context, at)) }
                    None => { span.none { "–" } }
                }
            } }
            div { dt { (context.say(Label::LastSuccess)) } dd {
                @match row.last_success_ms {
                    Some(at) => { (times::ago(context, at)) }
                    None => { span.none { (context.say(Label::Never)) } }
                }
            } }
            div { dt { (context.say(Label::Lag)) } dd { (lag(context, row)) } }
            div { dt { (context.say(Label::Last24Hours)) } dd { (spark::hours(context, &row.hours)) } }
        }
    }
}

fn buttons(context: &ViewContext<'_>, row: &FlowRow) -> Markup {
    let own = address(&row.id);
    let (word, name) = if row.enabled { ("off", Label::TurnOff) } else { ("on", Label::TurnOn) };
    html! {
        div.actions {
            (context.press(&format!("{own}/{word}"), "light", name))
            @if row.enabled && row.polls { (context.press(&format!("{own}/run"), "", Label::RunNow)) }
        }
        @if row.enabled { p.hint { (context.say(Label::TurnOffTold)) } }
    }
}

/// What can be done with a flow that a page stored.
fn changes(context: &ViewContext<'_>, row: &FlowRow) -> Markup {
    let own = address(&row.id);
    html! {
        p.actions {
            @if row.kind == Some("approval") { a.button.light href={ (own) "/mapping" } { (context.say(Label::EditMapping)) } }
            a href={ (own) "/remove" } { (context.say(Label::RemoveFlow)) "…" }
        }
    }
}

/// A dry run changes nothing, but it calls the ERP: only who may change things has it made.
fn dry_run(context: &ViewContext<'_>, view: &FlowView<'_>) -> Markup {
    let fields = html! {
        div.field {
            label for="document" { (context.say(Label::DocumentKey)) }
            input #document name="document" value=(view.document) maxlength="200";
        }
        button { (context.say(Label::DryRun)) }
    };
    html! {
        @if context.may_change {
            section.panel #dry-run {
                h2 { (context.say(Label::DryRun)) }
                p { (context.say(Label::DryRunTold)) }
                (context.frame.form(&format!("{}/preview", address(&view.row.id)), "filters", &fields))
            }
        }
    }
}

fn versions(context: &ViewContext<'_>, row: &FlowRow, all: &[Version]) -> Markup {
    html! {
        @if all.is_empty() { p.hint { (context.say(Label::NoVersions)) } }
        ol.versions {
            @for version in all {
                li {
                    h3 {
                        a href={ (address(&row.id)) "/versions/" (version.id) } { (times::moment(context, version.at_ms)) }
                    }
                    p { (context.say(version.did)) " · " (version.by) }
                    @if !version.differs.is_empty() {
                        details {
                            summary { (context.say(Label::Compare)) " (" (version.differs.len()) ")" }
                            (diff::table(context, context.say(Label::WhatChanged), &version.differs))
                        }
                    }
                }
            }
        }
    }
}
