//! The pages of a set or of a stored query. What a poll reads shrinks while it reads, by the marks that are made
//! meanwhile, so pages are read by key wherever they can be.

use super::{B1, ByKey, Cursor, Query, SqlCode};
use crate::erp::{Filter, Rows};
use serde_json::Value;
use std::collections::HashSet;
use tenon_model::DocumentKey;
use tenon_platform::Result;

/// Times a query without `:last` is read from its beginning in one poll, at most.
const MAX_PASSES: u32 = 5;

/// A reader of pages.
pub enum Pages {
    /// By key.
    ByKey(ByKey),
    /// By position.
    ByPosition(ByPosition),
}

impl Pages {
    /// Reads from the beginning.
    pub(crate) async fn begin(b1: &B1<'_>, rows: Rows<'_>, key: &str, page_size: u32) -> Result<Self> {
        match rows {
            Rows::Documents { object, filter, select } => {
                let filter = match filter {
                    Filter::Own(filter) => filter.to_owned(),
                    Filter::Equal { field, value } => format!("{field} eq '{}'", value.replace('\'', "''")),
                };
                let query = Query::default().filter(filter).select(select.iter().copied());
                Ok(Self::ByKey(ByKey::of_set(object, key, query, page_size)))
            }
            Rows::Query { text, before_all } => {
                let code = b1.sql_ensure(text).await?;
                Ok(match before_all {
                    Some(first) => Self::ByKey(ByKey::of_sql(code, key, first, page_size)),
                    None => Self::ByPosition(ByPosition::new(code, key, page_size)),
                })
            }
        }
    }

    /// The rows of the next page that were not in one before; `None` at the end.
    pub(crate) async fn next(&mut self, b1: &B1<'_>) -> Result<Option<Vec<Value>>> {
        match self {
            Self::ByKey(pages) => pages.next(b1).await,
            Self::ByPosition(pages) => pages.next(b1).await,
        }
    }
}

/// The pages of a query that cannot be told where to begin. What shrinks under such a reading hides rows in
/// pages that were read before, so a reading of several pages is made again until it shows nothing new.
pub struct ByPosition {
    code: SqlCode,
    key: String,
    page_size: u32,
    cursor: Option<Cursor>,
    met: HashSet<DocumentKey>,
    passes: u32,
    pages: u32,
    news: bool,
    ended: bool,
}

impl ByPosition {
    fn new(code: SqlCode, key: &str, page_size: u32) -> Self {
        let (key, met) = (key.to_owned(), HashSet::new());
        Self { code, key, page_size, cursor: None, met, passes: 0, pages: 0, news: false, ended: false }
    }

    async fn next(&mut self, b1: &B1<'_>) -> Result<Option<Vec<Value>>> {
        if self.ended {
            return Ok(None);
        }
        let page = b1.sql_page(&self.code, &[], Some(self.page_size), self.cursor.take()).await?;
        let mut values = page.values;
        // A row without a key is shown, so that the poll says what is wrong with it.
        values.retain(|row| row.get(&self.key).and_then(DocumentKey::from_json).is_none_or(|key| self.met.insert(key)));
        self.pages += 1;
        self.news |= !values.is_empty();
        self.cursor = page.next;
        if self.cursor.is_none() {
            self.passes += 1;
            self.ended = self.pages == 1 || !self.news || self.passes >= MAX_PASSES;
            (self.pages, self.news) = (0, false);
        }
        Ok(Some(values))
    }
}
