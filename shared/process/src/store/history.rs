//! The history of an instance: a record for each step, which nothing writes again.

use super::keys;
use crate::run::Entry;
use serde::{Deserialize, Serialize};
use tenon_model::TenantId;
use tenon_platform::table::{Expect, Range, Write};
use tenon_platform::{Context, Result};

/// The entries of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Page {
    pub entries: Vec<Entry>,
}

/// The write of a step's entries; none where there are none.
pub(super) fn write(tenant: &TenantId, number: &str, entries: &[Entry], now_ms: i64) -> Result<Option<Write>> {
    let Some(first) = entries.first() else { return Ok(None) };
    let page = Page { entries: entries.to_vec() };
    Write::put(keys::history(tenant, number, first.seq), &page, Expect::AbsentAt(now_ms)).map(Some)
}

/// Entries from this number on, oldest first: those of so many steps at most.
///
/// # Errors
/// Those of the table.
pub async fn history(ctx: &Context, tenant: &TenantId, number: &str, from: u64, steps: u32) -> Result<Vec<Entry>> {
    // A step's record is called by its first entry, which may lie before.
    let partition = keys::history_partition(tenant, number);
    let mut all = Vec::new();
    if from > 0 {
        let range = Range {
            up_to: Some(keys::sort(from.saturating_sub(1))),
            backwards: true,
            limit: Some(1),
            ..Range::default()
        };
        let before = ctx.table.query::<Page>(&partition, range).await?;
        all.extend(before.items.into_iter().flat_map(|stored| stored.data.entries));
    }
    let range = Range { from: Some(keys::sort(from)), limit: Some(steps), ..Range::default() };
    let page = ctx.table.query::<Page>(&partition, range).await?;
    all.extend(page.items.into_iter().flat_map(|stored| stored.data.entries));
    all.retain(|entry| entry.seq >= from);
    Ok(all)
}

/// The latest entries, oldest first: those of so many steps at most.
///
/// # Errors
/// Those of the table.
pub async fn latest(ctx: &Context, tenant: &TenantId, number: &str, steps: u32) -> Result<Vec<Entry>> {
    let range = Range { backwards: true, limit: Some(steps), ..Range::default() };
    let page = ctx.table.query::<Page>(&keys::history_partition(tenant, number), range).await?;
    let steps = page.items.into_iter().rev();
    Ok(steps.flat_map(|stored| stored.data.entries).collect())
}
