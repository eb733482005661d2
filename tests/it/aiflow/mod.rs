//! aiflow's interface as an ERP calls it: signed, over real API Gateway events.

mod callers;
mod crash;
mod directory;
pub mod fixture;
pub mod flows;
mod histories;
pub mod orders;
