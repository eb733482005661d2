//! 集成总览: whether each module is connected and why not, calls of the last days, what is left of the quotas.

use super::apps::{self, MANAGEMENT};
use super::chart::{self, Bar, Series};
use super::layout::{Frame, document};
use super::store::{self, ModuleStatus, module_name, module_status};
use super::texts::Label;
use super::translate::translate;
use crate::tasks::moment;
use maud::{Markup, html};
use tenon_model::Module;

/// A module.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleState {
    /// Which.
    pub module: Module,
    /// Whether it is connected.
    pub connected: bool,
    /// Why, or why not.
    pub reason: String,
    /// The subscription.
    pub status: ModuleStatus,
    /// Its apps, and those that can be used.
    pub apps: (usize, usize),
    /// Calls and pushes today, and on the days that are looked back on.
    pub calls: (i64, i64),
    /// Share of them that went well, in per cent.
    pub success_percent: Option<i64>,
    /// Calls that named an app and were not signed by it.
    pub unsigned: i64,
    /// Epoch ms of the last.
    pub last_ms: Option<i64>,
    /// The newest that went wrong: words, and its address.
    pub errors: Vec<(String, String)>,
}

/// An app's quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The app's name.
    pub app: String,
    /// Its page.
    pub address: String,
    /// Calls today.
    pub used: i64,
    /// Calls a day; 0 for no limit.
    pub limit: i64,
}

/// The page.
pub struct View<'v> {
    /// The modules.
    pub modules: &'v [ModuleState],
    /// A bar a day: well, refused, failed, unsigned.
    pub days: &'v [Bar],
    /// Days looked back on.
    pub back: u32,
    /// Quotas.
    pub quotas: &'v [Quota],
    /// Where tenants' systems call.
    pub base_url: &'v str,
    /// Epoch ms.
    pub now_ms: i64,
}

/// The page.
pub fn page(frame: &Frame, view: &View<'_>) -> String {
    let connected = view.modules.iter().filter(|module| module.connected).count();
    let content = html! {
        h1 { (frame.text(Label::Management)) }
        (apps::tabs(frame, "overview"))
        (store::renewals(frame, view.modules.iter().map(|own| (own.module, own.status)), view.now_ms))
        h2 { (frame.text(Label::Connected)) " " (connected) " / " (view.modules.len()) }
        ul.cards.four { @for module in view.modules { li data-row { (tile(frame, view, module)) } } }
        div.pair {
            section.panel aria-labelledby="calls-title" {
                h2 #calls-title { (frame.text(Label::CallsByDay)) }
                p.actions { @for back in [7_u32, 30, 90] {
                    a href=(frame.with("days", &back.to_string())) aria-current=[(back == view.back).then_some("true")] {
                        (back) " " (frame.text(Label::Days))
                    }
                } }
                (chart::bars(frame, frame.text(Label::CallsByDay), &series(frame), view.days))
            }
            section.panel aria-labelledby="quota-title" {
                h2 #quota-title { (frame.text(Label::QuotaToday)) }
                (quotas(frame, view.quotas))
            }
        }
        (reference(frame, view.base_url))
    };
    document(frame, frame.text(Label::Overview), &content)
}

/// The series of a chart of calls.
pub fn series(frame: &Frame) -> [Series; 4] {
    let of = |label: Label, class| Series { name: frame.text(label), class };
    [
        of(Label::WentWell, "good"),
        of(Label::WasRefused, "warn"),
        of(Label::WasError, "bad"),
        of(Label::Unsigned, "none"),
    ]
}

fn tile(frame: &Frame, view: &View<'_>, own: &ModuleState) -> Markup {
    let (class, word) =
        if own.connected { ("badge good", Label::IsConnected) } else { ("badge bad", Label::NotConnected) };
    let log = frame.at(MANAGEMENT, &[("tab", "logs")]);
    html! {
        h2 { (module_name(frame.language, own.module)) }
        p { span class=(class) { (frame.text(word)) } }
        p.hint { (translate(frame.language, &own.reason)) }
        p { (module_status(frame, own.status, view.now_ms)) }
        dl.kv {
            div { dt { (frame.text(Label::Apps)) } dd { (own.apps.1) " / " (own.apps.0) } }
            div { dt { (frame.text(Label::CallsToday)) } dd { (own.calls.0) } }
            div { dt { (frame.text(Label::CallsWeek)) } dd {
                (own.calls.1) @if let Some(percent) = own.success_percent { " · " (percent) "% " (frame.text(Label::WentWell)) }
            } }
            @if own.unsigned > 0 { div { dt { (frame.text(Label::Unsigned)) } dd { (own.unsigned) } } }
            div { dt { (frame.text(Label::LastCall)) } dd { @match own.last_ms { Some(at) => (moment(at)), None => (frame.text(Label::Never)) } } }
        }
        @if !own.errors.is_empty() {
            p.hint { (frame.text(Label::LastErrors)) }
            ul.steps { @for (words, address) in &own.errors { li { a href=(address) { (words) } } } }
        }
        p.actions {
            @if own.status == ModuleStatus::None && !frame.operator {
                a.button href=(frame.at(&format!("{}/{}", store::PATH, own.module.code()), &[])) { (frame.text(Label::ToStore)) }
            } @else { a href=(log) { (frame.text(Label::Log)) span.hidden { " " (module_name(frame.language, own.module)) } } }
        }
    }
}

fn quotas(frame: &Frame, all: &[Quota]) -> Markup {
    html! {
        @if all.is_empty() { p.nothing { (frame.text(Label::NoApps)) } } @else {
            table.list {
                caption { (frame.text(Label::QuotaResets)) }
                thead { tr { th scope="col" { (frame.text(Label::App)) } th scope="col" { (frame.text(Label::Used)) } } }
                tbody { @for own in all { tr {
                    th scope="row" { a href=(own.address) { (own.app) } }
                    td { (quota(frame, own.used, own.limit)) }
                } } }
            }
        }
    }
}

/// How much of a quota is used.
pub fn quota(frame: &Frame, used: i64, limit: i64) -> Markup {
    html! {
        @if limit == 0 { (used) " · " (frame.text(Label::NoLimit)) } @else {
            meter min="0" max=(limit) high=(limit * 9 / 10) value=(used.min(limit)) aria-label=(frame.text(Label::QuotaToday)) { (used) " / " (limit) }
            " " (used) " / " (limit)
            @if used >= limit { " " span.badge.bad { (frame.text(Label::UsedUp)) } }
        }
    }
}

/// What a developer needs first.
fn reference(frame: &Frame, base_url: &str) -> Markup {
    html! {
        section.panel aria-labelledby="reference-title" {
            h2 #reference-title { (frame.text(Label::Reference)) }
            dl.kv {
                div { dt { (frame.text(Label::BaseUrl)) } dd { code { (base_url) } } }
                div { dt { (frame.text(Label::Headers)) } dd { code { "X-App-Key, X-Timestamp, X-Signature" } } }
                div { dt { (frame.text(Label::Signature)) } dd { code { "hex(HMAC-SHA256(appSecret, appKey + timestamp + body))" } } }
                div { dt { (frame.text(Label::Guide)) } dd { a href="/openapi/v1/docs" { "/openapi/v1/docs" } } }
            }
        }
    }
}
