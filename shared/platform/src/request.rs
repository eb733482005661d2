//! Reading HTTP requests: headers, path, query, source.

pub use lambda_http::Request;

use lambda_http::RequestExt;

/// The bytes of the body, exactly as sent.
pub fn bytes(request: &Request) -> &[u8] {
    request.body().as_ref()
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

/// One query parameter, decoded. Which of two values is meant cannot be known: then it is one that nobody has.
pub fn query<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    let values = request.query_string_parameters_ref()?.all(name)?;
    Some(match *values {
        [one] => one,
        _ => "",
    })
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
