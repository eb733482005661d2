//! Listeners for this machine alone. A web page can make the browser of whoever works here call any
//! local port; a browser says so in `Origin` or `Sec-Fetch-Site`, and a name that a stranger turned to
//! this machine stands in `Host`. None of these is answered, and a secret of this run is asked for.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};
use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::json;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use tenon_crypto::digest;

/// How the AWS SDKs begin the header; the access key's id stands first in it.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=";

/// A random secret of one run.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Arc<str>);

impl Passphrase {
    /// This text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Who may come in at one address.
#[derive(Clone, Debug)]
pub struct Guard {
    hosts: [String; 3],
    secret: Option<Passphrase>,
}

impl Guard {
    /// For what listens here: whoever calls it by this address, or as `localhost`, and is no page.
    pub fn of(address: SocketAddr) -> Self {
        let port = address.port();
        Self { hosts: [address.to_string(), format!("127.0.0.1:{port}"), format!("localhost:{port}")], secret: None }
    }

    /// Asks for this secret too: as the id of the access key of a request that is signed as AWS's are, or
    /// as a bearer token.
    #[must_use]
    pub fn with_secret(mut self, secret: Passphrase) -> Self {
        self.secret = Some(secret);
        self
    }

    /// The answer to whoever may not come in.
    pub fn refusal(&self, request: &Parts) -> Option<Response<Bytes>> {
        self.objection(request).map(|why| refused(request, why))
    }

    /// The same for a page that people see in a browser: links of others lead there, and its own forms come back.
    pub fn refusal_of_page(&self, request: &Parts) -> Option<Response<Bytes>> {
        self.objection_to_page(request).map(|why| refused(request, why))
    }

    fn objection_to_page(&self, request: &Parts) -> Option<&'static str> {
        let headers = &request.headers;
        if !one(headers, HOST.as_str()).is_some_and(|host| self.knows(host.as_bytes())) {
            return Some("Host is not the address of this port");
        }
        if matches!(request.method.as_str(), "GET" | "HEAD") {
            return None;
        }
        let is_own = |origin: &HeaderValue| {
            origin
                .to_str()
                .ok()
                .and_then(|text| text.strip_prefix("http://"))
                .is_some_and(|host| self.knows(host.as_bytes()))
        };
        // A page that sends no referrer sends `null` for where it is from; the browser says the rest.
        let is_same = one(headers, "sec-fetch-site").is_some_and(|site| site == "same-origin");
        match one(headers, ORIGIN.as_str()) {
            Some(origin) if !is_own(origin) && !is_same => Some("the form is another page's (Origin)"),
            None if headers.contains_key(ORIGIN) => Some("the form is another page's (Origin)"),
            _ if headers.contains_key("sec-fetch-site") && !is_same => {
                Some("the form is another page's (Sec-Fetch-Site)")
            }
            _ => None,
        }
    }

    fn objection(&self, request: &Parts) -> Option<&'static str> {
        let headers = &request.headers;
        if headers.contains_key(ORIGIN) {
            return Some("the request comes from a web page (Origin)");
        }
        // `none` is what people typed themselves.
        if headers.get_all("sec-fetch-site").iter().any(|site| site != "none") {
            return Some("the request comes from a web page (Sec-Fetch-Site)");
        }
        let named = request.uri.authority().is_none_or(|authority| self.knows(authority.as_str().as_bytes()));
        if !named || !one(headers, HOST.as_str()).is_some_and(|host| self.knows(host.as_bytes())) {
            return Some("Host is not the address of this port");
        }
        let secret = self.secret.as_ref()?;
        let given = one(headers, AUTHORIZATION.as_str()).and_then(|value| value.to_str().ok()).and_then(given);
        match given {
            Some(given) if digest::equal(given.as_bytes(), secret.expose().as_bytes()) => None,
            _ => Some("it asks for the secret in running.json, as the id of the access key or as a bearer token"),
        }
    }

    fn knows(&self, host: &[u8]) -> bool {
        self.hosts.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(host))
    }
}

fn refused(request: &Parts, why: &str) -> Response<Bytes> {
    tracing::warn!(reason = why, http.path = request.uri.path(), "a call to a local port was refused");
    let body = json!({ "__type": "UnrecognizedClientException", "message": format!("this port is for commands on this machine: {why}") });
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A header that is there once.
fn one<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h HeaderValue> {
    let mut all = headers.get_all(name).iter();
    all.next().filter(|_| all.next().is_none())
}

fn given(authorization: &str) -> Option<&str> {
    match authorization.strip_prefix(SIGNED) {
        Some(credential) => credential.split('/').next(),
        None => authorization.strip_prefix("Bearer "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objection_to(lines: &[(&str, &str)]) -> Option<&'static str> {
        let guard = Guard::of(SocketAddr::from(([127, 0, 0, 1], 9520))).with_secret(Passphrase::new("s3cret"));
        let mut builder = http::Request::builder().uri("/");
        for (name, value) in lines {
            builder = builder.header(*name, *value);
        }
        guard.objection(&builder.body(()).unwrap().into_parts().0)
    }

    const SIGNATURE: (&str, &str) =
        ("authorization", "AWS4-HMAC-SHA256 Credential=s3cret/20260101/local/dynamodb/aws4_request, Signature=0");

    #[test]
    fn a_command_of_this_machine_with_the_secret_comes_in() {
        for host in ["127.0.0.1:9520", "localhost:9520", "LOCALHOST:9520"] {
            assert_eq!(objection_to(&[("host", host), SIGNATURE]), None);
            assert_eq!(objection_to(&[("host", host), ("authorization", "Bearer s3cret")]), None);
        }
        assert_eq!(objection_to(&[("host", "127.0.0.1:9520"), ("sec-fetch-site", "none"), SIGNATURE]), None);
    }

    #[test]
    fn nothing_of_a_web_page_does_even_with_the_secret() {
        let host = ("host", "127.0.0.1:9520");
        for page in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:9520"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "same-origin"),
        ] {
            assert!(objection_to(&[host, page, SIGNATURE]).is_some(), "{page:?}");
        }
        for host in
            ["evil.example:9520", "evil.example", "127.0.0.1", "127.0.0.1:80", "127.0.0.1.evil.example:9520", ""]
        {
            assert!(objection_to(&[("host", host), SIGNATURE]).is_some(), "{host}");
        }
        assert!(objection_to(&[SIGNATURE]).is_some(), "without Host");
        assert!(objection_to(&[host, ("host", "evil.example"), SIGNATURE]).is_some(), "two of them");
    }

    #[test]
    fn a_page_for_people_is_linked_to_and_takes_its_own_forms_alone() {
        let guard = Guard::of(SocketAddr::from(([127, 0, 0, 1], 9520)));
        let objection = |method: &str, lines: &[(&str, &str)]| {
            let builder = http::Request::builder().method(method).uri("/login").header("host", "127.0.0.1:9520");
            let builder = lines.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
            guard.objection_to_page(&builder.body(()).unwrap().into_parts().0)
        };
        assert_eq!(objection("GET", &[("sec-fetch-site", "same-site")]), None);
        assert_eq!(objection("POST", &[("origin", "http://127.0.0.1:9520"), ("sec-fetch-site", "same-origin")]), None);
        assert_eq!(objection("POST", &[("origin", "null"), ("sec-fetch-site", "same-origin")]), None);
        assert_eq!(objection("POST", &[]), None, "a command");
        for page in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "http://127.0.0.1:8787"), ("sec-fetch-site", "same-site")],
            &[("origin", "null")],
            &[("sec-fetch-site", "cross-site")],
        ] {
            assert!(objection("POST", page).is_some(), "{page:?}");
        }
    }

    #[test]
    fn nor_does_anybody_without_it() {
        let host = ("host", "127.0.0.1:9520");
        for authorization in [
            "AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, Signature=0",
            "AWS4-HMAC-SHA256 Credential=s3cre",
            "AWS4-HMAC-SHA256 Credential=s3cret1/x",
            "Bearer ",
            "Bearer S3CRET",
            "s3cret",
            "",
        ] {
            assert!(objection_to(&[host, ("authorization", authorization)]).is_some(), "{authorization}");
        }
        assert!(objection_to(&[host]).is_some());
    }

    #[test]
    fn what_is_refused_allows_no_page_to_read_it() {
        let guard = Guard::of(SocketAddr::from(([127, 0, 0, 1], 9520)));
        let preflight = http::Request::options("/").header("origin", "https://evil.example").body(()).unwrap();
        let refusal = guard.refusal(&preflight.into_parts().0).unwrap();
        assert_eq!(refusal.status(), 403);
        assert!(refusal.headers().keys().all(|name| !name.as_str().starts_with("access-control-")));
    }
}
