//! A job and its items as stored.

use crate::runs::Filter;
use serde::{Deserialize, Serialize};
use tenon_model::run::Run;
use tenon_model::{DocumentKey, FlowId, RunId, TenantId};
use tenon_platform::table::{Expect, Key, Range, RecordKind, Stored, Write};
use tenon_platform::{Context, Result};

/// How long a job is kept, in seconds: as long as the runs.
const KEEP_S: i64 = 90 * 86_400;

/// The kinds of records of a job.
pub(crate) const KINDS: [RecordKind; 2] = [RecordKind::of::<Job>("BULK-RETRY"), RecordKind::of::<Item>("BULK-ITEM")];

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// `bk-…`; sorts by time.
    pub id: String,
    /// Which runs, frozen when it was begun.
    pub filter: Filter,
    /// The runs that were named one by one, where they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<RunId>,
    /// Why.
    pub reason: String,
    /// Who began it.
    pub by: String,
    /// Who cancelled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_by: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Behind which run the listing goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Runs that were listed: its items.
    pub total: u32,
    /// Runs that its filter lets through and that are not taken, since there is nothing to retry.
    #[serde(default)]
    pub not_taken: u32,
    /// Items that are worked on, from the first: the number of the next.
    #[serde(default)]
    pub next: u32,
    /// Of them, those that were put back.
    pub queued: u32,
    /// Of them, those that had nothing left to retry when their turn came.
    pub skipped: u32,
    /// Of them, those that could not be put back.
    pub failed: u32,
    /// Why it failed: an error's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Epoch ms.
    pub created_ms: i64,
    /// Epoch ms of the last slice.
    pub updated_ms: i64,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its runs are being listed.
    Listing,
    /// Its runs are being put back.
    Working,
    /// Every item has its result.
    Done,
    /// Stopped by somebody; what it had not taken yet is as it was.
    Cancelled,
    /// Given up.
    Failed,
}

impl State {
    /// Whether nothing more comes of it.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Failed)
    }

    /// Whether a job may go on so. Nothing leaves an end.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Listing => true,
            Self::Working => next != Self::Listing,
            Self::Done | Self::Cancelled | Self::Failed => self == next,
        }
    }

    /// The word in records and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::Working => "working",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// One run of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its place, from 0.
    pub number: u32,
    /// The run.
    pub run: RunId,
    /// Its flow.
    pub flow: FlowId,
    /// Its document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentKey>,
    /// What came of it.
    pub outcome: Outcome,
    /// That in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The code of what was in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Epoch ms at which it was taken in hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
}

/// What came of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Its turn is to come.
    Pending,
    /// It is about to be put back, or was when its process died.
    Taken,
    /// It was put back and goes on from the step that failed.
    Queued,
    /// There was nothing left to retry.
    Skipped,
    /// It could not be put back.
    Failed,
    /// The job was cancelled before its turn.
    Cancelled,
}

impl Job {
    pub(super) fn new(id: String, filter: Filter, named: Vec<RunId>, (reason, by): (&str, &str), now_ms: i64) -> Self {
        Self {
            id,
            filter,
            named,
            reason: reason.to_owned(),
            by: by.to_owned(),
            cancelled_by: None,
            state: State::Listing,
            cursor: None,
            total: 0,
            not_taken: 0,
            next: 0,
            queued: 0,
            skipped: 0,
            failed: 0,
            code: None,
            created_ms: now_ms,
            updated_ms: now_ms,
        }
    }

    /// Items that have a result.
    pub fn done(&self) -> u32 {
        self.queued + self.skipped + self.failed
    }

    pub(super) fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Queued => self.queued += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Pending | Outcome::Taken | Outcome::Cancelled => {}
        }
    }
}

impl Item {
    pub(super) fn of(number: u32, run: &Run) -> Self {
        Self {
            number,
            run: run.id.clone(),
            flow: run.flow.clone(),
            document: run.document.clone(),
            outcome: Outcome::Pending,
            message: String::new(),
            code: None,
            at_ms: None,
        }
    }
}

/// Whether this can be a job's id.
pub(super) fn is_id(text: &str) -> bool {
    text.strip_prefix("bk-").is_some_and(|rest| rest.len() == 21 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn key(tenant: &TenantId, id: &str) -> Key {
    Key::new(tenant, "BULK-RETRY", &[], id)
}

pub(super) async fn get(ctx: &Context, tenant: &TenantId, id: &str) -> Result<Option<Stored<Job>>> {
    ctx.table.get(&key(tenant, id)).await
}

pub(super) fn put(tenant: &TenantId, job: &Job, expect: Expect) -> Result<Write> {
    Ok(Write::put(key(tenant, &job.id), job, expect)?.expiring(Some(job.created_ms / 1000 + KEEP_S)))
}

pub(super) fn put_item(tenant: &TenantId, job: &Job, item: &Item, expect: Expect) -> Result<Write> {
    let key = Key::new(tenant, "BULK-ITEM", &[&job.id], format!("{:06}", item.number));
    Ok(Write::put(key, item, expect)?.expiring(Some(job.created_ms / 1000 + KEEP_S)))
}

/// Items from this number on, in order.
pub(super) async fn items(
    ctx: &Context,
    tenant: &TenantId,
    job: &str,
    from: u32,
    most: usize,
) -> Result<Vec<Stored<Item>>> {
    let partition = Key::partition_of(tenant, "BULK-ITEM", &[job]);
    let limit = Some(u32::try_from(most).unwrap_or(u32::MAX));
    let mut range = Range { from: Some(format!("{from:06}")), limit, ..Range::default() };
    let mut found = Vec::new();
    loop {
        let page = ctx.table.query::<Item>(&partition, range.clone()).await?;
        found.extend(page.items);
        match page.next.filter(|_| found.len() < most) {
            Some(next) => range.start = Some(next),
            None => break,
        }
    }
    found.truncate(most);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_an_end_and_nothing_goes_back() {
        use State::{Cancelled, Done, Failed, Listing, Working};
        let all = [Listing, Working, Done, Cancelled, Failed];
        for state in all {
            for next in all {
                let may = state.may_become(next);
                assert_eq!(may, if state.has_ended() { state == next } else { next != Listing || state == Listing });
            }
        }
    }
}
