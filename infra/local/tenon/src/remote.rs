//! The operators' API of an installation that serves elsewhere: what `--api URL --token …` asks for, so that nobody needs
//! credentials of the cloud or the disk to look after it.

use crate::output::{ExitKind, Failure};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tenon_model::config::Secret;
use tenon_model::json;
use tenon_platform::Entropy;
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;

/// How long an answer may take: the API gives a request up after 30 s.
const TIMEOUT: Duration = Duration::from_secs(40);

/// Where the API is, and as whom it is asked.
#[derive(Clone)]
pub struct Remote {
    url: String,
    token: Secret,
    http: Arc<dyn Http>,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What the API answers.
#[derive(serde::Deserialize)]
struct Envelope {
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Value,
    #[serde(default, rename = "requestId")]
    request_id: String,
}

impl Remote {
    /// The API at this address, asked with this token.
    ///
    /// # Errors
    /// Usage for an address that is none, a token over a way that anybody can read, or no token.
    pub fn new(url: &str, token: Option<String>) -> Result<Self, Failure> {
        let url = url.trim().trim_end_matches('/');
        let host = url.split_once("://").map_or("", |(_, rest)| rest.split(['/', ':']).next().unwrap_or_default());
        let here = ["127.0.0.1", "localhost", "[::1]"].contains(&host) || url.starts_with("http://[::1]");
        if !(url.starts_with("https://") || (url.starts_with("http://") && here)) {
            return Err(Failure::usage(format!(
                "--api {url}: a token is sent there, so it has to begin with https://"
            ))
            .with_hint("http:// is taken for this machine alone"));
        }
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty()).ok_or_else(|| {
            Failure::usage("--api needs a token: give it as TENON_TOKEN, or with --token")
                .with_hint("`tenon token create --role operator` makes one where the data is")
        })?;
        Ok(Self { url: url.to_owned(), token: Secret::new(token), http: Arc::new(HttpClient::new()) })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks for what is there.
    ///
    /// # Errors
    /// What the API says, or why it does not answer.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T, Failure> {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let target = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        self.call(Method::GET, &target, None).await
    }

    /// Has something done. A repetition of the call, by whoever stands in between, does it once.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Failure> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Has something stored, once however often the call comes.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Failure> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// Has something removed, once however often the call comes.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.call(Method::DELETE, path, None).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> Result<T, Failure> {
        let mut call = Call::new(method.clone(), format!("{}{target}", self.url));
        call.timeout = TIMEOUT;
        call.headers = self.headers(method != Method::GET)?;
        call.body = body.map(|body| body.to_string().into()).unwrap_or_default();
        let answer = self.http.call(call).await.map_err(|failure| {
            Failure::outside(format!("{} did not answer: {}", self.url, failure.message()))
                .with_hint("is the address right, and does `tenon up` or the deployment serve there?")
        })?;
        let wrong = |why: String| {
            let hint = "is this the address of Tenon's API?";
            Failure::outside(format!("{}{target} answered with HTTP {} {why}", self.url, answer.status)).with_hint(hint)
        };
        let envelope: Envelope = json::from_slice(&answer.body)
            .and_then(serde_json::from_value)
            .map_err(|_| wrong("and no answer of Tenon's".to_owned()))?;
        if answer.status == 200 {
            return serde_json::from_value(envelope.data)
                .map_err(|why| wrong(format!("and data that this version does not read: {why}")));
        }
        Err(refused(answer.status, &envelope))
    }

    fn headers(&self, changes: bool) -> Result<HeaderMap, Failure> {
        let unusable = |_| Failure::usage("the token has signs that no token has");
        let mut headers = HeaderMap::new();
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", self.token.expose())).map_err(unusable)?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
        if changes {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            let key = Entropy::system().id("cli-", 0)?;
            headers.insert(HeaderName::from_static("idempotency-key"), HeaderValue::from_str(&key).map_err(unusable)?);
        }
        Ok(headers)
    }
}

fn refused(status: u16, envelope: &Envelope) -> Failure {
    let message = format!("{} (HTTP {status}, request {})", envelope.message, envelope.request_id);
    let failure = Failure::outside(message);
    match status {
        401 => Failure { exit: ExitKind::Usage, ..failure }
            .with_hint("the token is unknown, expired or revoked; `tenon token create` makes another"),
        403 => Failure { exit: ExitKind::Usage, ..failure }
            .with_hint("the token lacks a scope; docs/ADMIN-API.md says which"),
        404 => Failure { exit: ExitKind::NotFound, ..failure },
        400 | 422 => Failure { exit: ExitKind::Usage, ..failure },
        _ => failure,
    }
}

/// What may stand in a part of a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A part of a path, as a path holds it.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_over_a_safe_way_alone() {
        let token = || Some("tnn_x".to_owned());
        for url in ["https://tenon.example.com", "http://127.0.0.1:8787/", "http://localhost:8787"] {
            assert!(Remote::new(url, token()).is_ok(), "{url}");
        }
        for url in ["http://tenon.example.com", "tenon.example.com", "http://127.0.0.1.example.com", ""] {
            assert_eq!(Remote::new(url, token()).unwrap_err().exit, ExitKind::Usage, "{url}");
        }
        assert!(Remote::new("https://tenon.example.com", None).unwrap_err().message.contains("TENON_TOKEN"));
        assert!(!format!("{:?}", Remote::new("https://t.example", token()).unwrap()).contains("tnn_x"));
    }

    #[test]
    fn what_stands_in_a_path_is_escaped() {
        assert_eq!(segment("r-1a_2.b~"), "r-1a_2.b~");
        assert_eq!(segment("a/b?c#d 采"), "a%2Fb%3Fc%23d%20%E9%87%87");
    }
}
