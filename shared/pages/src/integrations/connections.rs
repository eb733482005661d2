//! Outside systems, and what works beside the connections: whether they answer, and what to do where they do not, in words.

use super::{HOME, Label, RunsQuery, Tab, ViewContext, remedy, times};
use crate::encoded;
use maud::{Markup, html};

/// Flows of a connection that are named; the list of flows has the others.
const NAMED: usize = 20;

/// A check that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Epoch ms.
    pub at_ms: i64,
    /// Who made it.
    pub by: String,
    /// What answered, or what went wrong.
    pub outcome: String,
    /// Whether it works.
    pub ok: bool,
    /// The stable code of what went wrong.
    pub code: Option<String>,
    /// How long it took, in ms.
    pub took_ms: i64,
}

/// What is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A connection of this id.
    Connection(String),
    /// The server where people sign in.
    LoginServer,
    /// A SQL database of this id.
    Database(String),
    /// The queries for users of an OA.
    OaIntegration,
}

impl Part {
    /// What names it within the page. Ids have no colon.
    pub fn anchor(&self) -> String {
        match self {
            Self::Connection(id) => id.clone(),
            Self::LoginServer => "login-server:".to_owned(),
            Self::Database(id) => format!("database:{id}"),
            Self::OaIntegration => "oa-integration:".to_owned(),
        }
    }

    /// Where its check is asked for.
    fn check(&self) -> String {
        match self {
            Self::Connection(id) => format!("{}/{id}/check", Tab::Connections.address()),
            Self::LoginServer => format!("{HOME}/login-server/check"),
            Self::Database(id) => format!("{HOME}/databases/{id}/check"),
            Self::OaIntegration => format!("{HOME}/oa-integration/check"),
        }
    }

    /// What people call it, and of what kind it is.
    fn names<'p>(&'p self, context: &ViewContext<'_>, kind: &str) -> (&'p str, String) {
        match self {
            Self::Connection(id) => (id, kind.to_owned()),
            Self::LoginServer => (context.text(Label::LoginServer), kind.to_owned()),
            Self::Database(id) => (id, format!("{} {kind}", context.text(Label::Database)).trim_end().to_owned()),
            Self::OaIntegration => (context.text(Label::OaIntegration), kind.to_owned()),
        }
    }
}

/// A connection, or what works beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionRow {
    /// Which.
    pub part: Part,
    /// Its kind.
    pub kind: String,
    /// Why what is stored of it cannot be used.
    pub error: Option<String>,
    /// What failed last, while nobody calls.
    pub breaker: Option<String>,
    /// Its last check.
    pub last_check: Option<Checked>,
    /// Flows that use it.
    pub flows: Vec<String>,
}

/// The page.
pub fn connections(context: &ViewContext<'_>, all: &[ConnectionRow]) -> Markup {
    html! {
        h1.hidden { (context.text(Label::Connections)) }
        @if all.is_empty() { p.nothing { (context.text(Label::NoConnections)) } }
        ul.tasks { @for own in all { li { (one(context, own)) } } }
    }
}

fn one(context: &ViewContext<'_>, own: &ConnectionRow) -> Markup {
    let (name, kind) = own.part.names(context, &own.kind);
    html! {
        section.panel.connection id=(own.part.anchor()) data-row {
            h2 { (name) " " span.soft { (kind) } " " (health(context, own)) }
            @if let Some(error) = &own.error { p.outcome.wrong { (error) } }
            @if let Some(why) = &own.breaker {
                p.outcome.wrong { (context.text(Label::BreakerOpen)) ": " (why) }
            }
            @match &own.last_check {
                Some(check) => {
                    p { (check.outcome) }
                    p.hint { (context.text(Label::LastCheck)) ": " (times::ago(context, check.at_ms)) " · "
                        (check.by) " · " (times::took(context, check.took_ms)) }
                    @if let (false, Some(code)) = (check.ok, &check.code) { (remedy::details(context, code)) }
                }
                None => { p.hint { (context.text(Label::NeverChecked)) } }
            }
            @if let Part::Connection(id) | Part::Database(id) = &own.part { (used_by(context, own, id)) }
            @if context.may_change { (context.press(&own.part.check(), "light", Label::CheckNow)) }
        }
    }
}

/// Flows that use it, and its runs where they can be told from others.
fn used_by(context: &ViewContext<'_>, own: &ConnectionRow, id: &str) -> Markup {
    let filter = RunsQuery { connection: id.to_owned(), ..RunsQuery::default() };
    html! {
        p {
            (context.text(Label::UsedBy)) ": "
            @if own.flows.is_empty() { "–" }
            @for (index, flow) in own.flows.iter().take(NAMED).enumerate() {
                @if index > 0 { ", " }
                a href=(super::flows::address(flow)) { (flow) }
            }
            @if own.flows.len() > NAMED {
                " … " a href={ (Tab::Flows.address()) "?q=" (encoded(id)) } {
                    (context.text(Label::AllFlows)) " (" (own.flows.len()) ")"
                }
            }
            @if matches!(own.part, Part::Connection(_)) {
                " · " a href=(filter.address()) { (context.text(Label::RunsOfConnection)) }
            }
        }
    }
}

fn health(context: &ViewContext<'_>, own: &ConnectionRow) -> Markup {
    let is_broken = own.error.is_some() || own.breaker.is_some();
    html! {
        @match (is_broken, own.last_check.as_ref().map(|check| check.ok)) {
            (true, _) | (_, Some(false)) => { span.badge.bad { "✕ " (context.text(Label::Fails)) } }
            (false, Some(true)) => { span.badge.good { "✓ " (context.text(Label::Works)) } }
            (false, None) => { span.badge { "? " (context.text(Label::NeverChecked)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;
    use tenon_model::Language;

    #[test]
    fn some_flows_are_named_and_the_list_has_the_others() {
        let flows = |count: usize| (0..count).map(|number| format!("flow-{number}")).collect();
        let row = |count| ConnectionRow {
            part: Part::Connection("b1 main".to_owned()),
            kind: "b1".to_owned(),
            error: None,
            breaker: None,
            last_check: None,
            flows: flows(count),
        };
        let drawn = |count| connections(&context(Language::En, false), &[row(count)]).into_string();
        let (few, many) = (drawn(NAMED), drawn(1_000));
        assert!(few.contains("flow-19<") && !few.contains("?q="), "{few}");
        assert!(many.contains("flow-19<") && !many.contains("flow-20<"), "{many}");
        assert!(many.contains("href=\"/system/integrations?q=b1%20main\">All flows (1000)<"), "{many}");
    }
}
