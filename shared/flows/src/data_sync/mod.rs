//! ERP data as tables of a SQL database: which form goes into which table (`plan`), that one run of a form goes on at a
//! time (`begin`), and what is kept of it (`record`). The rows themselves are the business of the crate that links the
//! databases; nothing here does.

pub mod begin;
mod kind;
pub mod message;
pub mod plan;
mod preview;
pub mod record;
mod run_history;

pub use preview::{counted, planned};
pub use run_history::record_run;

use crate::kinds::Scope;
use tenon_connectors::tabular::{self, Source};
use tenon_model::FlowId;
use tenon_model::config::{DATA_SOURCES, DataSyncFlow, Flow};
use tenon_platform::config_store::Loaded;
use tenon_platform::table::RecordKind;
use tenon_platform::{Error, ErrorKind, Result};

/// The kinds of records of this room.
pub(crate) const KINDS: [RecordKind; 2] = record::KINDS;

/// The flow of this id.
///
/// # Errors
/// That there is none, or that it is of another kind.
pub fn flow<'a>(loaded: &'a Loaded, id: &FlowId) -> Result<&'a DataSyncFlow> {
    let flow = loaded.flow(id)?;
    flow.as_data_sync().ok_or_else(|| {
        let message = format!("flow {id} is of kind {} now, and makes no tables", flow.kind());
        Error::permanent("flow.kind", message)
    })
}

/// The flow that serves a form: its own, or the one that serves all others.
///
/// # Errors
/// `data-sync.form` when no flow does.
pub fn flow_of<'a>(loaded: &'a Loaded, form: &str) -> Result<&'a DataSyncFlow> {
    let flows = || loaded.flows().iter().filter_map(Flow::as_data_sync).filter(|flow| flow.enabled);
    let own = flows().find(|flow| flow.form.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(form)));
    own.or_else(|| flows().find(|flow| flow.form.is_none())).ok_or_else(|| {
        let message =
            format!("no flow of kind data-sync has the form {form}; add one, or one without form for all others");
        Error::permanent("data-sync.form", message).with_kind(ErrorKind::NotFound)
    })
}

/// Where the forms of a flow are.
///
/// # Errors
/// That the connection is not there, or has no forms.
pub fn source<'a>(at: Scope<'a>, flow: &DataSyncFlow) -> Result<Source<'a>> {
    let connection = at.loaded.connection(&flow.erp)?;
    let revision = at.loaded.revision(&flow.erp);
    tabular::source(at.ctx, at.tenant, &connection, revision).ok_or_else(|| {
        let message = format!("connection {} has no forms; name one of {} in erp", flow.erp, DATA_SOURCES.join(", "));
        Error::permanent("config.connection", message)
    })
}
