//! Settings of an app: checked first, then applied to whatever the app is by then.

use super::MASK;
use super::body::AppBody;
use crate::access::Principal;
use crate::apps::{self, CALLBACK_SECRET};
use crate::credentials::new_callback_secret;
use tenon_crypto::secrets::MasterKey;
use tenon_crypto::webhook::standard;
use tenon_model::config::Secret;
use tenon_model::network;
use tenon_model::tenant_app::{AppSecret, Callback, TenantApp};
use tenon_platform::body::BadBody;
use tenon_platform::{Context, Rejection};

const MAX_ADDRESSES: usize = 50;
const MAX_QUOTA: u32 = 100_000_000;
const SECRET_CHARS: std::ops::RangeInclusive<usize> = 16..=128;

/// Checks everything that can be checked without the app, its addresses included.
pub(super) async fn check(ctx: &Context, body: &AppBody, by: &Principal) -> Result<(), Rejection> {
    if body.daily_quota.is_some() && !by.is_operator() {
        return Err(Rejection::Forbidden("权限不足: dailyQuota仅限运营方修改".to_owned()));
    }
    check_form(body)?;
    for (field, url) in [("callbackUrl", &body.callback_url), ("externalApiUrl", &body.external_api_url)] {
        if let Some(url) = wanted(url)
            && let Err(why) = ctx.outgoing.check(url).await
        {
            return Err(Rejection::field(field, format!("地址不可用：{}", why.chinese())));
        }
    }
    Ok(())
}

fn check_form(body: &AppBody) -> Result<(), BadBody> {
    if let Some(name) = &body.app_name
        && !(1..=64).contains(&name.trim().chars().count())
    {
        return Err(BadBody::field("appName", "须为1至64个字符"));
    }
    if let Some(secret) = own_secret(body) {
        check_secret(secret)?;
    }
    if let Some(Some(rate)) = body.rate_per_second
        && !(1..=1_000).contains(&rate)
    {
        return Err(BadBody::field("ratePerSecond", "须为1至1000，或留空表示不限"));
    }
    if body.daily_quota.is_some_and(|quota| quota > MAX_QUOTA) {
        return Err(BadBody::field("dailyQuota", format!("须为0至{MAX_QUOTA}，0表示不限")));
    }
    let addresses = body.allow_ips.as_deref().unwrap_or_default();
    if addresses.len() > MAX_ADDRESSES {
        return Err(BadBody::field("allowIps", format!("不能超过{MAX_ADDRESSES}项")));
    }
    for (index, text) in addresses.iter().enumerate() {
        let misfit = |why: network::NoNetwork| BadBody::field(format!("allowIps[{index}]"), why.to_string());
        network::parse(text.trim()).map_err(misfit)?;
    }
    Ok(())
}

/// Whether pushes can be signed with it, by both schemes and by every receiver that is given the same
/// text: what one library reads and another does not is refused here, where somebody can still mend it.
fn check_secret(secret: &str) -> Result<(), BadBody> {
    let wrong = |message: &str| Err(BadBody::field("callbackSecret", message));
    let blank = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}' | '\u{feff}');
    if secret.starts_with(blank) || secret.ends_with(blank) {
        return wrong("首尾不能有空格、换行等空白字符");
    }
    if !SECRET_CHARS.contains(&secret.chars().count()) || secret.contains(char::is_control) {
        return wrong("须为16至128个字符，且不含控制字符");
    }
    if standard::Secret::of_text(secret).is_err() {
        return wrong(
            "以whsec_开头时，其后须为标准Base64：只含字母、数字、+、/，长度为4的倍数，不足以=补齐；不接受URL安全写法的-和_",
        );
    }
    Ok(())
}

/// The address that is wanted; none when it is absent or to be taken away.
fn wanted(url: &Option<Option<String>>) -> Option<&str> {
    url.as_ref()?.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// The customer's own secret for pushes; a page that sends the mask back changes nothing.
fn own_secret(body: &AppBody) -> Option<&str> {
    body.callback_secret.as_deref().filter(|text| !text.is_empty() && *text != MASK)
}

/// Applies the settings; gives the pushes' secret when one was made.
pub(super) fn apply(
    ctx: &Context,
    keys: &MasterKey,
    app: &mut TenantApp,
    body: &AppBody,
) -> Result<Option<Secret>, Rejection> {
    if let Some(name) = &body.app_name {
        name.trim().clone_into(&mut app.name);
    }
    if body.external_api_url.is_some() {
        app.external_api_url = wanted(&body.external_api_url).map(str::to_owned);
    }
    if let Some(addresses) = &body.allow_ips {
        app.allow_ips = addresses.iter().map(|text| text.trim().to_owned()).collect();
    }
    app.scheme_2_only = body.scheme_2_only.unwrap_or(app.scheme_2_only);
    app.daily_quota = body.daily_quota.unwrap_or(app.daily_quota);
    app.updated_ms = ctx.now_ms();
    apply_callback(ctx, keys, app, body)
}

fn apply_callback(
    ctx: &Context,
    keys: &MasterKey,
    app: &mut TenantApp,
    body: &AppBody,
) -> Result<Option<Secret>, Rejection> {
    let url = wanted(&body.callback_url);
    if body.callback_url.is_some() && url.is_none() {
        app.callback = None;
        return Ok(None);
    }
    let (mut callback, made) = match (app.callback.take(), url) {
        (Some(callback), _) => (callback, None),
        (None, Some(url)) => begun(ctx, keys, app, url, own_secret(body))?,
        (None, None) if sets_callback(body) => return Err(Rejection::field("callbackUrl", "请先填写回调URL")),
        (None, None) => return Ok(None),
    };
    if let Some(url) = url.filter(|url| *url != callback.url) {
        url.clone_into(&mut callback.url);
        callback.generation = callback.generation.wrapping_add(1);
    }
    if let Some(own) = own_secret(body) {
        callback.secrets = vec![sealed(ctx, keys, app, own)?];
    }
    if let Some(events) = &body.callback_events {
        let other = events.iter().flatten().find(|kind| !kind.is_for(app.module));
        if let Some(other) = other {
            let message = format!("{}不推送{other}，可选: {}", app.module.name(), app.module.event());
            return Err(Rejection::field("callbackEvents", message));
        }
        callback.events.clone_from(events);
    }
    callback.preset = body.retry_preset.unwrap_or(callback.preset);
    callback.rate_per_second = body.rate_per_second.unwrap_or(callback.rate_per_second);
    app.callback = Some(callback);
    Ok(made)
}

fn sets_callback(body: &AppBody) -> bool {
    own_secret(body).is_some()
        || matches!(body.callback_events, Some(Some(_)))
        || matches!(body.rate_per_second, Some(Some(_)))
        || body.retry_preset.is_some()
}

/// A first address, with a secret.
fn begun(
    ctx: &Context,
    keys: &MasterKey,
    app: &TenantApp,
    url: &str,
    own: Option<&str>,
) -> Result<(Callback, Option<Secret>), Rejection> {
    let made = if own.is_some() { None } else { Some(new_callback_secret(ctx)?) };
    let plain = made.as_ref().map_or(own.unwrap_or_default(), Secret::expose);
    let callback = Callback {
        url: url.to_owned(),
        secrets: vec![sealed(ctx, keys, app, plain)?],
        events: None,
        preset: tenon_model::tenant_app::RetryPreset::default(),
        rate_per_second: None,
        // An address given up and given again must not meet what is remembered of it, so a first
        // generation is the second it was given in.
        generation: u32::try_from(ctx.now_ms().div_euclid(1000)).unwrap_or(0),
    };
    Ok((callback, made))
}

fn sealed(ctx: &Context, keys: &MasterKey, app: &TenantApp, plain: &str) -> tenon_platform::Result<AppSecret> {
    Ok(AppSecret { secret: apps::sealed(ctx, keys, (&app.tenant, &app.id, CALLBACK_SECRET), plain)?, until_ms: None })
}
