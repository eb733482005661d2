//! What came of a push of departments or people, and storing what is new of them.

use serde::Serialize;
use tenon_platform::Context;
use tenon_platform::Result;
use tenon_platform::table::{self, Outcome, Write};

/// Records in one body, at most.
pub(crate) const MOST: usize = 5_000;
/// Times a push is begun anew when somebody else changed a record meanwhile.
pub(crate) const TIMES: usize = 5;
/// Writes of one transaction; the table takes a hundred.
const TOGETHER: usize = 96;

/// What came of a push.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Synced {
    /// Records that are as they were pushed.
    pub success_count: usize,
    /// Records that are not.
    pub fail_count: usize,
    /// Why not, each.
    pub fail_details: Vec<FailDetail>,
    /// What was passed over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Why a record was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailDetail {
    /// The record's code in the ERP.
    pub code: String,
    /// The field that stands in the way: `departments[3].parentId`.
    pub path: String,
    /// Why.
    pub message: String,
}

impl Synced {
    pub(crate) fn of(records: usize, failed: Vec<FailDetail>, warnings: Vec<String>) -> Self {
        Self {
            success_count: records.saturating_sub(failed.len()),
            fail_count: failed.len(),
            fail_details: failed,
            warnings,
        }
    }
}

/// Stores records in their order, those of one record together: whoever dies on the way has stored whole records, and
/// none whose parent is missing.
pub(crate) async fn store(ctx: &Context, records: Vec<Vec<Write>>) -> Result<Outcome> {
    let mut together: Vec<Write> = Vec::new();
    for record in records {
        if together.len() + record.len() > TOGETHER
            && ctx.table.transact(std::mem::take(&mut together)).await? == Outcome::Conflict
        {
            return Ok(Outcome::Conflict);
        }
        together.extend(record);
    }
    if together.is_empty() { Ok(Outcome::Done) } else { ctx.table.transact(together).await }
}

/// Others kept changing the same records.
pub(crate) fn contended() -> tenon_platform::Error {
    table::in_the_way("others keep changing the same records of the directory")
}

/// A chain of codes that comes back to its beginning, in words.
pub(crate) fn cycle(codes: &[String]) -> String {
    codes.join(" → ")
}
