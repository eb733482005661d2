//! What differs between two things, field by field.

use super::{Say, Scene};
use maud::{Markup, html};
use serde_json::Value;

/// Differences that are shown at most.
const MOST: usize = 200;
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
pub(crate) fn table(scene: &Scene<'_>, caption: &str, all: &[Difference]) -> Markup {
    html! {
        @if all.is_empty() { p.hint { (scene.say(Say::NothingDiffers)) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(caption) {
                table.diff.stack {
                    caption { (caption) }
                    thead { tr {
                        th scope="col" { (scene.say(Say::WhatChanged)) }
                        th scope="col" { (scene.say(Say::Field)) }
                        th scope="col" { (scene.say(Say::Before)) }
                        th scope="col" { (scene.say(Say::After)) }
                    } }
                    tbody { @for one in all.iter().take(MOST) { (row(scene, one)) } }
                }
            }
            @if all.len() > MOST { p.hint { (all.len() - MOST) " " (scene.say(Say::MoreDiffers)) } }
        }
    }
}

fn row(scene: &Scene<'_>, one: &Difference) -> Markup {
    let (class, sign, word) = match (&one.before, &one.after) {
        (None, _) => ("added", "+", Say::Added),
        (_, None) => ("removed", "−", Say::Removed),
        _ => ("changed", "≠", Say::Changed),
    };
    html! {
        tr class=(class) {
            td { span aria-hidden="true" { (sign) } " " (scene.say(word)) }
            th scope="row" { code { (one.path) } }
            td data-name=(scene.say(Say::Before)) { @if let Some(value) = &one.before { del { (shown(value)) } } }
            td data-name=(scene.say(Say::After)) { @if let Some(value) = &one.after { ins { (shown(value)) } } }
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
