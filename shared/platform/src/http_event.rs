//! API Gateway's events as requests, and our answers as its. One way for the deployed functions and the
//! local run, in which nothing a client sent can reach a panic: a URL is made of the path and the query
//! alone, escaped, and never of a header. `lambda_http`'s own conversion makes one of `Host` and
//! `X-Forwarded-Proto` and ends the process where they make none.

use crate::reply;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequestContext, ApiGatewayV2httpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt;
use http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};
use http::{Method, Uri};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::panic::AssertUnwindSafe;

/// What a path must not contain as it is (RFC 3986). `%` stands: a path as sent is escaped already.
const NOT_IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
/// The same of a query.
const NOT_IN_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'`');

/// What of an event is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(default)]
    raw_path: Option<String>,
    #[serde(default)]
    raw_query_string: Option<String>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    path_parameters: Option<HashMap<String, String>>,
    request_context: ApiGatewayV2httpRequestContext,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// Whose request it is, for an answer that no handler gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestInfo {
    /// The path as sent.
    pub path: String,
    /// The gateway's id of the request.
    pub request_id: String,
}

/// An event that cannot be made a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The HTTP status it is answered with.
    pub status: u16,
    /// What is wrong, for the log.
    pub why: String,
}

impl Unusable {
    fn new(status: u16, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }
}

/// Who asks, as far as the event says.
pub fn request_info(event: &Value) -> RequestInfo {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    RequestInfo { path: text("/rawPath"), request_id: text("/requestContext/requestId") }
}

/// Makes an event of API Gateway's HTTP API (payload 2.0) a request.
///
/// # Errors
/// 400 for what is no such event, or whose body is not what it says; 414 for a URL that is too long.
pub fn request(event: Value) -> Result<Request, Unusable> {
    let event: Event =
        serde_json::from_value(event).map_err(|e| Unusable::new(400, format!("no event of API Gateway: {e}")))?;
    let raw_path = event.raw_path.unwrap_or_default();
    let query = event.raw_query_string.unwrap_or_default();
    let body = body(event.body, event.is_base64_encoded)?;
    let mut request = Request::new(body);
    *request.uri_mut() = target(&raw_path, &query)?;
    *request.method_mut() = method(&event.request_context);
    *request.headers_mut() = headers(event.headers.unwrap_or_default(), &event.cookies.unwrap_or_default());
    let parameters: HashMap<String, Vec<String>> =
        form_urlencoded::parse(query.as_bytes()).into_owned().fold(HashMap::new(), |mut all, (name, value)| {
            all.entry(name).or_insert_with(Vec::new).push(value);
            all
        });
    let path_parameters = event.path_parameters.unwrap_or_default();
    Ok(request
        .with_raw_http_path(raw_path)
        .with_query_string_parameters(parameters)
        .with_path_parameters(path_parameters)
        .with_request_context(RequestContext::ApiGatewayV2(event.request_context)))
}

fn method(context: &ApiGatewayV2httpRequestContext) -> Method {
    context.http.method.clone()
}

fn body(text: Option<String>, is_base64_encoded: bool) -> Result<Body, Unusable> {
    match text {
        None => Ok(Body::Empty),
        Some(text) if is_base64_encoded => STANDARD
            .decode(text)
            .map(Body::Binary)
            .map_err(|e| Unusable::new(400, format!("the body is no base64: {e}"))),
        Some(text) => Ok(Body::Text(text)),
    }
}

/// Path and query as a URL. API Gateway gives the path decoded where it routes by it, so that anything
/// can be in it.
fn target(path: &str, query: &str) -> Result<Uri, Unusable> {
    let mut target = String::with_capacity(path.len() + query.len() + 2);
    if !path.starts_with('/') {
        target.push('/');
    }
    target.extend(utf8_percent_encode(path, NOT_IN_PATH));
    if !query.is_empty() {
        target.push('?');
        target.extend(utf8_percent_encode(query, NOT_IN_QUERY));
    }
    // Escaped as it is, length is all that can be wrong with it.
    Uri::try_from(target).map_err(|e| Unusable::new(414, format!("the path and the query make no URL: {e}")))
}

/// The headers that can be some; a name or a value that cannot be sent in HTTP was not.
fn headers(given: BTreeMap<String, String>, cookies: &[String]) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()))
        {
            headers.append(name, value);
        }
    }
    if !cookies.is_empty()
        && let Ok(value) = HeaderValue::from_bytes(cookies.join("; ").as_bytes())
    {
        headers.insert(COOKIE, value);
    }
    headers
}

/// Answers an event with a handler. An event that is none, and a handler that panics, are answered too, in
/// the envelope of the route.
pub async fn answer<F>(event: Value, handler: impl FnOnce(Request) -> F) -> Response<Body>
where
    F: Future<Output = Response<Body>>,
{
    let info = request_info(&event);
    let work = async {
        match request(event) {
            Ok(request) => handler(request).await,
            Err(unusable) => {
                tracing::warn!(request.id = info.request_id, reason = unusable.why, "a request could not be read");
                reply::unhandled(unusable.status, &info.path, &info.request_id)
            }
        }
    };
    // A handler has nothing of its own that outlives it, and what it shares is made for several at once.
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|panic| {
        tracing::error!(
            error.code = "platform.panic",
            error.message = crate::text::of_panic(&*panic),
            request.id = info.request_id,
            http.path = info.path,
            "the handler panicked, which is a fault of Tenon's"
        );
        reply::unhandled(500, &info.path, &info.request_id)
    })
}

/// An answer as API Gateway takes it.
pub fn response(response: Response<Body>) -> ApiGatewayV2httpResponse {
    let (parts, body) = response.into_parts();
    let mut headers = parts.headers;
    let cookies = headers.get_all(SET_COOKIE).iter().filter_map(|v| v.to_str().ok()).map(str::to_owned).collect();
    headers.remove(SET_COOKIE);
    let mut answer = ApiGatewayV2httpResponse::default();
    answer.status_code = i64::from(parts.status.as_u16());
    answer.is_base64_encoded = matches!(body, Body::Binary(_));
    answer.headers = headers;
    answer.cookies = cookies;
    answer.body = Some(body);
    answer
}
