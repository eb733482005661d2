//! Fields that a flow needs in the ERP: which there are, which would be made, and what came of making them.

use super::mapping::MappingOf;
use super::{Label, ViewContext, remedy};
use maud::{Markup, html};

/// The name of a form's field: a field that is to be made, as it was shown.
pub const TO_CREATE: &str = "create";

/// A field that the flow needs in the ERP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededRow {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: String,
    /// Its description.
    pub caption: String,
    /// What it holds, with its values and its default.
    pub kind: String,
    /// Longest text; none where the kind has none.
    pub size: Option<u32>,
    /// Whether it is there, and as it has to be.
    pub state: String,
    /// What names it in a form, where it is to be created.
    pub missing: Option<String>,
}

/// What came of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeRow {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: String,
    /// Whether it is there now.
    pub is_there: bool,
    /// What came of it.
    pub outcome: String,
    /// The code of what was refused.
    pub code: Option<&'static str>,
}

/// Which fields, and for whom.
pub struct NeededView<'v, R> {
    /// Whose mapping it is.
    pub of: MappingOf<'v>,
    /// What the form is called, and what it is between.
    pub title: &'v str,
    /// The ERP's connection.
    pub erp: &'v str,
    /// What is carried on.
    pub carried: &'v [(String, String)],
    /// The fields.
    pub rows: &'v [R],
}

impl<R> NeededView<'_, R> {
    fn carried(&self) -> Markup {
        html! { @for (name, value) in self.carried { input type="hidden" name=(name) value=(value); } }
    }

    fn heading(&self, context: &ViewContext<'_>, title: Label) -> Markup {
        html! {
            h1 { (context.text(title)) }
            p { (self.title) }
            dl.kv { div { dt { (context.text(Label::ErpConnection)) } dd { strong { (self.erp) } } } }
        }
    }
}

/// The fields within the form of the mapping, with a box for each that may be created.
pub(super) fn needed(context: &ViewContext<'_>, of: MappingOf<'_>, rows: &[NeededRow]) -> Markup {
    let missing = rows.iter().any(|row| row.missing.is_some());
    html! {
        @if !rows.is_empty() {
            fieldset #needed {
                legend { (context.text(Label::NeededFields)) }
                @if missing { p.hint { (context.text(Label::NeededHint)) } }
                (table(context, rows, true))
                @if missing {
                    p { button.light formaction=(of.fields()) { (context.text(Label::CreateChosen)) } }
                }
            }
        }
    }
}

fn table(context: &ViewContext<'_>, rows: &[NeededRow], chosen: bool) -> Markup {
    html! {
        table.list.stack {
            caption.hidden { (context.text(Label::NeededFields)) }
            thead { tr {
                th scope="col" { (context.text(Label::Field)) }
                th scope="col" { (context.text(Label::ErpTable)) }
                th scope="col" { (context.text(Label::FieldDescription)) }
                th scope="col" { (context.text(Label::Kind)) }
                th scope="col" { (context.text(Label::FieldSize)) }
                th scope="col" { (context.text(Label::State)) }
            } }
            tbody { @for (index, row) in rows.iter().enumerate() {
                tr {
                    th scope="row" { code { (row.name) } }
                    td data-name=(context.text(Label::ErpTable)) { code { (row.table) } }
                    td data-name=(context.text(Label::FieldDescription)) { (row.caption) }
                    td data-name=(context.text(Label::Kind)) { (row.kind) }
                    td data-name=(context.text(Label::FieldSize)) {
                        @match row.size { Some(size) => { (size) } None => { span.none { "–" } } }
                    }
                    td data-name=(context.text(Label::State)) {
                        @match &row.missing {
                            Some(key) if chosen => {
                                @let id = format!("create-{index}");
                                span.check {
                                    input id=(id) type="checkbox" name=(TO_CREATE) value=(key) checked;
                                    label for=(id) { strong { (row.state) } span.hidden { " " (row.name) } }
                                }
                            }
                            Some(_) => { strong { (row.state) } }
                            None => { (row.state) }
                        }
                    }
                }
            } }
        }
    }
}

/// Which fields would be made where, to be confirmed.
pub fn review_fields(context: &ViewContext<'_>, view: &NeededView<'_, NeededRow>) -> Markup {
    let keys: Vec<&str> = view.rows.iter().filter_map(|row| row.missing.as_deref()).collect();
    let confirm = html! {
        (view.carried())
        @for key in &keys { input type="hidden" name=(TO_CREATE) value=(key); }
        button { (context.text(Label::ConfirmFields)) " (" (keys.len()) ")" }
    };
    html! {
        (view.of.back(context))
        section.panel #review-fields {
            (view.heading(context, Label::ReviewFields))
            p.hint { (context.text(Label::ReviewFieldsHint)) }
            div.scroll tabindex="0" role="region" aria-label=(context.text(Label::ReviewFields)) {
                (table(context, view.rows, false))
            }
            div.actions {
                @if !keys.is_empty() { (context.frame.form(&format!("{}/create", view.of.fields()), "", &confirm)) }
                (back(context, view, Label::ChangeMapping))
            }
        }
    }
}

/// What came of each.
pub fn made_fields(context: &ViewContext<'_>, view: &NeededView<'_, MadeRow>) -> Markup {
    let left = view.rows.iter().filter(|row| !row.is_there).count();
    html! {
        (view.of.back(context))
        section.panel #made-fields {
            (view.heading(context, Label::MadeFields))
            @if left == 0 { p.told role="status" { (context.text(Label::AllFieldsThere)) } } @else {
                div.told.wrong role="alert" { p { (context.text(Label::FieldsLeft)) " " (left) } }
            }
            div.scroll tabindex="0" role="region" aria-label=(context.text(Label::MadeFields)) {
                table.list.stack {
                    caption.hidden { (context.text(Label::MadeFields)) }
                    thead { tr {
                        th scope="col" { (context.text(Label::Field)) }
                        th scope="col" { (context.text(Label::ErpTable)) }
                        th scope="col" { (context.text(Label::State)) }
                    } }
                    tbody { @for row in view.rows {
                        tr {
                            th scope="row" { code { (row.name) } }
                            td data-name=(context.text(Label::ErpTable)) { code { (row.table) } }
                            td data-name=(context.text(Label::State)) {
                                (row.outcome)
                                @if let Some(code) = row.code { (remedy::details(context, code)) }
                            }
                        }
                    } }
                }
            }
            div.actions { (back(context, view, Label::MatchAgain)) }
        }
    }
}

/// To the mapping, which is proposed again.
fn back<R>(context: &ViewContext<'_>, view: &NeededView<'_, R>, label: Label) -> Markup {
    let content = html! { (view.carried()) button.light { (context.text(label)) } };
    context.frame.form(&view.of.again(), "", &content)
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;
    use tenon_model::Language;

    fn row(name: &str, missing: Option<&str>) -> NeededRow {
        NeededRow {
            name: name.to_owned(),
            table: "OPOR".to_owned(),
            caption: "OA<状态>".to_owned(),
            kind: "Alphanumeric".to_owned(),
            size: Some(1),
            state: "Missing".to_owned(),
            missing: missing.map(str::to_owned),
        }
    }

    #[test]
    fn a_review_sends_the_fields_that_would_be_made_and_no_others_and_carries_the_mapping() {
        let rows = [row("U_ISSYN", Some("{\"name\":\"U_ISSYN\"}")), row("U_SPNO", None)];
        let carried = [("map:[\"T\"]".to_owned(), "A<".to_owned())];
        let view =
            NeededView { of: MappingOf::Flow("f-1"), title: "t", erp: "b1-<main>", carried: &carried, rows: &rows };
        let page = review_fields(&context(Language::En, true), &view).into_string();
        assert!(page.contains("action=\"/system/integrations/flows/f-1/mapping/fields/create\""), "{page}");
        assert!(page.contains("action=\"/system/integrations/flows/f-1/mapping/again\""), "{page}");
        assert_eq!(page.matches("name=\"create\"").count(), 1, "{page}");
        assert_eq!(page.matches("value=\"A&lt;\"").count(), 2, "{page}");
        for part in ["b1-&lt;main&gt;", "OA&lt;状态&gt;", "name=\"_csrf\"", "(1)"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let none = NeededView { rows: &rows[1..], ..view };
        let page = review_fields(&context(Language::Zh, true), &none).into_string();
        assert!(!page.contains("/fields/create"), "nothing is left to be made: {page}");
    }
}
