//! What came of a push of departments or people, and storing what is new of them.

use serde::Serialize;
use std::collections::{HashMap, HashSet};
use tenon_platform::Context;
use tenon_platform::Result;
use tenon_platform::table::{self, Outcome, Write};

/// Records in one body, at most.
pub(crate) const MAX_RECORDS: usize = 5_000;
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

/// Who stands above whom in a body, by the codes of it.
pub(crate) struct Above<'a> {
    of: HashMap<&'a str, &'a str>,
    /// Where a code comes last.
    last: HashMap<&'a str, usize>,
}

impl<'a> Above<'a> {
    /// Of codes, each with the one above.
    pub(crate) fn new(rows: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let (mut of, mut last) = (HashMap::new(), HashMap::new());
        for (at, (code, above)) in rows.enumerate() {
            last.insert(code, at);
            if let Some(above) = above {
                of.insert(code, above);
            }
        }
        Self { of, last }
    }

    /// Why the one above a row is not there: in a circle with it, later in the body, or nowhere. `what` is what it is called.
    pub(crate) fn why_missing(&self, what: &str, (at, code): (usize, &str), above: &str) -> String {
        let (mut way, mut seen, mut next) = (vec![code], HashSet::new(), Some(above));
        while let Some(step) = next.filter(|step| seen.insert(*step)) {
            way.push(step);
            if step == code {
                return circle(what, &way);
            }
            next = self.of.get(step).copied();
        }
        match self.last.get(above).is_some_and(|last| *last > at) {
            true => format!("{what}{above}在本次请求中排在其后，请按层级顺序（先上级后下级）提交"),
            false => format!("{what}{above}不存在，或本次未能保存"),
        }
    }
}

/// The way up from `above`, as codes, if it comes back to `own`.
pub(crate) fn way_back(
    own: &str,
    above: &str,
    next: impl Fn(&str) -> Option<String>,
    code_of: impl Fn(&str) -> String,
) -> Option<Vec<String>> {
    let (mut codes, mut seen, mut at) = (vec![code_of(own)], HashSet::new(), Some(above.to_owned()));
    while let Some(id) = at.filter(|id| seen.insert(id.clone())) {
        codes.push(code_of(&id));
        if id == own {
            return Some(codes);
        }
        at = next(&id);
    }
    None
}

/// A chain of codes that comes back to its beginning, in words.
pub(crate) fn circle(what: &str, codes: &[impl AsRef<str>]) -> String {
    let codes: Vec<&str> = codes.iter().map(AsRef::as_ref).collect();
    format!("{what}成环：{}", codes.join(" → "))
}
