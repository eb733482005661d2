//! The headers of a signed call: what was presented, and what it must look like.

use super::path;
use tenon_crypto::openapi::RequestV2;
use tenon_model::tenant_app::TenantApp;
use tenon_platform::table::Key;

/// A call as it arrived. A header that was repeated or is not text is given as an empty one, which is
/// malformed.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// `X-App-Key`.
    pub app_key: Option<&'a str>,
    /// `X-Timestamp`.
    pub timestamp: Option<&'a str>,
    /// `X-Signature`.
    pub signature: Option<&'a str>,
    /// `X-Signature-Version`; absent for scheme 1.
    pub version: Option<&'a str>,
    /// `X-Nonce`, of scheme 2.
    pub nonce: Option<&'a str>,
    /// Upper-case method.
    pub method: &'a str,
    /// Path as the gateway handed it over.
    pub path: &'a str,
    /// Whether that gateway decoded the path, so that it is not what was sent.
    pub path_decoded: bool,
    /// Query as sent, without `?`; empty for none.
    pub query: &'a str,
    /// The exact bytes of the body.
    pub body: &'a [u8],
    /// Where it came from, as the gateway saw it.
    pub ip: &'a str,
}

/// Well-formed headers.
pub struct SignedHeaders<'a> {
    pub app_key: &'a str,
    pub timestamp: &'a str,
    pub timestamp_ms: i64,
    pub signature: &'a str,
    pub scheme: Scheme<'a>,
}

pub enum Scheme<'a> {
    /// Covers key, timestamp and body.
    One { body: &'a [u8] },
    /// Covers the whole request; the forms its path may have been sent in, where the gateway decoded it.
    Two(RequestV2<'a>, Vec<String>),
}

impl<'a> SignedHeaders<'a> {
    /// The headers, if all are there and look as they must.
    pub fn of(p: &Presented<'a>) -> Option<Self> {
        let app_key = p.app_key.filter(|key| consists(key, 1..=128, |b| is_word(b) || b == b'.'))?;
        // Scheme 1 puts nothing between timestamp and body, so another width would let digits move.
        let timestamp = p.timestamp.filter(|t| consists(t, 13..=13, |b| b.is_ascii_digit()))?;
        let timestamp_ms = timestamp.parse().ok()?;
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let signature = p.signature.filter(|s| consists(s, 64..=64, hex))?;
        let scheme = match p.version {
            None | Some("1") => Scheme::One { body: p.body },
            Some("2") => {
                let nonce = p.nonce.filter(|n| consists(n, 16..=64, is_word))?;
                let (method, path, query, body) = (p.method, p.path, p.query, p.body);
                let forms = path::forms(path, p.path_decoded);
                Scheme::Two(RequestV2 { method, path, query, body, timestamp, nonce, app_key }, forms)
            }
            Some(_) => return None,
        };
        Some(Self { app_key, timestamp, timestamp_ms, signature, scheme })
    }

    /// What must not come twice: a nonce, or the signature of a call that changes something. Published
    /// clients of scheme 1 repeat a signature when they read twice within a millisecond.
    pub fn once(&self, app: &TenantApp, write: bool) -> Option<Key> {
        let (scheme, token) = match &self.scheme {
            Scheme::One { .. } if !write => return None,
            Scheme::One { .. } => ("1", self.signature),
            Scheme::Two(request, _) => ("2", request.nonce),
        };
        Some(Key::new(&app.tenant, "SEEN", &[app.id.as_str(), scheme, token], "-"))
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn consists(text: &str, length: std::ops::RangeInclusive<usize>, of: impl Fn(u8) -> bool) -> bool {
    length.contains(&text.len()) && text.bytes().all(of)
}
