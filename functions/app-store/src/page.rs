//! Lists by pages: `{total, page, size, records}`.

use serde::Deserialize;
use serde_json::{Value, json};
use tenon_platform::Rejection;

/// Most records of a page.
pub(crate) const MAX: usize = 200;

/// Which page is wanted: page 1 of 20 when nothing is said.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Paging {
    pub page: usize,
    pub size: usize,
}

impl Default for Paging {
    fn default() -> Self {
        Self { page: 1, size: 20 }
    }
}

impl Paging {
    /// Of a body's optional fields.
    pub(crate) fn of(page: Option<usize>, size: Option<usize>) -> Result<Self, Rejection> {
        let standard = Self::default();
        Self { page: page.unwrap_or(standard.page), size: size.unwrap_or(standard.size) }.checked()
    }

    pub(crate) fn checked(self) -> Result<Self, Rejection> {
        if self.page == 0 {
            return Err(Rejection::field("page", "从1开始"));
        }
        if !(1..=MAX).contains(&self.size) {
            return Err(Rejection::field("size", format!("须为1至{MAX}")));
        }
        Ok(self)
    }

    /// One page of them all.
    pub(crate) fn cut<T>(self, all: &[T], view: impl FnMut(&T) -> Value) -> Value {
        let before = (self.page - 1).saturating_mul(self.size);
        let records: Vec<Value> = all.iter().skip(before).take(self.size).map(view).collect();
        json!({ "total": all.len(), "page": self.page, "size": self.size, "records": records })
    }
}
