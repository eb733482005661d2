//! Bearer tokens: `POST`, `GET /admin/v1/tokens`, `DELETE /admin/v1/tokens/{id}`.

use serde::Deserialize;
use serde_json::{Value, json};
use tenon_catalog::areas::admin::tokens as routes;
use tenon_model::TenantId;
use tenon_model::access::Role;
use tenon_platform::Rejection;
use tenon_platform::audit::{self, Via};
use tenon_platform::dispatch::{self, Body, Path, Service, on};
use tenon_tenants::access::{self, Caller, DEFAULT_DAYS, MAX_DAYS, NewToken};
use tenon_tenants::entry::Bearer;

const DAY_MS: i64 = 86_400_000;
const MESSAGE: &str = "请立即保存token：只显示这一次，遗失后只能吊销并重新签发";

/// The function.
pub static SERVICE: Service<Bearer> =
    Service::new(Bearer, || vec![on(routes::ISSUE, issue), on(routes::LIST, list), on(routes::REVOKE, revoke)])
        .with_body_limit(16 * 1024);

type Call = dispatch::Call<Caller>;

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

#[derive(Deserialize)]
struct OfToken {
    id: String,
}

async fn list(call: Call, (): ()) -> Result<Value, Rejection> {
    let all = access::list(&call.ctx).await?;
    Ok(access::views(&all, call.ctx.now_ms()))
}

async fn revoke(call: Call, Path(of): Path<OfToken>) -> Result<Value, Rejection> {
    note(&call, ("revoke-token", &of.id), Value::Null).await?;
    let revoked = access::revoke(&call.ctx, &of.id).await?;
    Ok(access::view(&revoked, call.ctx.now_ms()))
}

async fn note(call: &Call, did_of: (&str, &str), detail: Value) -> Result<(), Rejection> {
    let by = call.by.principal.actor(Via::Api);
    Ok(audit::note(&call.ctx, &TenantId::operator(), &by, did_of, detail).await?)
}

async fn issue(call: Call, Body(wanted): Body<Wanted>) -> Result<Value, Rejection> {
    let ctx = &call.ctx;
    let days = wanted.days.unwrap_or(DEFAULT_DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Rejection::field("days", format!("须为1至{MAX_DAYS}")));
    }
    let new = NewToken {
        name: wanted.name,
        role: wanted.role,
        tenant: wanted.tenant_id.as_deref().map(access::tenant_id).transpose()?,
        scopes: wanted.scopes,
        expires_ms: Some(ctx.now_ms() + days * DAY_MS),
    };
    // What is asked for, before it is made: the name says which token of the list it is.
    let input = json!({ "role": new.role, "tenant": new.tenant, "scopes": new.scopes, "days": days });
    note(&call, ("issue-token", &new.name), input).await?;
    let (token, record) = access::issue(ctx, new).await?;
    let mut value = access::view(&record, ctx.now_ms());
    if let Some(object) = value.as_object_mut() {
        object.insert("token".to_owned(), token.expose().into());
        object.insert("message".to_owned(), MESSAGE.into());
    }
    Ok(value)
}
