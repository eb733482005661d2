//! Approval flows: ERP documents go to the OA and the decision comes back.
//!
//! `find` finds documents, `submit` takes one to the OA, `write_back` takes its decision to the ERP. All but the
//! first go on from what the link says.

mod add_draft;
mod attachments;
mod by_hand;
mod create;
pub(crate) mod creating;
mod decide_draft;
mod decision_check;
mod ended;
mod find;
pub(crate) mod in_flight;
mod kind;
pub mod links;
mod mark;
pub mod message;
mod preview;
mod recognise;
mod resubmitted;
mod retry;
mod revoked;
pub(crate) mod run_history;
mod search;
pub(crate) mod sent_before;
mod shown;
pub mod submit;
pub(crate) mod submitter;
mod taken_back;
pub(crate) mod waiting;
mod whole;
mod work;
pub mod write_back;
mod write_document;

use tenon_model::FlowId;
use tenon_model::config::ApprovalFlow;
use tenon_model::link::{InstancePointer, Link};
use tenon_model::oa::StoredFile;
use tenon_platform::config_store::Loaded;
use tenon_platform::table::RecordKind;
use tenon_platform::{Error, Result};

/// The kinds of records of approvals.
pub(crate) fn record_kinds() -> Vec<RecordKind> {
    let mut kinds = vec![
        RecordKind::of::<InstancePointer>("INSTANCE"),
        RecordKind::of::<Link>("LINK"),
        RecordKind::of::<shown::Record>("SHOWN"),
        RecordKind::of::<StoredFile>("STORED-FILE"),
        resubmitted::KIND,
    ];
    kinds.extend(by_hand::KINDS);
    kinds.extend(in_flight::KINDS);
    kinds
}

/// The approval flow of this id.
pub fn flow<'a>(loaded: &'a Loaded, id: &FlowId) -> Result<&'a ApprovalFlow> {
    let flow = loaded.flow(id)?;
    flow.as_approval().ok_or_else(|| {
        let message = format!("flow {id} is of kind {} now, and has no documents in the OA", flow.kind());
        Error::permanent("flow.kind", message)
    })
}
