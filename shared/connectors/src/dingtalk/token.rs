//! The access token: one for all processes, sealed in the table, renewed before it ends.

use super::error::{self, Problem};
use super::{Api, Dingtalk};
use crate::refusal;
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_crypto::secrets::Purpose;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::error::{Error, ErrorKind, Result};
use tenon_platform::http::Call;
use tenon_platform::lease;
use tenon_platform::table::{Expect, Key, Write};

/// A token is renewed this long before it ends.
const EARLY_MS: i64 = 300_000;
/// How long to wait, in all, for another process that renews it.
const PATIENCE: Duration = Duration::from_secs(10);
/// The lease of a renewal outlasts the call by this, for what is read and stored around it.
const MARGIN: Duration = Duration::from_secs(20);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// Lifetime when the answer does not say, in seconds.
const LIFE_SECONDS: i64 = 7_200;

/// The tokens this process knows, and who renews them.
#[derive(Default)]
struct Tokens(Mutex<HashMap<(TenantId, ConnectionId), Arc<Cell>>>);

#[derive(Default)]
struct Cell {
    known: Mutex<Option<Token>>,
    /// One renewal at a time.
    renewal: tokio::sync::Mutex<()>,
    /// How many renewals failed, and the last failure.
    failures: Mutex<(u64, Option<Error>)>,
}

/// Has no `Debug`: it is a secret.
#[derive(Clone)]
struct Token {
    text: String,
    expires_ms: i64,
    revision: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    sealed: String,
    expires_ms: i64,
    revision: u64,
}

impl Cell {
    fn known(&self) -> Option<Token> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, token: &Token) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
    }

    fn failures(&self) -> (u64, Option<Error>) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_failure(&self, error: &Error) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        *failures = (failures.0 + 1, Some(error.clone()));
    }
}

/// How long one process has the renewal for itself, for a call of this time-out.
pub fn lease_of_token(call: Duration) -> Duration {
    call + MARGIN
}

impl Dingtalk<'_> {
    /// A token other than the one DingTalk has just refused.
    pub(super) async fn token(&self, refused: Option<&str>) -> Result<String> {
        let cell = self.cell();
        if let Some(token) = cell.known().filter(|t| self.usable(t, refused)) {
            return Ok(token.text);
        }
        let seen = cell.failures().0;
        let _one = cell.renewal.lock().await;
        if let Some(token) = cell.known().filter(|t| self.usable(t, refused)) {
            return Ok(token.text);
        }
        let (failures, last) = cell.failures();
        if let (true, Some(error)) = (failures > seen, last) {
            return Err(error);
        }
        let token = self.shared(refused).await.inspect_err(|error| cell.note_failure(error))?;
        cell.keep(&token);
        Ok(token.text)
    }

    fn cell(&self) -> Arc<Cell> {
        let tokens = self.ctx.extensions.get_or_init::<Tokens>();
        let mut map = tokens.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(map.entry((self.tenant.clone(), self.connection.id.clone())).or_default())
    }

    fn usable(&self, token: &Token, refused: Option<&str>) -> bool {
        token.revision == self.revision
            && token.expires_ms - EARLY_MS > self.ctx.now_ms()
            && refused != Some(token.text.as_str())
    }

    /// The table's token, renewed when it is not usable, by one process at a time.
    async fn shared(&self, refused: Option<&str>) -> Result<Token> {
        let name = format!("token/{}", self.connection.id);
        let time = lease_of_token(self.connection.timeout);
        let mut waited = Duration::ZERO;
        loop {
            if let Some(token) = self.stored().await?.filter(|t| self.usable(t, refused)) {
                return Ok(token);
            }
            let id = &self.connection.id;
            let codes = ("dingtalk.login-refused", "dingtalk.login-refused");
            refusal::recall(self.ctx, &self.tenant, id, self.revision, codes).await?;
            if let Some(lease) = lease::acquire(self.ctx, &self.tenant, &name, time).await? {
                // Another process may have renewed it between the look and the lease.
                let result = match self.stored().await {
                    Ok(Some(token)) if self.usable(&token, refused) => Ok(token),
                    Ok(_) => self.renew().await,
                    Err(error) => Err(error),
                };
                if let Err(error) = lease::release(self.ctx, lease).await {
                    // The lease ends by itself.
                    tracing::warn!(error.code = error.code, dingtalk.connection = %id, "a token lease was not given back");
                }
                return result;
            }
            if waited >= PATIENCE {
                return Err(Error::transient(
                    "dingtalk.token-busy",
                    "another process is renewing the token and has not finished",
                )
                .with_kind(ErrorKind::Unreachable));
            }
            waited += LOOK_AGAIN;
            self.ctx.clock.sleep(LOOK_AGAIN).await;
        }
    }

    async fn stored(&self) -> Result<Option<Token>> {
        let Some(stored) = self.ctx.table.get::<Record>(&self.key()).await? else { return Ok(None) };
        let Record { sealed, expires_ms, revision } = stored.data;
        // One that does not open, after a change of the master key, is as good as none.
        let text = self
            .ctx
            .master_key
            .open(Purpose::Session, &self.place(), &sealed)
            .ok()
            .and_then(|b| String::from_utf8(b).ok());
        Ok(text.map(|text| Token { text, expires_ms, revision }))
    }

    async fn renew(&self) -> Result<Token> {
        let token = self.fetch().await?;
        let sealed =
            self.ctx.master_key.seal(Purpose::Session, &self.place(), self.ctx.entropy.bytes()?, token.text.as_bytes());
        let record = Record { sealed, expires_ms: token.expires_ms, revision: token.revision };
        let write = Write::put(self.key(), &record, Expect::Anything)?.expiring(Some(token.expires_ms / 1000));
        self.ctx.table.write(write).await?;
        Ok(token)
    }

    /// Renews it now, whether or not there is a good one and whatever is remembered.
    pub(super) async fn renew_now(&self) -> Result<()> {
        let token = self.renew().await?;
        self.cell().keep(&token);
        Ok(())
    }

    /// Asks DingTalk for a token. A refusal is remembered.
    async fn fetch(&self) -> Result<Token> {
        let result = self.fetch_once().await.map_err(|e| e.during("dingtalk POST /v1.0/oauth2/accessToken"));
        if let Err(error) = &result
            && error.kind() == ErrorKind::LoginRefused
        {
            refusal::remember(self.ctx, &self.tenant, &self.connection.id, self.revision, error).await?;
        }
        result
    }

    async fn fetch_once(&self) -> Result<Token> {
        let url = format!("{}/v1.0/oauth2/accessToken", self.connection.api_url.trim_end_matches('/'));
        let mut call = Call::new(Method::POST, url);
        let body = json!({"appKey": self.connection.app_key, "appSecret": self.connection.app_secret.expose()});
        call.body = Bytes::from(body.to_string());
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.timeout = self.connection.timeout;
        self.ctx.time_for(call.timeout)?;
        let answer = self.ctx.http.call(call).await.map_err(|failure| error::no_answer(false, &failure))?;
        let body = match error::read(Api::New, false, &answer, self.ctx.now_ms()) {
            Ok(body) => body,
            Err(Problem::Other(error)) => return Err(*error),
            Err(Problem::Token) => return Err(error::login_refused("InvalidAuthentication").with_status(answer.status)),
        };
        let text = body.get("accessToken").and_then(Value::as_str).filter(|t| !t.is_empty());
        let life = body.get("expireIn").and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok()));
        match text {
            Some(text) => Ok(Token {
                text: text.to_owned(),
                expires_ms: self.ctx.now_ms() + life.unwrap_or(LIFE_SECONDS).saturating_mul(1000),
                revision: self.revision,
            }),
            None => Err(Error::transient("dingtalk.answer", "the answer to the token call carries no token")
                .with_status(answer.status)),
        }
    }

    fn key(&self) -> Key {
        Key::new(&self.tenant, "DINGTOKEN", &[self.connection.id.as_str()], "-")
    }

    fn place(&self) -> String {
        format!("dingtalk-token/{}/{}", self.tenant, self.connection.id)
    }
}
