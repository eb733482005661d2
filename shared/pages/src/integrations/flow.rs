//! One flow: how it stands, what can be done with it, its versions and latest runs.

use super::diff::{self, Difference};
use super::flows::{FlowRow, address, lag, state};
use super::{Label, RunsQuery, Since, ViewContext, run, runs, spark, times};
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
        p.back { a href=(super::HOME) { "← " (context.text(Label::Flows)) } }
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
            h2 { (context.text(Label::LatestRuns)) }
            @if view.runs.is_empty() { p.hint { (context.text(Label::NothingYet)) } } @else {
                (runs::table(context, view.runs, false))
            }
            p { a href=(of_flow(row, None).address()) { (context.text(Label::AllRunsOfFlow)) } " · "
                a href=(of_flow(row, Some(RunStatus::Failed)).address()) { (context.text(Label::FailedOfFlow)) } }
        }
        section.panel {
            h2 { (context.text(Label::Versions)) }
            (versions(context, row, view.versions))
            details {
                summary { (context.text(Label::WholeAnswer)) }
                (run::value(context, "stored", view.stored))
            }
        }
    }
}

fn of_flow(row: &FlowRow, status: Option<RunStatus>) -> RunsQuery {
    RunsQuery { flow: row.id.clone(), status, since: Since::Month, ..RunsQuery::default() }
}

fn facts(context: &ViewContext<'_>, view: &FlowView<'_>) -> Markup {
    let row = view.row;
    html! {
        dl.facts {
            div { dt { (context.text(Label::Kind)) } dd { (row.kind.unwrap_or("?")) " " span.soft { (row.id) } } }
            div { dt { (context.text(Label::Uses)) } dd {
                @for (index, id) in row.connections.iter().enumerate() {
                    @if index > 0 { ", " }
                    a href={ (super::Tab::Connections.address()) "#" (id) } { (id) }
                }
            } }
            div { dt { (context.text(Label::Source)) } dd {
                (context.text(if row.paged { Label::FromThePage } else { Label::FromTheFile }))
            } }
            div { dt { (context.text(Label::Every)) } dd {
                @match (row.polls, view.every_ms) {
                    (true, Some(ms)) => { (times::long(context, ms)) }
                    _ => { (context.text(Label::NotScheduled)) }
                }
            } }
            div { dt { (context.text(Label::NextTick)) } dd {
                @match row.next_tick_ms {
                    Some(at) => { (times::moment(context, at)) }
                    None => { span.none { "–" } }
                }
            } }
            div { dt { (context.text(Label::LastSuccess)) } dd {
                @match row.last_success_ms {
                    Some(at) => { (times::ago(context, at)) }
                    None => { span.none { (context.text(Label::Never)) } }
                }
            } }
            div { dt { (context.text(Label::Lag)) } dd { (lag(context, row)) } }
            div { dt { (context.text(Label::Last24Hours)) } dd { (spark::hours(context, &row.hours)) } }
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
        @if row.enabled { p.hint { (context.text(Label::TurnOffHint)) } }
    }
}

/// What can be done with a flow that a page stored.
fn changes(context: &ViewContext<'_>, row: &FlowRow) -> Markup {
    let own = address(&row.id);
    html! {
        p.actions {
            @if row.kind == Some("approval") { a.button.light href={ (own) "/mapping" } { (context.text(Label::EditMapping)) } }
            a href={ (own) "/remove" } { (context.text(Label::RemoveFlow)) "…" }
        }
    }
}

/// A dry run changes nothing, but it calls the ERP: only who may change things has it made.
fn dry_run(context: &ViewContext<'_>, view: &FlowView<'_>) -> Markup {
    let fields = html! {
        div.field {
            label for="document" { (context.text(Label::DocumentKey)) }
            input #document name="document" value=(view.document) maxlength="200";
        }
        button { (context.text(Label::DryRun)) }
    };
    html! {
        @if context.may_change {
            section.panel #dry-run {
                h2 { (context.text(Label::DryRun)) }
                p { (context.text(Label::DryRunHint)) }
                (context.frame.form(&format!("{}/preview", address(&view.row.id)), "filters", &fields))
            }
        }
    }
}

fn versions(context: &ViewContext<'_>, row: &FlowRow, all: &[Version]) -> Markup {
    html! {
        @if all.is_empty() { p.hint { (context.text(Label::NoVersions)) } }
        ol.versions {
            @for version in all {
                li {
                    h3 {
                        a href={ (address(&row.id)) "/versions/" (version.id) } { (times::moment(context, version.at_ms)) }
                    }
                    p { (context.text(version.did)) " · " (version.by) }
                    @if !version.differs.is_empty() {
                        details {
                            summary { (context.text(Label::Compare)) " (" (version.differs.len()) ")" }
                            (diff::table(context, context.text(Label::WhatChanged), &version.differs))
                        }
                    }
                }
            }
        }
    }
}
