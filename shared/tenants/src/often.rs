//! How often an app's people may have something done that calls a system outside.

use crate::{Refusal, contention};
use tenon_model::{AppId, TenantId};
use tenon_platform::Context;
use tenon_platform::table::{Count, Counted, Key};

/// So many times in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Often {
    /// What is counted, in the record's key.
    pub what: &'static str,
    /// Times.
    pub most: i64,
    /// Seconds.
    pub within_s: i64,
}

/// Counts one more time, if it may be. One table request.
///
/// # Errors
/// [`Refusal::TooOften`] with the seconds until it may be; those of the table.
pub async fn once_more(ctx: &Context, tenant: &TenantId, app: &AppId, often: Often) -> Result<(), Refusal> {
    let now_s = ctx.now_ms().div_euclid(1000);
    let window = now_s.div_euclid(often.within_s);
    let ends_s = (window + 1) * often.within_s;
    let key = Key::new(tenant, "ASKED-FOR", &[app.as_str(), often.what], window.to_string());
    let count = Count::new(key).add("times", 1).below("times", often.most).expiring(Some(ends_s + 3600));
    match contention::count(ctx, &count).await? {
        Counted::Done(_) => Ok(()),
        Counted::Full(_) => Err(Refusal::TooOften(ends_s - now_s)),
    }
}
