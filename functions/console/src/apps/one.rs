//! One app.

use super::OfApp;
use super::list::{overlap, rows};
use crate::common::{Call, at_field, query_parameter};
use tenon_console_kit::{frame, page};
use tenon_model::EventKind;
use tenon_model::tenant_app::{RetryPreset, TenantApp};
use tenon_pages::console::Label;
use tenon_pages::console::app::{Settings, View};
use tenon_platform::body::BadBody;
use tenon_platform::dispatch::{Path, Reply};
use tenon_platform::{Rejection, arrivals};
use tenon_tenants::manage;

/// For the tenant; the operator is told by `apply` what to do.
const LISTS_SEE_A_PROXY: (&str, &str) = (
    "IP白名单：调用经由本机代理到达，而服务未配置--trusted-proxy，名单看到的是代理的地址而非调用方地址；请联系运营方",
    "Addresses: calls arrive through a proxy on this machine and --trusted-proxy is not set, so the list sees the \
     proxy's address and not the callers'; ask the operator",
);

pub(super) async fn app(call: Call, Path(of): Path<OfApp>) -> Result<Reply, Rejection> {
    let app = manage::one(&call.ctx, &call.by.tenant, &of.id).await?.data;
    let settings = settings(&app);
    shown(&call, &app, &settings, None).await
}

/// Its page, with what it is set to, or was to be and what was wrong with that.
pub(super) async fn shown(
    call: &Call,
    app: &TenantApp,
    settings: &Settings,
    bad: Option<&BadBody>,
) -> Result<Reply, Rejection> {
    let (ctx, now) = (&call.ctx, call.ctx.now_ms());
    let frame = frame(call)?;
    let rows = rows(call, std::slice::from_ref(app)).await?;
    let row = rows.first().ok_or_else(Rejection::not_found)?;
    let blind = !app.allow_ips.is_empty() && arrivals::from_loopback(ctx).await?;
    let done = match query_parameter(call, "done") {
        "saved" => Some(Label::Saved),
        "quota" => Some(Label::QuotaWasReset),
        _ => None,
    };
    let view = View {
        row,
        settings,
        wrong: at_field(bad),
        callback_overlap_ms: app.callback.as_ref().and_then(|callback| overlap(&callback.secrets, now)),
        warning: blind.then(|| frame.language.of(LISTS_SEE_A_PROXY.0, LISTS_SEE_A_PROXY.1)),
        done: done.filter(|_| bad.is_none()),
    };
    Ok(page(if bad.is_some() { 400 } else { 200 }, tenon_pages::console::app::page(&frame, &view)))
}

/// The events that an app may receive.
pub(super) fn kinds(app: &TenantApp) -> impl Iterator<Item = EventKind> {
    std::iter::once(app.module.event()).chain(EventKind::OPT_IN)
}

/// What an app is set to.
pub(super) fn settings(app: &TenantApp) -> Settings {
    let callback = app.callback.as_ref();
    Settings {
        name: app.name.clone(),
        callback_url: callback.map(|own| own.url.clone()).unwrap_or_default(),
        events: kinds(app).map(|kind| (kind.code().to_owned(), app.receives(kind))).collect(),
        preset: preset_word(callback.map(|own| own.preset).unwrap_or_default()).to_owned(),
        rate: callback.and_then(|own| own.rate_per_second).map(|rate| rate.to_string()).unwrap_or_default(),
        external_url: app.external_api_url.clone().unwrap_or_default(),
        allow_ips: app.allow_ips.join("\n"),
        scheme_2_only: app.scheme_2_only,
        daily_quota: app.daily_quota.to_string(),
    }
}

fn preset_word(preset: RetryPreset) -> &'static str {
    match preset {
        RetryPreset::Standard => "STANDARD",
        RetryPreset::Short => "SHORT",
        RetryPreset::Quick => "QUICK",
    }
}

/// The preset of a word.
pub(super) fn preset(word: &str) -> Option<RetryPreset> {
    [RetryPreset::Standard, RetryPreset::Short, RetryPreset::Quick].into_iter().find(|own| preset_word(*own) == word)
}
