//! HTTP replies.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use lambda_http::{Body, Request, RequestExt, Response};
use serde::Serialize;
use tenon_model::config::Service;
use tenon_model::json::number;
use tenon_model::reply::{AiflowError, AiflowErrorDetail, AiflowReply, EnvelopeReply, ErrorReply, OaReply};

/// A JSON reply. Its numbers have every digit, whatever was needed to keep them.
pub fn json<T: Serialize>(status: u16, body: &T) -> Response<Body> {
    match serde_json::to_string(body) {
        Ok(text) => raw(status, number::written(text)),
        Err(error) => {
            tracing::error!(error.message = %error, "a reply could not be written");
            raw(500, r#"{"code":"internal","message":"the reply could not be written","requestId":""}"#.to_owned())
        }
    }
}

/// An error reply in our own shape.
pub fn error(status: u16, code: &str, message: &str, request_id: &str) -> Response<Body> {
    json(status, &ErrorReply { code, message, request_id })
}

/// A success in the envelope `{code, message, data, requestId}`.
pub fn success<T: Serialize>(data: T, request_id: &str) -> Response<Body> {
    json(200, &EnvelopeReply { code: 200, message: "success", data: Some(data), hint: None, request_id })
}

/// A refusal in the envelope `{code, message, data, requestId}`; the code is the HTTP status.
pub fn refusal(code: u16, message: &str, request_id: &str) -> Response<Body> {
    json(code, &EnvelopeReply::<()> { code, message, data: None, hint: None, request_id })
}

/// The answer to a request that no handler answers: one that cannot be read, is too long, or whose handler
/// failed. It is in the envelope in which the routes under this path answer.
pub fn unhandled(status: u16, path: &str, request_id: &str) -> Response<Body> {
    let (code, english, chinese) = match status {
        400 => ("malformed", "the request cannot be read", "请求无法识别"),
        408 => ("too-slow", "the request did not arrive in time", "请求未在时限内到达"),
        413 => ("too-long", "the body is too long", "请求体过大"),
        414 => ("too-long", "the URL is too long", "请求地址过长"),
        503 => ("unavailable", "too many connections are open; send it again", "连接过多，请稍后重试"),
        _ => ("internal", "the request could not be served; the log says why", "服务器内部错误"),
    };
    if path.starts_with("/aflow/api/") {
        let (of, error_code) = if status < 500 { (-4002, "INVALID_PARAMETER") } else { (-1024, "INTERNAL_ERROR") };
        let error_code = if status == 413 { "BODY_TOO_LONG" } else { error_code };
        let data = AiflowError {
            error_code,
            error_message: chinese.to_owned(),
            error_details: match status {
                400..=499 => vec![AiflowErrorDetail { field: "", message: chinese }],
                _ => Vec::new(),
            },
            retry_after: None,
            request_id: Some(request_id).filter(|id| !id.is_empty()),
        };
        return json(status, &AiflowReply { status: of, msg: chinese, data: Some(data) });
    }
    if let Some(service) = Service::of_path(path) {
        let code = if service == Service::OaIntegration { 1 } else { status };
        return json(status, &OaReply::<()> { code, msg: chinese, data: None });
    }
    if ["/openapi/", "/api/", "/admin/"].iter().any(|prefix| path.starts_with(prefix)) {
        let signed = path.starts_with("/openapi/");
        let id = if signed { format!("req_{request_id}") } else { request_id.to_owned() };
        return refusal(status, chinese, &id);
    }
    error(status, code, english, request_id)
}

/// Adds a header; one that cannot be sent is left out.
#[must_use]
pub fn with_header(mut response: Response<Body>, name: &'static str, value: &str) -> Response<Body> {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

fn raw(status: u16, body: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The gateway's id of the request, which finds it in the logs.
pub fn request_id(request: &Request) -> String {
    match request.request_context_ref() {
        Some(lambda_http::request::RequestContext::ApiGatewayV2(context)) => {
            context.request_id.clone().unwrap_or_default()
        }
        _ => String::new(),
    }
}
