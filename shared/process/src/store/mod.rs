//! Definitions, forms and instances as records, and their moves: one transaction each, with everything that follows from it.

mod definitions;
mod due;
mod failure;
mod forms;
mod history;
mod instances;
mod keys;
mod launch;
mod listed;
mod moves;
mod numbers;
mod rows;

pub use definitions::{Draft, Head, Made, Version, create, draft, head, load, publish, update, version};
pub use due::{Backlog, Due, due};
pub use failure::Failure;
pub use forms::{FormRecord, Saved, read_form, save_form};
pub use history::{history, latest};
pub use instances::{Followed, Moved, ProcessHost, Processes, URGE_EVERY_MS};
pub use launch::{Launch, Launched};
pub use listed::{OfMonth, instance, of_month};
pub use moves::{Acted, CallName, CurrentInstance, Of, Plan};
pub use rows::{Receiver, Row};

use crate::run::Instance;
use tenon_platform::table::RecordKind;

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    vec![
        RecordKind::of::<Head>("PROCESS-FLOW"),
        RecordKind::of::<Version>("PROCESS-FLOW"),
        RecordKind::of::<definitions::Part>("PROCESS-TEXT"),
        RecordKind::of::<FormRecord>("PROCESS-FORM"),
        RecordKind::of::<Instance>("PROCESS"),
        RecordKind::of::<forms::Copy>("PROCESS"),
        RecordKind::of::<rows::Rows>("PROCESS"),
        RecordKind::of::<history::Page>("PROCESS-HISTORY"),
        RecordKind::of::<instances::Pointer>("PROCESS-ORDER"),
    ]
}
