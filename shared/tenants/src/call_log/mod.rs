//! The call log of a tenant's apps: records for 90 days, and exact counters per app, UTC day and
//! direction. A record and its count are stored in one transaction, so that a record that comes twice
//! is counted once.

mod cursor;
mod enter;
mod job;
mod key;
mod page;
mod stats;
mod unsigned;

pub use cursor::BAD_CURSOR;
pub use enter::{enter, queue, writes, writes_of_all};
pub use job::CallLogger;
pub use page::{Filter, Page, last_errors, one, page, pushes};
pub use stats::{DayStats, stats};
pub use unsigned::{KEPT_AN_HOUR, sample as sample_unsigned};
