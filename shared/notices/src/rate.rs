//! How many messages a channel takes. What is more, vendors drop and answer as ever, so it is not sent before there is
//! room: each message is counted in every window before it is sent.

use std::time::Duration;
use tenon_connectors::notice::{Limit, Whose};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::table::{Count, Counted, Key};
use tenon_platform::{Context, Error, Result, Retry};

/// A day begins at midnight in China.
const CHINA_MS: i64 = 8 * 3_600_000;

/// The farthest a message is put off behind others at once, in ms.
const FARTHEST_MS: i64 = 900_000;

/// Takes a place in every window.
///
/// # Errors
/// `notices.rate` when a window is full; nothing was sent, and it is the turn of others until the next one begins.
pub(crate) async fn admit(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    to: &str,
    limits: &[Limit],
) -> Result<()> {
    let now = ctx.now_ms();
    for limit in limits {
        let window = millis(limit.window).max(1);
        let number = (now + CHINA_MS).div_euclid(window);
        let whose = match limit.whose {
            Whose::Person => to,
            Whose::App => "",
        };
        let sort = format!("{window}#{number}");
        let key = Key::new(tenant, "NOTICE-RATE", &[connection.as_str(), whose], sort);
        let refused = Count::new(key.clone()).add("refused", 1);
        let ends_ms = (number + 1) * window - CHINA_MS;
        let count = Count::new(key).add("sent", 1).below("sent", limit.most);
        let count = count.expiring(Some(ends_ms / 1_000 + 3_600));
        if let Counted::Full(_) = ctx.table.count(count).await? {
            let behind =
                refused_before(ctx, refused.expiring(Some(ends_ms / 1_000 + 3_600))).await? / limit.most.max(1);
            let wait_ms = (ends_ms - now) + behind.saturating_mul(window).min(FARTHEST_MS);
            let wait = Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0).max(1));
            let of = match limit.whose {
                Whose::Person => "to this person",
                Whose::App => "of this app",
            };
            let message = format!(
                "{connection} takes {} messages {of} in {} s, and would drop what is more; it is sent in the next",
                limit.most,
                limit.window.as_secs()
            );
            return Err(Error::new("notices.rate", Retry::PutOff(wait), message));
        }
    }
    Ok(())
}

/// How many were refused before in a window: each is put off behind them, so that they do not all come back at once.
async fn refused_before(ctx: &Context, count: Count) -> Result<i64> {
    let refused = match ctx.table.count(count).await? {
        Counted::Done(now) | Counted::Full(now) => now.get("refused").copied().unwrap_or(1),
    };
    Ok((refused - 1).max(0))
}
