//! Pages of lists.

use serde::Serialize;
use tenon_platform::Rejection;

/// Records on a page unless it is said otherwise.
pub const USUAL: usize = 50;
/// Records on a page, at most.
pub const MAX_PAGE_SIZE: usize = 200;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page of what was read with one more than is shown, which says whether there is more.
    pub fn of(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }
}

/// How many records a caller wants.
///
/// # Errors
/// 400 for anything but 1 to [`MAX_PAGE_SIZE`].
pub fn limit(text: Option<&str>) -> Result<usize, Rejection> {
    let Some(text) = text else { return Ok(USUAL) };
    let number = text.parse::<usize>().ok().filter(|number| (1..=MAX_PAGE_SIZE).contains(number));
    number.ok_or_else(|| Rejection::field("limit", format!("须为1至{MAX_PAGE_SIZE}的整数")))
}
