//! What each person has of other systems' orders: to do, done, started, sent a copy of. They are kept by the codes that
//! the ERP has for people: a task may come before anybody knows whose code it is.

mod entry;
mod links;
mod list;

pub use entry::{Entry, List};
pub use links::open_at;
pub use list::{Listed, TaskPage, TaskQuery, tasks_of};

pub(crate) use entry::{Place, entries, key, listed_in, no_entry};

/// Stands for the enterprise of people whom no ERP has a code for: their code is our id of them.
pub(crate) const NO_ENTERPRISE: &str = "@";

/// The deadline of a task that has none, in epoch ms: it stands behind all others.
pub const NO_DEADLINE: i64 = 9_999_999_999_999;

/// The page of a task, or of an order, that runs here.
pub fn page_at(id: &str) -> String {
    let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string();
    format!("/aflow/tasks/{}", id.replace("%2D", "-"))
}
