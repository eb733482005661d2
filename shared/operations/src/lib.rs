//! What operators see and do: flows, runs, retrying one or many, dead letters, connections, alarms, who changed what.
//! The operators' API, the pages and the `tenon` command call these functions, so that a change is made, refused and
//! noted in the audit log alike, whichever way somebody came.

pub mod alarms;
pub mod beside;
pub mod bulk;
pub mod check;
pub mod connections;
pub mod data_sync;
pub mod dead_letters;
pub mod difference;
pub mod directory;
pub mod flows;
pub mod kept;
pub mod mapping;
pub mod page;
pub mod processes;
pub mod refusal;
pub mod runs;
pub mod status;

pub use page::Page;

use serde_json::Value;
use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::audit::{self, Actor};
use tenon_platform::table::RecordKind;
use tenon_platform::{Context, Rejection};

/// Where something is changed, and by whom.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// The process.
    pub ctx: &'a Context,
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// Who changes it.
    pub by: &'a Actor,
}

impl At<'_> {
    /// Notes a change that is about to be made.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn note(&self, did: &str, of: &str, detail: Value) -> Result<(), Rejection> {
        Ok(audit::note(self.ctx, self.tenant, self.by, (did, of), detail).await?)
    }
}

/// Of the time there is for an answer, what is kept for storing and telling what came of it.
const TO_ANSWER: Duration = Duration::from_secs(4);

/// For calls of outside systems: where somebody waits for an answer, they get the time that is left and not the time they
/// would wait for otherwise, which may be more than there is.
pub(crate) fn hurried(ctx: &Context) -> Context {
    match ctx.time_left() {
        Some(left) => ctx.within_cut(left.saturating_sub(TO_ANSWER)),
        None => ctx.clone(),
    }
}

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    let mut kinds = vec![connections::KIND];
    kinds.extend(bulk::KINDS);
    kinds
}
