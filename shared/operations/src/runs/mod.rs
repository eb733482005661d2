//! Runs: the list with its filters, one with its steps, trying one again.

mod filter;
mod list;
mod one;

pub use filter::Filter;
pub use list::{Counts, Listed, Newer, counts, counts_of_newest, cursor, list, newer};
pub(crate) use one::RETRIED;
pub use one::{Shown, one, retry};
