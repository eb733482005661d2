//! Values of a run's input that could not be mapped: what is put in their places, and the confirmation of it.

use super::{HOME, Label, ViewContext, run};
use maud::{Markup, html};
use serde_json::Value;

/// A value that could not be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongValue<'v> {
    /// Where it stands.
    pub path: &'v str,
    /// What stands there.
    pub value: Option<&'v str>,
    /// What is wrong with it.
    pub message: &'v str,
    /// What was filled in for it.
    pub filled: &'v str,
}

/// The name of a field of the form: the place stands behind it.
pub const VALUE: &str = "value:";

fn address(id: &str) -> String {
    format!("{HOME}/runs/{}/correct", crate::encoded(id))
}

fn back(context: &ViewContext<'_>, id: &str) -> Markup {
    html! { p.back { a href=(run::address(id)) { "← " (context.text(Label::BackToRun)) } } }
}

/// Where somebody says what counts instead.
pub fn correct(context: &ViewContext<'_>, id: &str, revision: &str, wrong: &[WrongValue<'_>]) -> Markup {
    let fields = html! {
        input type="hidden" name="revision" value=(revision);
        div.scroll tabindex="0" role="region" aria-label=(context.text(Label::CorrectCaption)) {
            table.list.stack {
                caption { (context.text(Label::CorrectCaption)) }
                thead { tr {
                    th scope="col" { (context.text(Label::Place)) }
                    th scope="col" { (context.text(Label::StandsThere)) }
                    th scope="col" { (context.text(Label::WhatIsWrong)) }
                    th scope="col" { (context.text(Label::NewValue)) }
                } }
                tbody { @for (index, own) in wrong.iter().enumerate() { (one(context, index, own)) } }
            }
        }
        button { (context.text(Label::ShowCorrection)) }
    };
    html! {
        (back(context, id))
        section.panel {
            h1 { (context.text(Label::CorrectTitle)) }
            p.hint { (context.text(Label::CorrectHint)) }
            (context.frame.form(&format!("{}/review", address(id)), "", &fields))
        }
    }
}

fn one(context: &ViewContext<'_>, index: usize, own: &WrongValue<'_>) -> Markup {
    let field = format!("correct-{index}");
    html! {
        tr data-row {
            th scope="row" { label for=(field) { (own.path) } }
            td data-name=(context.text(Label::StandsThere)) { (shown(context, own.value)) }
            td.message data-name=(context.text(Label::WhatIsWrong)) { (own.message) }
            td data-name=(context.text(Label::NewValue)) {
                input #(field) type="text" name=(format!("{VALUE}{}", own.path)) value=(own.filled) maxlength="1000" required;
            }
        }
    }
}

fn shown(context: &ViewContext<'_>, value: Option<&str>) -> Markup {
    html! {
        @match value.filter(|text| !text.is_empty()) {
            Some(text) => { code { (text) } }
            None => { span.soft { (context.text(Label::Empty)) } }
        }
    }
}

/// A value that would count instead of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedValue<'v> {
    /// Where.
    pub path: &'v str,
    /// What stands there.
    pub was: Option<&'v str>,
    /// What would count instead.
    pub is: &'v str,
}

/// What is to be confirmed.
pub struct Correction<'c> {
    /// Names what was corrected, as it was shown.
    pub shown: &'c str,
    /// Names what is shown now.
    pub confirmed: &'c str,
    /// What would count instead of what.
    pub changes: &'c [ChangedValue<'c>],
    /// What would be created.
    pub fields: &'c Value,
    /// What was filled in, to be sent with the confirmation.
    pub filled: &'c [(&'c str, &'c str)],
}

/// The diff, and its confirmation.
pub fn confirm(context: &ViewContext<'_>, id: &str, own: &Correction<'_>) -> Markup {
    let fields = html! {
        input type="hidden" name="revision" value=(own.shown);
        input type="hidden" name="confirmed" value=(own.confirmed);
        @for (path, value) in own.filled { input type="hidden" name=(format!("{VALUE}{path}")) value=(value); }
        button { (context.text(Label::Confirm)) }
        " " a href=(address(id)) { (context.text(Label::ChangeAgain)) }
    };
    html! {
        (back(context, id))
        section.panel {
            h1 { (context.text(Label::ConfirmTitle)) }
            p.hint { (context.text(Label::ConfirmHint)) }
            div.scroll tabindex="0" role="region" aria-label=(context.text(Label::ConfirmTitle)) {
                table.list.stack {
                    caption { (context.text(Label::WhatChanged)) }
                    thead { tr {
                        th scope="col" { (context.text(Label::Place)) }
                        th scope="col" { (context.text(Label::Before)) }
                        th scope="col" { (context.text(Label::After)) }
                    } }
                    tbody { @for change in own.changes {
                        tr data-row {
                            th scope="row" { (change.path) }
                            td data-name=(context.text(Label::Before)) { del { (shown(context, change.was)) } }
                            td data-name=(context.text(Label::After)) { ins { code { (change.is) } } }
                        }
                    } }
                }
            }
            (context.frame.form(&address(id), "", &fields))
        }
        section.panel {
            h2 { (context.text(Label::WouldCreate)) }
            (run::value(context, "would-create", own.fields))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;
    use serde_json::json;
    use tenon_model::Language;

    #[test]
    fn each_value_has_its_place_what_stands_there_and_a_field_and_the_diff_is_confirmed_with_what_was_shown() {
        let wrong = [
            WrongValue { path: "明细[0].数量", value: Some("十<"), message: "is no number", filled: "" },
            WrongValue { path: "客户", value: None, message: "is empty", filled: "C1" },
        ];
        let page = correct(&context(Language::Zh, true), "r-1", "rev", &wrong).into_string();
        assert!(page.contains("action=\"/system/integrations/runs/r-1/correct/review\""), "{page}");
        assert!(
            page.contains("name=\"value:明细[0].数量\"") && page.contains("十&lt;") && page.contains("（空）"),
            "{page}"
        );
        assert!(page.contains("value=\"rev\"") && page.contains("value=\"C1\"") && !page.contains("style="), "{page}");
        let own = Correction {
            shown: "rev",
            confirmed: "two",
            changes: &[ChangedValue { path: "客户", was: None, is: "C1" }],
            fields: &json!({ "CardCode": "C1" }),
            filled: &[("客户", "C1")],
        };
        let page = confirm(&context(Language::En, true), "r-1", &own).into_string();
        assert!(page.contains("action=\"/system/integrations/runs/r-1/correct\""), "{page}");
        for part in ["value=\"rev\"", "value=\"two\"", "name=\"value:客户\"", "<ins>", "<del>", "CardCode"] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}
