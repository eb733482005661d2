//! A mapping tried on one real document: the form as people would see it, and storing the flow.

use super::mapping::{MappingOf, listed, unfilled};
use super::{Feedback, Label, ViewContext, remedy, run};
use maud::{Markup, html};
use serde_json::Value;

/// A control of a form as people would see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A value, empty where nothing is in it.
    Value {
        /// What people see of the control.
        label: String,
        /// What stands in it.
        value: String,
        /// Whether it must be filled in.
        required: bool,
    },
    /// A table.
    Table {
        /// What people see of it.
        label: String,
        /// Its columns.
        columns: Vec<String>,
        /// Its rows.
        rows: Vec<Vec<String>>,
    },
}

/// One document as the flow would hand it in.
pub struct SeenDocument<'v> {
    /// Its object and key.
    pub document: &'v str,
    /// Who hands it in.
    pub originator: &'v str,
    /// The form.
    pub controls: &'v [Seen],
    /// What is wrong.
    pub problems: &'v [String],
    /// What may be meant so.
    pub warnings: &'v [String],
    /// Whether an approval request waits for this flow.
    pub waits: bool,
    /// The whole answer.
    pub found: &'v Value,
}

/// A mapping that was tried.
pub struct TriedView<'v> {
    /// Whose it is.
    pub of: MappingOf<'v>,
    /// What the form is called, and what it is between.
    pub title: &'v str,
    /// What is carried on: what is connected, what is chosen, what was read.
    pub carried: &'v [(String, String)],
    /// Controls that must be filled in and are not.
    pub unfilled: &'v [String],
    /// Chosen fields to look at.
    pub doubts: &'v [String],
    /// What the rules of a configuration say.
    pub problems: &'v [String],
    /// Whether they let it be stored.
    pub may_store: bool,
    /// The document, or why there is none.
    pub seen: Result<SeenDocument<'v>, Feedback<'v>>,
}

/// One real document, and storing the flow.
pub fn tried(context: &ViewContext<'_>, view: &TriedView<'_>) -> Markup {
    let hidden = html! { @for (name, value) in view.carried { input type="hidden" name=(name) value=(value); } };
    let save = html! { (hidden) button { (context.text(if view.of == MappingOf::New { Label::StoreNew } else { Label::StoreMapping })) } };
    let change = html! { (hidden) button.light { (context.text(Label::ChangeMapping)) } };
    html! {
        (view.of.back(context))
        section.panel {
            h1 { (context.text(Label::MappingPreview)) }
            p { (view.title) }
            (unfilled(context, view.unfilled))
            (listed(context, Label::LookAt, view.doubts))
            (listed(context, Label::Problems, view.problems))
            @match &view.seen {
                Ok(seen) => { (document(context, seen)) }
                Err(Feedback::Refused { text, code }) => {
                    div.told.wrong role="alert" #no-preview {
                        p { strong { (context.text(Label::NoPreview)) } }
                        p { (text) }
                        @if let Some(code) = code { (remedy::details(context, code)) }
                    }
                }
                Err(Feedback::Done(text)) => { p { (text) } }
            }
            p.hint { (context.text(if view.of == MappingOf::New { Label::StoreNewHint } else { Label::StoreMappingHint })) }
            div.actions {
                @if view.may_store { (context.frame.form(&view.of.address(), "", &save)) }
                (context.frame.form(&view.of.again(), "", &change))
            }
        }
    }
}

fn document(context: &ViewContext<'_>, seen: &SeenDocument<'_>) -> Markup {
    html! {
        p.told role="status" { (context.text(Label::NothingWritten)) " " (seen.document) }
        @if !seen.waits { p.hint { (context.text(Label::NotWaiting)) } }
        (listed(context, Label::Problems, seen.problems))
        (listed(context, Label::Warnings, seen.warnings))
        h2 { (context.text(Label::AsPeopleSee)) }
        div.as-seen {
            dl.kv {
                div { dt { (context.text(Label::HandedInBy)) } dd { (seen.originator) } }
                @for control in seen.controls { @if let Seen::Value { label, value, required } = control {
                    div {
                        dt { (label) }
                        dd {
                            @if value.is_empty() {
                                span.soft { (context.text(if *required { Label::EmptyButRequired } else { Label::Empty })) }
                            } @else { (value) }
                        }
                    }
                } }
            }
            @for control in seen.controls { @if let Seen::Table { label, columns, rows } = control {
                table.list.stack {
                    caption { (label) " (" (rows.len()) ")" }
                    thead { tr { @for column in columns { th scope="col" { (column) } } } }
                    tbody { @for row in rows {
                        tr { @for (column, value) in columns.iter().zip(row) { td data-name=(column) { (value) } } }
                    } }
                }
            } }
        }
        details {
            summary { (context.text(Label::WholeAnswer)) }
            (run::value(context, "tried", seen.found))
        }
    }
}
