//! Codes and refresh tokens for tokens. Two ways of asking, told apart by the content type, each answered in its own
//! spelling.

use super::grants::{Access, Refresh};
use super::{Odoo, header};
use crate::reply::{self, Reply};
use crate::url;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, PRAGMA, WWW_AUTHENTICATE};
use http::request::Parts;
use serde_json::{Value, json};

/// What is asked, whatever its spelling.
struct TokenRequest {
    client_id: String,
    client_secret: String,
    grant_type: String,
    code: String,
    redirect_uri: String,
    verifier: String,
    refresh_token: String,
    is_json: bool,
}

impl Odoo {
    /// `POST …/token`
    pub(super) fn token(&mut self, now_ms: i64, is_community: bool, parts: &Parts, body: &Bytes) -> Reply {
        let request = match header(parts, "content-type").split(';').next().unwrap_or_default().trim() {
            "application/json" if !is_community => from_json(body),
            "application/x-www-form-urlencoded" => Some(from_form(parts, body)),
            _ => None,
        };
        let Some(request) = request else { return refused(400, "invalid_request") };
        let known = request.client_id == self.options.client_id;
        if !known || request.client_secret != self.options.client_secret {
            let word = if is_community { "invalid_client_id" } else { "invalid_client" };
            return refused(401, word);
        }
        let granted = match request.grant_type.as_str() {
            "authorization_code" => self.of_code(now_ms, &request),
            "refresh_token" => self.of_refresh(now_ms, &request),
            _ => return refused(400, "unsupported_grant_type"),
        };
        match granted {
            Some(tokens) => good(&tokens, request.is_json),
            None => refused(400, "invalid_grant"),
        }
    }

    fn of_code(&mut self, now_ms: i64, request: &TokenRequest) -> Option<Value> {
        let code = self.grants.codes.get(&request.code)?.clone();
        if let Some(family) = code.used {
            // Somebody has it who should not: what it was exchanged for ends.
            self.grants.reused += 1;
            self.grants.end(family);
            return None;
        }
        let proven = match &code.challenge {
            Some(challenge) => {
                let hash = digest(&SHA256, request.verifier.as_bytes());
                URL_SAFE_NO_PAD.encode(hash.as_ref()) == *challenge
            }
            None => request.verifier.is_empty(),
        };
        if now_ms >= code.until_ms || code.redirect_uri != request.redirect_uri || !proven {
            return None;
        }
        self.grants.families += 1;
        let family = self.grants.families;
        if let Some(code) = self.grants.codes.get_mut(&request.code) {
            code.used = Some(family);
        }
        Some(self.tokens(now_ms, &code.login, &code.scope, family))
    }

    fn of_refresh(&mut self, now_ms: i64, request: &TokenRequest) -> Option<Value> {
        let token = self.grants.refresh.get_mut(&request.refresh_token)?;
        if token.used {
            let family = token.family;
            self.grants.reused += 1;
            self.grants.end(family);
            return None;
        }
        token.used = true;
        let Refresh { login, scope, family, .. } = token.clone();
        let is_here = self.options.users.iter().any(|user| user.active && user.login == login);
        is_here.then(|| self.tokens(now_ms, &login, &scope, family))
    }

    fn tokens(&mut self, now_ms: i64, login: &str, scope: &str, family: u64) -> Value {
        let (access, refresh) = (self.ids.token(), self.ids.token());
        let life = self.options.token_life;
        let until_ms = now_ms.saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX));
        self.grants.access.insert(access.clone(), Access { login: login.to_owned(), family, until_ms });
        let mut tokens = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": life.as_secs(), "scope": scope
        });
        if self.options.refresh_tokens {
            let token = Refresh { login: login.to_owned(), scope: scope.to_owned(), family, used: false };
            self.grants.refresh.insert(refresh.clone(), token);
            if let Value::Object(members) = &mut tokens {
                members.insert("refresh_token".to_owned(), Value::from(refresh));
            }
        }
        tokens
    }
}

/// HTTP Basic counts only where the form names no client.
fn from_form(parts: &Parts, body: &Bytes) -> TokenRequest {
    let fields = url::query(&String::from_utf8_lossy(body));
    let field = |name| url::find(&fields, name).unwrap_or_default().to_owned();
    let basic = header(parts, "authorization").strip_prefix("Basic ").and_then(|text| STANDARD.decode(text).ok());
    let basic = basic.and_then(|bytes| String::from_utf8(bytes).ok());
    let (client_id, client_secret) = match basic.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((id, secret)) if field("client_id").is_empty() => (id.to_owned(), secret.to_owned()),
        _ => (field("client_id"), field("client_secret")),
    };
    TokenRequest {
        client_id,
        client_secret,
        grant_type: field("grant_type"),
        code: field("code"),
        redirect_uri: field("redirect_uri"),
        verifier: field("code_verifier"),
        refresh_token: field("refresh_token"),
        is_json: false,
    }
}

fn from_json(body: &Bytes) -> Option<TokenRequest> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let field = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(TokenRequest {
        client_id: field("clientId"),
        client_secret: field("clientSecret"),
        grant_type: field("grantType"),
        code: field("code"),
        redirect_uri: field("redirectUri"),
        verifier: field("codeVerifier"),
        refresh_token: field("refreshToken"),
        is_json: true,
    })
}

fn good(tokens: &Value, is_json: bool) -> Reply {
    let spelled = match (tokens, is_json) {
        (Value::Object(members), true) => {
            members.iter().map(|(name, value)| (camel(name), value.clone())).collect::<serde_json::Map<_, _>>().into()
        }
        _ => tokens.clone(),
    };
    kept_by_nobody(reply::json(200, &spelled))
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        text + &capital.into_iter().chain(letters).collect::<String>()
    })
}

/// A refusal as RFC 6749 has it.
pub(super) fn refused(status: u16, error: &str) -> Reply {
    let mut reply = kept_by_nobody(reply::json(status, &json!({ "error": error })));
    if status == 401 {
        reply::add(&mut reply, WWW_AUTHENTICATE, "Basic realm=\"odoo\"");
    }
    reply
}

fn kept_by_nobody(mut reply: Reply) -> Reply {
    reply::add(&mut reply, CACHE_CONTROL, "no-store");
    reply::add(&mut reply, PRAGMA, "no-cache");
    reply
}
