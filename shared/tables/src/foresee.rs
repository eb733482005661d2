//! What a run would do, told without doing it.

use crate::target;
use tenon_databases::Db;
use tenon_flows::data_sync::plan::Plan;
use tenon_flows::data_sync::record::{SyncNotes, What};
use tenon_flows::data_sync::{counted, planned, source};
use tenon_flows::kinds::Scope;
use tenon_model::config::DataSyncFlow;
use tenon_platform::clock::millis;
use tenon_platform::{Error, Result};

/// What a run would do.
#[derive(Debug)]
pub struct Foreseen {
    /// The tables and their columns.
    pub plan: Plan,
    /// Organisations whose records are read.
    pub organisations: Vec<String>,
    /// Rows of the head in the window.
    pub rows: u64,
    /// Whether there are more than were counted.
    pub more: bool,
    /// Rows that the table has now.
    pub in_table: u64,
    /// What the run would tell.
    pub told: SyncNotes,
    /// What would stop it.
    pub stopped: Option<Error>,
}

/// Reads metadata and keys of the ERP, looks at the tables that are there, and writes nothing.
///
/// # Errors
/// The ERP's, and the database's.
pub async fn foresee(at: Scope<'_>, flow: &DataSyncFlow, form: &str, what: What) -> Result<Foreseen> {
    let source = source(at, flow)?;
    let (plan, organisations) = planned(&source, flow, form).await?;
    let back = match what {
        What::Create => flow.create_window,
        What::Update => flow.update_window,
    };
    let from = tenon_connectors::time::local_text(at.ctx.now_ms() - millis(back), source.time_zone())?;
    let (rows, more) = counted(&source, flow, &plan, &organisations, Some(&from)).await?;
    let db = Db::open(&*at.loaded.database(&flow.database)?).await?;
    let mut told = SyncNotes::default();
    let looked = match what {
        What::Create => target::look_before_create(&db, &plan, &mut told).await,
        What::Update => target::look_before_update(&db, &plan, &mut told).await,
    };
    db.close().await;
    let (in_table, stopped) = match looked {
        Ok(rows) => (rows, None),
        Err(error) => (0, Some(error)),
    };
    Ok(Foreseen { plan, organisations, rows, more, in_table, told, stopped })
}
