//! Base data flows: records of an ERP object become rows of a table elsewhere, and are marked where they were found.
//!
//! `find` reads the pages of what is not marked and queues it; `send` takes a message's records to the other system and
//! marks each that is there. A record whose saving was not answered is looked for first (`settle`), and one that changed
//! while it was sent is sent again (`mark`). What is kept of each (`records`) is all that they go on from.
//!
//! Which system the rows go to is the business of `connectors::base_data` and of the flow's form; reading, marking,
//! failing and the history know none.

mod compare;
mod find;
mod kind;
mod mark;
pub mod message;
mod preview;
mod reading;
mod records;
mod retry;
mod rows;
mod run_history;
mod send;
mod settle;
mod work;

pub use crate::leased::LEASE;
pub use send::{on_dead_letter, send};

use tenon_model::FlowId;
use tenon_model::config::BaseDataFlow;
use tenon_platform::config_store::Loaded;
use tenon_platform::{Error, Result};

/// The base data flow of this id.
fn flow<'a>(loaded: &'a Loaded, id: &FlowId) -> Result<&'a BaseDataFlow> {
    let flow = loaded.flow(id)?;
    flow.as_base_data().ok_or_else(|| {
        let message = format!("flow {id} is of kind {} now, and sends no base data", flow.kind());
        Error::permanent("flow.kind", message)
    })
}
