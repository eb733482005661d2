//! Approvals over Weaver's E-cology, from B1 to the OA and back.

mod access;
mod attachments;
mod crash;
mod drafts;
mod formal;
mod results;
mod tables;
pub mod test_app;
