//! Runs: the list with its filters, one with its steps, trying one again, its input put right where that is sound.

mod correct;
mod filter;
mod list;
mod one;

pub use correct::{correct, input, review};
pub use filter::Filter;
pub use list::{Counts, Listed, Newer, counts, counts_of_newest, cursor, list, newer};
pub(crate) use one::RETRIED;
pub use one::{Shown, one, retry};
