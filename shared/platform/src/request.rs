//! Reading HTTP requests: headers, path parameters, bodies.

use crate::body::{self, BadBody};
use lambda_http::{Request, RequestExt};
use serde::de::DeserializeOwned;

/// The bytes of the body, exactly as sent.
pub fn bytes(request: &Request) -> &[u8] {
    request.body().as_ref()
}

/// Reads the body as [`body::read`] does.
///
/// # Errors
/// As there.
pub fn json<T: DeserializeOwned>(request: &Request, limit: usize) -> Result<T, BadBody> {
    body::read(bytes(request), limit)
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

/// The path, percent-encoded, without the query.
pub fn raw_path(request: &Request) -> &str {
    request.uri().path()
}

/// The path as the gateway handed it over: API Gateway's HTTP APIs decode it, a server of our own does not.
pub fn path_as_given(request: &Request) -> &str {
    match request.raw_http_path() {
        "" => request.uri().path(),
        given => given,
    }
}

/// Whether the gateway decoded the path, so that what the caller sent can only be made again from it. Known
/// by the path's parameters, which are decoded in any case; a path without `%` may be either, and means the
/// same both ways.
pub fn path_is_decoded(request: &Request) -> bool {
    let given = path_as_given(request);
    let parameters = request.path_parameters_ref();
    let literal = |value: &str| given.split('/').any(|segment| segment == value);
    !given.contains('%') || parameters.is_some_and(|p| p.iter().count() > 0 && p.iter().all(|(_, v)| literal(v)))
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
    use lambda_http::Body;

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
}
