//! Users of an OA as other systems see them: whom an assistant's user is there, a token for that one, what is known of
//! the user, and what the user may do.
//!
//! Users, departments, positions, roles, data rights and bindings are handed in with a file or by an administrator; people
//! and departments may come from the directory instead, or all of it from the OA's own database.

mod answers;
mod caller;
mod database;
mod file;
mod names;
mod records;
mod source;
mod store;
mod texts;
pub mod token;

pub use answers::{Info, Rights, Token, info, issue, rights};
pub use caller::{Holder, OaCaller, OaCallers};
pub use database::{Tried, try_query};
pub use file::{Kind, Problem, from_csv, from_json, one};
pub use records::{Batch, Binding, DataRight, Named, OaUser, Role};
pub use store::{Item, Store, Stored};

use tenon_platform::table::RecordKind;

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    vec![
        RecordKind::of::<Binding>("OA-BINDING"),
        RecordKind::of::<DataRight>("OA-DATA-RIGHT"),
        RecordKind::of::<Named>("OA-DEPARTMENT"),
        RecordKind::of::<Named>("OA-POSITION"),
        RecordKind::of::<Role>("OA-ROLE"),
        RecordKind::of::<OaUser>("OA-USER"),
    ]
}
