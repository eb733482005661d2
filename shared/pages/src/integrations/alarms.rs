//! What needs attention now: what it is, since when, and what to do about it.

use super::{Label, RunsAsked, Tab, ViewContext, flows, times};
use crate::console::list;
use crate::encoded;
use maud::{Markup, html};
use tenon_model::run::RunStatus;

/// What an alarm is about, as far as there is a page of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A flow.
    Flow(String),
    /// An outside system.
    Connection(String),
    /// A queue, or something else that has a name alone.
    Named(String),
}

/// Something that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRow {
    /// What: a word of the admin API.
    pub what: &'static str,
    /// Of what.
    pub of: Subject,
    /// Epoch ms, where it is known.
    pub since_ms: Option<i64>,
    /// How many messages, where it is about messages.
    pub messages: Option<u64>,
    /// What was said, as the system that said it does.
    pub message: String,
}

/// What a kind of alarm is called, and what to do.
fn words(what: &str) -> (Label, Label) {
    match what {
        "schedule-silent" => (Label::AlarmSchedule, Label::AlarmScheduleRemedy),
        "queue-behind" => (Label::AlarmQueue, Label::AlarmQueueRemedy),
        "dead-letters" => (Label::AlarmDead, Label::AlarmDeadRemedy),
        "outbox-behind" => (Label::AlarmOutbox, Label::AlarmOutboxRemedy),
        "breaker-open" => (Label::AlarmBreaker, Label::AlarmBreakerRemedy),
        "connection-unusable" => (Label::AlarmConnection, Label::AlarmConnectionRemedy),
        "flow-unreadable" => (Label::AlarmFlow, Label::AlarmFlowRemedy),
        _ => (Label::AlarmUnseen, Label::AlarmUnseenRemedy),
    }
}

/// The page: these of all that there are; whether they are the first of them, and where the next ones begin.
pub fn alarms(context: &ViewContext<'_>, all: &[AlarmRow], is_first: bool, next: Option<&str>) -> Markup {
    html! {
        h1.hidden { (context.say(Label::Alarms)) }
        @if all.is_empty() { p.nothing { "✓ " (context.say(Label::NoAlarms)) } } @else {
            ul.tasks aria-label=(context.say(Label::AlarmsCaption)) { @for own in all { li { (one(context, own)) } } }
        }
        (list::pages(context.frame, is_first, next))
    }
}

fn one(context: &ViewContext<'_>, own: &AlarmRow) -> Markup {
    let (name, remedy) = words(own.what);
    html! {
        section.panel data-row {
            h2 { span.badge.bad { "✕ " (context.say(name)) } " " (subject(own)) }
            @if let Some(messages) = own.messages { p { (context.say(Label::AlarmMessages)) ": " (messages) } }
            // What only counts is said above already, in the reader's language.
            @if own.messages.is_none() && own.what != "schedule-silent" { p.told.wrong { (own.message) } }
            @if let Some(since) = own.since_ms {
                p.hint { (context.say(Label::AlarmSince)) ": " (times::ago(context, since)) }
            }
            dl.remedy { div.fix { dt { (context.say(Label::Remedy)) } dd { (context.say(remedy)) } } }
            @if let Some((to, text)) = place(own) { p { a href=(to) { (context.say(text)) } } }
        }
    }
}

fn subject(own: &AlarmRow) -> Markup {
    html! {
        @match &own.of {
            Subject::Flow(id) => { a href=(flows::address(id)) { (id) } }
            Subject::Connection(id) => { a href=(connection(id)) { (id) } }
            Subject::Named(name) => { span.soft { (name) } }
        }
    }
}

fn connection(id: &str) -> String {
    format!("{}#{}", Tab::Connections.address(), encoded(id))
}

/// Where it is seen to.
fn place(own: &AlarmRow) -> Option<(String, Label)> {
    Some(match own.what {
        "dead-letters" => (Tab::DeadLetters.address().to_owned(), Label::DeadLetters),
        "queue-behind" => {
            let failed = RunsAsked { status: Some(RunStatus::Failed), ..RunsAsked::default() };
            (failed.address(), Label::SeeFailedRuns)
        }
        "breaker-open" | "connection-unusable" => (Tab::Connections.address().to_owned(), Label::Connections),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;
    use tenon_model::Language;

    fn row(what: &'static str, of: Subject, messages: Option<u64>) -> AlarmRow {
        AlarmRow { what, of, since_ms: Some(1_795_309_100_000), messages, message: "<said>".to_owned() }
    }

    #[test]
    fn each_alarm_says_what_it_is_what_to_do_and_where() {
        let all = [
            row("dead-letters", Subject::Named("webhook-deliver".to_owned()), Some(3)),
            row("breaker-open", Subject::Connection("b1-main".to_owned()), None),
            row("flow-unreadable", Subject::Flow("purchase".to_owned()), None),
        ];
        let page = alarms(&context(Language::Zh, false), &all, true, Some("50")).into_string();
        for text in ["有消息被放弃", "消息数: 3", "外部系统不可用", "&lt;said&gt;", "流的配置无法读取", "重新应用配置"]
        {
            assert!(page.contains(text), "{text}: {page}");
        }
        for link in ["dead-letters\"", "connections#b1-main\"", "flows/purchase\""] {
            assert!(page.contains(&format!("href=\"/system/integrations/{link}")), "{link}: {page}");
        }
        assert!(!page.contains("<form"), "an alarm is only looked at");
        assert_eq!(page.matches("<time").count(), all.len(), "since when, once: {page}");
        assert!(
            alarms(&context(Language::En, false), &[], true, None).into_string().contains("Nothing needs attention")
        );
    }
}
