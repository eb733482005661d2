//! Whether a tenant's four modules are connected, and why not.

use crate::call_log::{self, DayStats};
use crate::store::{self, Subscription};
use crate::{apps, times};
use tenon_model::call::CallRecord;
use tenon_model::tenant_app::TenantApp;
use tenon_model::{AppId, Module, TenantId};
use tenon_platform::{Context, Result};

/// Days looked back on.
const DAYS: u32 = 7;
/// Errors shown of each module.
const ERRORS: usize = 3;

/// One module of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleOverview {
    /// The module.
    pub module: Module,
    /// Whether calls or pushes went well in the last 7 days, and can go on.
    pub connected: bool,
    /// Why it is or is not connected, for people.
    pub reason: String,
    /// The subscription, if there is one.
    pub subscription: Option<Subscription>,
    /// Its apps.
    pub apps: Vec<TenantApp>,
    /// Calls and pushes of this UTC day.
    pub calls_today: i64,
    /// Calls and pushes of the last 7 UTC days.
    pub calls: i64,
    /// Share of them that went well, 0 to 1; absent without calls.
    pub success_rate: Option<f64>,
    /// Calls of the last 7 UTC days that named one of its apps and were not signed by it; in none of the
    /// other numbers.
    pub unsigned: i64,
    /// Epoch ms of the last one.
    pub last_call_ms: Option<i64>,
    /// The newest that went wrong.
    pub last_errors: Vec<CallRecord>,
}

/// Every module, in the order of the store. Six table requests, and one more for every seven apps.
///
/// # Errors
/// Those of the table.
pub async fn overview(ctx: &Context, tenant: &TenantId) -> Result<Vec<ModuleOverview>> {
    let subscriptions = store::subscriptions(ctx, tenant).await?;
    let all: Vec<TenantApp> = apps::list(ctx, tenant).await?.into_iter().map(|s| s.data).collect();
    let ids: Vec<AppId> = all.iter().map(|app| app.id.clone()).collect();
    let days = call_log::stats(ctx, tenant, &ids, DAYS).await?;
    let mut modules = Vec::new();
    for module in Module::ALL {
        let subscription = subscriptions.iter().find(|s| s.module == module).cloned();
        let apps: Vec<TenantApp> = all.iter().filter(|app| app.module == module).cloned().collect();
        let ids: Vec<AppId> = apps.iter().map(|app| app.id.clone()).collect();
        let days: Vec<&DayStats> = days.iter().filter(|day| ids.contains(&day.app)).collect();
        let mut seen = of(module, subscription, apps, &days, ctx.now_ms());
        if !ids.is_empty() {
            seen.last_errors = call_log::last_errors(ctx, tenant, module, &ids, ERRORS).await?;
        }
        modules.push(seen);
    }
    Ok(modules)
}

fn of(
    module: Module,
    subscription: Option<Subscription>,
    apps: Vec<TenantApp>,
    days: &[&DayStats],
    now_ms: i64,
) -> ModuleOverview {
    let total = |number: fn(&DayStats) -> i64| days.iter().map(|day| number(day)).sum::<i64>();
    let (calls, success, unsigned) = (total(|d| d.calls), total(|d| d.success), total(|d| d.unsigned));
    let today = times::utc_day(now_ms);
    let (connected, reason) = judged(subscription.as_ref(), &apps, (calls, success, unsigned), now_ms);
    ModuleOverview {
        module,
        connected,
        reason: reason.to_owned(),
        subscription,
        apps,
        calls_today: days.iter().filter(|d| d.day == today).map(|d| d.calls).sum(),
        calls,
        success_rate: (calls > 0).then(|| success as f64 / calls as f64),
        unsigned,
        last_call_ms: days.iter().filter_map(|d| d.last_ms).max(),
        last_errors: Vec::new(),
    }
}

fn judged(
    subscription: Option<&Subscription>,
    apps: &[TenantApp],
    (calls, success, unsigned): (i64, i64, i64),
    now: i64,
) -> (bool, &'static str) {
    match subscription {
        None => return (false, "未开通，请先在应用商店试用或购买"),
        Some(held) if !held.is_live(now) => return (false, "订阅已到期，请续费"),
        Some(_) => {}
    }
    if apps.is_empty() {
        return (false, "没有API凭证，请新建应用");
    }
    if !apps.iter().any(|app| app.enabled && !app.is_expired(now)) {
        return (false, "应用已停用，请启用");
    }
    match (calls, success) {
        (0, _) if unsigned > 0 => (false, "最近7天的调用都没有通过签名验证，请查看日志并核对密钥"),
        (0, _) => (false, "最近7天没有调用，请按文档签名并发起调用"),
        (_, 0) => (false, "最近7天的调用全部失败，请查看日志"),
        _ => (true, "最近7天有成功的调用"),
    }
}
