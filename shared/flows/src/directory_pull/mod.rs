//! Pulls of the directory: departments and people of an OA become those of Tenon's.
//!
//! A pull reads the tree of departments, then the people of each, page by page (`read`); what a page brought is stored in the
//! directory before the page is noted as seen, so that a pull that dies goes on behind the last page that was noted. A slice
//! of it lasts no longer than a function does, and the next one comes over the queue. Who was not seen has left, but only a
//! pull that has seen every page says so, and only of whom the person's own departments, read once more, do not have either
//! (`leavers`). Nobody is deleted.

pub(crate) mod begin;
mod departments;
mod kind;
mod leavers;
pub mod message;
mod people;
mod preview;
mod read;
pub(crate) mod record;
mod work;

pub(crate) use work::alone;
pub use work::{LEASE, on_dead_letter, work};

use tenon_model::FlowId;
use tenon_model::config::DirectoryPullFlow;
use tenon_platform::config_store::Loaded;
use tenon_platform::table::RecordKind;
use tenon_platform::{Context, Error, Result};

/// The kinds of records of pulls.
pub(crate) const KINDS: [RecordKind; 2] = record::KINDS;

/// The pull of this id.
fn flow<'a>(loaded: &'a Loaded, id: &FlowId) -> Result<&'a DirectoryPullFlow> {
    let flow = loaded.flow(id)?;
    flow.as_directory_pull().ok_or_else(|| {
        let message = format!("flow {id} is of kind {} now, and pulls no people", flow.kind());
        Error::permanent("flow.kind", message)
    })
}

/// The OA that a pull reads.
fn source<'a>(
    ctx: &'a Context,
    tenant: &tenon_model::TenantId,
    loaded: &Loaded,
    flow: &DirectoryPullFlow,
) -> Result<tenon_connectors::directory::Source<'a>> {
    let connection = loaded.connection(&flow.oa)?;
    let revision = loaded.revision(&flow.oa);
    tenon_connectors::directory::Source::over(ctx, tenant, &connection, revision).ok_or_else(|| {
        let message =
            format!("people of connection {} cannot be read, its kind has no directory; name another in oa", flow.oa);
        Error::permanent("config.connection", message)
    })
}
