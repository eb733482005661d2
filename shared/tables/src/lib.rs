//! Fills the tables that forms of an ERP become, in slices no longer than a function lives.
//!
//! A slice reads pages behind a key and stores each with how far it came in one transaction of the SQL database, under a
//! fence that whoever goes on takes over: what dies goes on behind the last page that was stored, and what was thought
//! dead changes nothing any more. A new table is filled beside the old one and takes its place in one step at the end.

mod copy;
mod foresee;
mod job;
mod pages;
mod reconcile;
mod slice;
mod state;
mod target;

pub use foresee::{Foreseen, foresee};
pub use job::{LEASE, TableSyncer, fail, work};
pub use slice::Slice;
