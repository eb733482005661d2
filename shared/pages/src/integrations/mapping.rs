//! What fills which control of a form: shown with how sure it is and why, and changed by a person.

use super::needed::{NeededRow, needed};
use super::{Label, NEW_FLOW, ViewContext, flows};
use maud::{Markup, html};

/// The name of a form's field: what stands behind it names the control.
pub const MAPPED: &str = "map:";
/// Takes what is proposed.
pub const TAKEN: &str = "take:";
/// Which collection fills a table.
pub const FILLED_BY: &str = "table:";

/// Whose mapping it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MappingOf<'v> {
    /// Of a flow that is to be.
    New,
    /// Of one that a page stored.
    Flow(&'v str),
}

impl MappingOf<'_> {
    /// Where it is stored.
    pub fn address(self) -> String {
        match self {
            Self::New => NEW_FLOW.to_owned(),
            Self::Flow(id) => format!("{}/mapping", flows::address(id)),
        }
    }

    pub(super) fn again(self) -> String {
        match self {
            Self::New => format!("{NEW_FLOW}/mapping"),
            Self::Flow(_) => format!("{}/again", self.address()),
        }
    }

    /// Where it is reviewed which fields would be made in the ERP.
    pub(super) fn fields(self) -> String {
        format!("{}/fields", self.address())
    }

    pub(super) fn back(self, context: &ViewContext<'_>) -> Markup {
        html! {
            p.back {
                @match self {
                    Self::New => { a href=(NEW_FLOW) { "← " (context.text(Label::NewFlow)) } }
                    Self::Flow(id) => { a href=(flows::address(id)) { "← " (context.text(Label::BackToFlow)) } }
                }
            }
        }
    }
}

/// What is proposed for a control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// The field.
    pub from: String,
    /// How sure it is: `0.97`.
    pub score: String,
    /// Why, and what is doubtful.
    pub why: String,
    /// Whether it is mapped without a person's word.
    pub sure: bool,
}

/// A control, and what fills it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingRow {
    /// What names the control in a form's field.
    pub key: String,
    /// What people see of it.
    pub label: String,
    /// The OA's own word for its kind.
    pub kind: String,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether it can be.
    pub fillable: bool,
    /// What is proposed.
    pub proposed: Option<Proposed>,
    /// What is chosen.
    pub from: String,
    /// The list of fields that fit.
    pub list: usize,
    /// What is wrong with what is chosen.
    pub wrong: Option<String>,
}

/// A table, and what fills it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappingTable {
    /// What names it in a form's field.
    pub key: String,
    /// What people see of it.
    pub label: String,
    /// The collection that fills it.
    pub from: String,
    /// Collections that could.
    pub collections: Vec<String>,
    /// Its columns.
    pub rows: Vec<MappingRow>,
}

/// Fields to choose from, and what people call each.
pub type FieldList = Vec<(String, String)>;

/// A mapping.
pub struct MappingView<'v> {
    /// Whose it is.
    pub of: MappingOf<'v>,
    /// What the form is called, and what it is between.
    pub title: &'v str,
    /// What is carried on.
    pub carried: &'v [(String, String)],
    /// Controls of the header.
    pub rows: &'v [MappingRow],
    /// Tables.
    pub tables: &'v [MappingTable],
    /// Lists of fields.
    pub lists: &'v [FieldList],
    /// Controls that must be filled in and are not.
    pub unfilled: &'v [String],
    /// What the rules of a configuration say.
    pub problems: &'v [String],
    /// Fields that the flow needs in the ERP.
    pub fields: &'v [NeededRow],
    /// What could not be read.
    pub notes: &'v [String],
    /// The document that is to be shown.
    pub document: &'v str,
}

/// The page on which it is mapped.
pub fn mapping(context: &ViewContext<'_>, view: &MappingView<'_>) -> Markup {
    let content = html! {
        @for (name, value) in view.carried { input type="hidden" name=(name) value=(value); }
        (rows(context, view.title, view.rows, "h"))
        @for (index, table) in view.tables.iter().enumerate() { (one_table(context, table, index, &view.of.again())) }
        @for (index, list) in view.lists.iter().enumerate() {
            datalist id={ "fields-" (index) } {
                @for (name, called) in list { option value=(name) { (called) } }
            }
        }
        div.field {
            label for="document" { (context.text(Label::PreviewDocument)) }
            input #document name="document" value=(view.document) maxlength="200" autocomplete="off";
        }
        div.actions {
            button { (context.text(Label::ShowPreview)) }
            button.light formaction=(view.of.again()) { (context.text(Label::CheckMapping)) }
        }
        (needed(context, view.of, view.fields))
    };
    html! {
        (view.of.back(context))
        section.panel {
            h1 { (context.text(Label::SmartMapping)) }
            p { (view.title) }
            p.hint { (context.text(Label::MappingHint)) }
            (unfilled(context, view.unfilled))
            (listed(context, Label::Problems, view.problems))
            (context.frame.form(&format!("{}/preview", view.of.address()), "mapping", &content))
        }
        @if !view.notes.is_empty() { section.panel { (listed(context, Label::Warnings, view.notes)) } }
    }
}

/// Where nothing could be read: why stands above it.
pub fn unread(context: &ViewContext<'_>, of: MappingOf<'_>) -> Markup {
    html! {
        (of.back(context))
        section.panel { h1 { (context.text(Label::SmartMapping)) } p { (context.text(Label::NotRead)) } }
    }
}

pub(super) fn unfilled(context: &ViewContext<'_>, all: &[String]) -> Markup {
    html! {
        @if !all.is_empty() {
            div.told.warn #unfilled {
                p { strong { (context.text(Label::Unfilled)) } }
                ul { @for label in all { li { (label) } } }
            }
        }
    }
}

pub(super) fn listed(context: &ViewContext<'_>, title: Label, all: &[String]) -> Markup {
    html! {
        @if !all.is_empty() {
            h2 { (context.text(title)) }
            ul { @for line in all { li.message { (line) } } }
        }
    }
}

fn one_table(context: &ViewContext<'_>, table: &MappingTable, index: usize, again: &str) -> Markup {
    let id = format!("table-{index}");
    html! {
        fieldset {
            legend { (context.text(Label::TableControl)) " " (table.label) }
            div.field {
                label for=(id) { (context.text(Label::FilledBy)) }
                select id=(id) name=(format!("{FILLED_BY}{}", table.key)) {
                    option value="" selected[table.from.is_empty()] { (context.text(Label::LeaveOut)) }
                    @for collection in &table.collections {
                        option value=(collection) selected[*collection == table.from] { (collection) }
                    }
                }
            }
            @if table.from.is_empty() { p.hint { (context.text(Label::TableLeftOut)) } } @else {
                (rows(context, &table.label, &table.rows, &format!("t{index}")))
            }
            p { button.light formaction=(again) { (context.text(Label::MapTableAgain)) } }
        }
    }
}

fn rows(context: &ViewContext<'_>, caption: &str, all: &[MappingRow], place: &str) -> Markup {
    html! {
        @if !all.is_empty() {
            table.list.stack {
                caption { (caption) }
                thead { tr {
                    th scope="col" { (context.text(Label::Control)) }
                    th scope="col" { (context.text(Label::Proposal)) }
                    th scope="col" { (context.text(Label::FilledFrom)) }
                } }
                tbody { @for (index, row) in all.iter().enumerate() { (one(context, row, &format!("{place}-{index}"))) } }
            }
        }
    }
}

fn one(context: &ViewContext<'_>, row: &MappingRow, id: &str) -> Markup {
    let (hint, wrong) = (format!("{id}-why"), format!("{id}-wrong"));
    let described = match (&row.wrong, &row.proposed) {
        (Some(_), _) => Some(&wrong),
        (None, Some(_)) => Some(&hint),
        (None, None) => None,
    };
    html! {
        tr data-row {
            th scope="row" {
                @if row.fillable { label for=(id) { (row.label) } } @else { (row.label) }
                span.soft {
                    (row.kind)
                    @if row.required { " · " (context.text(Label::MustBeFilled)) }
                }
            }
            td data-name=(context.text(Label::Proposal)) {
                @match &row.proposed {
                    Some(own) => { (proposed(context, own, row, id, &hint)) }
                    None if row.fillable => { span.soft { (context.text(Label::NothingFits)) } }
                    None => { span.soft { (context.text(Label::NotFillable)) } }
                }
            }
            td data-name=(context.text(Label::FilledFrom)) {
                @if row.fillable {
                    input id=(id) name=(format!("{MAPPED}{}", row.key)) value=(row.from) list={ "fields-" (row.list) }
                        maxlength="200" autocomplete="off" placeholder=(context.text(Label::LeaveOut))
                        aria-invalid=[row.wrong.as_ref().map(|_| "true")] aria-describedby=[described];
                    @if let Some(why) = &row.wrong { p.wrong id=(wrong) { (why) } }
                } @else { span.none { "–" } }
            }
        }
    }
}

fn proposed(context: &ViewContext<'_>, own: &Proposed, row: &MappingRow, id: &str, hint: &str) -> Markup {
    let open = row.from.is_empty();
    html! {
        code { (own.from) } " "
        @if own.sure { span.badge.good { "✓ " (context.text(Label::Sure)) } } @else { span.badge.warn { "? " (context.text(Label::Unsure)) } }
        span.soft id=(hint) { (own.score) " · " (own.why) }
        @if open {
            span.check {
                input id={ (id) "-take" } type="checkbox" name=(format!("{TAKEN}{}", row.key)) value=(own.from);
                label for={ (id) "-take" } { (context.text(Label::TakeProposal)) span.hidden { " " (row.label) } }
            }
        }
    }
}
