//! Approval functions: two schedules and two queue consumers.

pub mod poll;
pub mod reconcile;
pub mod submit;
pub mod write_back;
