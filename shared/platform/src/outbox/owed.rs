//! How far the outbox is behind: what was promised and is not queued.

use super::{Record, SHARDS, partition};
use crate::context::Context;
use crate::error::Result;
use crate::table::Range;

/// Entries of a shard that are counted, at most.
const COUNTED: usize = 1_000;

/// Messages that are owed longer than whoever promised them has to send them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Owed {
    /// So many; at least as many where there are more than are counted.
    pub messages: u64,
    /// Epoch ms of the change that waits longest for its message.
    pub oldest_ms: Option<i64>,
}

/// What is owed now, of all tenants.
///
/// # Errors
/// Those of the table.
pub async fn owed(ctx: &Context) -> Result<Owed> {
    let mut owed = Owed::default();
    for shard in 0..SHARDS {
        let (mut range, mut seen) = (Range::default(), 0);
        loop {
            let page = ctx.table.query_index::<Record>(&partition(shard), range.clone()).await?;
            seen += page.items.len();
            for record in page.items.into_iter().map(|stored| stored.data) {
                if record.due_ms <= ctx.now_ms() {
                    owed.messages += record.messages.len() as u64;
                    owed.oldest_ms = [owed.oldest_ms, Some(record.stored_ms)].into_iter().flatten().min();
                }
            }
            match page.next.filter(|_| seen < COUNTED) {
                Some(next) => range.start = Some(next),
                None => break,
            }
        }
    }
    Ok(owed)
}
