//! The rate limit of an endpoint: one counter for each second, counted before an attempt and never
//! beyond the limit, whichever process counts.

use tenon_model::{AppId, TenantId};
use tenon_platform::table::{Count, Counted, Key};
use tenon_platform::{Context, Result};
use tenon_tenants::contention;

/// The farthest a refused push is put off at once.
const FARTHEST_MS: i64 = 900_000;

/// Takes one of this second's pushes. `Some` is the epoch ms to come again at when there are none left:
/// each push that is refused within a second is put off behind those refused before it, so that a
/// thousand of them do not all come back in the next second.
pub(crate) async fn admit(ctx: &Context, tenant: &TenantId, app: &AppId, per_second: u32) -> Result<Option<i64>> {
    let limit = i64::from(per_second.max(1));
    let second = ctx.now_ms().div_euclid(1000);
    let key = Key::new(tenant, "PUSH-RATE", &[app.as_str()], second.to_string());
    let expires = Some(second + 3600);
    let pushed = Count::new(key.clone()).add("pushed", 1).below("pushed", limit).expiring(expires);
    if let Counted::Done(_) = contention::count(ctx, &pushed).await? {
        return Ok(None);
    }
    let refused = Count::new(key).add("refused", 1).expiring(expires);
    let behind = match contention::count(ctx, &refused).await? {
        Counted::Done(now) | Counted::Full(now) => now.get("refused").copied().unwrap_or(1).max(1) - 1,
    };
    let wait_ms = (behind * 1000 / limit).min(FARTHEST_MS);
    Ok(Some((second + 1) * 1000 + wait_ms))
}
