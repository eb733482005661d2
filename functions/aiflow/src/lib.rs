//! aiflow's side of its interface with ERPs.

pub mod directory;
pub mod flows;
pub mod lists;
pub mod orders;
pub mod process;
