//! One app: its key and secrets, its settings, switching it off, deleting it.

use super::apps::{APPS, AppRow, MANAGEMENT, status, tabs};
use super::field::{Choice, Field, tick};
use super::layout::{Frame, document};
use super::overview::quota;
use super::store::module_name;
use super::texts::Label;
use super::translate::translate;
use crate::tasks::moment;
use maud::{Markup, html};

/// What an app is set to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Its name.
    pub name: String,
    /// Where events are pushed.
    pub callback_url: String,
    /// The events its module has, and whether each is pushed.
    pub events: Vec<(String, bool)>,
    /// `STANDARD`, `SHORT` or `QUICK`.
    pub preset: String,
    /// Pushes a second.
    pub rate: String,
    /// Where pull requests go.
    pub external_url: String,
    /// Addresses and networks calls may come from, one a line.
    pub allow_ips: String,
    /// Whether only signature scheme 2 is taken.
    pub scheme_2_only: bool,
    /// Calls a day.
    pub daily_quota: String,
}

/// One app.
pub struct View<'v> {
    /// As in the list.
    pub row: &'v AppRow,
    /// What it is set to, or was to be.
    pub settings: &'v Settings,
    /// What was wrong with that.
    pub wrong: Option<(&'v str, &'v str)>,
    /// Until when an older secret of pushes signs too.
    pub callback_overlap_ms: Option<i64>,
    /// What is to be known of its lists of addresses.
    pub warning: Option<&'v str>,
    /// What was just done.
    pub done: Option<Label>,
}

/// Its page.
pub fn page(frame: &Frame, view: &View<'_>) -> String {
    let row = view.row;
    let path = format!("{APPS}/{}", row.id);
    let content = html! {
        p.back { a href=(frame.at(MANAGEMENT, &[("tab", "apps")])) { "← " (frame.text(Label::MyApps)) } }
        h1 { (row.name) }
        (tabs(frame, ""))
        @if let Some(done) = view.done { p.told role="status" { (frame.text(done)) } }
        @if let Some(warning) = view.warning { p.told.warn role="status" { (warning) } }
        @if let Some((field, message)) = view.wrong {
            p.told.wrong role="alert" { (frame.text(Label::NotTaken)) ": " (translate(frame.language, message)) " " code { (field) } }
        }
        div.pair { (state(frame, view, &path)) (secrets(frame, view, &path)) }
        (settings(frame, view, &path))
        (end(frame, view, &path))
    };
    document(frame, &row.name, &content)
}

fn state(frame: &Frame, view: &View<'_>, path: &str) -> Markup {
    let row = view.row;
    let log = frame.at(MANAGEMENT, &[("tab", "logs"), ("appId", &row.id)]);
    html! {
        section.panel aria-labelledby="state-title" {
            h2 #state-title { (frame.text(Label::State)) }
            dl.kv {
                div { dt { (frame.text(Label::Module)) } dd { (module_name(frame.language, row.module)) " " code { (row.module.code()) } } }
                div { dt { (frame.text(Label::State)) } dd { (status(frame, row.status)) @if row.trial { " " span.badge.warn { (frame.text(Label::Trial)) } } } }
                div { dt { (frame.text(Label::Until)) } dd { @match row.expires_ms { Some(at) => (moment(at)), None => (frame.text(Label::ForGood)) } } }
                div { dt { (frame.text(Label::QuotaToday)) } dd { (quota(frame, row.quota.0, row.quota.1)) } }
                div { dt { (frame.text(Label::LastCall)) } dd { @match row.last_ms { Some(at) => (moment(at)), None => (frame.text(Label::Never)) } } }
            }
            p.actions {
                a href=(log) { (frame.text(Label::Log)) }
                a href=(frame.at(&format!("{path}/webhook"), &[])) { (frame.text(Label::Deliveries)) }
            }
            div.actions {
                (frame.form(&format!("{path}/switch"), "", &html! {
                    input type="hidden" name="status" value=(if row.status == "disabled" { "active" } else { "disabled" });
                    button.light { (frame.text(if row.status == "disabled" { Label::SwitchOn } else { Label::SwitchOff })) }
                }))
                @if frame.operator {
                    (frame.form(&format!("{path}/quota"), "", &html! { button.light { (frame.text(Label::ResetQuota)) } }))
                }
            }
        }
    }
}

fn secrets(frame: &Frame, view: &View<'_>, path: &str) -> Markup {
    let row = view.row;
    let overlaps = [("0", Label::AtOnce), ("1", Label::AfterHour), ("24", Label::AfterDay), ("168", Label::AfterWeek)];
    let overlaps: Vec<Choice> =
        overlaps.map(|(value, label)| Choice::new(value, frame.text(label))).into_iter().collect();
    let rotate = |action: &str, title: Label, until: Option<i64>| {
        let id = action.to_owned();
        html! {
            h3 { (frame.text(title)) }
            p { code { "****" } @if let Some(until) = until { " " span.badge.warn { (frame.text(Label::OldSecretUntil)) " " (moment(until)) } } }
            details.more {
                summary { (frame.text(Label::Rotate)) span.hidden { " " (frame.text(title)) } }
                (frame.form(&format!("{path}/{action}"), "fields", &html! {
                    div.field {
                        label for=(id) { (frame.text(Label::OldSecretEnds)) }
                        select id=(id) name="overlapHours" { @for own in &overlaps { option value=(own.value) { (own.name) } } }
                    }
                    p.hint { (frame.text(Label::RotateHint)) }
                    p.actions { button { (frame.text(Label::Rotate)) span.hidden { " " (frame.text(title)) } } }
                }))
            }
        }
    };
    html! {
        section.panel aria-labelledby="keys-of-title" {
            h2 #keys-of-title { (frame.text(Label::KeyAndSecrets)) }
            h3 { (frame.text(Label::AppKey)) }
            p { code #app-key { (row.key) } " "
                button.light type="button" hidden data-copy="app-key" data-done=(frame.text(Label::Copied)) { (frame.text(Label::Copy)) } }
            (rotate("secret", Label::AppSecret, row.overlap_ms))
            @if row.callback.is_some() { (rotate("callback-secret", Label::CallbackSecret, view.callback_overlap_ms)) }
        }
    }
}

fn settings(frame: &Frame, view: &View<'_>, path: &str) -> Markup {
    let own = view.settings;
    let wrong = view.wrong.map(|(field, message)| (field, translate(frame.language, message)));
    let wrong = wrong.as_ref().map(|(field, message)| (*field, message.as_ref()));
    let text = |name, label: Label, value, hint: Label| {
        Field::text(name, frame.text(label), value).hint(frame.text(hint)).wrong(wrong)
    };
    let presets = [("STANDARD", Label::RetryStandard), ("SHORT", Label::RetryShort), ("QUICK", Label::RetryQuick)];
    let presets: Vec<Choice> =
        presets.map(|(value, label)| Choice::new(value, frame.text(label))).into_iter().collect();
    let content = html! {
        (Field::text("appName", frame.text(Label::AppName), &own.name).wrong(wrong).required().most(64).markup())
        (text("callbackUrl", Label::CallbackUrl, &own.callback_url, Label::CallbackUrlHint).of("url").markup())
        @if !own.events.is_empty() { fieldset {
            legend { (frame.text(Label::Events)) }
            @for (event, on) in &own.events { label.check {
                input type="checkbox" name="callbackEvents" value=(event) checked[*on]; span { code { (event) } }
            } }
            p.hint { (frame.text(Label::EventsHint)) }
        } }
        (Field::text("retryPreset", frame.text(Label::RetryPreset), &own.preset).wrong(wrong).choice(&presets))
        (text("ratePerSecond", Label::Rate, &own.rate, Label::RateHint).of("number").markup())
        (text("externalApiUrl", Label::ExternalUrl, &own.external_url, Label::ExternalUrlHint).of("url").markup())
        (text("allowIps", Label::AllowIps, &own.allow_ips, Label::AllowIpsHint).lines())
        (tick("scheme2Only", frame.text(Label::Scheme2Only), own.scheme_2_only, false))
        @if frame.operator { (text("dailyQuota", Label::DailyQuota, &own.daily_quota, Label::DailyQuotaHint).of("number").markup()) }
        p.actions { button { (frame.text(Label::Save)) } }
    };
    html! { section.panel aria-labelledby="settings-title" {
        h2 #settings-title { (frame.text(Label::Settings)) }
        (frame.form(path, "fields", &content))
    } }
}

fn end(frame: &Frame, view: &View<'_>, path: &str) -> Markup {
    html! {
        section.panel aria-labelledby="delete-title" {
            h2 #delete-title { (frame.text(Label::DeleteApp)) }
            details.more {
                summary { (frame.text(Label::DeleteApp)) }
                (frame.form(&format!("{path}/delete"), "fields", &html! {
                    p { (frame.text(Label::DeleteHint)) " " strong { (view.row.name) } }
                    (tick("sure", frame.text(Label::DeleteSure), false, true))
                    p.actions { button.danger { (frame.text(Label::DeleteApp)) } }
                }))
            }
        }
    }
}
