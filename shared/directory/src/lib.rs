//! People and departments of a tenant, as ERPs push them, OAs tell them and sign-ons bind them.
//!
//! A person has an id of ours, the code by which each enterprise's ERP knows it, and an account at each connected
//! OA. Nobody is deleted: who has left is not active. Each record has the latest of its changes with it: who changed
//! what, and when.

mod binding;
mod contact;
mod department;
mod history;
mod keys;
mod lookups;
mod person;
mod store;

pub use binding::{BindError, Bound};
pub use contact::{email_key, mobile_key};
pub use department::Department;
pub use history::{Change, FieldChange};
pub use keys::{SHARDS, free_id};
pub use person::{Language, Person, only_active};
pub use store::Directory;

use tenon_platform::table::RecordKind;

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    let pointers = ["DIR-PERSON-CODE", "DIR-EMAIL", "DIR-ACCOUNT", "DIR-DEPARTMENT-CODE"];
    let mut kinds = vec![RecordKind::of::<Person>("DIR-PERSON"), RecordKind::of::<Department>("DIR-DEPARTMENT")];
    kinds.extend(pointers.map(RecordKind::of::<keys::Pointer>));
    kinds
}
