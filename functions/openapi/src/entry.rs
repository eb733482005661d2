//! What every signed route shares: find the operation, let the gateway admit the call, act, log, reply.

use crate::record::{self, Answer};
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, Response};
use serde_json::value::RawValue;
use tenon_model::Module;
use tenon_model::tenant_app::TenantApp;
use tenon_platform::body::BadBody;
use tenon_platform::request;
use tenon_platform::{Context, Error, reply};
use tenon_tenants::gateway::{self, Admitted, Presented, Refused};
use tenon_tenants::quota::Usage;

/// Longest body taken, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;

/// One admitted call. The tenant is `app.tenant`, never anything of the body.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The function's world.
    pub ctx: &'a Context,
    /// The request, whose body is at most [`BODY_LIMIT`] bytes.
    pub request: &'a Request,
    /// The app that signed it.
    pub app: &'a TenantApp,
    /// `req_…`, which finds the call in the logs.
    pub request_id: &'a str,
}

/// Why an admitted call is not carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// 400, with the field's name and the message as they are.
    BadRequest(BadBody),
    /// 404, with this message.
    NotFound(String),
    /// 409 when others kept changing the same record, 500 for all else; the caller gets the request id,
    /// the log gets the error.
    Failed(Error),
}

impl From<BadBody> for Refusal {
    fn from(bad: BadBody) -> Self {
        Self::BadRequest(bad)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// `data` of an answer, as JSON: what a customer's system said is handed on to the letter.
pub type Data = Box<RawValue>;

/// Carries out one call.
pub type Act = for<'a> fn(Call<'a>) -> BoxFuture<'a, Result<Data, Refusal>>;

/// One route and what it does.
#[derive(Clone, Copy)]
pub struct Operation {
    /// Upper-case method.
    pub method: &'static str,
    /// Path with `{name}` for each path parameter.
    pub path: &'static str,
    /// The module the app must be of.
    pub module: Module,
    /// Whether it changes something, so that a repeated signature is refused.
    pub write: bool,
    /// What it does.
    pub act: Act,
}

/// Answers one request with the operation its method and path name.
pub fn serve<'a>(
    ctx: &'a Context,
    request: Request,
    operations: &'static [Operation],
) -> BoxFuture<'a, Response<Body>> {
    async move {
        let begun_ms = ctx.now_ms();
        let request_id = request_id(ctx, &request);
        let (response, answer) = answer(ctx, &request, operations, &request_id).await;
        record::keep(ctx, &request, &response, answer, begun_ms, &request_id).await;
        response
    }
    .boxed()
}

async fn answer(
    ctx: &Context,
    request: &Request,
    operations: &[Operation],
    request_id: &str,
) -> (Response<Body>, Answer) {
    let routes: Vec<_> = operations.iter().map(|o| (o.method, o.path, o)).collect();
    let Some(operation) = request::find_route(request, &routes) else {
        return (reply::refusal(404, "资源不存在", request_id), Answer::unsigned("route"));
    };
    if request::bytes(request).len() > BODY_LIMIT {
        let message = format!("请求体超过{}KB", BODY_LIMIT / 1024);
        return (reply::refusal(400, &message, request_id), Answer::unsigned("too-long"));
    }
    match gateway::admit(ctx, &presented(request), operation.module, operation.write).await {
        Err(refused) => (refuse(request, &refused, request_id), Answer::refused(*refused)),
        Ok(admitted) => act(ctx, request, operation, admitted, request_id).await,
    }
}

async fn act(
    ctx: &Context,
    request: &Request,
    operation: &Operation,
    admitted: Admitted,
    request_id: &str,
) -> (Response<Body>, Answer) {
    let call = Call { ctx, request, app: &admitted.app, request_id };
    let (response, answer) = match (operation.act)(call).await {
        Ok(data) => (reply::success(data, request_id), Answer::done(admitted.app)),
        Err(Refusal::BadRequest(bad)) => {
            let message = bad.to_string();
            (reply::refusal(400, &message, request_id), Answer::failed(admitted.app, "request", message))
        }
        Err(Refusal::NotFound(message)) => {
            (reply::refusal(404, &message, request_id), Answer::failed(admitted.app, "not-found", message))
        }
        Err(Refusal::Failed(error)) if error.is_contention() => {
            tracing::warn!(error.code = error.code, error.message = %error, request.id = request_id, "signed call gave way to others");
            let answer = Answer::failed(admitted.app, "busy", error.code.to_owned());
            (reply::busy(request_id), answer)
        }
        Err(Refusal::Failed(error)) => {
            tracing::error!(error.code = error.code, error.message = %error, request.id = request_id, "signed call failed");
            let answer = Answer::failed(admitted.app, "internal", error.code.to_owned());
            (reply::refusal(500, gateway::INTERNAL, request_id), answer)
        }
    };
    match admitted.usage {
        Some(usage) => (limits(response, &usage), answer),
        None => (response, answer),
    }
}

fn refuse(request: &Request, refused: &Refused, request_id: &str) -> Response<Body> {
    if let (401, Some(hint)) = (refused.status, hint(request)) {
        return reply::refusal_with_hint(refused.status, refused.message, hint, request_id);
    }
    let response = reply::refusal(refused.status, refused.message, request_id);
    match &refused.usage {
        Some(usage) if refused.status == 429 => {
            limits(reply::with_header(response, "retry-after", &usage.reset_s.to_string()), usage)
        }
        None if refused.status == 429 => reply::with_header(response, "retry-after", "1"),
        _ => response,
    }
}

/// What may help a caller that is not authenticated. It follows from what was sent alone, so that it is the
/// same for every reason.
fn hint(request: &Request) -> Option<&'static str> {
    let body = request::bytes(request).trim_ascii();
    matches!(body, b"{}" | b"[]" | b"null").then_some(
        "正文是空的JSON：文档的Python示例发送{}、JavaScript示例发送null，签名时却都用了空字符串。\
         请对实际发送的正文签名，或不发送正文。详见/openapi/v1/docs/errors/401",
    )
}

/// Tells how much of the day's quota is left; says nothing where there is no limit.
fn limits(response: Response<Body>, usage: &Usage) -> Response<Body> {
    let Some(remaining) = usage.remaining() else { return response };
    let response = reply::with_header(response, "ratelimit-limit", &usage.limit.to_string());
    let response = reply::with_header(response, "ratelimit-remaining", &remaining.to_string());
    reply::with_header(response, "ratelimit-reset", &usage.reset_s.to_string())
}

fn presented(request: &Request) -> Presented<'_> {
    Presented {
        app_key: one(request, "x-app-key"),
        timestamp: one(request, "x-timestamp"),
        signature: one(request, "x-signature"),
        version: one(request, "x-signature-version"),
        nonce: one(request, "x-nonce"),
        method: request.method().as_str(),
        path: request::path_as_given(request),
        path_decoded: request::path_is_decoded(request),
        query: request.uri().query().unwrap_or_default(),
        body: request::bytes(request),
        ip: request::source_ip(request),
    }
}

/// A header as sent. One that is repeated or not text is given as empty, which the gateway takes for
/// malformed: which of two values a proxy has looked at cannot be known.
fn one<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers().contains_key(name).then(|| request::header(request, name).unwrap_or_default())
}

/// `req_` and the gateway's id of the request.
fn request_id(ctx: &Context, request: &Request) -> String {
    let id = reply::request_id(request);
    if id.is_empty() { ctx.entropy.id("req_", ctx.now_ms()).unwrap_or_default() } else { format!("req_{id}") }
}
