//! Deliveries, for people: `/api/system/tenant-app/{id}/webhook…`.

mod deliveries;
mod endpoint;
mod jobs;

use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, RequestExt, Response};
use serde::Serialize;
use serde_json::Value;
use tenon_model::access::TENANT_APP;
use tenon_model::tenant_app::{Callback, TenantApp};
use tenon_model::{AppId, TenantId};
use tenon_platform::{Context, Error, reply, request};
use tenon_tenants::access::{self, Need};
use tenon_tenants::often::{self, Often};
use tenon_tenants::{Refusal, apps};

/// Longest body taken.
const BODY_LIMIT: usize = 64 * 1024;

/// What a route does.
#[derive(Clone, Copy)]
enum Action {
    Show,
    Enable,
    Test,
    List,
    ShowOne,
    Resend,
    BeginJob,
    ShowJob,
}

const ROUTES: [(&str, &str, Action); 8] = [
    ("GET", "/api/system/tenant-app/{id}/webhook", Action::Show),
    ("POST", "/api/system/tenant-app/{id}/webhook/enable", Action::Enable),
    ("POST", "/api/system/tenant-app/{id}/webhook/test", Action::Test),
    ("POST", "/api/system/tenant-app/{id}/webhook/deliveries", Action::List),
    ("GET", "/api/system/tenant-app/{id}/webhook/deliveries/{deliveryId}", Action::ShowOne),
    ("POST", "/api/system/tenant-app/{id}/webhook/deliveries/{deliveryId}/resend", Action::Resend),
    ("POST", "/api/system/tenant-app/{id}/webhook/resend-jobs", Action::BeginJob),
    ("GET", "/api/system/tenant-app/{id}/webhook/resend-jobs/{jobId}", Action::ShowJob),
];

/// Tests of an endpoint.
const TESTS: Often = Often { what: "test", most: 10, within_s: 60 };
/// Single deliveries sent again.
const RESENDS: Often = Often { what: "resend", most: 60, within_s: 60 };
/// Ranges sent again.
const JOBS: Often = Often { what: "resend-job", most: 20, within_s: 3600 };

/// The app a request is about.
struct About<'c> {
    ctx: &'c Context,
    tenant: TenantId,
    app: TenantApp,
}

/// The Lambda handler.
pub fn handler(ctx: &Context, request: Request) -> BoxFuture<'_, Response<Body>> {
    async move {
        let id = reply::request_id(&request);
        match answer(ctx, &request).await {
            Ok(data) => reply::success(data, &id),
            Err(refusal) => {
                refusal.log(&id);
                let response = reply::refusal(refusal.status(), &refusal.message(), &id);
                match refusal.retry_after_s() {
                    Some(seconds) => reply::with_header(response, "retry-after", &seconds.to_string()),
                    None => response,
                }
            }
        }
    }
    .boxed()
}

async fn answer(ctx: &Context, request: &Request) -> Result<Value, Refusal> {
    let query = request.query_string_parameters_ref();
    let named = query.and_then(|q| q.first("tenantId"));
    let authorization = request::header(request, "authorization");
    let caller = access::enter(ctx, authorization, (Need::Either, TENANT_APP), named).await?;
    let action = request::find_route(request, &ROUTES).ok_or(Refusal::NotFound)?;
    let tenant = caller.tenant;
    let id = AppId::new(request::path_parameter(request, "id"));
    let app = apps::get(ctx, &tenant, &id).await?.ok_or(Refusal::NotFound)?.data;
    let about = About { ctx, tenant, app };
    match action {
        Action::Show => endpoint::show(&about).await,
        Action::Enable => endpoint::enable(&about).await,
        Action::Test => endpoint::test(&about).await,
        Action::List => deliveries::list(&about, request::json(request, BODY_LIMIT)?).await,
        Action::ShowOne => deliveries::show(&about, request::path_parameter(request, "deliveryId")).await,
        Action::Resend => deliveries::resend(&about, request::path_parameter(request, "deliveryId")).await,
        Action::BeginJob => jobs::begin(&about, request::json(request, BODY_LIMIT)?).await,
        Action::ShowJob => jobs::show(&about, request::path_parameter(request, "jobId")).await,
    }
}

impl About<'_> {
    fn callback(&self) -> Result<&Callback, Refusal> {
        let callback = self.app.callback.as_ref().filter(|c| !c.url.is_empty());
        callback.ok_or_else(|| Refusal::field("callbackUrl", "该应用未配置回调URL"))
    }

    /// The callback of an app that can be pushed to now.
    async fn ready(&self) -> Result<&Callback, Refusal> {
        let callback = self.callback()?;
        if !self.app.enabled {
            return Err(Refusal::field("id", "应用已停用"));
        }
        if self.app.is_expired(self.ctx.now_ms()) {
            return Err(Refusal::field("id", "应用已过期"));
        }
        if self.health(callback).await?.disabled.is_some() {
            return Err(Refusal::field("id", "推送已停用，请先重新启用"));
        }
        Ok(callback)
    }

    /// Counts what is asked for; refuses what is asked for too often.
    async fn once_more(&self, often: Often) -> Result<(), Refusal> {
        often::once_more(self.ctx, &self.tenant, &self.app.id, often).await
    }

    async fn health(&self, callback: &Callback) -> Result<tenon_delivery::health::Health, Refusal> {
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
fn moment(field: &str, value: Option<&Value>) -> Result<Option<i64>, Refusal> {
    let wrong = || Refusal::field(field, "时间格式须为yyyy-MM-ddTHH:mm:ss，或毫秒时间戳");
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

fn json<T: Serialize>(view: &T) -> Result<Value, Refusal> {
    let written = serde_json::to_value(view);
    written.map_err(|e| {
        Refusal::Failed(Error::permanent("platform.message", format!("a reply could not be written: {e}")))
    })
}
