//! `tenon sign`: the signature headers of a body.

mod headers;

pub use headers::{Signed, signed};

use crate::output::{Failure, Out};
use clap::{Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use tenon_crypto::digest::sha256_hex;
use tenon_platform::{Clock, Entropy};

const AFTER: &str = "\
The body is signed byte for byte: a line feed that `echo` adds is part of it, and a client that \
serialises its JSON again before sending signs something else. Compare the SHA-256 that is printed \
beside the headers with that of what the client sends.

Example:
  tenon sign openapi --app-key os_1 --secret-env APP_SECRET --body '{\"orderNo\":\"PO1\"}'
  tenon sign openapi --scheme v2 --method GET --path /openapi/v1/orders/PO1 \\
      --app-key os_1 --secret-env APP_SECRET --body ''
  tenon sign webhook --secret-env CALLBACK_SECRET --body-file event.json
  tenon sign webhook --scheme standard --id msg_1 --secret-env WHSEC --body-file event.json
  tenon sign aiflow --enterprise-code C1 --app-id A1 --secret-env APP_SECRET < body.json

Next:
  give the client's own --timestamp (and --nonce) and compare its signature with the one printed";

/// Prints the signature headers of a request body.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct SignArgs {
    /// Which scheme.
    #[command(subcommand)]
    pub what: What,
}

/// Which scheme, with its parameters.
#[derive(Subcommand, Clone, Debug)]
pub enum What {
    /// Calls to the open API: X-App-Key, X-Timestamp, X-Signature; with v2 also X-Signature-Version and
    /// X-Nonce.
    Openapi(OpenapiArgs),
    /// The A-Signature header of aiflow.
    Aiflow(AiflowArgs),
    /// Pushes to a customer's webhook endpoint.
    Webhook(WebhookArgs),
}

/// `sign openapi`.
#[derive(clap::Args, Clone, Debug)]
pub struct OpenapiArgs {
    /// The app key.
    #[arg(long, value_name = "KEY")]
    pub app_key: String,
    /// v1 covers app key, timestamp and body; v2 the whole request and a nonce.
    #[arg(long, value_enum, default_value_t = OpenapiScheme::V1)]
    pub scheme: OpenapiScheme,
    /// v2: the HTTP method.
    #[arg(long, default_value = "POST")]
    pub method: String,
    /// v2: the path as sent, percent-encoded, without query.
    #[arg(long, required_if_eq("scheme", "v2"), value_name = "PATH")]
    pub path: Option<String>,
    /// v2: the query as sent, without `?`.
    #[arg(long, default_value = "")]
    pub query: String,
    /// v2: 16 to 64 letters, digits, `-` and `_`, never used twice; random when not given.
    #[arg(long)]
    pub nonce: Option<String>,
    /// Unix milliseconds; now when not given.
    #[arg(long, value_name = "MS")]
    pub timestamp: Option<i64>,
    /// The app's secret.
    #[command(flatten)]
    pub secret: SecretArgs,
    /// The body.
    #[command(flatten)]
    pub body: BodyArgs,
}

/// The two schemes of the open API.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenapiScheme {
    /// What the published clients do.
    V1,
    /// Covers method, path, query, body and a nonce.
    V2,
}

/// `sign aiflow`.
#[derive(clap::Args, Clone, Debug)]
pub struct AiflowArgs {
    /// The enterprise the call is made for.
    #[arg(long, value_name = "CODE")]
    pub enterprise_code: String,
    /// The app whose secret signs.
    #[arg(long, value_name = "ID")]
    pub app_id: String,
    /// Unix milliseconds; now when not given.
    #[arg(long, value_name = "MS")]
    pub timestamp: Option<i64>,
    /// The app's secret.
    #[command(flatten)]
    pub secret: SecretArgs,
    /// The body.
    #[command(flatten)]
    pub body: BodyArgs,
}

/// `sign webhook`.
#[derive(clap::Args, Clone, Debug)]
pub struct WebhookArgs {
    /// own: X-Webhook-Timestamp and X-Webhook-Signature; standard: the headers of Standard Webhooks,
    /// with a secret that begins with whsec_.
    #[arg(long, value_enum, default_value_t = WebhookScheme::Own)]
    pub scheme: WebhookScheme,
    /// standard: the message's id; random when not given.
    #[arg(long)]
    pub id: Option<String>,
    /// Unix seconds; now when not given.
    #[arg(long, value_name = "TIME")]
    pub timestamp: Option<i64>,
    /// The endpoint's secret.
    #[command(flatten)]
    pub secret: SecretArgs,
    /// The body.
    #[command(flatten)]
    pub body: BodyArgs,
}

/// The two schemes of webhooks.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookScheme {
    /// HMAC of timestamp and body, hex.
    Own,
    /// Standard Webhooks, symmetric.
    Standard,
}

/// Where the secret is.
#[derive(clap::Args, Clone)]
#[group(required = true, multiple = false)]
pub struct SecretArgs {
    /// The secret itself. Other users of this machine can see it while the command runs.
    #[arg(long)]
    secret: Option<String>,
    /// Name of the environment variable that holds the secret.
    #[arg(long, value_name = "NAME")]
    secret_env: Option<String>,
}

impl std::fmt::Debug for SecretArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretArgs").field("secret_env", &self.secret_env).finish_non_exhaustive()
    }
}

/// Where the body is; standard input when nothing is given.
#[derive(clap::Args, Clone, Debug)]
#[group(multiple = false)]
pub struct BodyArgs {
    /// The body itself; '' for a request without one.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    body: Option<String>,
    /// A file with the body.
    #[arg(long, value_name = "FILE")]
    body_file: Option<PathBuf>,
}

/// The command.
///
/// # Errors
/// Usage failures of the options; a body that cannot be read.
pub fn sign(args: &SignArgs, out: &Out) -> Result<(), Failure> {
    let (secret, body) = match &args.what {
        What::Openapi(args) => (&args.secret, &args.body),
        What::Aiflow(args) => (&args.secret, &args.body),
        What::Webhook(args) => (&args.secret, &args.body),
    };
    let (secret, body) = (read_secret(secret)?, read_body(body, out)?);
    let now_ms = Clock::system().now_ms();
    let fresh = Entropy::system().id("", now_ms)?;
    let Signed { headers, text } = signed(&args.what, &secret, &body, now_ms, &fresh)?;
    out.note(&format!("signed a body of {} bytes, SHA-256 {}", body.len(), sha256_hex(&body)));
    if let Some(text) = &text {
        out.note(&format!("over these lines:\n{text}"));
    }
    let document = || {
        let headers: Map<String, Value> = headers.iter().map(|(n, v)| ((*n).to_owned(), json!(v))).collect();
        json!({ "headers": headers, "body_bytes": body.len(), "body_sha256": sha256_hex(&body), "signed_text": text })
    };
    out.result(document, || headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect());
    Ok(())
}

fn read_secret(args: &SecretArgs) -> Result<String, Failure> {
    let (secret, place) = match (&args.secret, args.secret_env.as_deref().unwrap_or_default()) {
        (Some(secret), _) => (secret.clone(), "--secret".to_owned()),
        (None, name) => {
            let value = std::env::var(name)
                .map_err(|_| Failure::usage(format!("the environment variable {name} is not set, or is no text")))?;
            (value, format!("the environment variable {name}"))
        }
    };
    usable(&secret, &place)?;
    Ok(secret)
}

/// A secret with something about it that nobody sees signs well, and differently from the one that was meant.
fn usable(secret: &str, place: &str) -> Result<(), Failure> {
    let what = if secret.is_empty() {
        "is empty"
    } else if secret.contains(['\n', '\r']) {
        "has a line feed in it, as editors leave them at the end of a file"
    } else if secret.contains(char::is_control) {
        "has a control character in it"
    } else if secret.trim() != secret {
        "begins or ends with a blank"
    } else {
        return Ok(());
    };
    Err(Failure::usage(format!("the secret in {place} {what}"))
        .with_hint("give the secret alone, exactly as it was shown; nothing was signed"))
}

fn read_body(args: &BodyArgs, out: &Out) -> Result<Vec<u8>, Failure> {
    if let Some(body) = &args.body {
        return Ok(body.clone().into_bytes());
    }
    if let Some(file) = args.body_file.as_deref().filter(|file| *file != Path::new("-")) {
        return std::fs::read(file).map_err(|e| Failure::usage(format!("{} cannot be read: {e}", file.display())));
    }
    let mut stdin = std::io::stdin().lock();
    if stdin.is_terminal() {
        out.note("type the body, then end of file (Ctrl-D); --body '' signs an empty one");
    }
    let mut body = Vec::new();
    stdin.read_to_end(&mut body).map_err(|e| Failure::outside(format!("standard input cannot be read: {e}")))?;
    Ok(body)
}

#[cfg(test)]
mod tests;
