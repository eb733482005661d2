//! The routes: turns each request into a real API Gateway v2 event and hands it to the function whose
//! route it is, so that a handler cannot tell the difference.

use super::registry::{self, Handler};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use lambda_http::Body;
use serde_json::{Map, Value, json};
use tenon_catalog::Function;
use tenon_platform::{Context, http_event};

struct Route {
    function: &'static Function,
    method: Method,
    path: &'static str,
    handler: Handler,
}

/// Every HTTP function of the catalog behind its routes.
pub struct Gateway {
    ctx: Context,
    /// Those with fewer parameters first, so that the more exact path wins, as at API Gateway.
    routes: Vec<Route>,
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
        let mut routes: Vec<Route> = registry::all()
            .flat_map(|(function, handler)| {
                function.routes().iter().map(move |route| (function, route, handler.clone()))
            })
            .filter_map(|(function, route, handler)| {
                Some(Route { function, method: route.method.parse().ok()?, path: route.path, handler })
            })
            .collect();
        routes.sort_by_key(|route| route.path.matches('{').count());
        Self { ctx, routes }
    }

    /// The answer of the function whose route it is.
    pub async fn answer(&self, incoming: &Incoming<'_>) -> Response<Bytes> {
        let path = incoming.parts.uri.path();
        let found = self.routes.iter().find_map(|route| {
            (route.method == incoming.parts.method).then(|| parameters(route.path, path)).flatten().map(|p| (route, p))
        });
        let Some((route, parameters)) = found else { return no_route() };
        let event = event(&self.ctx, route, parameters, incoming);
        let response = match &route.handler {
            Handler::Http(handler) => {
                let ctx = &registry::within(&self.ctx, route.function);
                http_event::answer(event, |request| handler(ctx, request)).await
            }
            Handler::Plain(handler) => http_event::answer(event, |request| async move { handler(&request) }).await,
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

/// The path parameters when the path fits the route. Segments are percent-decoded, as API Gateway
/// does.
fn parameters(route: &str, path: &str) -> Option<Map<String, Value>> {
    let mut found = Map::new();
    let mut segments = path.trim_matches('/').split('/');
    for part in route.trim_matches('/').split('/') {
        let segment = segments.next()?;
        match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            Some(name) if !segment.is_empty() => {
                found.insert(name.to_owned(), Value::from(percent_decode(segment)?));
            }
            Some(_) => return None,
            None if part == segment => {}
            None => return None,
        }
    }
    segments.next().is_none().then_some(found)
}

fn percent_decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = tail.get(2..)?;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
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
                "method": route.method.as_str(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_only_its_route() {
        let route = "/callbacks/dingtalk/{connection}";
        let found = parameters(route, "/callbacks/dingtalk/ding%2Dmain").unwrap();
        assert_eq!(found["connection"], "ding-main");
        for path in
            ["/callbacks/dingtalk", "/callbacks/dingtalk/", "/callbacks/dingtalk/a/b", "/callbacks/wecom/a", "/"]
        {
            assert!(parameters(route, path).is_none(), "{path}");
        }
        assert!(parameters(route, "/callbacks/dingtalk/%zz").is_none());
    }
}
