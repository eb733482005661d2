//! Subscriptions that were stored before there was an index of their ends are entered in it, once: a walk over every tenant
//! that has ordered anything, then over every tenant that has a token.
//!
//! A subscription comes of an order, or of a trial, which only the holder of a token begins; a token is listed for ninety
//! days after its end, which is as long as a trial can be. So no subscription that has not ended is missed, and nobody has to
//! look through the whole table.

use super::records::Subscription;
use super::{keys, subscriptions};
use crate::access;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;
use tenon_model::{Module, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::table::{Expect, Key, Outcome, Range, RecordKind, Stored, Write};
use tenon_platform::{Context, Result, Retry};

/// How long after the first look the walk begins: until then a process of the version before may store a subscription
/// without its entry.
const WAIT: Duration = Duration::from_secs(3_600);
/// Orders or tokens of one page.
const PAGE: u32 = 100;
/// Pages of one look, at most.
const PAGES: usize = 10;
/// What one page takes at most: a hundred tenants are read, and four subscriptions of each written.
const ONE_PAGE: Duration = Duration::from_secs(20);

/// How far the walk has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case", rename_all_fields = "camelCase")]
enum Walk {
    /// It begins then, in epoch ms.
    Waiting { from_ms: i64 },
    /// Among the orders, from this one on.
    Orders { from: String },
    /// Among the tokens, from this one on.
    Tokens { from: Option<String> },
    /// Every subscription is entered.
    Done,
}

/// What the walk reads of an order.
#[derive(Debug, Deserialize)]
struct Whose {
    tenant: TenantId,
}

/// Its kind of record.
pub(super) const KIND: RecordKind = RecordKind::of::<Walk>("STORE-INDEXED");

fn key() -> Key {
    Key::new(&TenantId::operator(), "STORE-INDEXED", &[], "endings")
}

/// Goes on with the walk, so far as there is time; says how many subscriptions were entered. `entered` are those that the
/// index has which end at `from_ms` or later; what ended before is left as it is. Costs one read once the walk is over.
///
/// # Errors
/// Those of the table; the next call goes on from the page before.
pub async fn index_earlier(ctx: &Context, entered: &[Subscription], from_ms: i64) -> Result<usize> {
    let stored = ctx.table.get::<Walk>(&key()).await?;
    let (mut walk, mut version) = match stored {
        Some(Stored { data: Walk::Done, .. }) => return Ok(0),
        Some(Stored { data: Walk::Waiting { from_ms }, .. }) if from_ms > ctx.now_ms() => return Ok(0),
        Some(stored) => (stored.data, stored.version),
        None => {
            let waiting = Walk::Waiting { from_ms: ctx.now_ms() + millis(WAIT) };
            ctx.table.write(Write::put(key(), &waiting, Expect::AbsentAt(ctx.now_ms()))?).await?;
            return Ok(0);
        }
    };
    let known: HashSet<(&TenantId, Module)> = entered.iter().map(|s| (&s.tenant, s.module)).collect();
    let mut count = 0;
    for _ in 0..PAGES {
        if walk == Walk::Done || ctx.time_for(ONE_PAGE).is_err() {
            break;
        }
        let (tenants, next) = page(ctx, walk).await?;
        for tenant in &tenants {
            count += enter(ctx, tenant, &known, from_ms).await?;
        }
        // Only now: a page that was not done with is walked over again.
        if ctx.table.write(Write::put(key(), &next, Expect::Version(version))?).await? == Outcome::Conflict {
            break;
        }
        (walk, version) = (next, version + 1);
    }
    Ok(count)
}

/// Whose the next page's orders or tokens are, and how far the walk has come with it.
async fn page(ctx: &Context, walk: Walk) -> Result<(BTreeSet<TenantId>, Walk)> {
    match walk {
        Walk::Waiting { .. } => orders(ctx, None).await,
        Walk::Orders { from } => orders(ctx, Some(from)).await,
        Walk::Tokens { from } => {
            let (tenants, next) = access::tenants(ctx, from, PAGE).await?;
            Ok((tenants, next.map_or(Walk::Done, |from| Walk::Tokens { from: Some(from) })))
        }
        Walk::Done => Ok((BTreeSet::new(), Walk::Done)),
    }
}

async fn orders(ctx: &Context, from: Option<String>) -> Result<(BTreeSet<TenantId>, Walk)> {
    let range = Range { from, limit: Some(PAGE), ..Range::default() };
    let page = ctx.table.query::<Whose>(&keys::orders(&TenantId::operator()), range).await?;
    // The last one is read again as the first of the next page.
    let last = page.next.and_then(|_| page.items.last().map(|stored| stored.sort.clone()));
    let next = last.map_or(Walk::Tokens { from: None }, |from| Walk::Orders { from });
    Ok((page.items.into_iter().map(|stored| stored.data.tenant).collect(), next))
}

/// Enters a tenant's subscriptions that are not in the index. One that is written meanwhile is entered by that.
async fn enter(ctx: &Context, tenant: &TenantId, known: &HashSet<(&TenantId, Module)>, from_ms: i64) -> Result<usize> {
    let mut count = 0;
    for (module, read) in ctx.table.query_each::<Subscription>(&keys::subscriptions(tenant)).await? {
        let subscription = match read {
            Ok(subscription) => subscription,
            Err(error) if error.retry == Retry::Permanent => {
                tracing::error!(%tenant, module, error.code = error.code, error.message = %error, "a subscription cannot be read; its end is not told of");
                continue;
            }
            Err(error) => return Err(error),
        };
        let Subscription { ends_ms, module, .. } = subscription.data;
        if ends_ms < from_ms || known.contains(&(tenant, module)) {
            continue;
        }
        if ctx.table.write(subscriptions::touch(&subscription)?).await? == Outcome::Done {
            count += 1;
        }
    }
    Ok(count)
}
