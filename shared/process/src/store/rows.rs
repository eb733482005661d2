//! Decisions of open tasks that were stored elsewhere, by whoever keeps the approvals: they wait beside the instance until
//! somebody says that it is to go on by them. One record, read with the instance; rows of tasks that are closed fall out of it.

use super::keys;
use crate::run::Instance;
use serde::{Deserialize, Serialize};
use tenon_model::TenantId;
use tenon_platform::table::{Expect, Stored, Write};
use tenon_platform::{Context, Result};

/// Longest comment that is kept here, in characters; the whole of it is where it was stored.
const COMMENT: usize = 500;

/// A decision of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The task.
    pub task: String,
    /// Code of who.
    pub by: String,
    /// Whether it was agreed to.
    pub approve: bool,
    /// What was said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

/// The record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rows {
    /// The round in which one came last.
    pub round: u32,
    /// Those of tasks that were open then.
    pub rows: Vec<Row>,
}

/// An instance that rows come for, as it was read.
pub struct Receiver {
    /// The instance.
    pub instance: Instance,
    pub(super) rows: Option<Stored<Rows>>,
}

impl Receiver {
    /// The write that keeps rows of open tasks, to be made with that which stores them; none where there are none. Of two of
    /// a task and person the first stays.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, ctx: &Context, tenant: &TenantId, new: Vec<Row>) -> Result<Option<Write>> {
        let open = |row: &Row| self.instance.open_tasks().any(|task| task.id == row.task);
        let mut rows: Vec<Row> = self.rows.iter().flat_map(|stored| stored.data.rows.clone()).filter(&open).collect();
        let before = rows.len();
        for mut row in new.into_iter().filter(&open) {
            if !rows.iter().any(|known| known.task == row.task && known.by == row.by) {
                row.comment = row.comment.chars().take(COMMENT).collect();
                rows.push(row);
            }
        }
        if rows.len() == before {
            return Ok(None);
        }
        let record = Rows { round: self.instance.round, rows };
        let expect = self.rows.as_ref().map_or(Expect::AbsentAt(ctx.now_ms()), |rows| Expect::Version(rows.version));
        Write::put(keys::rows(tenant, &self.instance.number), &record, expect).map(Some)
    }
}
