//! PLM flows: items, bills of materials and routings that a PLM releases become master data of the ERP.
//!
//! A push is answered with what became of each of its records. A record has a key of its own in the ERP, so that what
//! was pushed twice is there once; what was pushed last counts, in whichever order pushes are worked on. Before a write
//! is sent it is stored, and one whose answer was lost is looked for by the key before anything is sent again.

mod batch;
mod bodies;
mod body;
mod compare;
mod components;
mod fit;
mod job;
mod kind;
mod look;
pub mod message;
mod outcome;
mod preview;
mod push;
mod record;
mod resume;
mod run;
mod same;
mod send;
mod trees;
mod write;

pub use push::{ANSWERED_WITHIN, push};
pub use record::LEASE_OF_CALL;
pub use resume::{on_dead_letter, resume};

/// Records in one push, at most.
pub const MAX_RECORDS: usize = 500;
/// Longest body of a push, in bytes.
pub const MAX_BODY_BYTES: usize = 5 * 1024 * 1024;
/// Longest record, in bytes: what is kept of it until it is written.
const LONGEST_RECORD: usize = 256 * 1024;

#[doc(hidden)]
pub mod fuzzing {
    //! For the fuzz target of what a PLM pushes.

    use super::{body, fit, trees};
    use tenon_model::config::PlmFlow;

    /// Reads a body and prepares its records, as a push does before the ERP is asked.
    pub fn read(flow: &PlmFlow, bytes: &[u8]) {
        let Ok(records) = body::records(flow, bytes) else { return };
        let fitted = fit::all(flow, &records);
        let trees: Vec<trees::Tree<'_>> = fitted.iter().flatten().map(fit::Fit::tree).collect();
        let cycles = trees::cycles(&trees);
        let levels = trees::levels(&trees, &cycles);
        let placed: usize = levels.iter().map(Vec::len).sum();
        assert_eq!(placed + cycles.len(), trees.len(), "every tree is in a cycle or has its turn");
    }
}
