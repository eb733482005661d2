//! 日志查询: calls and pushes, newest first, and one of them with what was sent and answered.

use super::apps::{MANAGEMENT, tabs};
use super::field::{Choice, Field};
use super::layout::{Frame, document};
use super::list;
use super::reasons;
use super::texts::Label;
use super::translate::translate;
use crate::tasks::second;
use maud::{Markup, html};

/// A call in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallRow {
    /// Its page.
    pub address: String,
    /// Epoch ms.
    pub at_ms: i64,
    /// The app's name.
    pub app: String,
    /// Whether it came in; pushes go out.
    pub inbound: bool,
    /// Method.
    pub method: String,
    /// Path, or the URL of a push.
    pub path: String,
    /// HTTP status; 0 for none.
    pub status: u16,
    /// `SUCCESS`, `FAILED` or `ERROR`.
    pub result: &'static str,
    /// Why it was not carried out.
    pub reason: String,
    /// How long it took.
    pub duration_ms: i64,
    /// Calls that this record of an unsigned one stands for.
    pub stands_for: Option<u32>,
}

/// What the log is asked for, as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallsQuery {
    /// The app's id.
    pub app: String,
    /// From this local time on.
    pub from: String,
    /// Up to this local time.
    pub to: String,
    /// `INBOUND` or `OUTBOUND`.
    pub direction: String,
    /// `SUCCESS`, `FAILED` or `ERROR`.
    pub result: String,
    /// HTTP status.
    pub http_status: String,
    /// How the path begins.
    pub path: String,
}

impl CallsQuery {
    fn is_filtered(&self) -> bool {
        *self != Self::default()
    }
}

/// The log.
pub struct View<'v> {
    /// What was asked.
    pub query: &'v CallsQuery,
    /// The tenant's apps.
    pub apps: &'v [Choice],
    /// A page of calls.
    pub rows: &'v [CallRow],
    /// Whether it is the first.
    pub is_first: bool,
    /// Where the next begins.
    pub next: Option<&'v str>,
    /// What was wrong with a filter.
    pub wrong: Option<(&'v str, &'v str)>,
}

/// How a call went, in words.
pub fn result(frame: &Frame, result: &str) -> Markup {
    let (class, label) = match result {
        "SUCCESS" => ("badge good", Label::WentWell),
        "FAILED" => ("badge warn", Label::WasRefused),
        _ => ("badge bad", Label::WasError),
    };
    html! { span class=(class) { (frame.text(label)) } }
}

/// Its page.
pub fn page(frame: &Frame, view: &View<'_>) -> String {
    let heads = [Label::Time, Label::App, Label::Direction, Label::Call, Label::Result, Label::Duration];
    let content = html! {
        h1 { (frame.text(Label::Management)) }
        (tabs(frame, "logs"))
        (filters(frame, view))
        @if view.rows.is_empty() {
            (list::nothing(frame, Label::NoCalls, view.query.is_filtered(), view.next.is_some()))
        } @else {
            table.list.stack {
                caption { (frame.text(Label::Logs)) }
                thead { tr { @for head in heads { th scope="col" { (frame.text(head)) } } } }
                tbody { @for row in view.rows { (call_row(frame, row)) } }
            }
        }
        (list::pages(frame, view.is_first, view.next))
    };
    document(frame, frame.text(Label::Logs), &content)
}

fn filters(frame: &Frame, view: &View<'_>) -> Markup {
    let query = view.query;
    let wrong = view.wrong.map(|(field, message)| (field, translate(frame.language, message)));
    let wrong = wrong.as_ref().map(|(field, message)| (*field, message.as_ref()));
    let choices = |all: &[(&str, Label)]| -> Vec<Choice> {
        let any = std::iter::once(Choice::new("", frame.text(Label::Any)));
        any.chain(all.iter().map(|(value, label)| Choice::new(*value, frame.text(*label)))).collect()
    };
    let apps: Vec<Choice> =
        std::iter::once(Choice::new("", frame.text(Label::Any))).chain(view.apps.iter().cloned()).collect();
    let directions = choices(&[("INBOUND", Label::Inbound), ("OUTBOUND", Label::Outbound)]);
    let results = choices(&[("SUCCESS", Label::WentWell), ("FAILED", Label::WasRefused), ("ERROR", Label::WasError)]);
    let text = |name, label: Label, value| Field::text(name, frame.text(label), value).wrong(wrong);
    html! {
        (frame.filters(MANAGEMENT, &html! {
            input type="hidden" name="tab" value="logs";
            div.field {
                label for="path" { (frame.text(Label::PathBegins)) }
                input #path type="search" name="path" value=(query.path) maxlength="200" data-search;
            }
            (text("appId", Label::App, &query.app).choice(&apps))
            (text("direction", Label::Direction, &query.direction).choice(&directions))
            (text("status", Label::Result, &query.result).choice(&results))
            (text("httpStatus", Label::HttpStatus, &query.http_status).of("number").markup())
            (text("startTime", Label::From, &query.from).of("datetime-local").markup())
            (text("endTime", Label::To, &query.to).of("datetime-local").markup())
            button { (frame.text(Label::Show)) }
            @if query.is_filtered() { a.clear href=(frame.at(MANAGEMENT, &[("tab", "logs")])) { (frame.text(Label::Clear)) } }
        }))
    }
}

fn call_row(frame: &Frame, row: &CallRow) -> Markup {
    html! {
        tr data-row {
            th scope="row" { a href=(row.address) { (second(row.at_ms)) } }
            td data-name=(frame.text(Label::App)) { (row.app) }
            td data-name=(frame.text(Label::Direction)) { (frame.text(if row.inbound { Label::Inbound } else { Label::Outbound })) }
            td data-name=(frame.text(Label::Call)) { code { (row.method) " " (row.path) } }
            td data-name=(frame.text(Label::Result)) {
                (result(frame, row.result)) " " @if row.status > 0 { (row.status) }
                @if !row.reason.is_empty() { " " code { (row.reason) } }
                @if let Some(calls) = row.stands_for.filter(|calls| *calls > 1) { " ×" (calls) }
            }
            td.number data-name=(frame.text(Label::Duration)) { (row.duration_ms) " ms" }
        }
    }
}

/// One call.
pub struct One<'o> {
    /// As in the list.
    pub row: &'o CallRow,
    /// What was said of it.
    pub error: &'o str,
    /// What to do about a push that failed.
    pub hint: Option<&'o str>,
    /// Finds it in the operator's logs.
    pub request_id: &'o str,
    /// Where it came from.
    pub client_ip: &'o str,
    /// What was sent.
    pub request: &'o str,
    /// What was answered.
    pub response: &'o str,
    /// The same call on a command line.
    pub curl: &'o str,
    /// The delivery that a push is of.
    pub delivery: Option<&'o str>,
    /// Where the list is.
    pub back: &'o str,
}

/// Its page.
pub fn one(frame: &Frame, one: &One<'_>) -> String {
    let row = one.row;
    let title = format!("{} {}", row.method, row.path);
    let content = html! {
        p.back { a href=(one.back) { "← " (frame.text(Label::Logs)) } }
        h1 { code { (title) } }
        section.panel { dl.kv {
            div { dt { (frame.text(Label::Time)) } dd { (second(row.at_ms)) } }
            div { dt { (frame.text(Label::App)) } dd { (row.app) } }
            div { dt { (frame.text(Label::Direction)) } dd { (frame.text(if row.inbound { Label::Inbound } else { Label::Outbound })) } }
            div { dt { (frame.text(Label::Result)) } dd { (result(frame, row.result)) " " (row.status) } }
            @if !row.reason.is_empty() { div { dt { (frame.text(Label::Reason)) } dd { code { (row.reason) } } } }
            @if !one.error.is_empty() { div { dt { (frame.text(Label::Said)) } dd { (translate(frame.language, one.error)) } } }
            @if let Some(remedy) = reasons::remedy(frame.language, &row.reason, one.error) {
                div { dt { (frame.text(Label::Remedy)) } dd { (remedy) } }
            } @else if let Some(hint) = one.hint {
                div { dt { (frame.text(Label::Remedy)) } dd { (translate(frame.language, hint)) } }
            }
            div { dt { (frame.text(Label::Duration)) } dd { (row.duration_ms) " ms" } }
            @if !one.request_id.is_empty() { div { dt { (frame.text(Label::RequestId)) } dd { code { (one.request_id) } } } }
            @if !one.client_ip.is_empty() { div { dt { (frame.text(Label::ClientIp)) } dd { code { (one.client_ip) } } } }
            @if let Some(address) = one.delivery { div { dt { (frame.text(Label::Delivery)) } dd { a href=(address) { (frame.text(Label::Attempts)) } } } }
        } }
        section.panel aria-labelledby="sent-title" {
            h2 #sent-title { (frame.text(Label::Sent)) }
            (shown(frame, one.request))
            h2 { (frame.text(Label::Answered)) }
            (shown(frame, one.response))
        }
        section.panel aria-labelledby="curl-title" {
            h2 #curl-title { (frame.text(Label::AsCurl)) }
            p.hint { (frame.text(Label::CurlHint)) }
            pre tabindex="0" { code #curl { (one.curl) } }
            p { button.light type="button" hidden data-copy="curl" data-done=(frame.text(Label::Copied)) { (frame.text(Label::Copy)) } }
        }
    };
    document(frame, &title, &content)
}

/// A body, or that there is none.
pub fn shown(frame: &Frame, body: &str) -> Markup {
    html! { @if body.is_empty() { p.hint { (frame.text(Label::Empty)) } } @else { pre tabindex="0" { code { (body) } } } }
}
