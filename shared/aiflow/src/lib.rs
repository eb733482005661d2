//! aiflow's side of its interface with ERPs: who may call, departments and people that an ERP pushes, flows that other
//! systems run, and orders with their tasks, of which people are told and have lists.

mod bind;
pub mod caller;
pub mod calls;
mod departments;
mod fields;
pub mod flows;
pub mod orders;
mod people;
pub mod process;
mod synced;
pub mod tasks;
pub mod times;

pub use bind::bind;
pub use caller::{Caller, ErpApp};
pub use departments::sync as sync_departments;
pub use people::sync as sync_people;
pub use synced::{FailDetail, Synced};

use tenon_platform::table::RecordKind;

/// Longest body, in bytes. Lambda itself takes no request beyond 6 MB, in which the body stands escaped beside the headers.
pub const LONGEST_BODY: usize = 5 * 1024 * 1024;

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    let mut kinds = vec![
        RecordKind::of::<calls::CallEntry>("AIFLOW-CALL"),
        RecordKind::of::<flows::FlowHead>("THIRD-FLOW"),
        RecordKind::of::<flows::FlowVersion>("THIRD-FLOW"),
        RecordKind::of::<tasks::Entry>("TASK-ENTRY"),
    ];
    kinds.extend(orders::RECORDS);
    kinds.extend(process::record_kinds());
    kinds
}

/// What is answered where there is no more to tell.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Done {
    /// Always true.
    pub success: bool,
    /// What was passed over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl Done {
    /// It is done.
    pub fn with(warnings: Vec<String>) -> Self {
        Self { success: true, warnings }
    }
}
