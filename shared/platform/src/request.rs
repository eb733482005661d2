//! Reading HTTP requests: headers, path parameters, and bodies whose errors name the field.

use lambda_http::{Body, Request, RequestExt};
use serde::de::DeserializeOwned;

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadBody {
    /// Path of the field: `colors[1]`; empty when the body as a whole is meant.
    pub field: String,
    /// What is wrong and what is wanted.
    pub message: String,
}

impl BadBody {
    /// Something wrong with one field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl std::fmt::Display for BadBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.field.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.field, self.message) }
    }
}

/// The bytes of the body, exactly as sent.
pub fn bytes(request: &Request) -> &[u8] {
    request.body().as_ref()
}

/// Reads a JSON body of at most `limit` bytes; an empty one is read as `{}`, so that a body whose
/// fields are all optional may be left out.
pub fn json<T: DeserializeOwned>(request: &Request, limit: usize) -> Result<T, BadBody> {
    let bytes = match request.body() {
        Body::Empty => b"{}".as_slice(),
        body if body.as_ref().is_empty() => b"{}".as_slice(),
        body => body.as_ref(),
    };
    parse(bytes, limit)
}

/// As [`json`], from bytes. An array is refused: every body is an object.
pub fn parse<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, BadBody> {
    if bytes.len() > limit {
        return Err(BadBody::field("", format!("the body is longer than {} KB", limit / 1024)));
    }
    // A derived reader would take the fields of an object from an array too, by their order.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(BadBody::field("", "应为JSON对象"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { String::new() } else { path };
        BadBody::field(field, error.into_inner().to_string())
    })?;
    reader.end().map_err(|e| BadBody::field("", format!("the body goes on after its JSON ended: {e}")))?;
    Ok(value)
}

/// One header as text; absent when missing, repeated or not text.
pub fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    let mut values = request.headers().get_all(name).iter();
    let first = values.next()?;
    if values.next().is_some() {
        return None;
    }
    first.to_str().ok()
}

/// One path parameter, decoded; empty when absent.
pub fn path_parameter<'r>(request: &'r Request, name: &str) -> &'r str {
    request.path_parameters_ref().and_then(|p| p.first(name)).unwrap_or_default()
}

/// The path as sent, percent-encoded, without the query.
pub fn raw_path(request: &Request) -> &str {
    request.uri().path()
}

/// What a function with several routes shall do: the route of this method whose path fits, a path with
/// fewer parameters before one with more, as API Gateway chooses.
pub fn find_route<T: Copy>(request: &Request, routes: &[(&str, &str, T)]) -> Option<T> {
    let path = raw_path(request);
    let fitting = routes.iter().filter(|(method, pattern, _)| request.method() == *method && fits(pattern, path));
    fitting.min_by_key(|(_, pattern, _)| pattern.matches('{').count()).map(|(_, _, chosen)| *chosen)
}

/// Whether a path fits a pattern with `{name}` for each parameter.
fn fits(pattern: &str, path: &str) -> bool {
    let mut segments = path.trim_end_matches('/').split('/');
    let all = pattern.split('/').all(|part| match segments.next() {
        Some(segment) => part == segment || (part.starts_with('{') && !segment.is_empty()),
        None => false,
    });
    all && segments.next().is_none()
}

/// Where the request came from, as the gateway saw it: never from a header the caller can set.
pub fn source_ip(request: &Request) -> &str {
    match request.request_context_ref() {
        Some(lambda_http::request::RequestContext::ApiGatewayV2(context)) => {
            context.http.source_ip.as_deref().unwrap_or_default()
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Order {
        quantity: u32,
        #[serde(default)]
        colors: Vec<String>,
    }

    #[test]
    fn the_route_with_fewer_parameters_is_chosen() {
        let routes = [("GET", "/apps/{id}", 1), ("GET", "/apps/stats", 2), ("POST", "/apps/{id}/logs", 3)];
        let found = |method: &str, path: &str| {
            let request = lambda_http::http::Request::builder().method(method).uri(path).body(Body::Empty).unwrap();
            find_route(&request, &routes)
        };
        assert_eq!(found("GET", "/apps/stats"), Some(2));
        assert_eq!(found("GET", "/apps/app-1"), Some(1));
        assert_eq!(found("POST", "/apps/app-1/logs"), Some(3));
        for (method, path) in [("POST", "/apps/app-1"), ("GET", "/apps"), ("GET", "/apps//"), ("GET", "/apps/a/b")] {
            assert_eq!(found(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn an_error_names_the_field() {
        let wrong = parse::<Order>(br#"{"quantity": 1, "colors": ["red", 2]}"#, 1024).unwrap_err();
        assert_eq!(wrong.field, "colors[1]");
        let missing = parse::<Order>(b"{}", 1024).unwrap_err();
        assert!(missing.to_string().contains("quantity"), "{missing}");
        assert!(parse::<Order>(br#"{"quantity": 1} x"#, 1024).is_err());
        assert_eq!(parse::<Order>(br#" [1, ["red"]]"#, 1024).unwrap_err().message, "应为JSON对象");
        assert!(parse::<Order>(br#"{"quantity": 1}"#, 4).unwrap_err().message.contains("longer"));
    }
}
