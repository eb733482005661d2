//! Many runs at once: what would be retried and what would not is seen before, how it goes is seen while it goes.

use super::{HOME, Label, RunsQuery, ViewContext, run, runs, spark, times};
use maud::{Markup, html};
use tenon_model::run::{Run, RunStatus};

/// What will not be taken, for one reason.
pub struct SkippedRuns<'n> {
    /// Why.
    pub why: &'n str,
    /// How many.
    pub count: u64,
    /// Some of them.
    pub first: &'n [Run],
}

/// What a press would do.
pub struct Review<'r> {
    /// The filter, its time frozen; none where runs were chosen one by one.
    pub filter: Option<&'r RunsQuery>,
    /// The runs that were chosen one by one.
    pub chosen: &'r [String],
    /// How many would be retried.
    pub count: u64,
    /// Whether all were counted.
    pub complete: bool,
    /// The first of them.
    pub first: &'r [Run],
    /// What will not be taken.
    pub not_taken: &'r [SkippedRuns<'r>],
    /// The reason that was given before.
    pub reason: &'r str,
}

/// The page before anything is done.
pub fn review(context: &ViewContext<'_>, view: &Review<'_>) -> Markup {
    html! {
        p.back { a href=(view.filter.map_or_else(|| super::RUNS.to_owned(), RunsQuery::address)) {
            "← " (context.text(Label::BackToRuns))
        } }
        section.panel {
            h1 { (context.text(Label::ReviewTitle)) }
            @if view.count == 0 { p.nothing { (context.text(Label::NothingToRetry)) } } @else {
                p { strong.count { (view.count) @if !view.complete { "+" } } " " (context.text(Label::ReviewCount)) }
            }
            @if let Some(filter) = view.filter {
                p { (context.text(Label::Frozen)) " " code { (filter.query("")) } }
            }
            @if view.count > 0 && context.may_change { (start(context, view)) }
        }
        section.panel {
            h2 { (context.text(Label::NotTaken)) }
            (not_taken(context, view))
        }
        @if !view.first.is_empty() {
            section.panel {
                h2 { (context.text(Label::ReviewFirst)) }
                (runs::table(context, view.first, false))
            }
        }
    }
}

fn start(context: &ViewContext<'_>, view: &Review<'_>) -> Markup {
    let content = html! {
            @if let Some(filter) = view.filter { input type="hidden" name="filter" value=(filter.query("")); }
            @for id in view.chosen { input type="hidden" name="run" value=(id); }
            div.field {
                label for="reason" { (context.text(Label::Reason)) }
                input #reason name="reason" value=(view.reason) required maxlength="500";
            }
            div.actions { button data-retry { (context.text(Label::StartJob)) } }
    };
    context.frame.form(&format!("{HOME}/retry"), "fields", &content)
}

fn not_taken(context: &ViewContext<'_>, view: &Review<'_>) -> Markup {
    html! {
        @if view.not_taken.is_empty() { p.hint { (context.text(Label::NotTakenNone)) } } @else {
            ul.reasons {
                @for own in view.not_taken {
                    li {
                        strong { (own.count) } " · " (own.why) ": "
                        @for (index, run) in own.first.iter().enumerate() {
                            @if index > 0 { ", " }
                            a href=(run::address(run.id.as_str())) {
                                (run.document.as_ref().map_or_else(|| run.id.to_string(), ToString::to_string))
                            }
                        }
                        @if own.count > own.first.len() as u64 { " …" }
                    }
                }
            }
        }
    }
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It goes on.
    Running,
    /// It is being cancelled.
    Cancelling,
    /// It is done.
    Done,
    /// It was cancelled.
    Cancelled,
    /// It came to an end by a failure.
    Failed,
}

/// How an item of a job came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// It waits.
    Waiting,
    /// It is back on its queue.
    Retried,
    /// It is not.
    Refused,
    /// The job was cancelled before it.
    Cancelled,
}

/// An item of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The run.
    pub run: String,
    /// Its flow.
    pub flow: String,
    /// Its document.
    pub document: Option<String>,
    /// How it came out.
    pub state: ItemState,
    /// In words.
    pub message: String,
    /// How the run stands now.
    pub now: Option<RunStatus>,
}

/// A job.
pub struct JobView<'v> {
    /// Its id.
    pub id: &'v str,
    /// How it stands.
    pub state: JobState,
    /// How many it holds.
    pub total: u64,
    /// How many are back on their queues.
    pub queued: u64,
    /// How many are not.
    pub refused: u64,
    /// Why it was begun.
    pub reason: &'v str,
    /// By whom.
    pub by: &'v str,
    /// Epoch ms.
    pub created_ms: i64,
    /// The filter, as an address has it.
    pub filter: Option<&'v str>,
    /// Its items.
    pub items: &'v [Item],
    /// Where the next page of them begins.
    pub next: Option<&'v str>,
}

impl JobView<'_> {
    fn goes_on(&self) -> bool {
        matches!(self.state, JobState::Running | JobState::Cancelling)
    }

    fn address(&self) -> String {
        format!("{HOME}/jobs/{}", crate::encoded(self.id))
    }
}

/// The page of a job.
pub fn job(context: &ViewContext<'_>, view: &JobView<'_>) -> Markup {
    html! {
        p.back { a href=(super::RUNS) { "← " (context.text(Label::BackToRuns)) } }
        section.panel {
            h1 { (context.text(Label::Job)) }
            dl.facts {
                div { dt { (context.text(Label::StartedBy)) } dd { (view.by) } }
                div { dt { (context.text(Label::Started)) } dd { (times::moment(context, view.created_ms)) } }
                div { dt { (context.text(Label::ReasonGiven)) } dd { (view.reason) } }
                @if let Some(filter) = view.filter { div { dt { (context.text(Label::Filters)) } dd { code { (filter) } } } }
            }
        }
        (progress(context, view))
    }
}

/// How far it is, with a result for each: the part of the page that is drawn anew while the job goes on.
pub fn progress(context: &ViewContext<'_>, view: &JobView<'_>) -> Markup {
    let again = view.goes_on().then(|| format!("{}?part=progress", view.address()));
    let every = again.as_ref().map(|_| "every 5s");
    let swap = again.as_ref().map(|_| "outerHTML");
    html! {
        div #progress data-live[again.is_some()] hx-get=[again.as_deref()] hx-trigger=[every] hx-swap=[swap] {
            section.panel {
                h2 { (context.text(Label::Progress)) " " (state(context, view.state)) }
                (measured(context, view))
                @if view.goes_on() && context.may_change && view.state != JobState::Cancelling {
                    (context.press(&format!("{}/cancel", view.address()), "danger", Label::Cancel))
                    p.hint { (context.text(Label::CancelHint)) }
                }
            }
            section.panel {
                h2 { (context.text(Label::Results)) }
                (items(context, view))
            }
        }
    }
}

fn measured(context: &ViewContext<'_>, view: &JobView<'_>) -> Markup {
    let done = view.queued + view.refused;
    let share = done.saturating_mul(1_000).checked_div(view.total).unwrap_or(0).min(1_000);
    html! {
        p role="status" aria-live="polite" {
            strong.count { (done) " / " (view.total) } " · "
            (context.text(Label::ItemRetried)) " " (view.queued) " · " (context.text(Label::ItemRefused)) " " (view.refused)
        }
        (spark::span(0, i64::try_from(share).unwrap_or(0), false))
    }
}

fn state(context: &ViewContext<'_>, state: JobState) -> Markup {
    let (class, text) = match state {
        JobState::Running => ("badge", Label::JobRunning),
        JobState::Cancelling => ("badge warn", Label::JobCancelling),
        JobState::Done => ("badge good", Label::JobDone),
        JobState::Cancelled => ("badge warn", Label::JobCancelled),
        JobState::Failed => ("badge bad", Label::StatusFailed),
    };
    html! { span class=(class) { (context.text(text)) } }
}

fn items(context: &ViewContext<'_>, view: &JobView<'_>) -> Markup {
    html! {
        @if view.items.is_empty() { p.hint { (context.text(Label::ItemWaiting)) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(context.text(Label::Results)) {
                table.list.stack {
                    caption { (context.text(Label::Results)) }
                    thead { tr {
                        th scope="col" { (context.text(Label::Run)) }
                        th scope="col" { (context.text(Label::Document)) }
                        th scope="col" { (context.text(Label::State)) }
                        th scope="col" { (context.text(Label::ItemNow)) }
                        th scope="col" { (context.text(Label::Message)) }
                    } }
                    tbody { @for item in view.items { (one(context, item)) } }
                }
            }
        }
        @if let Some(next) = view.next {
            nav.pages aria-label=(context.text(Label::Results)) {
                a rel="next" href={ (view.address()) "?cursor=" (crate::encoded(next)) } { (context.text(Label::Next)) }
            }
        }
    }
}

fn one(context: &ViewContext<'_>, item: &Item) -> Markup {
    let (class, text) = match item.state {
        ItemState::Waiting => ("badge", Label::ItemWaiting),
        ItemState::Retried => ("badge good", Label::ItemRetried),
        ItemState::Refused => ("badge bad", Label::ItemRefused),
        ItemState::Cancelled => ("badge warn", Label::ItemCancelled),
    };
    html! {
        tr data-row {
            th scope="row" { a href=(run::address(&item.run)) { (item.run) } span.soft { (item.flow) } }
            td data-name=(context.text(Label::Document)) { (item.document.as_deref().unwrap_or("–")) }
            td data-name=(context.text(Label::State)) { span class=(class) { (context.text(text)) } }
            td data-name=(context.text(Label::ItemNow)) { @if let Some(now) = item.now { (run::badge(context, now)) } }
            td.message data-name=(context.text(Label::Message)) { (item.message) }
        }
    }
}
