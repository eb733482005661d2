//! 集成总览.

use super::log;
use crate::common::{Call, base_url, module_status, query_parameter};
use tenon_console_kit::{frame, page as answer};
use tenon_model::AppId;
use tenon_pages::console::Frame;
use tenon_pages::console::apps::APPS;
use tenon_pages::console::chart::Bar;
use tenon_pages::console::overview::{ModuleState, Quota, View};
use tenon_platform::dispatch::Reply;
use tenon_platform::{Rejection, Result as Done};
use tenon_tenants::call_log::{self, DayStats};
use tenon_tenants::manage::{self, ModuleOverview};
use tenon_tenants::{quota, times};

const DAY_MS: i64 = 86_400_000;
/// Days that can be looked back on.
const BACK: [u32; 3] = [7, 30, 90];

pub(super) async fn page(call: &Call) -> Result<Reply, Rejection> {
    let (ctx, tenant, now) = (&call.ctx, &call.by.tenant, call.ctx.now_ms());
    let frame = frame(call)?;
    let found = manage::overview(ctx, tenant).await?;
    let back = query_parameter(call, "days").parse().ok().filter(|days| BACK.contains(days)).unwrap_or(BACK[0]);
    let ids: Vec<AppId> = found.iter().flat_map(|own| &own.apps).map(|app| app.id.clone()).collect();
    let stats = call_log::stats(ctx, tenant, &ids, back).await?;
    let modules: Vec<ModuleState> = found.iter().map(|own| state(&frame, own, now)).collect();
    let view = View {
        modules: &modules,
        days: &days(&stats, back, now),
        back,
        quotas: &quotas(call, &frame, &found).await?,
        base_url: &base_url(&call.request),
        now_ms: now,
    };
    Ok(answer(200, tenon_pages::console::overview::page(&frame, &view)))
}

fn state(frame: &Frame, own: &ModuleOverview, now: i64) -> ModuleState {
    let usable = own.apps.iter().filter(|app| app.enabled && !app.is_expired(now)).count();
    let error = |call: &tenon_model::call::CallRecord| {
        let words = format!("{} {} {}", times::local(call.at_ms).replace('T', " "), call.path, call.http_status);
        (words, log::address(frame, call))
    };
    ModuleState {
        module: own.module,
        connected: own.connected,
        reason: own.reason.clone(),
        status: module_status(own.subscription.as_ref(), now),
        apps: (own.apps.len(), usable),
        calls: (own.calls_today, own.calls),
        success_percent: own.success_rate.map(|rate| (rate * 100.0).floor() as i64),
        unsigned: own.unsigned,
        last_ms: own.last_call_ms,
        errors: own.last_errors.iter().map(error).collect(),
    }
}

/// A bar a UTC day, oldest first.
fn days(stats: &[DayStats], back: u32, now: i64) -> Vec<Bar> {
    let of = |ago: i64| {
        let day = times::utc_day(now - ago * DAY_MS);
        let sum = |number: fn(&DayStats) -> i64| stats.iter().filter(|own| own.day == day).map(number).sum::<i64>();
        let parts = vec![sum(|d| d.success), sum(|d| d.failed), sum(|d| d.error), sum(|d| d.unsigned)];
        Bar { name: day.get(5..).unwrap_or(&day).to_owned(), parts }
    };
    (0..i64::from(back)).rev().map(of).collect()
}

async fn quotas(call: &Call, frame: &Frame, found: &[ModuleOverview]) -> Done<Vec<Quota>> {
    let apps: Vec<_> = found.iter().flat_map(|own| own.apps.iter().cloned()).collect();
    let used = quota::usages(&call.ctx, &apps).await?;
    let of = |app: &tenon_model::tenant_app::TenantApp| Quota {
        app: app.name.clone(),
        address: frame.at(&format!("{APPS}/{}", app.id), &[]),
        used: used.get(&app.id).copied().unwrap_or(0),
        limit: i64::from(app.daily_quota),
    };
    Ok(apps.iter().map(of).collect())
}
