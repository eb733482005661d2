//! What each person has of other systems' orders: to do, done, started, sent a copy of. They are kept by the codes that
//! the ERP has for people: a task may come before anybody knows whose code it is.

mod entry;
mod links;
mod list;

pub use entry::{Entry, List};
pub use links::open_at;
pub use list::{Listed, TaskPage, TaskQuery, tasks_of};

pub(crate) use entry::{Place, entries, key, listed_in, no_entry};
