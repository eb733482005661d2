//! 客户应用管理: its tabs, and 我的应用.

use super::field::{Choice, Field};
use super::layout::{Frame, document};
use super::overview::quota;
use super::store::module_name;
use super::texts::Label;
use super::translate::translate;
use crate::tasks::moment;
use maud::{Markup, html};
use tenon_model::Module;

/// The path of 客户应用管理.
pub const MANAGEMENT: &str = "/system/tenant-management";
/// The path of apps in it.
pub const APPS: &str = "/system/tenant-management/apps";

/// The three tabs.
pub fn tabs(frame: &Frame, current: &str) -> Markup {
    let all = [("overview", Label::Overview), ("apps", Label::MyApps), ("logs", Label::Logs)];
    html! {
        nav.tabs aria-label=(frame.text(Label::Management)) { ul { @for (word, label) in all { li {
            a href=(frame.at(MANAGEMENT, &[("tab", word)])) aria-current=[(word == current).then_some("page")] { (frame.text(label)) }
        } } } }
    }
}

/// An app in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its module.
    pub module: Module,
    /// Its public key.
    pub key: String,
    /// `active`, `disabled` or `expired`.
    pub status: &'static str,
    /// Whether it is a trial's.
    pub trial: bool,
    /// Epoch ms of its end.
    pub expires_ms: Option<i64>,
    /// Until when an older secret counts too.
    pub overlap_ms: Option<i64>,
    /// Calls today and a day.
    pub quota: (i64, i64),
    /// Epoch ms of its last call.
    pub last_ms: Option<i64>,
    /// Where events are pushed.
    pub callback: Option<String>,
}

/// The state of an app, in words.
pub fn status(frame: &Frame, status: &str) -> Markup {
    let (class, label) = match status {
        "active" => ("badge good", Label::AppActive),
        "disabled" => ("badge", Label::AppDisabled),
        _ => ("badge bad", Label::Expired),
    };
    html! { span class=(class) { (frame.text(label)) } }
}

/// The list of apps.
pub struct Apps<'a> {
    /// Which are shown.
    pub rows: &'a [AppRow],
    /// How many the tenant has.
    pub total: usize,
    /// What is filtered by: module and state.
    pub filter: (&'a str, &'a str),
    /// The modules that another app can be made of.
    pub can_make: &'a [Module],
    /// What was wrong with a new one, and what it was filled in with.
    pub wrong: Option<(&'a str, &'a str)>,
    /// The name that was filled in.
    pub name: &'a str,
    /// What was just done.
    pub done: Option<Label>,
}

/// Its page.
pub fn page(frame: &Frame, apps: &Apps<'_>) -> String {
    let any = || Choice::new("", frame.text(Label::Any));
    let of = |own: Module| Choice::new(own.code(), module_name(frame.language, own));
    let modules: Vec<Choice> = std::iter::once(any()).chain(Module::ALL.into_iter().map(of)).collect();
    let states = [("active", Label::AppActive), ("disabled", Label::AppDisabled), ("expired", Label::Expired)];
    let states: Vec<Choice> =
        std::iter::once(any()).chain(states.map(|(word, label)| Choice::new(word, frame.text(label)))).collect();
    let filters = html! {
        input type="hidden" name="tab" value="apps";
        (Field::text("appType", frame.text(Label::Module), apps.filter.0).choice(&modules))
        (Field::text("status", frame.text(Label::State), apps.filter.1).choice(&states))
        button { (frame.text(Label::Show)) }
    };
    let content = html! {
        h1 { (frame.text(Label::Management)) }
        (tabs(frame, "apps"))
        @if let Some(done) = apps.done { p.told role="status" { (frame.text(done)) } }
        (frame.filters(MANAGEMENT, &filters))
        @if apps.rows.is_empty() {
            p.nothing { (frame.text(if apps.total == 0 { Label::NoAppsYet } else { Label::Filtered })) }
        } @else { (table(frame, apps)) }
        (make(frame, apps))
    };
    document(frame, frame.text(Label::MyApps), &content)
}

fn table(frame: &Frame, apps: &Apps<'_>) -> Markup {
    let heads =
        [Label::App, Label::Module, Label::State, Label::AppKey, Label::QuotaToday, Label::LastCall, Label::Webhook];
    html! {
        table.list.stack {
            caption { (frame.text(Label::MyApps)) ": " (apps.total) }
            thead { tr { @for head in heads { th scope="col" { (frame.text(head)) } } } }
            tbody { @for row in apps.rows { tr data-row {
                th scope="row" { a href=(frame.at(&format!("{APPS}/{}", row.id), &[])) { (row.name) } }
                td data-name=(frame.text(Label::Module)) { (module_name(frame.language, row.module)) }
                td data-name=(frame.text(Label::State)) {
                    (status(frame, row.status))
                    @if row.trial { " " span.badge.warn { (frame.text(Label::Trial)) } }
                    @if let Some(until) = row.expires_ms { " " span.hint { (frame.text(Label::Until)) " " (moment(until)) } }
                    @if let Some(until) = row.overlap_ms { " " span.hint { (frame.text(Label::OldSecretUntil)) " " (moment(until)) } }
                }
                td data-name=(frame.text(Label::AppKey)) { code { (row.key) } }
                td data-name=(frame.text(Label::QuotaToday)) { (quota(frame, row.quota.0, row.quota.1)) }
                td data-name=(frame.text(Label::LastCall)) { @match row.last_ms { Some(at) => (moment(at)), None => (frame.text(Label::Never)) } }
                td data-name=(frame.text(Label::Webhook)) {
                    @if let Some(url) = &row.callback {
                        a href=(frame.at(&format!("{APPS}/{}/webhook", row.id), &[])) { (frame.text(Label::Deliveries)) span.hidden { " " (row.name) } }
                        " " span.hint { code { (url) } }
                    } @else { (frame.text(Label::NotSet)) }
                }
            } } }
        }
    }
}

fn make(frame: &Frame, apps: &Apps<'_>) -> Markup {
    let choices: Vec<Choice> =
        apps.can_make.iter().map(|own| Choice::new(own.code(), module_name(frame.language, *own))).collect();
    let wrong = apps.wrong.map(|(field, message)| (field, translate(frame.language, message)));
    let wrong = wrong.as_ref().map(|(field, message)| (*field, message.as_ref()));
    html! {
        section.panel aria-labelledby="make-title" {
            h2 #make-title { (frame.text(Label::MakeApp)) }
            @if choices.is_empty() { p.hint { (frame.text(Label::CannotMake)) } } @else {
                (frame.form(APPS, "fields", &html! {
                    (Field::text("appType", frame.text(Label::Module), "").wrong(wrong).choice(&choices))
                    (Field::text("appName", frame.text(Label::AppName), apps.name).wrong(wrong).required().most(64).markup())
                    (Field::text("callbackUrl", frame.text(Label::CallbackUrl), "").of("url").hint(frame.text(Label::CallbackUrlHint)).wrong(wrong).markup())
                    p.actions { button { (frame.text(Label::MakeApp)) } }
                }))
            }
        }
    }
}

/// Which tenant an operator looks at.
pub fn choose_tenant(frame: &Frame, tenant: &str) -> String {
    let content = html! {
        h1 { (frame.text(Label::Management)) }
        div.panel {
            (frame.filters(&frame.path, &html! {
                @for (name, value) in frame.query.iter().filter(|(name, _)| name != "tenantId") {
                    input type="hidden" name=(name) value=(value);
                }
                (Field::text("tenantId", frame.text(Label::Tenant), tenant).hint(frame.text(Label::TenantHint)).required().most(64).markup())
                button { (frame.text(Label::Show)) }
            }))
        }
    };
    document(frame, frame.text(Label::Management), &content)
}
