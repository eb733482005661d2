//! Approvals over Weaver's E-cology, from B1 to the OA and back.

mod access;
mod crash;
mod drafts;
mod formal;
mod results;
pub mod test_app;
