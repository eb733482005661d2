//! New secrets for an app.

use super::Edited;
use super::edit::change;
use crate::apps::{self, APP_SECRET, CALLBACK_SECRET};
use crate::credentials::{Credentials, new_callback_secret, new_secret};
use serde::{Deserialize, Serialize};
use tenon_model::config::Secret;
use tenon_model::tenant_app::AppSecret;
use tenon_model::{AppId, TenantId};
use tenon_platform::{Context, Rejection};

/// Longest time an old secret may go on counting.
pub const MAX_OVERLAP_HOURS: u32 = 168;
/// Secrets that count at once, at most: each is one more HMAC for every call.
const MAX: usize = 3;
const HOUR_MS: i64 = 3_600_000;

/// What became of the secrets before the new one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// Epoch ms until which each older secret goes on counting, the newest of them first.
    pub until_ms: Vec<i64>,
    /// Older secrets that counted until now and do not any more.
    pub ended: usize,
}

/// Gives an app a new secret for its calls. The old one is dead at once, or after these hours.
///
/// # Errors
/// 404; 400 for more than [`MAX_OVERLAP_HOURS`].
pub async fn reset_secret(
    ctx: &Context,
    tenant: &TenantId,
    id: &AppId,
    overlap_hours: u32,
) -> Result<(Credentials, Rotation), Rejection> {
    check(overlap_hours)?;
    let secret = new_secret(ctx)?;
    let sealed = apps::seal(ctx, tenant, id, APP_SECRET, secret.expose()).await?;
    let (app, (secret, rotation)) = change(ctx, tenant, id, |app| {
        let (secrets, rotation) =
            rotated(std::mem::take(&mut app.secrets), sealed.clone(), overlap_hours, ctx.now_ms());
        app.secrets = secrets;
        Ok((secret.clone(), rotation))
    })
    .await?;
    Ok((Credentials { app: app.id, app_key: app.app_key, app_secret: secret, callback_secret: None }, rotation))
}

/// Gives an app a new secret for the pushes to it. While older ones count, all of them sign.
///
/// # Errors
/// 404; 400 for an app without an address to push to, and for more than [`MAX_OVERLAP_HOURS`].
pub async fn reset_callback_secret(
    ctx: &Context,
    tenant: &TenantId,
    id: &AppId,
    overlap_hours: u32,
) -> Result<Edited, Rejection> {
    check(overlap_hours)?;
    let secret = new_callback_secret(ctx)?;
    let sealed = apps::seal(ctx, tenant, id, CALLBACK_SECRET, secret.expose()).await?;
    let (app, (secret, rotation)) = change(ctx, tenant, id, |app| {
        let callback = app.callback.as_mut().ok_or_else(|| Rejection::field("callbackUrl", "请先填写回调URL"))?;
        let (secrets, rotation) =
            rotated(std::mem::take(&mut callback.secrets), sealed.clone(), overlap_hours, ctx.now_ms());
        callback.secrets = secrets;
        Ok((secret.clone(), rotation))
    })
    .await?;
    Ok(Edited { app, callback_secret: Some(secret), rotation: Some(rotation) })
}

fn check(overlap_hours: u32) -> Result<(), Rejection> {
    if overlap_hours <= MAX_OVERLAP_HOURS {
        return Ok(());
    }
    Err(Rejection::field("overlapHours", format!("须为0至{MAX_OVERLAP_HOURS}")))
}

/// The new secret first, and those before it until their time is up; more than [`MAX`] never count, so
/// that the oldest may end before its time.
fn rotated(old: Vec<AppSecret>, new: Secret, overlap_hours: u32, now: i64) -> (Vec<AppSecret>, Rotation) {
    let until = now + i64::from(overlap_hours) * HOUR_MS;
    let live = old.iter().filter(|old| old.until_ms.is_none_or(|own| own > now)).count();
    let mut secrets = vec![AppSecret { secret: new, until_ms: None }];
    secrets.extend(old.into_iter().filter_map(|old| {
        let until = old.until_ms.map_or(until, |own| own.min(until));
        (until > now).then_some(AppSecret { secret: old.secret, until_ms: Some(until) })
    }));
    secrets.truncate(MAX);
    let until_ms: Vec<i64> = secrets.iter().filter_map(|secret| secret.until_ms).collect();
    let ended = live - until_ms.len().min(live);
    (secrets, Rotation { until_ms, ended })
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
        let rotated = |old, hours, now| rotated(old, Secret::new("c"), hours, now);
        let (now, ended) = rotated(old.clone(), 0, 0);
        assert_eq!((now, ended), (vec![secret("c", None)], Rotation { until_ms: vec![], ended: 2 }));
        let (kept, report) = rotated(old.clone(), 2, 0);
        assert_eq!(kept, [secret("c", None), secret("b", Some(2 * HOUR_MS)), secret("a", Some(HOUR_MS))]);
        assert_eq!(report, Rotation { until_ms: vec![2 * HOUR_MS, HOUR_MS], ended: 0 });
        // One that is dead already does not come back, and was not ended now.
        assert_eq!(rotated(old, 2, HOUR_MS).1, Rotation { until_ms: vec![3 * HOUR_MS], ended: 0 });
    }

    #[test]
    fn no_more_than_three_count_at_once_and_the_fourth_reset_says_which_ends() {
        let (mut secrets, mut report) = (vec![secret("0", None)], Vec::new());
        for n in 1..6 {
            let (next, rotation) = rotated(secrets, Secret::new(n.to_string()), 168, n);
            secrets = next;
            report.push(rotation.ended);
        }
        assert_eq!(secrets.iter().map(|s| s.secret.expose()).collect::<Vec<_>>(), ["5", "4", "3"]);
        assert_eq!(report, [0, 0, 1, 1, 1]);
    }
}
