//! The routes: turns each request into a real API Gateway v2 event and hands it to the function whose
//! route it is, so that a handler cannot tell the difference.

use super::registry::{self, Handler};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Response, StatusCode};
use lambda_http::Body;
use serde_json::{Map, Value, json};
use tenon_catalog::{Function, Route};
use tenon_platform::router::Router;
use tenon_platform::{Context, http_event};

#[derive(Clone)]
struct Behind {
    function: &'static Function,
    route: &'static Route,
    handler: Handler,
}

/// Every HTTP function of the catalog behind its routes.
pub struct Gateway {
    ctx: Context,
    routes: Router<Behind>,
}

/// One request as it came over the wire.
pub struct Incoming<'r> {
    /// Method, target and headers.
    pub parts: &'r Parts,
    /// Body.
    pub body: &'r [u8],
    /// Where it came from.
    pub source: &'r str,
    /// Its id.
    pub request_id: &'r str,
}

impl Gateway {
    /// Over this world.
    pub fn new(ctx: Context) -> Self {
        let mut routes = Router::default();
        for (function, handler) in registry::all() {
            for route in function.routes() {
                let behind = Behind { function, route, handler: handler.clone() };
                if let Err(error) = routes.insert(route.method, route.path, behind) {
                    tracing::error!(error.message = %error, "a route cannot be served");
                }
            }
        }
        Self { ctx, routes }
    }

    /// The answer of the function whose route it is.
    pub async fn answer(&self, incoming: &Incoming<'_>) -> Response<Bytes> {
        let found = self.routes.find(incoming.parts.method.as_str(), incoming.parts.uri.path());
        // Parameters are percent-decoded, as API Gateway does.
        let Some((behind, parameters)) = found.and_then(|f| Some((f.value, f.decoded()?))) else { return no_route() };
        let parameters = parameters.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
        let event = event(&self.ctx, behind.route, parameters, incoming);
        let response = match &behind.handler {
            Handler::Http(service) => {
                let ctx = &registry::within(&self.ctx, behind.function);
                http_event::answer(event, |request| service.answer(ctx, request)).await
            }
            Handler::Plain(service) => http_event::answer(event, |request| service.answer(&(), request)).await,
            Handler::Queue(_) | Handler::Schedule(_) => return no_route(),
        };
        bytes(response)
    }
}

/// A handler's answer as it goes over the wire.
pub fn bytes(response: Response<Body>) -> Response<Bytes> {
    response.map(|body| match body {
        Body::Text(text) => Bytes::from(text),
        Body::Binary(bytes) => Bytes::from(bytes),
        _ => Bytes::new(),
    })
}

/// What API Gateway says.
fn no_route() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(br#"{"message":"Not Found"}"#));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn event(ctx: &Context, route: &Route, path_parameters: Map<String, Value>, incoming: &Incoming<'_>) -> Value {
    let Parts { uri, headers, .. } = incoming.parts;
    let mut joined: Map<String, Value> = Map::new();
    for name in headers.keys() {
        let values: Vec<String> =
            headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).collect();
        joined.insert(name.as_str().to_owned(), Value::from(values.join(",")));
    }
    let route_key = format!("{} {}", route.method, route.path);
    let (text, encoded) = match std::str::from_utf8(incoming.body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(incoming.body), true),
    };
    json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": uri.path(),
        "rawQueryString": uri.query().unwrap_or_default(),
        "headers": joined,
        "pathParameters": path_parameters,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "localhost",
            "domainPrefix": "localhost",
            "http": {
                "method": route.method,
                "path": uri.path(),
                "protocol": "HTTP/1.1",
                "sourceIp": incoming.source,
                "userAgent": headers.get("user-agent").and_then(|v| v.to_str().ok()).unwrap_or_default(),
            },
            "requestId": incoming.request_id,
            "routeKey": route_key,
            "stage": "$default",
            "time": "",
            "timeEpoch": ctx.now_ms(),
        },
        "body": text,
        "isBase64Encoded": encoded,
    })
}
