//! Outgoing calls to addresses that a tenant gave: webhook URLs, the address of its own API.
//!
//! Whoever may give an address could otherwise make us call what only we can reach: the cloud's
//! metadata, a database beside us, the function's own runtime. So the address must be public, and
//! stays so: it is checked when it is registered ([`Outgoing::check`]) and again whenever a
//! connection is made, and the connection goes to the very address that was checked, so that a name
//! which changes its mind in between gains nothing. Redirects and proxies would lead round the
//! check, so neither is followed.

pub mod address;
pub mod allowances;
pub mod client;
pub mod resolve;
mod target;

pub use allowances::Allowances;
pub use client::GuardedClient;
pub use resolve::Lookup;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};
use std::fmt;
use std::time::Duration;

/// One call to an address that a tenant gave.
#[derive(Clone)]
pub struct OutgoingCall {
    /// Method; `CONNECT` is refused.
    pub method: Method,
    /// Absolute URL as the tenant gave it, at most 4,096 bytes.
    pub url: String,
    /// Headers. Those that govern the connection or ask for compression are left out when sending:
    /// `Host`, `Connection`, `Content-Length`, `Transfer-Encoding`, `Accept-Encoding` and their like.
    pub headers: HeaderMap,
    /// Body, empty for none.
    pub body: Bytes,
    /// From the first byte of connecting to the last of the answer.
    pub timeout: Duration,
    /// Longest body read, in bytes; what comes after is not waited for.
    pub max_answer: usize,
}

impl OutgoingCall {
    /// A POST, 15 s, and answers read up to 16 KB.
    pub fn new(url: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            method: Method::POST,
            url: url.into(),
            headers: HeaderMap::new(),
            body: body.into(),
            timeout: Duration::from_secs(15),
            max_answer: 16 * 1024,
        }
    }
}

/// Without the URL, which may carry a token, and without the values of headers, which are signatures.
impl fmt::Debug for OutgoingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingCall")
            .field("method", &self.method)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .field("timeout", &self.timeout)
            .field("max_answer", &self.max_answer)
            .finish_non_exhaustive()
    }
}

/// One answer: a status line and headers came, whatever became of the body.
#[derive(Clone)]
pub struct OutgoingAnswer {
    /// HTTP status; a redirect is an answer like any other.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body as sent (never decompressed), or as much of it as was read.
    pub body: Bytes,
    /// The body went on beyond what was read: too long, too slow, or broken off.
    pub cut: bool,
}

/// Without the body and the values of headers, which are the tenant's.
impl fmt::Debug for OutgoingAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingAnswer")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .field("cut", &self.cut)
            .finish_non_exhaustive()
    }
}

/// Why there is no answer. Messages name hosts, never URLs, and never the addresses behind a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutgoingFailure {
    /// The URL or the address behind it is not allowed; so it stays until one of them changes.
    Refused(Objection),
    /// Nothing of the request was sent.
    NotSent {
        /// `dns`, `connect` or `tls`.
        class: &'static str,
        /// What happened, for people.
        message: String,
    },
    /// The request may have reached the other side, and no status came back.
    NoAnswer {
        /// `timeout` or `broken`.
        class: &'static str,
        /// What happened, for people.
        message: String,
    },
}

impl OutgoingFailure {
    /// `refused`, `dns`, `connect`, `tls`, `timeout` or `broken`.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::NotSent { class, .. } | Self::NoAnswer { class, .. } => class,
        }
    }

    /// What happened, for people; the tenant may see it.
    pub fn message(&self) -> &str {
        match self {
            Self::Refused(objection) => &objection.english,
            Self::NotSent { message, .. } | Self::NoAnswer { message, .. } => message,
        }
    }

    /// What happened in the language of those who manage tenants: what is wrong with a URL in full, of a
    /// call only what kind of failure it was.
    pub fn chinese(&self) -> &str {
        match self {
            Self::Refused(objection) => &objection.chinese,
            Self::NotSent { class, .. } | Self::NoAnswer { class, .. } => match *class {
                "dns" => "域名无法解析",
                "tls" => "TLS握手失败，请检查证书",
                "timeout" => "没有按时应答",
                "broken" => "连接在应答结束之前中断",
                _ => "无法连接",
            },
        }
    }
}

/// What is wrong with a URL, or with the address behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    english: String,
    chinese: String,
}

impl Objection {
    /// The same in both languages.
    pub fn new(english: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self { english: english.into(), chinese: chinese.into() }
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english)
    }
}

impl std::ops::Deref for Objection {
    type Target = str;

    fn deref(&self) -> &str {
        &self.english
    }
}

impl fmt::Display for OutgoingFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for OutgoingFailure {}

/// Something that can call addresses tenants gave.
#[async_trait]
pub trait Outgoing: Send + Sync {
    /// Whether this URL may be called as things stand: parsed, resolved and checked, and nothing is
    /// connected to. For registration and change; [`call`](Self::call) checks again by itself.
    async fn check(&self, url: &str) -> Result<(), OutgoingFailure>;

    /// Makes one call. Any status is an answer; follows no redirects and keeps no cookies.
    async fn call(&self, call: OutgoingCall) -> Result<OutgoingAnswer, OutgoingFailure>;
}

/// For functions that call no tenant's address.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOutgoing;

impl NoOutgoing {
    fn failure() -> OutgoingFailure {
        OutgoingFailure::NotSent {
            class: "connect",
            message: "this function makes no calls to addresses of tenants".to_owned(),
        }
    }
}

#[async_trait]
impl Outgoing for NoOutgoing {
    async fn check(&self, _url: &str) -> Result<(), OutgoingFailure> {
        Err(Self::failure())
    }

    async fn call(&self, _call: OutgoingCall) -> Result<OutgoingAnswer, OutgoingFailure> {
        Err(Self::failure())
    }
}
