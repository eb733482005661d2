//! Counters are records many write at once, and DynamoDB refuses a write while a transaction has its
//! hand on the same record. Nothing was written then, so it is tried again after a moment.

use std::time::Duration;
use tenon_platform::table::{Count, Counted, Transacted, Write};
use tenon_platform::{Context, ErrorKind, Result};

/// Waits between tries, in ms, each a fifth longer or shorter; about a second in all.
const WAITS_MS: [u64; 7] = [5, 15, 40, 90, 180, 300, 400];

/// As [`Table::transact_each`](tenon_platform::table::Table::transact_each), and tries again while
/// another transaction stands in the way.
///
/// # Errors
/// Those of the table; `platform.table-contended` when the record stays taken.
pub async fn transact(ctx: &Context, writes: Vec<Write>) -> Result<Transacted> {
    let transaction = ctx.table.transaction(writes)?;
    patiently(ctx, || ctx.table.make(&transaction)).await
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
            Err(error) if error.kind() == ErrorKind::Contended => {
                ctx.clock.sleep(ctx.entropy.jitter(Duration::from_millis(wait))).await;
            }
            outcome => return outcome,
        }
    }
    attempt().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tenon_platform::clock::Clock;
    use tenon_platform::entropy::Entropy;
    use tenon_platform::table::in_the_way;
    use tenon_platform::{Error, http::NoHttp};

    /// Tries something that fails so many times in this way; returns the tries and the outcome.
    async fn tried(failures: usize, error: Error) -> (usize, Result<()>) {
        let clock = Clock::manual(0);
        let ctx = tenon_engine::memory_context(Arc::new(NoHttp), clock, Entropy::seeded(1)).await.unwrap();
        let mut tries = 0;
        let outcome = patiently(&ctx, || {
            tries += 1;
            let outcome = if tries > failures { Ok(()) } else { Err(error.clone()) };
            async move { outcome }
        })
        .await;
        (tries, outcome)
    }

    #[tokio::test]
    async fn only_contention_is_tried_again_and_not_for_ever() {
        let contended = in_the_way("another transaction");
        assert_eq!(tried(3, contended.clone()).await, (4, Ok(())));
        let (tries, outcome) = tried(100, contended.clone()).await;
        assert_eq!((tries, outcome), (8, Err(contended)));
        let (tries, outcome) = tried(3, Error::transient("platform.table", "no table")).await;
        assert_eq!((tries, outcome.is_err()), (1, true));
    }
}
