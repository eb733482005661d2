//! How often an app's people may have something done that calls a system outside.

use crate::contention;
use tenon_model::{AppId, TenantId};
use tenon_platform::table::{Count, Counted, Key};
use tenon_platform::{Context, Rejection};

/// So many times in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttled {
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
/// [`Rejection::TooOften`] with the seconds until it may be; those of the table.
pub async fn admit(ctx: &Context, tenant: &TenantId, app: &AppId, often: Throttled) -> Result<(), Rejection> {
    let now_s = ctx.now_ms().div_euclid(1000);
    let window = now_s.div_euclid(often.within_s);
    let ends_s = (window + 1) * often.within_s;
    let key = Key::new(tenant, "ASKED-FOR", &[app.as_str(), often.what], window.to_string());
    let count = Count::new(key).add("times", 1).below("times", often.most).expiring(Some(ends_s + 3600));
    match contention::count(ctx, &count).await? {
        Counted::Done(_) => Ok(()),
        Counted::Full(_) => {
            Err(Rejection::TooOften { message: "操作过于频繁，请稍后再试", after_s: ends_s - now_s })
        }
    }
}
