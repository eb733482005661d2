//! Events of API Gateway's HTTP API, payload 2.0.

use lambda_http::Request;
use serde_json::{Map, Value, json};

/// One request as API Gateway hands it to a function. Its request id is `r-1`.
#[derive(Clone, Debug)]
pub struct HttpEvent {
    method: String,
    path: String,
    query: String,
    route: Option<String>,
    parameters: Map<String, Value>,
    headers: Map<String, Value>,
    body: Option<String>,
    source_ip: String,
    request_id: String,
}

impl HttpEvent {
    /// A request to a path, with its query when it has one.
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            route: None,
            parameters: Map::new(),
            headers: Map::new(),
            body: None,
            source_ip: "192.0.2.7".to_owned(),
            request_id: "r-1".to_owned(),
        }
    }

    /// The path as the gateway hands it over: decoded, so that anything may be in it.
    #[must_use]
    pub fn decoded_path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// The route it came by, `/orders/{orderNo}`, and with it its path parameters; `$default` without.
    #[must_use]
    pub fn route(mut self, route: &str) -> Self {
        self.parameters.extend(parameters(route, &self.path).unwrap_or_default());
        self.route = Some(format!("{} {route}", self.method));
        self
    }

    /// One path parameter.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// One header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// Several headers.
    #[must_use]
    pub fn headers<N: AsRef<str>, V: AsRef<str>>(self, headers: impl IntoIterator<Item = (N, V)>) -> Self {
        headers.into_iter().fold(self, |event, (name, value)| event.header(name.as_ref(), value.as_ref()))
    }

    /// A bearer token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// A body as it is sent.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// A JSON body; none for `null`.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        let event = self.header("content-type", "application/json");
        if body.is_null() { event } else { event.body(body.to_string()) }
    }

    /// The caller's address.
    #[must_use]
    pub fn from_ip(mut self, address: &str) -> Self {
        self.source_ip = address.to_owned();
        self
    }

    /// The request's id.
    #[must_use]
    pub fn request_id(mut self, id: &str) -> Self {
        self.request_id = id.to_owned();
        self
    }

    /// The event.
    pub fn event(&self) -> Value {
        let route = self.route.as_deref().unwrap_or("$default");
        json!({
            "version": "2.0", "routeKey": route, "rawPath": self.path, "rawQueryString": self.query,
            "headers": self.headers, "pathParameters": self.parameters,
            "requestContext": {
                "accountId": "0", "apiId": "t", "domainName": "tenon", "domainPrefix": "t", "requestId": self.request_id,
                "http": { "method": self.method, "path": self.path, "protocol": "HTTP/1.1", "sourceIp": self.source_ip, "userAgent": "t" },
                "routeKey": route, "stage": "$default", "time": "", "timeEpoch": 0
            },
            "body": self.body, "isBase64Encoded": false
        })
    }

    /// The request a handler gets, made of the event as the deployed functions make it.
    ///
    /// # Panics
    /// When no request can be made of it.
    pub fn request(&self) -> Request {
        tenon_platform::http_event::request(self.event()).unwrap()
    }
}

/// The parameters of a path that fits a route.
fn parameters(route: &str, path: &str) -> Option<Map<String, Value>> {
    let (parts, segments): (Vec<&str>, Vec<&str>) = (route.split('/').collect(), path.split('/').collect());
    let mut found = Map::new();
    for (part, segment) in parts.iter().zip(&segments) {
        match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
            Some(name) => drop(found.insert(name.to_owned(), (*segment).into())),
            None if part == segment => {}
            None => return None,
        }
    }
    (parts.len() == segments.len()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_platform::request;

    #[test]
    fn a_route_fills_in_its_parameters() {
        let event = HttpEvent::new("GET", "/orders/A-1?x=1").route("/orders/{orderNo}").bearer("t");
        assert_eq!(event.event()["routeKey"], "GET /orders/{orderNo}");
        let made = event.request();
        assert_eq!((request::path_parameter(&made, "orderNo"), request::raw_path(&made)), ("A-1", "/orders/A-1"));
        assert_eq!(request::header(&made, "authorization"), Some("Bearer t"));
        assert_eq!(parameters("/orders/{orderNo}", "/orders"), None);
    }
}
