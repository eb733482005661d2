//! [`Outgoing`] over reqwest: one client for all calls, made on first use.

use super::resolve::{GuardedResolver, Lookup, SystemLookup};
use super::target::{Host, Target};
use super::{Allowances, Objection, Outgoing, OutgoingAnswer, OutgoingCall, OutgoingFailure};
use crate::tls;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, Method, header};
use std::error::Error as StdError;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// For the name, the connection and the handshake together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections to one host that are kept for the next call. Many tenants' addresses may lie behind one host, and a
/// connection that is made anew costs more than the call.
const IDLE_PER_HOST: usize = 64;
/// How long a body may take after its headers. The status has decided the outcome by then.
const GRACE: Duration = Duration::from_secs(2);
/// Stands for "no end" where a timeout is too long to be added to the clock.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// These are the client's own business: another `Host` would reach what the address does not name,
/// and an encoding would have to be undone.
const NOT_SENT: [HeaderName; 10] = [
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::ACCEPT_ENCODING,
    header::EXPECT,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::PROXY_AUTHORIZATION,
];

/// Calls addresses that tenants gave, and none that are not public unless the operator allows them.
pub struct GuardedClient {
    resolver: GuardedResolver,
    grace: Duration,
    client: OnceLock<reqwest::Client>,
}

impl GuardedClient {
    /// With the operating system's resolver; has not connected to anything yet.
    pub fn new(allowances: Allowances) -> Self {
        Self::with_resolver(allowances, Arc::new(SystemLookup))
    }

    /// With a resolver of one's own.
    pub fn with_resolver(allowances: Allowances, lookup: Arc<dyn Lookup>) -> Self {
        let resolver = GuardedResolver { allowances: Arc::new(allowances), lookup };
        Self { resolver, grace: GRACE, client: OnceLock::new() }
    }

    /// How long to read a body after its headers, instead of 2 s.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    fn client(&self) -> Result<&reqwest::Client, OutgoingFailure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = reqwest::Client::builder()
            .dns_resolver(self.resolver.clone())
            .https_only(!self.resolver.allowances.http)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .http1_only()
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(Duration::from_secs(20))
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .build()
            .map_err(|e| not_sent("connect", format!("no HTTP client could be made: {}", causes(&e))))?;
        Ok(self.client.get_or_init(|| client))
    }

    fn request(&self, call: OutgoingCall, target: Target) -> Result<reqwest::Request, OutgoingFailure> {
        if call.method == Method::CONNECT {
            return Err(OutgoingFailure::Refused(Objection::new(
                "the method CONNECT is not for calls",
                "不能使用CONNECT方法",
            )));
        }
        self.client()?
            .request(call.method, target.url)
            .headers(own_headers(call.headers))
            .body(call.body)
            .build()
            .map_err(|e| unbuildable(&e))
    }
}

#[async_trait]
impl Outgoing for GuardedClient {
    async fn check(&self, url: &str) -> Result<(), OutgoingFailure> {
        let Host::Name(name) = Target::parse(url, &self.resolver.allowances)?.host else {
            return Ok(());
        };
        timeout(CONNECT_TIMEOUT, self.resolver.addresses(&name))
            .await
            .map_err(|_| not_sent("dns", format!("{name} was not resolved in {} s", CONNECT_TIMEOUT.as_secs())))?
            .map(drop)
    }

    async fn call(&self, call: OutgoingCall) -> Result<OutgoingAnswer, OutgoingFailure> {
        let (allowed, max_answer) = (call.timeout, call.max_answer);
        let target = Target::parse(&call.url, &self.resolver.allowances)?;
        let request = self.request(call, target)?;
        let deadline = after(allowed);
        let response = timeout_at(deadline, self.client()?.execute(request))
            .await
            .map_err(|_| OutgoingFailure::NoAnswer {
                class: "timeout",
                message: format!("no answer came within {allowed:?}"),
            })?
            .map_err(|e| classify(&e))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let (body, cut) = read(response, max_answer, deadline.min(after(self.grace))).await;
        Ok(OutgoingAnswer { status, headers, body, cut })
    }
}

/// Reads until the end, the limit or the time; what is left unread closes the connection, so that
/// nobody can go on sending into it.
async fn read(mut response: reqwest::Response, max: usize, until: Instant) -> (Bytes, bool) {
    let mut body = BytesMut::new();
    loop {
        let mut chunk = match timeout_at(until, response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => return (body.freeze(), false),
            Ok(Err(_)) | Err(_) => return (body.freeze(), true),
        };
        let room = max.saturating_sub(body.len());
        let over = chunk.len() > room;
        chunk.truncate(room);
        body.extend_from_slice(&chunk);
        if over {
            return (body.freeze(), true);
        }
    }
}

fn own_headers(mut headers: HeaderMap) -> HeaderMap {
    for name in &NOT_SENT {
        headers.remove(name);
    }
    headers
}

fn after(duration: Duration) -> Instant {
    Instant::now() + duration.min(MAX_TIMEOUT)
}

fn unbuildable(error: &reqwest::Error) -> OutgoingFailure {
    let english = format!("no request can be made of it: {}", causes(error));
    OutgoingFailure::Refused(Objection::new(english, "无法据此发起请求"))
}

/// What went wrong before a status came. Our own refusal comes back from inside the client, which
/// asked the resolver.
fn classify(error: &reqwest::Error) -> OutgoingFailure {
    if let Some(failure) = chain(error).find_map(|cause| cause.downcast_ref::<OutgoingFailure>()) {
        return failure.clone();
    }
    if error.is_builder() {
        return unbuildable(error);
    }
    if !error.is_connect() {
        let class = if error.is_timeout() { "timeout" } else { "broken" };
        return OutgoingFailure::NoAnswer { class, message: causes(error) };
    }
    // TLS speaks through these two kinds; an operating system's connect knows neither.
    let in_handshake = |kind| matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof);
    let tls = chain(error).filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|e| in_handshake(e.kind()));
    not_sent(if tls { "tls" } else { "connect" }, causes(error))
}

fn not_sent(class: &'static str, message: String) -> OutgoingFailure {
    OutgoingFailure::NotSent { class, message }
}

/// The error's causes, without itself: its own text has the URL, which may carry a token.
fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause| {
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            // An I/O error passes over the error that it wraps, and names that one's source as its own.
            Some(wrapped) => Some(wrapped),
            None => (**cause).source(),
        }
    })
}

fn causes(error: &reqwest::Error) -> String {
    let mut causes: Vec<String> =
        chain(error).map(|cause| tls::words(cause).unwrap_or_else(|| cause.to_string())).collect();
    causes.dedup();
    if causes.is_empty() { "the HTTP client failed".to_owned() } else { causes.join(": ") }
}
