//! The task centre: a person's lists.

use crate::encoded;
use crate::layout::{Top, document};
use crate::texts::Text;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use tenon_model::Language;

/// The zone of the document's times.
const ZONE: &str = "Asia/Shanghai";

/// From this epoch ms on a time says that there is none.
const NEVER_MS: i64 = 9_999_999_999_999;

/// A list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Its word in addresses.
    pub word: &'static str,
    /// What it is called.
    pub name: Text,
    /// What is said when there is nothing in it.
    pub nothing: Text,
    /// What the time of its entries is.
    pub time: Text,
}

/// The lists in their order.
pub const TABS: [Tab; 4] = [
    Tab { word: "todo", name: Text::Todo, nothing: Text::NothingTodo, time: Text::Deadline },
    Tab { word: "done", name: Text::Done, nothing: Text::NothingDone, time: Text::Handled },
    Tab { word: "started", name: Text::Started, nothing: Text::NothingStarted, time: Text::Created },
    Tab { word: "cc", name: Text::Cc, nothing: Text::NothingCc, time: Text::Copied },
];

/// What a page was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TasksQuery {
    /// The list's word.
    pub list: String,
    /// The text that is looked for.
    pub text: String,
    /// The flow's code.
    pub flow: String,
    /// Where the page begins.
    pub cursor: String,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// The flow's title.
    pub flow: String,
    /// The document's key.
    pub document: String,
    /// Who began it.
    pub initiator: String,
    /// Epoch ms of what the list is sorted by.
    pub at_ms: i64,
    /// Whether it is too late.
    pub overdue: bool,
    /// State or result.
    pub state: Text,
    /// What it asks for.
    pub node: Option<Text>,
    /// The outside system's page.
    pub link: Option<String>,
}

/// A page of a list.
pub struct View<'v> {
    /// In this language.
    pub language: Language,
    /// Whose.
    pub person: &'v str,
    /// What was asked.
    pub query: &'v TasksQuery,
    /// Flows to choose from: code and title.
    pub flows: &'v [(String, String)],
    /// The entries.
    pub rows: &'v [Row],
    /// Where the next page begins.
    pub next: Option<&'v str>,
}

/// The page.
pub fn page(view: &View<'_>) -> String {
    let language = view.language;
    let tab = TABS.iter().find(|tab| tab.word == view.query.list).unwrap_or(&TABS[0]);
    let other = format!("{}&lang={}", address(view.query, &view.query.cursor), language.of("en", "zh"));
    let top = Top { name: Some(view.person), other_language: Some(&other) };
    let content = html! {
        h1.hidden { (tab.name.of(language)) }
        nav.tabs aria-label=(Text::Lists.of(language)) {
            ul {
                @for own in &TABS {
                    li { a href={ "?list=" (own.word) } aria-current=[(own.word == tab.word).then_some("page")] {
                        (own.name.of(language))
                    } }
                }
            }
        }
        (filters(view, tab))
        @if view.rows.is_empty() { (nothing(view, tab)) } @else {
            ul.tasks { @for row in view.rows { li { (entry(language, tab, row)) } } }
        }
        (pages(view))
    };
    document(language, tab.name.of(language), &top, &content)
}

fn filters(view: &View<'_>, tab: &Tab) -> Markup {
    let (language, query) = (view.language, view.query);
    html! {
        form.filters role="search" method="get" action="/aflow/tasks" {
            input type="hidden" name="list" value=(tab.word);
            div.field {
                label for="q" { (Text::Search.of(language)) }
                input #q type="search" name="q" value=(query.text) maxlength="100"
                    placeholder=(Text::SearchHint.of(language));
            }
            div.field {
                label for="flow" { (Text::Flow.of(language)) }
                select #flow name="flow" {
                    option value="" { (Text::AllFlows.of(language)) }
                    @for (code, title) in view.flows {
                        option value=(code) selected[*code == query.flow] { (title) }
                    }
                }
            }
            button { (Text::Search.of(language)) }
            @if is_filtered(query) {
                a.clear href={ "?list=" (tab.word) } { (Text::Clear.of(language)) }
            }
        }
    }
}

fn entry(language: Language, tab: &Tab, row: &Row) -> Markup {
    let heading = format!("{} {}", row.name, row.document);
    html! {
        article.overdue[row.overdue] {
            div.what {
                h2 {
                    @if let Some(link) = &row.link {
                        a href=(link) rel="noopener noreferrer" { (row.name) }
                    } @else { (row.name) }
                }
                p.flow { (row.flow) }
            }
            dl {
                div { dt { (Text::Document.of(language)) } dd.key { (row.document) } }
                div { dt { (Text::Initiator.of(language)) } dd { (row.initiator) } }
                div { dt { (tab.time.of(language)) } dd {
                    @if row.at_ms < NEVER_MS { (moment(row.at_ms)) } @else { (Text::NoDeadline.of(language)) }
                } }
            }
            p.state {
                @if row.overdue { strong.late { (Text::Overdue.of(language)) } }
                @if let Some(node) = row.node { span.badge { (node.of(language)) } }
                span.badge { (row.state.of(language)) }
            }
            p.open {
                @if let Some(link) = &row.link {
                    a.button href=(link) rel="noopener noreferrer" aria-label={ (Text::Open.of(language)) " " (heading) } {
                        (Text::Open.of(language))
                    }
                } @else { span.none { (Text::NoPage.of(language)) } }
            }
        }
    }
}

/// A list without entries says whether there is nothing, or a filter hides it, or it was not looked at whole.
fn nothing(view: &View<'_>, tab: &Tab) -> Markup {
    let text = match (is_filtered(view.query), view.next) {
        (_, Some(_)) => Text::MoreBehind,
        (true, None) => Text::Filtered,
        (false, None) => tab.nothing,
    };
    html! { p.nothing { (text.of(view.language)) } }
}

fn pages(view: &View<'_>) -> Markup {
    html! {
        @if view.next.is_some() || !view.query.cursor.is_empty() {
            nav.pages {
                @if !view.query.cursor.is_empty() {
                    a href=(address(view.query, "")) { (Text::First.of(view.language)) }
                }
                @if let Some(next) = view.next {
                    a.next rel="next" href=(address(view.query, next)) { (Text::Next.of(view.language)) }
                }
            }
        }
    }
}

fn is_filtered(query: &TasksQuery) -> bool {
    !query.text.is_empty() || !query.flow.is_empty()
}

/// The address of a view.
fn address(query: &TasksQuery, cursor: &str) -> String {
    let mut address = format!("?list={}", encoded(&query.list));
    for (name, value) in [("q", query.text.as_str()), ("flow", &query.flow), ("cursor", cursor)] {
        if !value.is_empty() {
            address.push_str(&format!("&{name}={}", encoded(value)));
        }
    }
    address
}

/// A moment in China's time, and in UTC for machines.
pub(crate) fn moment(at_ms: i64) -> Markup {
    time_as(at_ms, "%Y-%m-%d %H:%M")
}

/// The same to the second, where many are of one minute.
pub(crate) fn second(at_ms: i64) -> Markup {
    time_as(at_ms, "%Y-%m-%d %H:%M:%S")
}

fn time_as(at_ms: i64, form: &str) -> Markup {
    let Ok(at) = Timestamp::from_millisecond(at_ms) else { return html! {} };
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let shown = at.to_zoned(zone).strftime(form).to_string();
    html! { time datetime=(at.to_string()) { (shown) } }
}
