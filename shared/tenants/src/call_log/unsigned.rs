//! Calls that named an app and were not signed by it. An app key is public, so anybody can make any number
//! of them. They are told apart twice: a process sends on the first few of a minute and then one record for
//! many, and of those that arrive the log keeps a stated number an hour. The others are only counted, beside
//! the app's own calls and in none of their numbers.

use super::{enter, key};
use crate::contention;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tenon_model::call::{CallRecord, Direction};
use tenon_model::{AppId, TenantId};
use tenon_platform::table::{Count, Transacted, Write};
use tenon_platform::{Context, Result};

/// Records of one app an hour that are kept.
pub const KEPT_AN_HOUR: i64 = 20;
/// Calls of one app a minute that a process sends on one by one …
const ONE_BY_ONE: u32 = 5;
const MINUTE_MS: i64 = 60_000;
/// … and how often it sends a record for all that came since, after those.
const TOGETHER_EVERY_MS: i64 = 10_000;
/// Apps a process remembers this of.
const APPS: usize = 1_000;

/// What a process has sent on of one app's.
#[derive(Clone, Copy, Default)]
struct Sent {
    minute: i64,
    one_by_one: u32,
    last_ms: i64,
    waiting: u32,
}

#[derive(Default)]
struct Remembered(Mutex<HashMap<(TenantId, AppId), Sent>>);

/// How many calls the record of this one shall stand for, itself included; `None` when it is only counted,
/// in the next record's number.
pub fn sample(ctx: &Context, tenant: &TenantId, app: &AppId) -> Option<u32> {
    let now = ctx.now_ms();
    let remembered = ctx.extensions.get_or_init::<Remembered>();
    let mut map = remembered.0.lock().unwrap_or_else(PoisonError::into_inner);
    if map.len() >= APPS {
        map.clear();
    }
    let sent = map.entry((tenant.clone(), app.clone())).or_default();
    if sent.minute != now.div_euclid(MINUTE_MS) {
        (sent.minute, sent.one_by_one) = (now.div_euclid(MINUTE_MS), 0);
    }
    sent.waiting = sent.waiting.saturating_add(1);
    if sent.one_by_one >= ONE_BY_ONE && now < sent.last_ms + TOGETHER_EVERY_MS {
        return None;
    }
    (sent.one_by_one, sent.last_ms) = (sent.one_by_one.saturating_add(1), now);
    Some(std::mem::take(&mut sent.waiting))
}

/// Counts them, and stores those that are kept.
pub(super) async fn enter_apart(ctx: &Context, tenant: &TenantId, records: Vec<CallRecord>) -> Result<()> {
    for record in records {
        let day = key::day_of(record.at_ms);
        let kept = format!("kept-{:02}", record.at_ms.rem_euclid(key::DAY_MS) / 3_600_000);
        let count = Count::new(key::counter(tenant, &record.app_id, day, Direction::Inbound))
            .add(key::UNSIGNED, i64::from(record.unsigned.unwrap_or(1)))
            .expiring(Some(key::counter_dies_s(day)));
        let counted = Write::count(count.clone().add(&kept, 1).below(&kept, KEPT_AN_HOUR));
        match contention::transact(ctx, vec![enter::put(tenant, &record)?, counted]).await? {
            // A record that is there already was counted with it.
            Transacted::Conflict(places) if !places.contains(&0) => {
                contention::count(ctx, &count).await?;
            }
            Transacted::Done | Transacted::Conflict(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;
    use tenon_platform::http::NoHttp;
    use tenon_platform::{Clock, Entropy};

    #[tokio::test]
    async fn a_flood_is_a_few_records_that_stand_for_all_of_it() {
        let clock = Clock::manual(0);
        let ctx = tenon_engine::memory_context(Arc::new(NoHttp), clock.clone(), Entropy::seeded(1)).await.unwrap();
        let (tenant, app) = (TenantId::new("t-1"), AppId::new("app-1"));
        let (mut records, mut stood_for) = (0, 0);
        for _ in 0..60_000 {
            clock.advance(Duration::from_millis(10));
            if let Some(calls) = sample(&ctx, &tenant, &app) {
                records += 1;
                stood_for += calls;
            }
        }
        // Ten minutes: five one by one in each, and one every ten seconds.
        assert!((50..=110).contains(&records), "{records}");
        assert!((59_000..=60_000).contains(&stood_for), "{stood_for}");
        assert_eq!(sample(&ctx, &tenant, &AppId::new("app-2")), Some(1), "another app's are its own");
    }
}
