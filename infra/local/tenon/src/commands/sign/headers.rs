//! The headers themselves: a function of its arguments.

use super::{AiflowArgs, OpenapiArgs, OpenapiScheme, WebhookArgs, WebhookScheme, What};
use crate::output::Failure;
use tenon_crypto::openapi::{RequestV2, sign_v1, sign_v2};
use tenon_crypto::webhook::standard::Secret;
use tenon_crypto::{aiflow, webhook};

/// A signed body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Names and values, in the order they are shown.
    pub headers: Vec<(&'static str, String)>,
    /// The text that was signed, where it is more than the parts joined.
    pub text: Option<String>,
}

/// Signs. `fresh` serves as nonce or message id where none is given.
///
/// # Errors
/// Usage failures of the parameters.
pub fn signed(what: &What, secret: &str, body: &[u8], now_ms: i64, fresh: &str) -> Result<Signed, Failure> {
    match what {
        What::Openapi(args) => openapi(args, secret, body, now_ms, fresh),
        What::Aiflow(args) => Ok(aiflow(args, secret, body, now_ms)),
        What::Webhook(args) => webhook(args, secret, body, now_ms, fresh),
    }
}

fn openapi(args: &OpenapiArgs, secret: &str, body: &[u8], now_ms: i64, fresh: &str) -> Result<Signed, Failure> {
    let timestamp = args.timestamp.unwrap_or(now_ms).to_string();
    let mut headers = vec![("X-App-Key", args.app_key.clone()), ("X-Timestamp", timestamp.clone())];
    if args.scheme == OpenapiScheme::V1 {
        headers.push(("X-Signature", sign_v1(secret, &args.app_key, &timestamp, body)));
        return Ok(Signed { headers, text: None });
    }
    let nonce = args.nonce.as_deref().unwrap_or(fresh);
    let path = args.path.as_deref().unwrap_or_default();
    if !path.starts_with('/') || path.contains('?') {
        return Err(Failure::usage("--path begins with / and has no query; give the query with --query"));
    }
    let query = args.query.strip_prefix('?').unwrap_or(&args.query);
    if [path, query, nonce, &args.method, &args.app_key].iter().any(|part| part.contains('\n')) {
        return Err(Failure::usage("a line feed in method, path, query, nonce or app key cannot be signed"));
    }
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if args.nonce.as_ref().is_some_and(|n| !(16..=64).contains(&n.len()) || !n.bytes().all(fits)) {
        return Err(Failure::usage("--nonce is 16 to 64 letters, digits, `-` and `_`"));
    }
    let request =
        RequestV2 { method: &args.method, path, query, body, timestamp: &timestamp, nonce, app_key: &args.app_key };
    headers.push(("X-Signature-Version", "2".to_owned()));
    headers.push(("X-Nonce", nonce.to_owned()));
    headers.push(("X-Signature", sign_v2(secret, &request)));
    Ok(Signed { headers, text: Some(request.canonical()) })
}

fn aiflow(args: &AiflowArgs, secret: &str, body: &[u8], now_ms: i64) -> Signed {
    let timestamp = args.timestamp.unwrap_or(now_ms);
    let header = aiflow::sign(&args.enterprise_code, &args.app_id, secret, timestamp, body);
    Signed { headers: vec![("A-Signature", header)], text: None }
}

fn webhook(args: &WebhookArgs, secret: &str, body: &[u8], now_ms: i64, fresh: &str) -> Result<Signed, Failure> {
    let headers = match args.scheme {
        WebhookScheme::Own => {
            let timestamp = args.timestamp.unwrap_or(now_ms.div_euclid(1000)).to_string();
            let signature = webhook::sign(secret, &timestamp, body);
            vec![("X-Webhook-Timestamp", timestamp), ("X-Webhook-Signature", signature)]
        }
        WebhookScheme::Standard => {
            let key = Secret::parse(secret).map_err(|e| Failure::usage(e.to_string()))?;
            let timestamp = args.timestamp.unwrap_or(now_ms.div_euclid(1000)).to_string();
            let id = args.id.clone().unwrap_or_else(|| format!("msg_{fresh}"));
            let signature = key.sign(&id, &timestamp, body);
            // What no receiver would take is not printed.
            key.verify(&id, &timestamp, body, &signature).map_err(|e| Failure::usage(e.to_string()))?;
            vec![("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)]
        }
    };
    Ok(Signed { headers, text: None })
}
