//! The HTTP front: turns each request into a real API Gateway v2 event and hands it to the function
//! whose route it is, so that a handler cannot tell the difference.

use super::registry::{self, Handler};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method, StatusCode, Uri};
use lambda_http::Body;
use serde_json::{Map, Value, json};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tenon_platform::{Context, http_event};

/// API Gateway refuses longer bodies.
const PAYLOAD_LIMIT: usize = 10 * 1024 * 1024;

struct Route {
    method: Method,
    path: &'static str,
    handler: Handler,
}

struct Gateway {
    ctx: Context,
    /// Those with fewer parameters first, so that the more exact path wins, as at API Gateway.
    routes: Vec<Route>,
}

/// One request as it came over the wire.
struct Incoming<'r> {
    uri: &'r Uri,
    headers: &'r HeaderMap,
    body: &'r Bytes,
    from: IpAddr,
}

/// The router that serves every HTTP function of the catalog.
pub fn router(ctx: Context) -> Router {
    let mut routes: Vec<Route> = registry::all()
        .flat_map(|(function, handler)| function.routes().iter().map(move |route| (route, handler.clone())))
        .filter_map(|(route, handler)| Some(Route { method: route.method.parse().ok()?, path: route.path, handler }))
        .collect();
    routes.sort_by_key(|route| route.path.matches('{').count());
    Router::new()
        .fallback(serve)
        .layer(axum::extract::DefaultBodyLimit::max(PAYLOAD_LIMIT))
        .with_state(Arc::new(Gateway { ctx, routes }))
}

async fn serve(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> axum::response::Response {
    let found = gateway.routes.iter().find_map(|route| {
        (route.method == method).then(|| parameters(route.path, uri.path())).flatten().map(|p| (route, p))
    });
    let Some((route, parameters)) = found else {
        return (StatusCode::NOT_FOUND, axum::Json(json!({ "message": "Not Found" }))).into_response();
    };
    let incoming = Incoming { uri: &uri, headers: &headers, body: &body, from: peer.ip() };
    let event = match event(&gateway.ctx, route, parameters, &incoming) {
        Ok(event) => event,
        Err(response) => return *response,
    };
    let response = match &route.handler {
        Handler::Http(handler) => http_event::answer(event, |request| handler(&gateway.ctx, request)).await,
        Handler::Plain(handler) => http_event::answer(event, |request| async move { handler(&request) }).await,
        Handler::Queue(_) | Handler::Schedule(_) => return StatusCode::NOT_FOUND.into_response(),
    };
    let (parts, body) = response.into_parts();
    let bytes = match body {
        Body::Empty => Bytes::new(),
        Body::Text(text) => Bytes::from(text),
        Body::Binary(bytes) => Bytes::from(bytes),
        _ => Bytes::new(),
    };
    axum::response::Response::from_parts(parts, axum::body::Body::from(bytes))
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

fn event(
    ctx: &Context,
    route: &Route,
    path_parameters: Map<String, Value>,
    incoming: &Incoming<'_>,
) -> Result<Value, Box<axum::response::Response>> {
    let Incoming { uri, headers, body, from } = incoming;
    let mut joined: Map<String, Value> = Map::new();
    for name in headers.keys() {
        let values: Vec<String> =
            headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).collect();
        joined.insert(name.as_str().to_owned(), Value::from(values.join(",")));
    }
    let now = ctx.now_ms();
    let request_id = ctx.entropy.id("", now).map_err(|e| {
        Box::new((StatusCode::INTERNAL_SERVER_ERROR, axum::Json(json!({ "message": e.to_string() }))).into_response())
    })?;
    let route_key = format!("{} {}", route.method, route.path);
    let (text, encoded) = match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(body), true),
    };
    Ok(json!({
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
                "sourceIp": from.to_string(),
                "userAgent": headers.get("user-agent").and_then(|v| v.to_str().ok()).unwrap_or_default(),
            },
            "requestId": request_id,
            "routeKey": route_key,
            "stage": "$default",
            "time": "",
            "timeEpoch": now,
        },
        "body": text,
        "isBase64Encoded": encoded,
    }))
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
