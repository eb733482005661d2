//! Calls of pages that come from another origin.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderValue,
};
use http::{Method, StatusCode};
use lambda_http::{Body, Request, Response};

/// Whether pages of other origins may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cors {
    /// No.
    Never,
    /// Those of every origin, with these request headers. Only for callers who prove themselves in a header of
    /// the call: cookies are not sent along.
    Anyone {
        /// Names joined by commas.
        headers: &'static str,
    },
}

impl Cors {
    /// The answer to a browser that asks beforehand whether it may call.
    pub(super) fn preflight(
        self,
        request: &Request,
        methods: impl FnOnce() -> Vec<&'static str>,
    ) -> Option<Response<Body>> {
        let Self::Anyone { headers } = self else { return None };
        if request.method() != Method::OPTIONS || !request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = StatusCode::NO_CONTENT;
        let header_map = response.headers_mut();
        if let Ok(methods) = HeaderValue::from_str(&methods().join(", ")) {
            header_map.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        header_map.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(headers));
        header_map.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        self.admit(&mut response);
        Some(response)
    }

    /// Lets the page read the answer.
    pub(super) fn admit(self, response: &mut Response<Body>) {
        if matches!(self, Self::Anyone { .. }) {
            response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
    }
}
