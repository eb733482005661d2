//! Endpoints and deliveries, for the people of a tenant: what the interface of tenants' apps answers, and what the
//! console's pages show.

mod deliveries;
mod endpoint;
mod jobs;
mod path;

pub use deliveries::{Answered, ListWanted, Listed, STATES, list, one, resend, word};
pub use endpoint::{Endpoint, enable, endpoint, test};
pub use jobs::{begin as begin_job, get as job};
pub use path::{OfApp, OfDelivery, OfJob};

use crate::health::{self, Health};
use tenon_model::tenant_app::{Callback, TenantApp};
use tenon_model::{AppId, TenantId};
use tenon_platform::limits::Limits;
use tenon_platform::{Context, Rejection};
use tenon_tenants::apps;
use tenon_tenants::throttle::{self, Throttled};

/// What may be asked for so often.
#[derive(Clone, Copy)]
enum LimitedAction {
    /// A test of the endpoint.
    Test,
    /// A single delivery sent again.
    Resend,
    /// A range sent again.
    Job,
}

impl LimitedAction {
    fn within(self, limits: Limits) -> Throttled {
        match self {
            Self::Test => Throttled { what: "test", most: limits.webhook_tests.into(), within_s: 60 },
            Self::Resend => Throttled { what: "resend", most: limits.webhook_resends.into(), within_s: 60 },
            Self::Job => Throttled { what: "resend-job", most: limits.resend_jobs.into(), within_s: 3600 },
        }
    }
}

/// The app that is asked about.
pub struct About<'c> {
    /// What everything works with.
    pub ctx: &'c Context,
    /// Whose it is.
    pub tenant: TenantId,
    /// The app.
    pub app: TenantApp,
}

/// An app of a tenant's.
///
/// # Errors
/// 404; those of the table.
pub async fn about<'c>(ctx: &'c Context, tenant: &TenantId, id: &AppId) -> Result<About<'c>, Rejection> {
    let app = apps::get(ctx, tenant, id).await?.ok_or_else(Rejection::not_found)?.data;
    Ok(About { ctx, tenant: tenant.clone(), app })
}

impl About<'_> {
    fn callback(&self) -> Result<&Callback, Rejection> {
        let callback = self.app.callback.as_ref().filter(|c| !c.url.is_empty());
        callback.ok_or_else(|| Rejection::field("callbackUrl", "该应用未配置回调URL"))
    }

    /// The callback of an app that can be pushed to now.
    async fn ready(&self) -> Result<&Callback, Rejection> {
        let callback = self.callback()?;
        if !self.app.enabled {
            return Err(Rejection::field("id", "应用已停用"));
        }
        if self.app.is_expired(self.ctx.now_ms()) {
            return Err(Rejection::field("id", "应用已过期"));
        }
        if self.health(callback).await?.disabled.is_some() {
            return Err(Rejection::field("id", "推送已停用，请先重新启用"));
        }
        Ok(callback)
    }

    /// Counts what is asked for; refuses what is asked for too often.
    async fn admit(&self, action: LimitedAction) -> Result<(), Rejection> {
        throttle::admit(self.ctx, &self.tenant, &self.app.id, action.within(self.ctx.limits)).await
    }

    async fn health(&self, callback: &Callback) -> Result<Health, Rejection> {
        let stored = health::get(self.ctx, &self.tenant, &self.app.id).await?;
        Ok(stored.map(|s| s.data).unwrap_or_default().of_generation(callback.generation))
    }
}

/// What to do about a class of failure.
pub fn hint(class: &str) -> &'static str {
    match class {
        "status-3xx" => "回调URL返回重定向，系统不会跟随，请改填最终地址",
        "status-4xx" => "接收端拒绝了请求，请查看推送记录中的应答",
        "status-5xx" => "接收端出错，请查看推送记录中的应答",
        "timeout" => "接收端没有在15秒内应答，请先应答再处理",
        "dns" => "回调URL的域名无法解析",
        "connect" => "无法连接回调URL",
        "tls" => "与回调URL的TLS握手失败，请检查证书",
        "refused" => "回调URL不在允许访问的范围内",
        "broken" => "连接在应答结束之前中断",
        "interrupted" => "推送过程中进程中断，它可能已经到达；系统会重做",
        "webhook.no-secret" | "tenants.sealed" => "回调签名密钥无法使用，请重置回调签名密钥",
        _ => "请查看推送记录",
    }
}
