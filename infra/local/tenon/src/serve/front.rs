//! The HTTP front: what arrives at the listening socket, who it comes from, and the gateway behind it.

use super::gateway::{self, Gateway, Incoming};
use super::proxies::Proxies;
use bytes::Bytes;
use http::header::{HeaderValue, RETRY_AFTER};
use http::request::Parts;
use http::{Response, Uri};
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use tenon_local_http::{Arrival, Fault, Service};
use tenon_platform::{Context, arrivals, reply};

/// Where vendors call: they have seconds, and some drop what is not answered.
const CALLBACKS: &str = "/callbacks/";
/// Routes whose callers may be bound to addresses.
const LISTED: [&str; 2] = ["/openapi/", "/admin/v1/events/"];
/// How often it is noted that calls come from this machine, in ms.
const NOTE_EVERY_MS: i64 = 3_600_000;

/// Answers what arrives.
pub struct Front {
    ctx: Context,
    gateway: Gateway,
    proxies: Proxies,
    noted_ms: AtomicI64,
}

impl Front {
    /// Over this world, behind these proxies.
    pub fn new(ctx: Context, proxies: Proxies) -> Self {
        Self { gateway: Gateway::new(ctx.clone()), ctx, proxies, noted_ms: AtomicI64::new(i64::MIN) }
    }

    fn unhandled(&self, status: u16, uri: &Uri) -> Response<Bytes> {
        gateway::bytes(reply::unhandled(status, uri.path(), &self.request_id()))
    }

    fn request_id(&self) -> String {
        // Without randomness its answer has no id; the handler says what fails for want of it.
        self.ctx.entropy.id("", self.ctx.now_ms()).unwrap_or_default()
    }

    /// Lists of addresses mean nothing behind a proxy that nobody named; `apply` and the tenant's own page
    /// say so when this was noted.
    async fn note_loopback(&self, peer: IpAddr, uri: &Uri) {
        let (now, noted) = (self.ctx.now_ms(), self.noted_ms.load(Ordering::Relaxed));
        let listed = LISTED.iter().any(|prefix| uri.path().starts_with(prefix));
        if !listed
            || !self.proxies.is_empty()
            || !peer.to_canonical().is_loopback()
            || now < noted.saturating_add(NOTE_EVERY_MS)
        {
            return;
        }
        self.noted_ms.store(now, Ordering::Relaxed);
        if let Err(error) = arrivals::note_loopback(&self.ctx).await {
            tracing::debug!(error.message = %error, "calls from this machine could not be noted");
        }
    }
}

impl Service for Front {
    fn turn_away(&self, request: &Parts, crowded: bool) -> Option<Response<Bytes>> {
        if !crowded || request.uri.path().starts_with(CALLBACKS) {
            return None;
        }
        let mut response = self.unhandled(503, &request.uri);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        Some(response)
    }

    async fn answer(&self, Arrival { parts, body, peer }: Arrival) -> Option<Response<Bytes>> {
        let body = match body {
            Ok(body) => body,
            Err(Fault::TooLong) => return Some(self.unhandled(413, &parts.uri)),
            Err(Fault::TooSlow) => return Some(self.unhandled(408, &parts.uri)),
        };
        self.note_loopback(peer.ip(), &parts.uri).await;
        let source = self.proxies.source(peer.ip(), &parts.headers);
        let incoming = Incoming {
            parts: &parts,
            body: &body,
            source: &source.map_or_else(|| UNKNOWN.to_owned(), |ip| ip.to_string()),
            request_id: &self.request_id(),
        };
        Some(self.gateway.answer(&incoming).await)
    }
}

/// The source of a request whose proxies do not say it; no list of addresses has it.
const UNKNOWN: &str = "unknown";
