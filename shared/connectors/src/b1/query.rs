//! OData query options.

use crate::base::encode::percent;
use tenon_model::DocumentKey;

/// What is wanted of an entity or a set. Empty wants everything, in pages of B1's own size (20).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// `$filter`.
    pub filter: Option<String>,
    /// `$select`; empty selects all fields.
    pub select: Vec<String>,
    /// `$orderby`. Give the key: pages are stable only over an order that is.
    pub order_by: Option<String>,
    /// `$expand`.
    pub expand: Option<String>,
    /// `$top`: at most this many over all pages.
    pub top: Option<u64>,
    /// Rows per page, asked for by `Prefer: odata.maxpagesize`.
    pub page_size: Option<u32>,
}

impl Query {
    /// Everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only what matches.
    #[must_use]
    pub fn filter(mut self, filter: impl Into<String>) -> Self {
        self.filter = Some(filter.into());
        self
    }

    /// Only these fields.
    #[must_use]
    pub fn select<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.select = fields.into_iter().map(Into::into).collect();
        self
    }

    /// In this order, such as `DocEntry` or `DocDate desc`.
    #[must_use]
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.order_by = Some(order.into());
        self
    }

    /// With these navigation properties.
    #[must_use]
    pub fn expand(mut self, expand: impl Into<String>) -> Self {
        self.expand = Some(expand.into());
        self
    }

    /// At most this many.
    #[must_use]
    pub fn top(mut self, top: u64) -> Self {
        self.top = Some(top);
        self
    }

    /// Rows per page.
    #[must_use]
    pub fn page_size(mut self, rows: u32) -> Self {
        self.page_size = Some(rows);
        self
    }

    /// The options as pairs, not escaped; `$top` is left to the pager.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                pairs.push((name.to_owned(), value));
            }
        };
        add("$filter", self.filter.clone());
        add("$select", (!self.select.is_empty()).then(|| self.select.join(",")));
        add("$orderby", self.order_by.clone());
        add("$expand", self.expand.clone());
        pairs
    }
}

/// A text or number as it stands in a `$filter`: `'O''Neil'`, `16`.
pub fn literal(value: &DocumentKey) -> String {
    super::entity::literal(value, false)
}

/// A path with its query.
pub(super) fn with_pairs(path: &str, pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let joined: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    format!("{path}?{}", joined.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_escaped_once() {
        let query = Query::new().filter("U_ISSYN eq 'N'").select(["DocEntry", "U_A"]).order_by("DocEntry");
        assert_eq!(
            with_pairs("Drafts", &query.pairs()),
            "Drafts?$filter=U_ISSYN%20eq%20'N'&$select=DocEntry%2CU_A&$orderby=DocEntry"
        );
        assert_eq!(literal(&DocumentKey::Text("O'Neil".into())), "'O''Neil'");
    }
}
