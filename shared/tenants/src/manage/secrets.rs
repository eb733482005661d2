//! New secrets for an app.

use super::Edited;
use super::edit::change;
use crate::Refusal;
use crate::apps::{self, APP_SECRET, CALLBACK_SECRET};
use crate::credentials::{Credentials, new_callback_secret, new_secret};
use tenon_model::config::Secret;
use tenon_model::tenant_app::AppSecret;
use tenon_model::{AppId, TenantId};
use tenon_platform::Context;

/// Longest time an old secret may go on counting.
pub const MAX_OVERLAP_HOURS: u32 = 168;
/// Secrets that count at once, at most: each is one more HMAC for every call.
const MOST: usize = 3;
const HOUR_MS: i64 = 3_600_000;

/// Gives an app a new secret for its calls. The old one is dead at once, or after these hours.
///
/// # Errors
/// 404; 400 for more than [`MAX_OVERLAP_HOURS`].
pub async fn reset_secret(
    ctx: &Context,
    tenant: &TenantId,
    id: &AppId,
    overlap_hours: u32,
) -> Result<Credentials, Refusal> {
    check(overlap_hours)?;
    let secret = new_secret(ctx)?;
    let sealed = apps::seal(ctx, tenant, id, APP_SECRET, secret.expose())?;
    let (app, ()) = change(ctx, tenant, id, |app| {
        app.secrets = rotated(std::mem::take(&mut app.secrets), sealed.clone(), overlap_hours, ctx.now_ms());
        Ok(())
    })
    .await?;
    Ok(Credentials { app: app.id, app_key: app.app_key, app_secret: secret, callback_secret: None })
}

/// Gives an app a new secret for the pushes to it. While the old one counts, both sign.
///
/// # Errors
/// 404; 400 for an app without an address to push to, and for more than [`MAX_OVERLAP_HOURS`].
pub async fn reset_callback_secret(
    ctx: &Context,
    tenant: &TenantId,
    id: &AppId,
    overlap_hours: u32,
) -> Result<Edited, Refusal> {
    check(overlap_hours)?;
    let secret = new_callback_secret(ctx)?;
    let sealed = apps::seal(ctx, tenant, id, CALLBACK_SECRET, secret.expose())?;
    let (app, ()) = change(ctx, tenant, id, |app| {
        let callback = app.callback.as_mut().ok_or_else(|| Refusal::field("callbackUrl", "请先填写回调URL"))?;
        callback.secrets = rotated(std::mem::take(&mut callback.secrets), sealed.clone(), overlap_hours, ctx.now_ms());
        Ok(())
    })
    .await?;
    Ok(Edited { app, callback_secret: Some(secret) })
}

fn check(overlap_hours: u32) -> Result<(), Refusal> {
    if overlap_hours <= MAX_OVERLAP_HOURS {
        return Ok(());
    }
    Err(Refusal::field("overlapHours", format!("须为0至{MAX_OVERLAP_HOURS}")))
}

/// The new secret first, and those before it until their time is up.
fn rotated(old: Vec<AppSecret>, new: Secret, overlap_hours: u32, now: i64) -> Vec<AppSecret> {
    let until = now + i64::from(overlap_hours) * HOUR_MS;
    let mut secrets = vec![AppSecret { secret: new, until_ms: None }];
    secrets.extend(old.into_iter().filter_map(|old| {
        let until = old.until_ms.map_or(until, |own| own.min(until));
        (until > now).then_some(AppSecret { secret: old.secret, until_ms: Some(until) })
    }));
    secrets.truncate(MOST);
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: &str, until_ms: Option<i64>) -> AppSecret {
        AppSecret { secret: Secret::new(name), until_ms }
    }

    #[test]
    fn the_old_secret_dies_at_once_or_when_its_time_is_up() {
        let old = vec![secret("b", None), secret("a", Some(HOUR_MS))];
        let new = || Secret::new("c");
        assert_eq!(rotated(old.clone(), new(), 0, 0), [secret("c", None)]);
        let kept = rotated(old.clone(), new(), 2, 0);
        assert_eq!(kept, [secret("c", None), secret("b", Some(2 * HOUR_MS)), secret("a", Some(HOUR_MS))]);
        // One that is dead already does not come back.
        assert_eq!(rotated(old, new(), 2, HOUR_MS).len(), 2);
    }

    #[test]
    fn no_more_than_three_count_at_once() {
        let mut secrets = vec![secret("0", None)];
        for n in 1..10 {
            secrets = rotated(secrets, Secret::new(n.to_string()), 168, n);
        }
        assert_eq!(secrets.iter().map(|s| s.secret.expose()).collect::<Vec<_>>(), ["9", "8", "7"]);
    }
}
