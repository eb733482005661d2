//! Outside systems: whether they answer, and what to do where they do not, in words.

use super::{Label, RunsQuery, Tab, ViewContext, remedy, times};
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

/// A connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionRow {
    /// Its id.
    pub id: String,
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
    let filter = RunsQuery { connection: own.id.clone(), ..RunsQuery::default() };
    html! {
        section.panel.connection id=(own.id) data-row {
            h2 { (own.id) " " span.soft { (own.kind) } " " (health(context, own)) }
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
            p {
                (context.text(Label::UsedBy)) ": "
                @if own.flows.is_empty() { "–" }
                @for (index, flow) in own.flows.iter().take(NAMED).enumerate() {
                    @if index > 0 { ", " }
                    a href=(super::flows::address(flow)) { (flow) }
                }
                @if own.flows.len() > NAMED {
                    " … " a href={ (Tab::Flows.address()) "?q=" (encoded(&own.id)) } {
                        (context.text(Label::AllFlows)) " (" (own.flows.len()) ")"
                    }
                }
                " · " a href=(filter.address()) { (context.text(Label::RunsOfConnection)) }
            }
            @if context.may_change {
                (context.press(&format!("{}/{}/check", Tab::Connections.address(), own.id), "light", Label::CheckNow))
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
            id: "b1 main".to_owned(),
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
