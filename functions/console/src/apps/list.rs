//! 我的应用: the list, and making another.

use crate::common::{self, Call, at_field, noted, query_parameter, wrong};
use std::collections::HashMap;
use tenon_console_kit::{Fields, frame, page as answer};
use tenon_model::tenant_app::{AppSecret, TenantApp};
use tenon_model::{AppId, Module};
use tenon_pages::console::Label;
use tenon_pages::console::apps::{APPS, AppRow, Apps};
use tenon_platform::body::BadBody;
use tenon_platform::dispatch::Reply;
use tenon_platform::{Rejection, Result as Done};
use tenon_tenants::manage::{self, AppBody, LIMIT};
use tenon_tenants::store::{self, AppRef, Term};
use tenon_tenants::{apps, call_log, quota};

/// Days looked back on for an app's last call.
const BACK: u32 = 7;

pub(super) async fn page(call: &Call) -> Result<Reply, Rejection> {
    shown(call, &Fields::default(), None).await
}

async fn shown(call: &Call, fields: &Fields, bad: Option<&BadBody>) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, &call.by.tenant);
    let all: Vec<TenantApp> = apps::list(ctx, tenant).await?.into_iter().map(|stored| stored.data).collect();
    let rows = rows(call, &all).await?;
    let filter = (query_parameter(call, "appType"), query_parameter(call, "status"));
    let wanted = |row: &AppRow| {
        (filter.0.is_empty() || row.module.code() == filter.0) && (filter.1.is_empty() || row.status == filter.1)
    };
    let shown: Vec<AppRow> = rows.into_iter().filter(wanted).collect();
    let done = match query_parameter(call, "done") {
        "deleted" => Some(Label::AppDeleted),
        _ => None,
    };
    let view = Apps {
        rows: &shown,
        total: all.len(),
        filter,
        can_make: &can_make(call, &all).await?,
        wrong: at_field(bad),
        name: fields.one("appName"),
        done,
    };
    let status = if bad.is_some() { 400 } else { 200 };
    Ok(answer(status, tenon_pages::console::apps::page(&frame(call)?, &view)))
}

/// Apps as lists show them.
pub(super) async fn rows(call: &Call, all: &[TenantApp]) -> Done<Vec<AppRow>> {
    let (ctx, now) = (&call.ctx, call.ctx.now_ms());
    let used = quota::usages(ctx, all).await?;
    let ids: Vec<AppId> = all.iter().map(|app| app.id.clone()).collect();
    let mut last: HashMap<AppId, i64> = HashMap::new();
    for day in call_log::stats(ctx, &call.by.tenant, &ids, BACK).await? {
        if let Some(at) = day.last_ms {
            let known = last.entry(day.app).or_insert(at);
            *known = at.max(*known);
        }
    }
    let of = |app: &TenantApp| AppRow {
        id: app.id.to_string(),
        name: app.name.clone(),
        module: app.module,
        key: app.app_key.clone(),
        status: status(app, now),
        trial: app.trial,
        expires_ms: app.expires_ms,
        overlap_ms: overlap(&app.secrets, now),
        quota: (used.get(&app.id).copied().unwrap_or(0), i64::from(app.daily_quota)),
        last_ms: last.get(&app.id).copied(),
        callback: app.callback.as_ref().map(|callback| callback.url.clone()),
    };
    Ok(all.iter().map(of).collect())
}

fn status(app: &TenantApp, now: i64) -> &'static str {
    match (app.is_expired(now), app.enabled) {
        (true, _) => "expired",
        (false, true) => "active",
        (false, false) => "disabled",
    }
}

/// Until when an older secret counts too.
pub(super) fn overlap(secrets: &[AppSecret], now: i64) -> Option<i64> {
    secrets.iter().filter_map(|secret| secret.until_ms).filter(|until| *until > now).max()
}

/// The modules of which another app can be made.
async fn can_make(call: &Call, all: &[TenantApp]) -> Done<Vec<Module>> {
    let held = store::subscriptions(&call.ctx, &call.by.tenant).await?;
    let may = |module: &Module| {
        let count = all.iter().filter(|app| app.module == *module).count();
        let live = held.iter().find(|own| own.module == *module && own.is_live(call.ctx.now_ms()));
        live.is_some_and(|own| count < LIMIT && (own.term != Term::Trial || count == 0))
    };
    Ok(Module::ALL.into_iter().filter(may).collect())
}

pub(super) async fn create(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    let url = fields.one("callbackUrl");
    let body = AppBody {
        app_type: AppRef::parse(fields.one("appType")),
        app_name: Some(fields.one("appName").to_owned()),
        callback_url: (!url.is_empty()).then(|| Some(url.to_owned())),
        ..AppBody::default()
    };
    noted(&call, "create-app", fields.one("appType")).await?;
    let (app, credentials) = match manage::create(&call.ctx, &call.by.tenant, &body, &call.by.principal).await {
        Ok(made) => made,
        Err(refusal) => return shown(&call, &fields, Some(&wrong(refusal)?)).await,
    };
    let frame = frame(&call)?;
    let next = frame.at(&format!("{APPS}/{}", app.id), &[]);
    Ok(common::credentials(&frame, Label::AppMade, &credentials, &[], &next))
}
