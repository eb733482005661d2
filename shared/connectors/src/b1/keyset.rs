//! Pages by key: each asks for what lies behind the last key of the one before.
//!
//! A set that shrinks while it is read (our own marks take documents out of the poll's filter) must not be
//! read by position: what moved up into pages that were read already would be missed. Nothing but the
//! presence of B1's link is believed, so it may lose the filter, be absolute, or lead to an empty page.

use super::page::bad_link;
use super::sql::SqlCode;
use super::{B1, Entity, Query, literal};
use serde_json::Value;
use std::collections::HashSet;
use tenon_model::DocumentKey;
use tenon_platform::error::Result;

/// A reader of pages by key.
#[derive(Debug)]
pub struct ByKey {
    what: What,
    key: String,
    page_size: u32,
    /// The largest page, to which pages grow.
    largest: u32,
    last: Option<DocumentKey>,
    met: HashSet<DocumentKey>,
    ended: bool,
}

#[derive(Debug)]
enum What {
    Set { set: String, query: Query },
    Sql { code: SqlCode, first: DocumentKey },
}

/// Where a page of keys alone is full, the next is so many times as long, up to so many times the size that was
/// wished for: rows of a key are short, and a call takes its time however short they are.
const GROWS: u32 = 5;
const UP_TO: u32 = 10;
/// Rows of the longest of these pages, unless longer ones are wished for.
const MAX_ROWS: u32 = 500;

impl ByKey {
    /// Pages of an entity set. The query's filter and selection are kept, the key joins the selection, and
    /// the order is the key's. Pages of keys alone become longer while there are more.
    pub fn of_set(set: &str, key: &str, query: Query, page_size: u32) -> Self {
        let mut query = query.order_by(key).page_size(page_size);
        if !query.select.is_empty() && !query.select.iter().any(|name| name == key) {
            query.select.push(key.to_owned());
        }
        let keys_alone = query.select.iter().all(|name| name == key) && !query.select.is_empty();
        let mut pages = Self::new(What::Set { set: set.to_owned(), query }, key, page_size);
        if keys_alone {
            pages.largest = page_size.saturating_mul(UP_TO).min(MAX_ROWS).max(page_size);
        }
        pages
    }

    /// Pages of a stored query that has the parameter `:last` and is ordered by the key. `first` is a key
    /// before all others.
    pub fn of_sql(code: SqlCode, key: &str, first: DocumentKey, page_size: u32) -> Self {
        Self::new(What::Sql { code, first }, key, page_size)
    }

    fn new(what: What, key: &str, page_size: u32) -> Self {
        let key = key.to_owned();
        Self { what, key, page_size, largest: page_size, last: None, met: HashSet::new(), ended: false }
    }

    /// The rows of the next page; `None` at the end.
    ///
    /// # Errors
    /// `b1.next-link` when a page has nothing but what was read before.
    pub async fn next(&mut self, b1: &B1<'_>) -> Result<Option<Vec<Value>>> {
        if self.ended {
            return Ok(None);
        }
        let (values, linked) = self.fetch(b1).await?;
        // A page that is not full and leads nowhere is the last. A full one without a link is asked after:
        // the page size we wish for may not be the one we get, and not every server links.
        let full = values.len() >= usize::try_from(self.page_size).unwrap_or(usize::MAX);
        self.ended = values.is_empty() || !(linked || full);
        let keys: Vec<DocumentKey> = values.iter().filter_map(|v| DocumentKey::from_json(v.get(&self.key)?)).collect();
        let Some(last) = furthest(&keys) else {
            self.ended = true;
            return Ok((!values.is_empty()).then_some(values));
        };
        let before = self.met.len();
        self.met.extend(keys);
        if self.met.len() == before {
            let shown = self.shown();
            return Err(bad_link("leads back to a page that was read").during(format!("b1 GET {shown}")));
        }
        self.last = Some(last);
        self.page_size = self.page_size.saturating_mul(GROWS).min(self.largest);
        Ok(Some(values))
    }

    async fn fetch(&self, b1: &B1<'_>) -> Result<(Vec<Value>, bool)> {
        let size = Some(self.page_size);
        match &self.what {
            What::Set { set, query } => {
                let mut query = query.clone();
                if let Some(last) = &self.last {
                    let behind = format!("{} gt {}", self.key, literal(last));
                    query.filter = Some(match query.filter {
                        Some(filter) => format!("({filter}) and {behind}"),
                        None => behind,
                    });
                }
                let entity = Entity::new(set);
                let answered = b1.answered(entity.path(), set, query.pairs(), size).await?;
                Ok((answered.values, answered.link.is_some()))
            }
            What::Sql { code, first } => {
                let last = self.last.as_ref().unwrap_or(first);
                let answered = b1.sql_answered(code, &[("last", last)], size).await?;
                Ok((answered.values, answered.link.is_some()))
            }
        }
    }

    fn shown(&self) -> String {
        match &self.what {
            What::Set { set, .. } => set.clone(),
            What::Sql { code, .. } => format!("SQLQueries('{code}')/List"),
        }
    }
}

/// The key behind which the next page begins. Numbers say by themselves which is greatest; texts are in
/// the order of the server's collation, which is not ours, so the last row's counts.
fn furthest(keys: &[DocumentKey]) -> Option<DocumentKey> {
    let all_numbers = keys.iter().all(|key| matches!(key, DocumentKey::Number(_)));
    if all_numbers { keys.iter().max().cloned() } else { keys.last().cloned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_ordered_by_value_and_texts_by_the_server() {
        let number = |n| DocumentKey::Number(n);
        let text = |t: &str| DocumentKey::Text(t.to_owned());
        assert_eq!(furthest(&[number(9), number(10), number(2)]), Some(number(10)));
        assert_eq!(furthest(&[text("B"), text("a")]), Some(text("a")));
        assert_eq!(furthest(&[]), None);
    }
}
