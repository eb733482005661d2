//! What needs attention now: what it is, since when, and what to do about it.

use super::{Label, RunsQuery, Tab, ViewContext, flows, times};
use crate::console::list;
use crate::encoded;
use maud::{Markup, html};
use tenon_model::run::RunStatus;

/// What is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmKind {
    /// A schedule has not begun what is due.
    ScheduleSilent,
    /// Messages wait longer than they should.
    QueueBehind,
    /// Messages were given up.
    DeadLetters,
    /// Messages are promised and not queued.
    OutboxBehind,
    /// An outside system is out.
    BreakerOpen,
    /// A flow's configuration cannot be used.
    FlowUnreadable,
    /// A connection's cannot.
    ConnectionUnusable,
    /// A queue could not be looked at.
    NotLookedAt,
}

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
    /// What.
    pub what: AlarmKind,
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
fn words(what: AlarmKind) -> (Label, Label) {
    match what {
        AlarmKind::ScheduleSilent => (Label::AlarmSchedule, Label::AlarmScheduleRemedy),
        AlarmKind::QueueBehind => (Label::AlarmQueue, Label::AlarmQueueRemedy),
        AlarmKind::DeadLetters => (Label::AlarmDead, Label::AlarmDeadRemedy),
        AlarmKind::OutboxBehind => (Label::AlarmOutbox, Label::AlarmOutboxRemedy),
        AlarmKind::BreakerOpen => (Label::AlarmBreaker, Label::AlarmBreakerRemedy),
        AlarmKind::ConnectionUnusable => (Label::AlarmConnection, Label::AlarmConnectionRemedy),
        AlarmKind::FlowUnreadable => (Label::AlarmFlow, Label::AlarmFlowRemedy),
        AlarmKind::NotLookedAt => (Label::AlarmUnseen, Label::AlarmUnseenRemedy),
    }
}

/// The page: these of all that there are; whether they are the first of them, and where the next ones begin.
pub fn alarms(context: &ViewContext<'_>, all: &[AlarmRow], is_first: bool, next: Option<&str>) -> Markup {
    html! {
        h1.hidden { (context.text(Label::Alarms)) }
        @if all.is_empty() { p.nothing { "✓ " (context.text(Label::NoAlarms)) } } @else {
            ul.tasks aria-label=(context.text(Label::AlarmsCaption)) { @for own in all { li { (one(context, own)) } } }
        }
        (list::pages(context.frame, is_first, next))
    }
}

fn one(context: &ViewContext<'_>, own: &AlarmRow) -> Markup {
    let (name, remedy) = words(own.what);
    html! {
        section.panel data-row {
            h2 { span.badge.bad { "✕ " (context.text(name)) } " " (subject(own)) }
            @if let Some(messages) = own.messages { p { (context.text(Label::AlarmMessages)) ": " (messages) } }
            // What only counts is said above already, in the reader's language.
            @if own.messages.is_none() && own.what != AlarmKind::ScheduleSilent { p.told.wrong { (own.message) } }
            @if let Some(since) = own.since_ms {
                p.hint { (context.text(Label::AlarmSince)) ": " (times::ago(context, since)) }
            }
            dl.remedy { div.fix { dt { (context.text(Label::Remedy)) } dd { (context.text(remedy)) } } }
            @if let Some((to, text)) = place(own) { p { a href=(to) { (context.text(text)) } } }
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
        AlarmKind::DeadLetters => (Tab::DeadLetters.address().to_owned(), Label::DeadLetters),
        AlarmKind::QueueBehind => {
            let failed = RunsQuery { status: Some(RunStatus::Failed), ..RunsQuery::default() };
            (failed.address(), Label::SeeFailedRuns)
        }
        AlarmKind::BreakerOpen | AlarmKind::ConnectionUnusable => {
            (Tab::Connections.address().to_owned(), Label::Connections)
        }
        AlarmKind::ScheduleSilent | AlarmKind::OutboxBehind | AlarmKind::FlowUnreadable | AlarmKind::NotLookedAt => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;
    use tenon_model::Language;

    fn row(what: AlarmKind, of: Subject, messages: Option<u64>) -> AlarmRow {
        AlarmRow { what, of, since_ms: Some(1_795_309_100_000), messages, message: "<said>".to_owned() }
    }

    #[test]
    fn each_alarm_says_what_it_is_what_to_do_and_where() {
        let all = [
            row(AlarmKind::DeadLetters, Subject::Named("webhook-deliver".to_owned()), Some(3)),
            row(AlarmKind::BreakerOpen, Subject::Connection("b1-main".to_owned()), None),
            row(AlarmKind::FlowUnreadable, Subject::Flow("purchase".to_owned()), None),
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
