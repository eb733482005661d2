//! Outgoing HTTP as connectors see it: one call in, one answer or one failure out. The failure says
//! whether the request can have reached the other side, which decides what may be repeated.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};
use std::sync::Arc;
use std::time::Duration;

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Method.
    pub method: Method,
    /// Absolute URL, already escaped.
    pub url: String,
    /// Headers; secrets in them are never logged.
    pub headers: HeaderMap,
    /// Body, empty for none.
    pub body: Bytes,
    /// From the first byte of connecting to the last of the answer.
    pub timeout: Duration,
    /// PEM of the authority that signed the server's certificate, when it is not a public one.
    pub trust: Option<Arc<str>>,
    /// Longest answer read, in bytes.
    pub max_answer: usize,
}

impl Call {
    /// A call with no body, 30 s, and answers up to 64 MB.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            timeout: Duration::from_secs(30),
            trust: None,
            max_answer: 64 * 1024 * 1024,
        }
    }
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing reached the other side: no name, no route, no TLS, no connection.
    NotSent(String),
    /// The request was sent, and no whole answer came back.
    NoAnswer(String),
}

impl Failure {
    /// What happened, for people.
    pub fn message(&self) -> &str {
        match self {
            Self::NotSent(m) | Self::NoAnswer(m) => m,
        }
    }
}

/// Something that can make calls.
#[async_trait]
pub trait Http: Send + Sync {
    /// Makes one call. Follows no redirects and keeps no cookies.
    async fn call(&self, call: Call) -> Result<Answer, Failure>;

    /// The hosts that were called over TLS, and until which epoch ms their certificates count.
    fn certificates(&self) -> Vec<(String, i64)> {
        Vec::new()
    }
}

/// For functions that call nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHttp;

#[async_trait]
impl Http for NoHttp {
    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        Err(Failure::NotSent(format!("this function makes no outgoing calls, and was asked for {}", call.url)))
    }
}
