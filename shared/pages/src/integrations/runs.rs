//! The list of runs: all its filters in the address, counts by status, pages by a cursor, and a bar that says what is
//! new instead of rows that jump.

use super::address::{STATUSES, at};
use super::run::{address, badge};
use super::{HOME, Label, RUNS, RunsQuery, Since, Tab, ViewContext, flows, texts, times};
use crate::encoded;
use maud::{Markup, html};
use std::collections::BTreeMap;
use tenon_model::run::{Run, RunStatus};

/// How many runs there are of each status, under the other filters.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// By the status's word.
    pub by_status: BTreeMap<String, u64>,
    /// Whether all were counted.
    pub complete: bool,
}

/// How a flow is chosen, each being its id and name.
pub enum FlowChoice<'v> {
    /// From all of them.
    Of(&'v [(String, String)]),
    /// By typing, because there are many; these are proposed.
    Typed(&'v [(String, String)]),
}

/// Flows of which the id or name has what was typed: their ids and names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Matching<'v> {
    /// The first of them; none where nothing has to be chosen.
    pub flows: &'v [(String, String)],
    /// Whether there are more.
    pub more: bool,
}

/// A page of the list.
pub struct RunsView<'v> {
    /// What is looked for.
    pub filter: &'v RunsQuery,
    /// How a flow is chosen.
    pub flow: FlowChoice<'v>,
    /// Where what was typed may be of several flows: then no runs are shown, but these.
    pub matching: Matching<'v>,
    /// Connections to choose from.
    pub connections: &'v [String],
    /// How many there are.
    pub counts: &'v Counts,
    /// The runs, the newest first.
    pub runs: &'v [Run],
    /// Where the next page begins.
    pub next: Option<&'v str>,
    /// From here on a run counts as new.
    pub newest: &'v str,
    /// Whether nothing ran at all yet.
    pub nothing_yet: bool,
}

/// The page.
pub fn runs(context: &ViewContext<'_>, view: &RunsView<'_>) -> Markup {
    html! {
        h1.hidden { (context.text(Label::Runs)) }
        (filters(context, view))
        @if !view.matching.flows.is_empty() { (matching(context, view)) } @else { (found(context, view)) }
    }
}

/// The runs that were found.
fn found(context: &ViewContext<'_>, view: &RunsView<'_>) -> Markup {
    let filter = view.filter;
    html! {
        (statuses(context, view.filter, view.counts, false))
        @if filter.cursor.is_empty() { (live(context, filter, view.newest, 0, false)) }
        @if view.runs.is_empty() { (nothing(context, view)) } @else { (chosen(context, view)) }
        (pages(context, view))
    }
}

/// The flows to choose between.
fn matching(context: &ViewContext<'_>, view: &RunsView<'_>) -> Markup {
    let of = |id: &str| RunsQuery { flow: id.to_owned(), cursor: String::new(), ..view.filter.clone() }.address();
    html! {
        div.nothing {
            p { (context.text(Label::ChooseFlow)) }
            ul { @for (id, name) in view.matching.flows {
                li { a href=(of(id)) { (name) } @if id != name { " " span.soft { (id) } } }
            } }
            @if view.matching.more { p { (context.text(Label::TypeMore)) } }
        }
    }
}

fn flow(context: &ViewContext<'_>, view: &RunsView<'_>) -> Markup {
    let typed = &view.filter.flow;
    html! {
        @match view.flow {
            FlowChoice::Of(flows) => {
                label for="flow" { (context.text(Label::Flow)) }
                select #flow name="flow" {
                    option value="" { (context.text(Label::AllFlows)) }
                    @for (id, name) in flows { option value=(id) selected[id == typed] { (name) } }
                    @if !typed.is_empty() && !flows.iter().any(|(id, _)| id == typed) {
                        option value=(typed) selected { (typed) }
                    }
                }
            }
            FlowChoice::Typed(proposed) => {
                label for="flow" { (context.text(Label::FlowTyped)) }
                input #flow name="flow" value=(typed) maxlength="128" list="flows" autocomplete="off";
                datalist #flows { @for (id, name) in proposed { option value=(id) { (name) } } }
            }
        }
    }
}

fn filters(context: &ViewContext<'_>, view: &RunsView<'_>) -> Markup {
    let filter = view.filter;
    html! {
        form.filters.many role="search" method="get" action=(RUNS) {
            @if let Some(status) = filter.status { input type="hidden" name="status" value=(status.word()); }
            div.field {
                label for="q" { (context.text(Label::Keyword)) }
                input #q type="search" name="q" value=(filter.text) maxlength="200" data-search;
            }
            div.field { (flow(context, view)) }
            div.field {
                label for="connection" { (context.text(Label::Connection)) }
                select #connection name="connection" {
                    option value="" { (context.text(Label::AllConnections)) }
                    @for id in view.connections { option value=(id) selected[*id == filter.connection] { (id) } }
                }
            }
            div.field {
                label for="document" { (context.text(Label::Document)) }
                input #document name="document" value=(filter.document) maxlength="200";
            }
            div.field {
                label for="code" { (context.text(Label::ErrorCode)) }
                input #code name="code" value=(filter.code) maxlength="80";
            }
            div.field {
                label for="since" { (context.text(Label::Time)) }
                select #since name="since" {
                    @for since in Since::ALL {
                        option value=(since.word()) selected[since == filter.since] { (context.text(since.name())) }
                    }
                }
            }
            div.field {
                label for="from" { (context.text(Label::From)) }
                input #from type="datetime-local" name="from" value=(filter.local(context, filter.from_ms));
            }
            div.field {
                label for="to" { (context.text(Label::Until)) }
                input #to type="datetime-local" name="to" value=(filter.local(context, filter.until_ms));
            }
            button { (context.text(Label::Apply)) }
            @if filter.is_filtered() || filter.since != Since::default() {
                a.clear href=(RUNS) { (context.text(Label::Clear)) }
            }
        }
    }
}

/// Each status with its count, as a link that narrows to it.
///
/// What was not counted whole is counted when the page is there, unless this is that count.
pub fn statuses(context: &ViewContext<'_>, filter: &RunsQuery, counts: &Counts, is_whole: bool) -> Markup {
    let all: u64 = counts.by_status.values().sum();
    let again = (!counts.complete && !is_whole).then(|| at(&format!("{HOME}/runs/counts"), &filter.query("")));
    let (trigger, swap) = (again.as_ref().map(|_| "load"), again.as_ref().map(|_| "outerHTML"));
    let one = |status: Option<RunStatus>, count: u64| {
        let name = status.map_or(Label::AllStatuses, texts::status);
        html! {
            li { a href=(filter.with_status(status).address())
                aria-current=[(filter.status == status).then_some("true")] {
                (context.text(name)) " " strong { (count) @if !counts.complete { "+" } }
            } }
        }
    };
    html! {
        nav.statuses aria-label=(context.text(Label::State)) hx-get=[again.as_deref()] hx-trigger=[trigger] hx-swap=[swap] {
            ul {
                (one(None, all))
                @for status in STATUSES {
                    (one(Some(status), counts.by_status.get(status.word()).copied().unwrap_or(0)))
                }
            }
            @if !counts.complete { span.soft { (context.text(Label::CountedUpTo)) } }
        }
    }
}

/// The bar that says how many are new. It asks again every five seconds; while nobody looks, the script keeps it quiet.
pub fn live(context: &ViewContext<'_>, filter: &RunsQuery, newest: &str, count: u64, more: bool) -> Markup {
    let query = filter.query("");
    let joint = if query.is_empty() { "" } else { "&" };
    let ask = format!("{HOME}/runs/new?{query}{joint}than={}", encoded(newest));
    html! {
        div.live #live role="status" aria-live="polite" data-live hx-get=(ask) hx-trigger="every 5s" hx-swap="outerHTML" {
            @if count > 0 {
                a.button href=(filter.address()) { (count) @if more { "+" } " " (context.text(Label::NewRuns)) }
            } @else { span.soft { (context.text(Label::Live)) } }
        }
    }
}

/// The runs, of which some may be chosen to be retried.
fn chosen(context: &ViewContext<'_>, view: &RunsView<'_>) -> Markup {
    let retriable = view.runs.iter().any(|run| run.status == RunStatus::Failed);
    html! {
        @if context.may_change && retriable {
            form method="get" action={ (HOME) "/retry" } {
                (table(context, view.runs, true))
                div.actions {
                    button.light data-retry { (context.text(Label::RetryChosen)) }
                    a.button.light href=(at(&format!("{HOME}/retry"), &view.filter.frozen(context.now_ms).query(""))) {
                        (context.text(Label::RetryAll))
                    }
                }
            }
        } @else { (table(context, view.runs, false)) }
        p.hint { (context.text(Label::ThisIsSaved)) }
    }
}

/// Runs as a table.
pub(crate) fn table(context: &ViewContext<'_>, runs: &[Run], choose: bool) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(context.text(Label::RunsCaption)) {
            table.list.stack {
                caption { (context.text(Label::RunsCaption)) }
                thead { tr {
                    @if choose { th scope="col" { span.hidden { (context.text(Label::Choose)) } } }
                    th scope="col" { (context.text(Label::Started)) }
                    th scope="col" { (context.text(Label::State)) }
                    th scope="col" { (context.text(Label::Document)) }
                    th scope="col" { (context.text(Label::Flow)) }
                    th scope="col" { (context.text(Label::Took)) }
                    th scope="col" { (context.text(Label::Message)) }
                } }
                tbody { @for run in runs { (row(context, run, choose)) } }
            }
        }
    }
}

fn row(context: &ViewContext<'_>, run: &Run, choose: bool) -> Markup {
    let id = run.id.as_str();
    html! {
        tr data-row {
            @if choose {
                td { @if run.status == RunStatus::Failed {
                    input type="checkbox" name="run" value=(id)
                        aria-label={ (context.text(Label::ChooseRun)) " " (id) };
                } }
            }
            th scope="row" { a href=(address(id)) { (times::moment(context, run.started_ms)) } }
            td data-name=(context.text(Label::State)) { (badge(context, run.status)) }
            td.doc data-name=(context.text(Label::Document)) { @match &run.document {
                Some(document) => { (document) }
                None => { span.none { "–" } }
            } }
            td data-name=(context.text(Label::Flow)) { a href=(flows::address(run.flow.as_str())) { (run.flow) } }
            td.number data-name=(context.text(Label::Took)) { @match run.ended_ms {
                Some(ended) => { (times::took(context, ended - run.started_ms)) }
                None => { span.none { (context.text(Label::UnderWay)) } }
            } }
            td.message data-name=(context.text(Label::Message)) {
                (run.message)
                @if let Some(code) = &run.code { " " code { (code) } }
            }
        }
    }
}

/// A list without runs says whether there is nothing yet, a filter hides them, or it was not looked through whole.
fn nothing(context: &ViewContext<'_>, view: &RunsView<'_>) -> Markup {
    let filter = view.filter;
    html! {
        div.nothing {
            @if view.nothing_yet {
                p { (context.text(Label::NothingYet)) }
                p { a href=(Tab::Flows.address()) { (context.text(Label::GoToFlows)) } }
            } @else if view.next.is_some() {
                p { (context.text(Label::LookedSoFar)) }
            } @else {
                p { (context.text(Label::FilterHides)) }
                p {
                    a href=(RUNS) { (context.text(Label::Clear)) }
                    @if matches!(filter.since, Since::Day | Since::Week) {
                        " · "
                        a href=(RunsQuery { since: Since::Month, cursor: String::new(), ..filter.clone() }.address()) {
                            (context.text(Label::WiderTime))
                        }
                    }
                }
            }
        }
    }
}

fn pages(context: &ViewContext<'_>, view: &RunsView<'_>) -> Markup {
    html! {
        @if view.next.is_some() || !view.filter.cursor.is_empty() {
            nav.pages aria-label=(context.text(Label::Runs)) {
                @if !view.filter.cursor.is_empty() { a href=(view.filter.address()) { (context.text(Label::First)) } }
                @if let Some(next) = view.next {
                    a rel="next" href=(at(RUNS, &view.filter.query(next))) { (context.text(Label::Next)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;
    use tenon_model::Language;

    fn shown(filter: &RunsQuery, next: Option<&str>, nothing_yet: bool) -> String {
        let counts = Counts { by_status: BTreeMap::from([("failed".to_owned(), 3)]), complete: true };
        let view = RunsView {
            filter,
            flow: FlowChoice::Of(&[("f".to_owned(), "采购<申请>".to_owned())]),
            matching: Matching::default(),
            connections: &["b1".to_owned()],
            counts: &counts,
            runs: &[],
            next,
            newest: "x",
            nothing_yet,
        };
        runs(&context(Language::En, true), &view).into_string()
    }

    #[test]
    fn an_empty_list_says_whether_there_is_nothing_or_the_filter_hides_it() {
        let filtered = RunsQuery { text: "a&b\"".to_owned(), ..RunsQuery::default() };
        let page = shown(&filtered, None, false);
        assert!(page.contains("The filters hide every run.") && page.contains("q=a%26b%22&amp;since=28d"), "{page}");
        assert!(shown(&RunsQuery::default(), None, true).contains("There are no runs yet."));
        assert!(shown(&filtered, Some("c"), false).contains("there may be more behind it"));
    }

    #[test]
    fn of_many_flows_one_is_typed_and_where_several_have_what_was_typed_they_are_shown_instead_of_runs() {
        let flows = [("f-1".to_owned(), "采购<申请>".to_owned()), ("f-2".to_owned(), "f-2".to_owned())];
        let filter = RunsQuery { flow: "f\"".to_owned(), since: Since::Day, ..RunsQuery::default() };
        let shown = |language, more| {
            let counts = Counts::default();
            let view = RunsView {
                filter: &filter,
                flow: FlowChoice::Typed(&flows),
                matching: Matching { flows: &flows, more },
                connections: &[],
                counts: &counts,
                runs: &[],
                next: None,
                newest: "x",
                nothing_yet: false,
            };
            runs(&context(language, true), &view).into_string()
        };
        let page = shown(Language::En, true);
        assert!(page.contains(
            "<label for=\"flow\">Flow (id or name)</label><input id=\"flow\" name=\"flow\" value=\"f&quot;\""
        ));
        assert!(page.contains("<datalist id=\"flows\"><option value=\"f-1\">采购&lt;申请&gt;</option>"), "{page}");
        assert!(
            page.contains("href=\"/system/integrations/runs?flow=f-1&amp;since=24h\">采购&lt;申请&gt;</a> <span"),
            "{page}"
        );
        assert!(page.contains("Choose one") && page.contains("Type more of it.") && !page.contains("hx-get"), "{page}");
        let page = shown(Language::Zh, false);
        assert!(page.contains("流（编号或名称）") && page.contains("请选择") && !page.contains("还有更多"), "{page}");
    }

    #[test]
    fn each_status_is_a_link_that_keeps_the_other_filters_and_the_bar_asks_under_the_same() {
        let filter = RunsQuery { flow: "f".to_owned(), since: Since::Day, ..RunsQuery::default() };
        let page = shown(&filter, None, false);
        for status in STATUSES {
            assert!(page.contains(&format!("flow=f&amp;status={}&amp;since=24h", status.word())), "{page}");
        }
        assert!(page.contains("hx-get=\"/system/integrations/runs/new?flow=f&amp;since=24h&amp;than=x\""), "{page}");
        let context = context(Language::Zh, true);
        let bar = live(&context, &filter, "x", 3, false).into_string();
        assert!(bar.contains("3 条新记录") && bar.contains("href=\"/system/integrations/runs?flow=f&amp;since=24h\""));
    }
}
