//! Tables that are filled from an ERP: how far each is.

use super::{Label, ViewContext, spark, times};
use maud::{Markup, html};

/// A synchronisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncRow {
    /// Its run, where it has one.
    pub run: Option<String>,
    /// The form, or the table.
    pub form: String,
    /// How it stands, in words.
    pub state: String,
    /// Whether it failed.
    pub failed: bool,
    /// Whether it goes on.
    pub under_way: bool,
    /// Rows that are written.
    pub rows: u64,
    /// Rows that there are, where that is known.
    pub of: Option<u64>,
    /// Epoch ms.
    pub started_ms: i64,
    /// In words.
    pub message: String,
}

/// The page. While one goes on it is drawn anew.
pub fn syncs(context: &ViewContext<'_>, all: &[SyncRow]) -> Markup {
    let goes_on = all.iter().any(|row| row.under_way);
    let poll = goes_on.then(|| format!("{}?part=list", super::Tab::Syncs.address()));
    html! {
        div #syncs data-live[goes_on] hx-get=[poll.as_deref()] hx-trigger=[goes_on.then_some("every 5s")]
            hx-swap=[goes_on.then_some("outerHTML")] {
            h1.hidden { (context.text(Label::Syncs)) }
            @if all.is_empty() { p.nothing { (context.text(Label::NoSyncs)) } } @else {
                div.scroll tabindex="0" role="region" aria-label=(context.text(Label::SyncsCaption)) {
                    table.list.stack {
                        caption { (context.text(Label::SyncsCaption)) }
                        thead { tr {
                            th scope="col" { (context.text(Label::Form)) }
                            th scope="col" { (context.text(Label::State)) }
                            th scope="col" { (context.text(Label::Rows)) }
                            th scope="col" { (context.text(Label::Started)) }
                            th scope="col" { (context.text(Label::Message)) }
                        } }
                        tbody { @for row in all { (one(context, row)) } }
                    }
                }
            }
        }
    }
}

fn one(context: &ViewContext<'_>, row: &SyncRow) -> Markup {
    let share = row.of.filter(|of| *of > 0).map(|of| i64::try_from(row.rows.min(of) * 1_000 / of).unwrap_or(0));
    html! {
        tr data-row {
            th scope="row" {
                @match &row.run {
                    Some(run) => { a href=(super::run::address(run)) { (row.form) } }
                    None => { (row.form) }
                }
            }
            td data-name=(context.text(Label::State)) { span.badge.bad[row.failed].good[!row.failed && !row.under_way] { (row.state) } }
            td.number data-name=(context.text(Label::Rows)) {
                (row.rows) @if let Some(of) = row.of { " / " (of) }
                @if let Some(share) = share { (spark::span(0, share, row.failed)) }
            }
            td data-name=(context.text(Label::Started)) { (times::moment(context, row.started_ms)) }
            td.message data-name=(context.text(Label::Message)) { (row.message) }
        }
    }
}
