//! The headers of a push.
//!
//! Two schemes at once: the documented `X-Webhook-Signature`, and Standard Webhooks, for which most
//! languages have a verifier. One rule for both: every secret that still counts signs. While there is
//! more than one, `webhook-signature` and `X-Webhook-Signature-All` carry a signature of each, the
//! newest first; `X-Webhook-Signature` has room for one and stays with the oldest, which a receiver that
//! knows nothing of the change checks against, and `X-Webhook-Signature-New` has the newest.

use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use tenon_crypto::webhook;
use tenon_crypto::webhook::standard;
use tenon_model::config::Secret;
use tenon_platform::{Error, ErrorKind, Result};

/// `User-Agent` of every push.
pub const AGENT: &str = concat!("Tenon-Webhooks/", env!("CARGO_PKG_VERSION"));

/// The headers of one attempt. `secrets` are those that count, newest first; a secret that begins with
/// `whsec_` is read as Standard Webhooks does, any other is its text's bytes.
///
/// # Errors
/// `webhook.no-secret` when there is no secret or one is not what it says it is.
pub fn headers(id: &str, event: &str, secrets: &[Secret], body: &[u8], now_ms: i64) -> Result<HeaderMap> {
    let Some(oldest) = secrets.last() else {
        return Err(no_secret("the app has no callback secret; reset it"));
    };
    let timestamp = now_ms.div_euclid(1000).to_string();
    let mut signatures = Vec::with_capacity(secrets.len());
    for secret in secrets {
        signatures.push(key(secret.expose())?.sign(id, &timestamp, body));
    }
    // The newest and the oldest are one as a rule, and a signature costs more than the rest of the headers.
    let plain = |secret: &Secret| webhook::sign(secret.expose(), &timestamp, body);
    let of_oldest = plain(oldest);
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-webhook-event", event.to_owned());
    set("x-webhook-timestamp", timestamp.clone());
    if let [newest, .., _] = secrets {
        let all: Vec<String> = secrets.iter().map(plain).collect();
        set("x-webhook-signature-new", plain(newest));
        set("x-webhook-signature-all", all.join(" "));
    }
    set("x-webhook-signature", of_oldest);
    set("webhook-id", id.to_owned());
    set("webhook-timestamp", timestamp.clone());
    set("webhook-signature", signatures.join(" "));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    Ok(headers)
}

fn key(secret: &str) -> Result<standard::Secret> {
    standard::Secret::of_text(secret).map_err(|e| no_secret(&format!("{e}; reset it")))
}

fn no_secret(why: &str) -> Error {
    Error::permanent("webhook.no-secret", why).with_kind(ErrorKind::SecretUnusable)
}
