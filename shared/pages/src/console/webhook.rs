//! An app's endpoint: how it does, its deliveries, one with its attempts, and jobs that send a range again.

use super::apps::{APPS, MANAGEMENT};
use super::calls::shown;
use super::chart::{self, Bar, Series};
use super::field::{Choice, Field};
use super::layout::{Frame, document};
use super::list;
use super::texts::Label;
use super::translate::translate;
use crate::tasks::{moment, second};
use maud::{Markup, html};

/// A delivery in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// `msg_…`.
    pub id: String,
    /// The event's code.
    pub event: String,
    /// `pending`, `in-flight`, `delivered`, `failed`, `canceled` or `skipped`.
    pub state: &'static str,
    /// Why it is not tried any more.
    pub reason: Option<&'static str>,
    /// Attempts made.
    pub attempts: u32,
    /// Epoch ms of the next.
    pub next_ms: Option<i64>,
    /// What the last one was answered; 0 for nothing.
    pub status: Option<u16>,
    /// What was wrong with it.
    pub error: Option<String>,
    /// Epoch ms.
    pub created_ms: i64,
}

/// How the endpoint does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The app's name.
    pub app: String,
    /// Where events are pushed.
    pub url: Option<String>,
    /// What is wrong and what to do.
    pub problem: Option<String>,
    /// Since when and why it is switched off.
    pub disabled: Option<(i64, &'static str)>,
    /// Failures in a row, and since when.
    pub failures: (u32, Option<i64>),
    /// Epoch ms of the last success.
    pub last_success_ms: Option<i64>,
    /// How slowly it answers, and since when.
    pub slow: Option<(i64, i64)>,
    /// What is pushed.
    pub events: Vec<&'static str>,
    /// Until when an older secret signs too.
    pub overlap_ms: Option<i64>,
    /// Operational events: when, per cent of the limit, failures.
    pub alerts: Vec<(i64, u8, u32)>,
}

/// The page of an endpoint.
pub struct View<'v> {
    /// The app's id.
    pub app: &'v str,
    /// How it does.
    pub endpoint: &'v Endpoint,
    /// Deliveries of an hour each.
    pub hours: &'v [Bar],
    /// Whether the chart holds all of them.
    pub complete: bool,
    /// What is filtered by: state, from, to.
    pub filter: (&'v str, &'v str, &'v str),
    /// A page of deliveries.
    pub rows: &'v [DeliveryRow],
    /// Whether it is the first.
    pub is_first: bool,
    /// Where the next begins.
    pub next: Option<&'v str>,
    /// What was wrong.
    pub wrong: Option<(&'v str, &'v str)>,
    /// What was just done.
    pub done: Option<Label>,
}

const STATES: [(&str, Label, &str); 6] = [
    ("pending", Label::Pending, "badge warn"),
    ("in-flight", Label::InFlight, "badge warn"),
    ("delivered", Label::Delivered, "badge good"),
    ("failed", Label::DeliveryFailed, "badge bad"),
    ("canceled", Label::DeliveryCanceled, "badge"),
    ("skipped", Label::Skipped, "badge"),
];

fn state(frame: &Frame, word: &str) -> Markup {
    let known = STATES.iter().find(|(own, ..)| *own == word);
    html! { @match known { Some((_, label, class)) => span class=(*class) { (frame.text(*label)) }, None => span.badge { (word) } } }
}

/// The series of the chart of deliveries.
pub fn series(frame: &Frame) -> [Series; 3] {
    let of = |label: Label, class| Series { name: frame.text(label), class };
    [of(Label::Delivered, "good"), of(Label::Pending, "warn"), of(Label::DeliveryFailed, "bad")]
}

/// Its page.
pub fn page(frame: &Frame, view: &View<'_>) -> String {
    let path = format!("{APPS}/{}", view.app);
    let title = format!("{} · {}", frame.text(Label::Webhook), view.endpoint.app);
    let content = html! {
        p.back { a href=(frame.at(&path, &[])) { "← " (view.endpoint.app) } " · " a href=(frame.at(MANAGEMENT, &[("tab", "apps")])) { (frame.text(Label::MyApps)) } }
        h1 { (title) }
        @if let Some(done) = view.done { p.told role="status" { (frame.text(done)) } }
        @if let Some((field, message)) = view.wrong {
            p.told.wrong role="alert" { (frame.text(Label::NotTaken)) ": " (translate(frame.language, message)) " " code { (field) } }
        }
        div.pair { (health(frame, view, &path)) (hours(frame, view)) }
        (deliveries(frame, view, &path))
        (range(frame, view, &path))
    };
    document(frame, &title, &content)
}

fn health(frame: &Frame, view: &View<'_>, path: &str) -> Markup {
    let own = view.endpoint;
    html! {
        section.panel aria-labelledby="health-title" {
            h2 #health-title { (frame.text(Label::Health)) }
            @match &own.problem {
                Some(problem) => p.told.wrong { span.badge.bad { (frame.text(Label::Unhealthy)) } " " (translate(frame.language, problem)) },
                None => p.told { span.badge.good { (frame.text(Label::Healthy)) } },
            }
            dl.kv {
                div { dt { (frame.text(Label::CallbackUrl)) } dd { @match &own.url { Some(url) => code { (url) }, None => (frame.text(Label::NotSet)) } } }
                div { dt { (frame.text(Label::Events)) } dd { @for event in &own.events { code { (event) } " " } } }
                @if let Some((at, reason)) = own.disabled { div { dt { (frame.text(Label::DisabledSince)) } dd { (moment(at)) " · " (translate(frame.language, reason)) } } }
                @if own.failures.0 > 0 { div { dt { (frame.text(Label::FailuresInARow)) } dd {
                    (own.failures.0) @if let Some(since) = own.failures.1 { " · " (frame.text(Label::Since)) " " (moment(since)) }
                } } }
                div { dt { (frame.text(Label::LastSuccess)) } dd { @match own.last_success_ms { Some(at) => (moment(at)), None => (frame.text(Label::Never)) } } }
                @if let Some((since, took)) = own.slow { div { dt { (frame.text(Label::Slow)) } dd { (took) " ms · " (frame.text(Label::Since)) " " (moment(since)) } } }
                @if let Some(until) = own.overlap_ms { div { dt { (frame.text(Label::OldSecretUntil)) } dd { (moment(until)) } } }
            }
            @if !own.alerts.is_empty() { details.more {
                summary { (frame.text(Label::Alerts)) " (" (own.alerts.len()) ")" }
                ul.steps { @for (at, percent, failures) in &own.alerts { li { (moment(*at)) " · " (percent) "% · " (failures) } } }
            } }
            div.actions {
                @if own.url.is_some() { (frame.form(&format!("{path}/webhook/test"), "", &html! { button { (frame.text(Label::SendTest)) } })) }
                @if own.disabled.is_some() { (frame.form(&format!("{path}/webhook/enable"), "", &html! { button { (frame.text(Label::EnableAgain)) } })) }
                a href=(frame.at(path, &[])) { (frame.text(Label::RotateCallback)) }
            }
        }
    }
}

fn hours(frame: &Frame, view: &View<'_>) -> Markup {
    html! {
        section.panel aria-labelledby="hours-title" {
            h2 #hours-title { (frame.text(Label::DeliveriesByHour)) }
            (chart::bars(frame, frame.text(Label::DeliveriesByHour), &series(frame), view.hours))
            @if !view.complete { p.hint { (frame.text(Label::NewestOnly)) } }
        }
    }
}

fn deliveries(frame: &Frame, view: &View<'_>, path: &str) -> Markup {
    let (wanted, from, to) = view.filter;
    let any = std::iter::once(Choice::new("", frame.text(Label::Any)));
    let states: Vec<Choice> =
        any.chain(STATES.iter().map(|(word, label, _)| Choice::new(*word, frame.text(*label)))).collect();
    let filters = html! {
        (Field::text("state", frame.text(Label::State), wanted).choice(&states))
        (Field::text("from", frame.text(Label::From), from).of("datetime-local").wrong(view.wrong).markup())
        (Field::text("to", frame.text(Label::To), to).of("datetime-local").wrong(view.wrong).markup())
        button { (frame.text(Label::Show)) }
    };
    let heads = [Label::Time, Label::Event, Label::State, Label::Attempts, Label::LastAnswer, Label::Actions];
    let filtered = ![wanted, from, to].iter().all(|own| own.is_empty());
    html! {
        h2 { (frame.text(Label::Deliveries)) }
        (frame.filters(&format!("{path}/webhook"), &filters))
        @if view.rows.is_empty() { (list::nothing(frame, Label::NoDeliveries, filtered, view.next.is_some())) } @else {
            table.list.stack {
                caption { (frame.text(Label::Deliveries)) }
                thead { tr { @for head in heads { th scope="col" { (frame.text(head)) } } } }
                tbody { @for row in view.rows { (delivery_row(frame, row, path)) } }
            }
        }
        (list::pages(frame, view.is_first, view.next))
    }
}

fn delivery_row(frame: &Frame, row: &DeliveryRow, path: &str) -> Markup {
    let own = format!("{path}/webhook/deliveries/{}", row.id);
    html! {
        tr data-row {
            th scope="row" { a href=(frame.at(&own, &[])) { (moment(row.created_ms)) } }
            td data-name=(frame.text(Label::Event)) { code { (row.event) } }
            td data-name=(frame.text(Label::State)) { (state_text(frame, row)) }
            td.number data-name=(frame.text(Label::Attempts)) { (row.attempts) }
            td data-name=(frame.text(Label::LastAnswer)) {
                @if let Some(status) = row.status.filter(|status| *status > 0) { (status) " " }
                @if let Some(error) = &row.error { code { (error) } }
            }
            td { (again(frame, &own, &row.id)) }
        }
    }
}

fn state_text(frame: &Frame, row: &DeliveryRow) -> Markup {
    html! {
        (state(frame, row.state))
        @if let Some(reason) = row.reason { " " span.hint { (translate(frame.language, reason)) } }
        @if let Some(next) = row.next_ms { " " span.hint { (frame.text(Label::NextAttempt)) " " (moment(next)) } }
    }
}

fn again(frame: &Frame, own: &str, id: &str) -> Markup {
    frame.form(
        &format!("{own}/resend"),
        "",
        &html! {
            button.light data-retry { (frame.text(Label::Resend)) span.hidden { " " (id) } }
        },
    )
}

fn range(frame: &Frame, view: &View<'_>, path: &str) -> Markup {
    let only = [("failed", Label::NotArrived), ("all", Label::Everything)];
    let only: Vec<Choice> = only.map(|(value, label)| Choice::new(value, frame.text(label))).into_iter().collect();
    let field = |name: &'static str, id: &str, label: Label, required: bool| {
        html! { div.field { label for=(id) { (frame.text(label)) }
        input id=(id) name=(name) type="datetime-local" required[required]; } }
    };
    html! { section.panel aria-labelledby="range-title" {
        h2 #range-title { (frame.text(Label::ResendRange)) }
        @if view.endpoint.url.is_none() { p.hint { (frame.text(Label::NotSet)) } } @else {
            (frame.form(&format!("{path}/webhook/resend"), "fields", &html! {
                (field("from", "range-from", Label::From, true))
                (field("to", "range-to", Label::To, false))
                (Field::text("only", frame.text(Label::Which), "failed").choice(&only))
                p.hint { (frame.text(Label::ResendHint)) }
                p.actions { button { (frame.text(Label::ResendRange)) } }
            }))
        }
    } }
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// Its number.
    pub number: u32,
    /// Epoch ms.
    pub at_ms: i64,
    /// HTTP status; 0 for none.
    pub status: u16,
    /// What went wrong.
    pub class: Option<String>,
    /// What to do about it.
    pub hint: Option<&'static str>,
    /// What the network said.
    pub error: Option<String>,
    /// How long it took.
    pub duration_ms: i64,
    /// The beginning of the answer.
    pub response: Option<String>,
}

/// A delivery with its attempts.
pub struct One<'o> {
    /// The app's id and name.
    pub app: (&'o str, &'o str),
    /// As in the list.
    pub row: &'o DeliveryRow,
    /// What is sent.
    pub body: &'o str,
    /// Newest first.
    pub attempts: &'o [AttemptRow],
    /// What was wrong.
    pub wrong: Option<&'o str>,
    /// What was just done.
    pub done: Option<Label>,
}

/// Its page; the attempts are asked for again while one is to come soon.
pub fn one(frame: &Frame, one: &One<'_>) -> String {
    let (id, name) = one.app;
    let path = format!("{APPS}/{id}/webhook");
    let own = format!("{path}/deliveries/{}", one.row.id);
    let waits = matches!(one.row.state, "pending" | "in-flight");
    let address = frame.at(&own, &[]);
    let content = html! {
        p.back { a href=(frame.at(&path, &[])) { "← " (frame.text(Label::Deliveries)) " · " (name) } }
        h1 { code { (one.row.event) } " · " (moment(one.row.created_ms)) }
        @if let Some(done) = one.done { p.told role="status" { (frame.text(done)) } }
        @if let Some(wrong) = one.wrong { p.told.wrong role="alert" { (translate(frame.language, wrong)) } }
        div #attempts aria-live="polite" hx-get=[waits.then_some(&address)] hx-trigger=[waits.then_some("every 5s")]
            hx-select=[waits.then_some("#attempts")] hx-swap=[waits.then_some("outerHTML")] {
            section.panel {
                p { (state_text(frame, one.row)) }
                (again(frame, &own, &one.row.id))
            }
            section.panel aria-labelledby="attempts-title" {
                h2 #attempts-title { (frame.text(Label::Attempts)) " (" (one.row.attempts) ")" }
                @if one.attempts.is_empty() { p.hint { (frame.text(Label::NoAttempts)) } }
                ol.history { @for attempt in one.attempts { li value=(attempt.number) { (tried(frame, attempt)) } } }
            }
        }
        section.panel aria-labelledby="body-title" {
            h2 #body-title { (frame.text(Label::Sent)) }
            p.hint { code { "webhook-id: " (one.row.id) } }
            (shown(frame, one.body))
        }
    };
    document(frame, &format!("{} {}", one.row.event, one.row.id), &content)
}

fn tried(frame: &Frame, attempt: &AttemptRow) -> Markup {
    let (class, label) =
        if attempt.class.is_none() { ("badge good", Label::Delivered) } else { ("badge bad", Label::DeliveryFailed) };
    html! {
        (second(attempt.at_ms)) " · " span class=(class) { (frame.text(label)) } " "
        @if attempt.status > 0 { "HTTP " (attempt.status) " · " }
        (attempt.duration_ms) " ms"
        @if let Some(class) = &attempt.class { " · " code { (class) } }
        @if let Some(hint) = attempt.hint { p.hint { (translate(frame.language, hint)) } }
        @if let Some(error) = &attempt.error { p.hint { (error) } }
        @if let Some(response) = attempt.response.as_deref().filter(|text| !text.is_empty()) {
            details.more { summary { (frame.text(Label::Answered)) } pre tabindex="0" { code { (response) } } }
        }
    }
}

/// A job that sends a range again.
pub struct Job<'j> {
    /// The app's id and name.
    pub app: (&'j str, &'j str),
    /// Its id.
    pub id: &'j str,
    /// `running`, `done` or `failed`.
    pub state: &'static str,
    /// Why it failed.
    pub reason: Option<&'j str>,
    /// The range.
    pub range: (i64, i64),
    /// Deliveries that fit, and those that are sent again.
    pub counts: (u32, u32),
}

/// Its page, asked for again while it works.
pub fn job(frame: &Frame, job: &Job<'_>) -> String {
    let path = format!("{APPS}/{}/webhook", job.app.0);
    let address = frame.at(&format!("{path}/jobs/{}", job.id), &[]);
    let works = job.state == "running";
    let (class, label) = match job.state {
        "running" => ("badge warn", Label::JobRunning),
        "done" => ("badge good", Label::JobDone),
        _ => ("badge bad", Label::JobFailed),
    };
    let content = html! {
        p.back { a href=(frame.at(&path, &[])) { "← " (frame.text(Label::Deliveries)) " · " (job.app.1) } }
        h1 { (frame.text(Label::ResendRange)) }
        section.panel #job aria-live="polite" hx-get=[works.then_some(&address)] hx-trigger=[works.then_some("every 5s")]
            hx-select=[works.then_some("#job")] hx-swap=[works.then_some("outerHTML")] {
            p { span class=(class) { (frame.text(label)) } @if let Some(reason) = job.reason { " " code { (reason) } } }
            dl.kv {
                div { dt { (frame.text(Label::Range)) } dd { (moment(job.range.0)) " – " (moment(job.range.1)) } }
                div { dt { (frame.text(Label::JobFound)) } dd { (job.counts.0) } }
                div { dt { (frame.text(Label::JobQueued)) } dd { (job.counts.1) } }
            }
            @if works { p { a href=(address) { (frame.text(Label::Refresh)) } } }
        }
    };
    document(frame, frame.text(Label::ResendRange), &content)
}
