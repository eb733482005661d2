//! Bearer tokens: `POST`, `GET /admin/v1/tokens`, `DELETE /admin/v1/tokens/{id}`.

use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, Response};
use serde::Deserialize;
use serde_json::Value;
use tenon_model::access::{Role, TOKENS};
use tenon_platform::{Context, reply, request};
use tenon_tenants::Refusal;
use tenon_tenants::access::{self, DEFAULT_DAYS, MAX_DAYS, Need, NewToken};

const BODY_LIMIT: usize = 16 * 1024;
const DAY_MS: i64 = 86_400_000;
const MESSAGE: &str = "请立即保存token：只显示这一次，遗失后只能吊销并重新签发";

/// The routes, with what each does.
pub const ROUTES: &[(&str, &str, Action)] = &[
    ("POST", "/admin/v1/tokens", Action::Issue),
    ("GET", "/admin/v1/tokens", Action::List),
    ("DELETE", "/admin/v1/tokens/{id}", Action::Revoke),
];

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Issues a token and shows it once.
    Issue,
    /// Lists tokens, which are not shown.
    List,
    /// Revokes one.
    Revoke,
}

/// A token to be issued.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    name: String,
    role: Role,
    #[serde(default)]
    tenant_id: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    days: Option<i64>,
}

/// The Lambda handler.
pub fn handler(ctx: &Context, request: Request) -> BoxFuture<'_, Response<Body>> {
    async move {
        let request_id = reply::request_id(&request);
        match answer(ctx, &request).await {
            Ok(data) => reply::success(data, &request_id),
            Err(refusal) => {
                refusal.log(&request_id);
                let response = reply::refusal(refusal.status(), &refusal.message(), &request_id);
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
    let action = request::find_route(request, ROUTES).ok_or(Refusal::NotFound)?;
    let authorization = request::header(request, "authorization");
    access::enter(ctx, authorization, (Need::Operator, TOKENS), None).await?;
    match action {
        Action::Issue => issue(ctx, request::json(request, BODY_LIMIT)?).await,
        Action::List => {
            let all = access::list(ctx).await?;
            Ok(access::views(&all, ctx.now_ms()))
        }
        Action::Revoke => {
            let revoked = access::revoke(ctx, request::path_parameter(request, "id")).await?;
            Ok(access::view(&revoked, ctx.now_ms()))
        }
    }
}

async fn issue(ctx: &Context, wanted: Wanted) -> Result<Value, Refusal> {
    let days = wanted.days.unwrap_or(DEFAULT_DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Refusal::field("days", format!("须为1至{MAX_DAYS}")));
    }
    let new = NewToken {
        name: wanted.name,
        role: wanted.role,
        tenant: wanted.tenant_id.as_deref().map(access::tenant_id).transpose()?,
        scopes: wanted.scopes,
        expires_ms: Some(ctx.now_ms() + days * DAY_MS),
    };
    let (token, record) = access::issue(ctx, new).await?;
    let mut value = access::view(&record, ctx.now_ms());
    if let Some(object) = value.as_object_mut() {
        object.insert("token".to_owned(), token.expose().into());
        object.insert("message".to_owned(), MESSAGE.into());
    }
    Ok(value)
}
