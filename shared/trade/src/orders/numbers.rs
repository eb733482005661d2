//! Order numbers: `PO`, the day in Shanghai, and at least four digits that count within tenant and
//! day. They are reserved ten at a time, so that an ordinary order costs one transaction and no more;
//! numbers that a process dies with are never used.

use crate::time;
use std::collections::HashMap;
use std::ops::Range;
use tenon_model::TenantId;
use tenon_platform::table::{Count, Counted, Key};
use tenon_platform::{Context, Error, Result};
use tokio::sync::Mutex;

/// Numbers reserved at once.
const BLOCK: i64 = 10;
/// How long the day's counter is kept after it was last used, in seconds.
const KEPT_S: i64 = 7 * 86_400;
/// Tenants whose numbers a process keeps at hand.
const TENANTS: usize = 1_000;

/// Numbers this process has reserved, by tenant, with their day.
#[derive(Default)]
struct Reserved(Mutex<HashMap<TenantId, (String, Range<i64>)>>);

/// A number nobody else has.
pub(super) async fn next(ctx: &Context, tenant: &TenantId) -> Result<String> {
    let now = ctx.now_ms();
    let day = time::day(now);
    let reserved = ctx.extensions.get_or_init::<Reserved>();
    // Held while numbers are reserved: those who wait want numbers of the same block.
    let mut at_hand = reserved.0.lock().await;
    let number = match at_hand.get_mut(tenant) {
        Some((of, numbers)) if *of == day => numbers.next(),
        _ => None,
    };
    let number = match number {
        Some(number) => number,
        None => {
            let mut block = reserve(ctx, tenant, &day, now).await?;
            let first = block.next().unwrap_or(block.start);
            if at_hand.len() >= TENANTS {
                at_hand.clear();
            }
            at_hand.insert(tenant.clone(), (day.clone(), block));
            first
        }
    };
    Ok(format!("PO{day}{number:04}"))
}

async fn reserve(ctx: &Context, tenant: &TenantId, day: &str, now_ms: i64) -> Result<Range<i64>> {
    let key = Key::new(tenant, "ORDER-NUMBERS", &[], day);
    let count = Count::new(key).add("reserved", BLOCK).expiring(Some(now_ms / 1000 + KEPT_S));
    let counters = match ctx.table.count(count).await? {
        Counted::Done(counters) | Counted::Full(counters) => counters,
    };
    let last = counters.get("reserved").copied();
    let last =
        last.ok_or_else(|| Error::transient("platform.table", "a counter was not told after it was added to"))?;
    Ok(last - BLOCK + 1..last + 1)
}
