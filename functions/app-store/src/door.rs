//! What every route here shares: find the operation, let the caller in, act, reply.

use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, RequestExt, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenon_model::TenantId;
use tenon_platform::{Context, reply, request};
use tenon_tenants::Refusal;
use tenon_tenants::access::{self, Need, Principal};

/// Longest body taken, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// One call of a caller who was let in.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The function's world.
    pub ctx: &'a Context,
    /// The request.
    pub request: &'a Request,
    /// Who calls.
    pub by: &'a Principal,
    /// The tenant acted for: of the token, or named by an operator; never of the body.
    pub tenant: &'a TenantId,
}

impl Call<'_> {
    /// The body.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        Ok(request::json(self.request, BODY_LIMIT)?)
    }

    /// A path parameter, decoded.
    pub(crate) fn path(&self, name: &str) -> &str {
        request::path_parameter(self.request, name)
    }

    /// A query parameter, decoded.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.request.query_string_parameters_ref().and_then(|q| q.first(name))
    }
}

/// Carries out one call; the value becomes `data` of the answer.
pub(crate) type Act = for<'a> fn(Call<'a>) -> BoxFuture<'a, Result<Value, Refusal>>;

/// One route and what it does.
#[derive(Clone, Copy)]
pub struct Operation {
    /// Upper-case method.
    pub method: &'static str,
    /// Path with `{name}` for each path parameter.
    pub path: &'static str,
    /// Whose tokens it takes.
    pub need: Need,
    /// The scope it asks for.
    pub scope: &'static str,
    pub(crate) act: Act,
}

/// Answers one request with the operation its method and path name.
pub(crate) fn serve<'a>(
    ctx: &'a Context,
    request: Request,
    operations: &'static [Operation],
) -> BoxFuture<'a, Response<Body>> {
    async move {
        let request_id = reply::request_id(&request);
        match answer(ctx, &request, operations).await {
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

async fn answer(ctx: &Context, request: &Request, operations: &[Operation]) -> Result<Value, Refusal> {
    let routes: Vec<_> = operations.iter().map(|o| (o.method, o.path, o)).collect();
    let operation = request::find_route(request, &routes).ok_or(Refusal::NotFound)?;
    // Which of two names is meant cannot be known: then it is one that nobody has.
    let named = request.query_string_parameters_ref().and_then(|q| q.all("tenantId")).map(|names| match *names {
        [one] => one,
        _ => "",
    });
    let authorization = request::header(request, "authorization");
    let caller = access::enter(ctx, authorization, (operation.need, operation.scope), named).await?;
    (operation.act)(Call { ctx, request, by: &caller.principal, tenant: &caller.tenant }).await
}
