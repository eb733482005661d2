//! A task of a process: what it is about, what was filled in, how far it has come, and what can be done.

use crate::diagram::Drawing;
use crate::layout::{Top, document};
use crate::tasks::moment;
use crate::texts::Text;
use maud::{Markup, html};
use tenon_model::Language;

/// Longest comment, in characters.
pub const COMMENT: usize = 2_000;

/// A page of a task, or of a process.
pub struct View<'v> {
    /// In this language.
    pub language: Language,
    /// Who looks.
    pub person: &'v str,
    /// The page's own address.
    pub address: &'v str,
    /// What it is called: the task, else the process.
    pub name: &'v str,
    /// The process.
    pub flow: &'v str,
    /// Its number.
    pub number: &'v str,
    /// Who began it.
    pub initiator: &'v str,
    /// Epoch ms at which it began.
    pub created_ms: i64,
    /// Epoch ms by which the task is to be done.
    pub due_ms: Option<i64>,
    /// Whether that is over.
    pub overdue: bool,
    /// How it stands.
    pub state: Text,
    /// Who has to do something now.
    pub assignees: &'v [String],
    /// What was filled in.
    pub form: &'v [Filled],
    /// The picture.
    pub drawing: Option<&'v Drawing>,
    /// What happened, oldest first.
    pub history: &'v [HistoryEntry],
    /// Whether the person may decide.
    pub may_decide: bool,
    /// What may be filled in with the decision.
    pub inputs: &'v [Input],
    /// How often the form was saved when it was shown.
    pub saved: u64,
    /// What was just done.
    pub done: Option<Text>,
    /// What could not be done, and why.
    pub refused: Option<&'v str>,
    /// What was written in the comment that could not be stored.
    pub comment: &'v str,
}

/// A field with what was filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// What it is called.
    pub label: String,
    /// What stands in it.
    pub value: Shown,
}

/// What stands in a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A text, in its lines.
    Text(String),
    /// A truth value.
    Flag(bool),
    /// A table: its columns, and the cells of each row.
    Table(Vec<String>, Vec<Vec<String>>),
    /// Other fields.
    Fields(Vec<Filled>),
}

/// A field that may be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its name in the form that is posted.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// Whether nobody approves before it is filled in.
    pub required: bool,
    /// How it is filled in, with what stands in it.
    pub kind: InputKind,
}

/// How a field is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A line of text, with an example of what it looks like.
    Line(String, &'static str),
    /// Lines of text.
    Lines(String),
    /// A number.
    Number(String),
    /// A day.
    Date(String),
    /// One of these, by their places, and whether each is chosen.
    Choice(Vec<(String, bool)>),
    /// Any of these.
    Choices(Vec<(String, bool)>),
    /// From one day until another.
    Span(String, String),
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Epoch ms.
    pub at_ms: i64,
    /// Who did it; empty where nobody did.
    pub who: String,
    /// What.
    pub what: String,
    /// What was written with it.
    pub comment: String,
}

/// The page.
pub fn page(view: &View<'_>) -> String {
    let language = view.language;
    let other = format!("{}?lang={}", view.address, language.of("en", "zh"));
    let top = Top { name: Some(view.person), other_language: Some(&other) };
    let content = html! {
        p.back { a href="/aflow/tasks" { "← " (Text::BackToList.of(language)) } }
        @if let Some(done) = view.done { p.told role="status" { (done.of(language)) } }
        @if let Some(refused) = view.refused { p.told.wrong role="alert" { (refused) } }
        (about(view))
        @if view.may_decide { (decide(view)) }
        section.card aria-labelledby="form" {
            h2 #form { (Text::FormData.of(language)) }
            @if view.form.is_empty() { p.none { (Text::NothingFilled.of(language)) } } @else { (fields(language, view.form)) }
        }
        section.card aria-labelledby="diagram" {
            h2 #diagram { (Text::Diagram.of(language)) }
            @match view.drawing.filter(|drawing| !drawing.is_empty()) {
                Some(drawing) => {
                    div.scroll tabindex="0" role="group" aria-labelledby="diagram" { (drawing.svg(language)) }
                }
                None => { p.none { (Text::NoDiagram.of(language)) } }
            }
        }
        (history(view))
    };
    document(language, view.name, &top, &content)
}

/// The page where there is no such task for the person.
pub fn nothing(language: Language, person: &str) -> String {
    let top = Top { name: Some(person), other_language: None };
    let content = html! {
        div.notice {
            h1 { (Text::NoTask.of(language)) }
            p { a.button href="/aflow/tasks" { (Text::BackToList.of(language)) } }
        }
    };
    document(language, Text::NoTask.of(language), &top, &content)
}

fn about(view: &View<'_>) -> Markup {
    let language = view.language;
    html! {
        section.card {
            h1 { (view.name) }
            p.state {
                @if view.overdue { strong.late { (Text::Overdue.of(language)) } }
                span.badge { (view.state.of(language)) }
            }
            dl.facts {
                div { dt { (Text::Flow.of(language)) } dd { (view.flow) } }
                div { dt { (Text::RunningNumber.of(language)) } dd.key { (view.number) } }
                div { dt { (Text::Initiator.of(language)) } dd { (view.initiator) } }
                div { dt { (Text::Created.of(language)) } dd { (moment(view.created_ms)) } }
                @if let Some(due_ms) = view.due_ms {
                    div { dt { (Text::Deadline.of(language)) } dd { (moment(due_ms)) } }
                }
                @if !view.assignees.is_empty() {
                    div { dt { (Text::Assignees.of(language)) } dd { (view.assignees.join("、")) } }
                }
            }
        }
    }
}

/// One form: which button was pressed says what is done. Pressing Enter in the field for somebody else transfers nothing.
fn decide(view: &View<'_>) -> Markup {
    let language = view.language;
    html! {
        section.card aria-labelledby="decide" {
            h2 #decide { (Text::Decide.of(language)) }
            form.decide method="post" action=(view.address) {
                @if !view.inputs.is_empty() {
                    h3 { (Text::FillIn.of(language)) }
                    input type="hidden" name="saved" value=(view.saved);
                    @for input in view.inputs { (field(language, input)) }
                }
                div.field {
                    label for="comment" { (Text::Comment.of(language)) }
                    textarea #comment name="comment" rows="3" maxlength=(COMMENT) { (view.comment) }
                }
                div.buttons {
                    button name="action" value="approve" { (Text::Approve.of(language)) }
                    button.refuse name="action" value="refuse" formnovalidate { (Text::Refuse.of(language)) }
                    button.light name="action" value="comment" formnovalidate { (Text::AddComment.of(language)) }
                }
            }
            form.decide method="post" action=(view.address) {
                input type="hidden" name="action" value="transfer";
                div.field {
                    label for="to" { (Text::TransferTo.of(language)) }
                    input #to name="to" maxlength="128" required autocomplete="off";
                }
                div.field {
                    label for="why" { (Text::Comment.of(language)) }
                    input #why name="comment" maxlength=(COMMENT);
                }
                div.buttons { button.light { (Text::Transfer.of(language)) } }
            }
        }
    }
}

/// A field to fill in. What is shown and posted empty was emptied.
fn field(language: Language, input: &Input) -> Markup {
    let (id, name, required) = (format!("in-{}", input.name), &input.name, input.required);
    let label = html! { (input.label) @if required { span.required aria-hidden="true" { " *" } } };
    let single = |control: Markup| html! { div.field { label for=(id) { (label) } (control) } };
    match &input.kind {
        InputKind::Line(value, like) => single(html! {
            input id=(id) name=(name) value=(value) placeholder=(like) required[required] autocomplete="off";
        }),
        InputKind::Lines(value) => {
            single(html! { textarea id=(id) name=(name) rows="3" required[required] { "\n" (value) } })
        }
        InputKind::Number(value) => single(html! {
            input id=(id) name=(name) value=(value) inputmode="decimal" required[required] autocomplete="off";
        }),
        InputKind::Date(value) => single(html! {
            input id=(id) name=(name) type="date" value=(value) required[required];
        }),
        InputKind::Choice(choices) => single(html! {
            select id=(id) name=(name) required[required] {
                option value="" { (Text::NotChosen.of(language)) }
                @for (at, (text, chosen)) in choices.iter().enumerate() {
                    option value=(at) selected[*chosen] { (text) }
                }
            }
        }),
        InputKind::Choices(choices) => html! {
            fieldset.choices {
                legend { (label) }
                input type="hidden" name="shown" value=(name);
                @for (at, (text, chosen)) in choices.iter().enumerate() {
                    label { input type="checkbox" name=(name) value=(at) checked[*chosen]; " " (text) }
                }
            }
        },
        InputKind::Span(from, until) => html! {
            fieldset.choices {
                legend { (label) }
                label { (Text::From.of(language)) " " input name=(name) type="date" value=(from) required[required]; }
                label { (Text::Until.of(language)) " " input name=(name) type="date" value=(until) required[required]; }
            }
        },
    }
}

fn fields(language: Language, all: &[Filled]) -> Markup {
    html! {
        dl.form {
            @for field in all {
                div { dt { (field.label) } dd { (shown(language, &field.value)) } }
            }
        }
    }
}

fn shown(language: Language, value: &Shown) -> Markup {
    html! {
        @match value {
            Shown::Text(text) => { span.lines { (text) } }
            Shown::Flag(is) => { (if *is { Text::Yes } else { Text::No }.of(language)) }
            Shown::Fields(all) => { (fields(language, all)) }
            Shown::Table(columns, rows) => {
                div.scroll tabindex="0" role="group" {
                    table {
                        thead { tr { @for column in columns { th scope="col" { (column) } } } }
                        tbody { @for row in rows { tr { @for cell in row { td { (cell) } } } } }
                    }
                }
            }
        }
    }
}

fn history(view: &View<'_>) -> Markup {
    html! {
        section.card aria-labelledby="history" {
            h2 #history { (Text::History.of(view.language)) }
            ol.history {
                @for entry in view.history {
                    li {
                        (moment(entry.at_ms)) " "
                        @if !entry.who.is_empty() { strong { (entry.who) } " " }
                        (entry.what)
                        @if !entry.comment.is_empty() { p.lines { (entry.comment) } }
                    }
                }
            }
        }
    }
}
