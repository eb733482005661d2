//! Counters are records many write at once, and DynamoDB refuses a write while a transaction has its
//! hand on the same record. Nothing was written then, so it is tried again after a moment.

use std::time::Duration;
use tenon_platform::table::{CONTENDED, Count, Counted, Transacted, Write};
use tenon_platform::{Context, Result};

/// Waits between tries, in ms, each a fifth longer or shorter; about a second in all.
const WAITS_MS: [u64; 7] = [5, 15, 40, 90, 180, 300, 400];

/// As [`Table::transact_each`](tenon_platform::table::Table::transact_each), and tries again while
/// another transaction stands in the way.
///
/// # Errors
/// Those of the table; `platform.table-contended` when the record stays taken.
pub async fn transact(ctx: &Context, writes: &[Write]) -> Result<Transacted> {
    patiently(ctx, || ctx.table.transact_each(writes.to_vec())).await
}

/// As [`Table::count`](tenon_platform::table::Table::count), and tries again while a transaction stands
/// in the way.
///
/// # Errors
/// As [`transact`].
pub async fn count(ctx: &Context, count: &Count) -> Result<Counted> {
    patiently(ctx, || ctx.table.count(count.clone())).await
}

async fn patiently<T, F>(ctx: &Context, mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    for wait in WAITS_MS {
        match attempt().await {
            Err(error) if error.code == CONTENDED => {
                ctx.clock.sleep(ctx.entropy.jitter(Duration::from_millis(wait))).await;
            }
            outcome => return outcome,
        }
    }
    attempt().await
}
