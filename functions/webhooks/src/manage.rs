//! Deliveries, for people: `/api/system/tenant-app/{id}/webhook…`.

mod deliveries;
mod endpoint;
mod jobs;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_catalog::areas::webhooks::manage as routes;
use tenon_model::tenant_app::{Callback, TenantApp};
use tenon_model::{AppId, TenantId};
use tenon_platform::dispatch::{self, Body, Path, Service, on};
use tenon_platform::limits::Limits;
use tenon_platform::{Context, Error, Rejection};
use tenon_tenants::access::Caller;
use tenon_tenants::apps;
use tenon_tenants::entry::Bearer;
use tenon_tenants::throttle::{self, Throttled};

type Call = dispatch::Call<Caller>;

/// The function.
pub static SERVICE: Service<Bearer> = Service::new(Bearer, || {
    vec![
        on(routes::READ, show),
        on(routes::ENABLE, enable),
        on(routes::TEST, test),
        on(routes::LIST_DELIVERIES, list),
        on(routes::READ_DELIVERY, show_one),
        on(routes::RESEND, resend),
        on(routes::START_RESEND_JOB, begin_job),
        on(routes::READ_RESEND_JOB, show_job),
    ]
});

#[derive(Deserialize)]
struct OfApp {
    id: AppId,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfDelivery {
    id: AppId,
    delivery_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfJob {
    id: AppId,
    job_id: String,
}

/// What may be asked for so often.
#[derive(Clone, Copy)]
enum Asked {
    /// A test of the endpoint.
    Test,
    /// A single delivery sent again.
    Resend,
    /// A range sent again.
    Job,
}

impl Asked {
    fn within(self, limits: Limits) -> Throttled {
        match self {
            Self::Test => Throttled { what: "test", most: limits.webhook_tests.into(), within_s: 60 },
            Self::Resend => Throttled { what: "resend", most: limits.webhook_resends.into(), within_s: 60 },
            Self::Job => Throttled { what: "resend-job", most: limits.resend_jobs.into(), within_s: 3600 },
        }
    }
}

/// The app a request is about.
struct About<'c> {
    ctx: &'c Context,
    tenant: TenantId,
    app: TenantApp,
}

async fn about<'c>(call: &'c Call, id: &AppId) -> Result<About<'c>, Rejection> {
    let app = apps::get(&call.ctx, &call.by.tenant, id).await?.ok_or_else(Rejection::not_found)?.data;
    Ok(About { ctx: &call.ctx, tenant: call.by.tenant.clone(), app })
}

async fn show(call: Call, Path(of): Path<OfApp>) -> Result<Value, Rejection> {
    endpoint::show(&about(&call, &of.id).await?).await
}

async fn enable(call: Call, Path(of): Path<OfApp>) -> Result<Value, Rejection> {
    endpoint::enable(&about(&call, &of.id).await?).await
}

async fn test(call: Call, Path(of): Path<OfApp>) -> Result<Value, Rejection> {
    endpoint::test(&about(&call, &of.id).await?).await
}

async fn list(
    call: Call,
    (Path(of), Body(wanted)): (Path<OfApp>, Body<deliveries::ListRequest>),
) -> Result<Value, Rejection> {
    deliveries::list(&about(&call, &of.id).await?, wanted).await
}

async fn show_one(call: Call, Path(of): Path<OfDelivery>) -> Result<Value, Rejection> {
    deliveries::show(&about(&call, &of.id).await?, &of.delivery_id).await
}

async fn resend(call: Call, Path(of): Path<OfDelivery>) -> Result<Value, Rejection> {
    deliveries::resend(&about(&call, &of.id).await?, &of.delivery_id).await
}

async fn begin_job(
    call: Call,
    (Path(of), Body(wanted)): (Path<OfApp>, Body<jobs::BeginRequest>),
) -> Result<Value, Rejection> {
    jobs::begin(&about(&call, &of.id).await?, wanted).await
}

async fn show_job(call: Call, Path(of): Path<OfJob>) -> Result<Value, Rejection> {
    jobs::show(&about(&call, &of.id).await?, &of.job_id).await
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
    async fn admit(&self, asked: Asked) -> Result<(), Rejection> {
        throttle::admit(self.ctx, &self.tenant, &self.app.id, asked.within(self.ctx.limits)).await
    }

    async fn health(&self, callback: &Callback) -> Result<tenon_delivery::health::Health, Rejection> {
        let stored = tenon_delivery::health::get(self.ctx, &self.tenant, &self.app.id).await?;
        Ok(stored.map(|s| s.data).unwrap_or_default().of_generation(callback.generation))
    }
}

/// What to do about a class of failure.
fn hint(class: &str) -> &'static str {
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

/// Reads a time of a body: local time of Shanghai, or epoch ms.
fn moment(field: &str, value: Option<&Value>) -> Result<Option<i64>, Rejection> {
    let wrong = || Rejection::field(field, "时间格式须为yyyy-MM-ddTHH:mm:ss，或毫秒时间戳");
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(ms)) => ms.as_i64().filter(|ms| *ms >= 0).map(Some).ok_or_else(wrong),
        Some(Value::String(text)) => tenon_tenants::times::parse(text).map(Some).ok_or_else(wrong),
        Some(_) => Err(wrong()),
    }
}

fn local(ms: Option<i64>) -> Option<String> {
    ms.map(tenon_tenants::times::local)
}

fn json<T: Serialize>(view: &T) -> Result<Value, Rejection> {
    let written = serde_json::to_value(view);
    written.map_err(|e| {
        Rejection::Failed(Error::permanent("platform.message", format!("a reply could not be written: {e}")))
    })
}
