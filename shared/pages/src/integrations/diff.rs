//! What differs between two things, field by field.

use super::{Label, ViewContext};
use maud::{Markup, html};
use serde_json::Value;

/// Differences that are shown at most.
const MAX_DIFFERENCES: usize = 200;
/// Characters of a value that are shown at most.
const LONG: usize = 300;

/// One field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where it is.
    pub path: String,
    /// What it was; none for a field that is new.
    pub before: Option<Value>,
    /// What it is; none for one that is gone.
    pub after: Option<Value>,
}

/// The differences as a table; a sentence where there are none.
pub(crate) fn table(context: &ViewContext<'_>, caption: &str, all: &[Difference]) -> Markup {
    html! {
        @if all.is_empty() { p.hint { (context.text(Label::NothingDiffers)) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(caption) {
                table.diff.stack {
                    caption { (caption) }
                    thead { tr {
                        th scope="col" { (context.text(Label::WhatChanged)) }
                        th scope="col" { (context.text(Label::Field)) }
                        th scope="col" { (context.text(Label::Before)) }
                        th scope="col" { (context.text(Label::After)) }
                    } }
                    tbody { @for one in all.iter().take(MAX_DIFFERENCES) { (row(context, one)) } }
                }
            }
            @if all.len() > MAX_DIFFERENCES { p.hint { (all.len() - MAX_DIFFERENCES) " " (context.text(Label::MoreDiffers)) } }
        }
    }
}

fn row(context: &ViewContext<'_>, one: &Difference) -> Markup {
    let (class, sign, word) = match (&one.before, &one.after) {
        (None, _) => ("added", "+", Label::Added),
        (_, None) => ("removed", "−", Label::Removed),
        _ => ("changed", "≠", Label::Changed),
    };
    html! {
        tr class=(class) {
            td { span aria-hidden="true" { (sign) } " " (context.text(word)) }
            th scope="row" { code { (one.path) } }
            td data-name=(context.text(Label::Before)) { @if let Some(value) = &one.before { del { (shown(value)) } } }
            td data-name=(context.text(Label::After)) { @if let Some(value) = &one.after { ins { (shown(value)) } } }
        }
    }
}

/// A value in one line.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.chars().count() <= LONG {
        return text;
    }
    text.chars().take(LONG).chain(['…']).collect()
}
