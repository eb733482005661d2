//! HTTP replies.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use lambda_http::{Body, Request, RequestExt, Response};
use serde::Serialize;
use tenon_model::reply::ErrorReply;

/// A JSON reply.
pub fn json<T: Serialize>(status: u16, body: &T) -> Response<Body> {
    match serde_json::to_string(body) {
        Ok(text) => raw(status, text),
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
