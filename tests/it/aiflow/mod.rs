//! aiflow's interface as an ERP calls it: signed, over real API Gateway events.

mod callers;
mod directory;
mod flows;
pub mod site;
