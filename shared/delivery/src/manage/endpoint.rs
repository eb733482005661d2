//! An app's endpoint: how it does, switching it on again, testing it.

use super::{About, LimitedAction, hint};
use crate::health::{self, Health};
use crate::{again, sign};
use std::time::Duration;
use tenon_model::EventKind;
use tenon_model::tenant_app::Callback;
use tenon_platform::table::Outcome;
use tenon_platform::{Error, ErrorKind, Rejection};
use tenon_tenants::apps;

/// What looking an endpoint's name up may take, and storing its test.
const LOOK_UP: Duration = Duration::from_secs(8);

/// How an endpoint does.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Where events are pushed, and how; none without an address.
    pub callback: Option<Callback>,
    /// The events that are pushed.
    pub events: Vec<EventKind>,
    /// Until when an older secret signs too, epoch ms.
    pub old_secret_until_ms: Option<i64>,
    /// What is remembered of it.
    pub health: Health,
    /// What keeps pushes from arriving and what to do, for people, as far as it is known.
    pub problem: Option<String>,
}

/// How an app's endpoint does.
///
/// # Errors
/// Those of the table.
pub async fn endpoint(about: &About<'_>) -> Result<Endpoint, Rejection> {
    let (app, now) = (&about.app, about.ctx.now_ms());
    let callback = app.callback.clone().filter(|c| !c.url.is_empty());
    let health = match &callback {
        Some(callback) => about.health(callback).await?,
        None => Health::default(),
    };
    let problem = problem(about, callback.as_ref(), &health).await?;
    let older = callback.iter().flat_map(|c| &c.secrets).filter_map(|s| s.until_ms);
    let old_secret_until_ms = older.filter(|until| *until > now).max();
    let kinds = EventKind::ALL.into_iter().chain(EventKind::OPT_IN);
    let events = kinds.filter(|kind| app.receives(*kind)).collect();
    Ok(Endpoint { callback, events, old_secret_until_ms, health, problem })
}

/// What keeps pushes from arriving, as far as it is known: told before the first one fails where that can be
/// seen already.
async fn problem(about: &About<'_>, callback: Option<&Callback>, health: &Health) -> Result<Option<String>, Rejection> {
    let Some(callback) = callback else { return Ok(Some("未配置回调URL".to_owned())) };
    if !about.app.enabled {
        return Ok(Some("应用已停用".to_owned()));
    }
    if about.app.is_expired(about.ctx.now_ms()) {
        return Ok(Some("应用已过期".to_owned()));
    }
    let secrets = apps::open(about.ctx, &about.app, apps::CALLBACK_SECRET, &callback.secrets).await;
    let usable = secrets.and_then(|secrets| sign::headers("msg_0", "TEST", &secrets, b"", 0));
    match usable {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::SecretUnusable => {
            return Ok(Some(format!("回调签名密钥无法使用（{}），推送无法签名：请重置回调签名密钥", error.code)));
        }
        Err(error) => return Err(error.into()),
    }
    if let Some(disabled) = &health.disabled {
        return Ok(Some(format!("推送已停用：{}", disabled.reason.text())));
    }
    Ok(health.is_failing().then(|| {
        let class = health.last_error.as_deref().unwrap_or("failed");
        format!("最近一次推送失败：{class}，{}", hint(class))
    }))
}

/// Switches pushing on again.
///
/// # Errors
/// 400 for an app without an address; `webhook.contended`.
pub async fn enable(about: &About<'_>) -> Result<(), Rejection> {
    about.callback()?;
    for _ in 0..4 {
        if health::enable(about.ctx, &about.tenant, &about.app.id).await? == Outcome::Done {
            tracing::info!(tenant = %about.tenant, app = %about.app.id, "a webhook endpoint was switched on again");
            return Ok(());
        }
    }
    Err(Rejection::Failed(
        Error::transient("webhook.contended", "the endpoint's state keeps changing; enable it again")
            .with_kind(ErrorKind::Overtaken),
    ))
}

/// Sends a test; the delivery's id.
///
/// # Errors
/// 400 for an app that cannot be pushed to; 429; those of the table and the queues.
pub async fn test(about: &About<'_>) -> Result<String, Rejection> {
    let callback = about.ready().await?;
    about.ctx.time_for(LOOK_UP)?;
    if let Err(failure) = about.ctx.outgoing.check(&callback.url).await {
        return Err(Rejection::field("callbackUrl", format!("回调URL不可用：{}", failure.chinese())));
    }
    about.admit(LimitedAction::Test).await?;
    Ok(again::test(about.ctx, &about.tenant, &about.app.id).await?)
}
