//! Approval flows: ERP documents go to the OA and the decision comes back.
//!
//! `poll` finds documents, `submit` takes one to the OA, `intake` receives an event of the OA,
//! `write_back` takes its decision to the ERP, `reconcile` finds what was missed.

pub mod document;
pub mod given_up;
pub(crate) mod in_flight;
pub mod intake;
pub mod links;
mod marks;
pub mod pages;
pub mod poll;
mod recognise;
pub mod reconcile;
mod resubmitted;
mod revoked;
pub mod search;
mod shown;
mod standing;
pub(crate) mod story;
pub mod submit;
mod turn;
pub mod verdict;
mod whole;
pub mod write_back;
