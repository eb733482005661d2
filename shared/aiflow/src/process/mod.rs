//! Processes that run here, as everybody around them sees them: definitions and forms as an ERP pushes them, the services
//! that begin them and move them on, people whom they name, tasks in people's lists, notices, and what the ERP is told.
//!
//! The engine ([`tenon_process`]) knows none of these. It asks who somebody is, and says what follows from a step; both
//! are answered here ([`host`]), and what follows is stored in the step's own transaction.

mod audit;
pub mod definitions;
pub mod drawn;
mod errors;
mod follow;
mod host;
pub mod logs;
mod notices;
mod of_order;
mod out;
pub mod services;
pub mod shown;
pub mod synced;
mod who;
mod work;

pub use audit::audit;
pub use host::TenantHost;
pub use out::{Lane, Sending};
pub use services::Given;
pub use who::code_of;
pub use work::{LEASE, ProcessSender};

use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::table::RecordKind;
use tenon_platform::{Context, Result};
use tenon_process::store::{Backlog, Processes};

/// The kinds of records of this module.
pub(crate) fn record_kinds() -> [RecordKind; 3] {
    [out::KIND, RecordKind::of::<logs::Log>("PROCESS-LOG"), RecordKind::of::<synced::Form>("PROCESS-SYNCED-FORM")]
}

/// The processes of a tenant.
pub fn flows_of<'a>(ctx: &'a Context, tenant: &'a TenantId, host: &'a TenantHost) -> Processes<'a> {
    Processes::new(ctx, tenant, host)
}

/// Kept of the time that a run has, for what is under way.
const TO_END: Duration = Duration::from_secs(5);

/// Goes on with what is due, of every tenant: all of it, as long as there is time.
///
/// # Errors
/// Those of the table.
pub async fn run_due(ctx: &Context) -> Result<()> {
    let mut backlog = Backlog::new(ctx);
    while let Some(page) = backlog.next(ctx).await? {
        for due in page {
            if ctx.time_for(TO_END).is_err() {
                tracing::warn!("more is due of processes than one run has time for; the next goes on");
                return Ok(());
            }
            let host = TenantHost::new(ctx, &due.tenant).await?;
            if let Err(failure) = Box::pin(flows_of(ctx, &due.tenant, &host).tick(&due.number)).await {
                let error = errors::as_error(failure);
                tracing::error!(process = %due.number, error.code = error.code, error.message = %error, "what was due of a process was not done");
            }
        }
    }
    Ok(())
}
