//! Tokens: one for all processes, sealed in the table, renewed before it ends and when the vendor does not accept
//! it any more. A vendor whose renewal ends the token of before is served too: whoever's call is refused for the
//! old one finds the new one here.

use super::login::{Login, Waiters};
use super::remote::Remote;
use super::vendor::Vendor;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_crypto::secrets::Purpose;
use tenon_model::config::Connection;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::error::Result;
use tenon_platform::keys::SealedText;
use tenon_platform::table::{Expect, Key, Raw, RecordKind, Write};

/// A token as the vendor gave it. What has several parts, such as a session's cookies, is their JSON. Has no
/// `Debug`: it is a secret.
pub(crate) struct Issued {
    pub text: String,
    /// For what never ends, such as the outcome of a registration, some years.
    pub life: Duration,
}

impl Issued {
    /// What an answer says under these names, seconds as a number or as text. It lives so long where the answer does not
    /// say.
    ///
    /// # Errors
    /// When the answer carries no token.
    pub fn read(
        (vendor, status): (&Vendor, u16),
        body: &Value,
        (text, seconds): (&str, &str),
        life: Duration,
    ) -> Result<Self> {
        let text = body.get(text).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
            vendor.unintelligible("the answer to the token call carries no token").with_status(status)
        })?;
        let lifetime = body.get(seconds).and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
        Ok(Self { text: text.to_owned(), life: lifetime.map_or(life, Duration::from_secs) })
    }
}

/// Where a connection's token comes from.
pub(crate) trait TokenSource: Sync {
    /// Which of the connection's tokens: `app`, `agent-1000002`, `registration`.
    fn name(&self) -> &str;

    /// It is renewed this long before it ends.
    fn early(&self) -> Duration;

    /// The longest that [`TokenSource::issue`]'s calls take.
    fn timeout(&self) -> Duration;

    /// What is sent to get it, and never shown.
    fn secrets(&self) -> Vec<&str>;

    /// Asks the vendor for a token.
    fn issue(&self) -> impl Future<Output = Result<Issued>> + Send;
}

/// The tokens this process knows, and who waits for them.
#[derive(Default)]
struct Tokens(Mutex<HashMap<(TenantId, ConnectionId, String), Arc<Cell>>>);

#[derive(Default)]
struct Cell {
    known: Mutex<Option<Token>>,
    waiters: Waiters,
}

/// Has no `Debug`: it is a secret.
#[derive(Clone)]
struct Token {
    text: String,
    expires_ms: i64,
    revision: u64,
}

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Record>("VENDOR-TOKEN");

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

    fn keep(&self, token: Token) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
    }
}

impl Remote<'_> {
    /// A token other than the one that was just refused.
    pub async fn token(&self, source: &impl TokenSource, refused: Option<&str>) -> Result<String> {
        let cell = self.cell(source);
        let renewal = Renewal { remote: self, source, refused, cell: &cell };
        if let Some(token) = cell.known().filter(|token| renewal.usable(token)) {
            return Ok(token.text);
        }
        let token = self.log_in(&cell.waiters, &renewal).await?;
        cell.keep(token.clone());
        Ok(token.text)
    }

    /// Notes that a token was just used which lives so long after its last use. It is prolonged when a quarter of that
    /// time has gone by, so that not each use costs a write.
    pub async fn used(&self, source: &impl TokenSource, text: &str, life: Duration) {
        let cell = self.cell(source);
        let Some(mut token) = cell.known().filter(|token| token.text == text) else { return };
        let expires_ms = self.ctx.now_ms().saturating_add(millis(life));
        if expires_ms - token.expires_ms < millis(life / 4) {
            return;
        }
        token.expires_ms = expires_ms;
        cell.keep(token.clone());
        let renewal = Renewal { remote: self, source, refused: None, cell: &cell };
        if let Err(error) = renewal.store(&token).await {
            // Others log in a little sooner.
            tracing::warn!(error.code = error.code, connection = %self.connection, "a session's use was not noted");
        }
    }

    /// Renews it now, whether or not there is a good one and whatever is remembered of refusals.
    pub async fn renew_for_check(&self, source: &impl TokenSource) -> Result<()> {
        let cell = self.cell(source);
        let renewal = Renewal { remote: self, source, refused: None, cell: &cell };
        cell.keep(self.attempt_for_check(&renewal).await?);
        Ok(())
    }

    fn cell(&self, source: &impl TokenSource) -> Arc<Cell> {
        let tokens = self.ctx.extensions.get_or_init::<Tokens>();
        let mut map = tokens.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (self.tenant.clone(), self.connection.clone(), source.name().to_owned());
        Arc::clone(map.entry(name).or_default())
    }
}

struct Renewal<'r, 'a, S> {
    remote: &'r Remote<'a>,
    source: &'r S,
    refused: Option<&'r str>,
    cell: &'r Cell,
}

impl<S: TokenSource> Renewal<'_, '_, S> {
    fn usable(&self, token: &Token) -> bool {
        token.revision == self.remote.revision
            && token.expires_ms - millis(self.source.early()) > self.remote.ctx.now_ms()
            && self.refused != Some(token.text.as_str())
    }

    /// The table's. One that does not open, after a change of the master key, is as good as none.
    async fn stored(&self) -> Result<Option<Token>> {
        let ctx = self.remote.ctx;
        let Some(stored) = ctx.table.get::<Record>(&self.key()).await? else { return Ok(None) };
        let Record { sealed, expires_ms, revision } = stored.data;
        let plain = ctx.keys.to_open(&sealed).await?.open(Purpose::Session, &self.place(), &sealed).ok();
        let text = plain.and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(text.map(|text| Token { text, expires_ms, revision }))
    }

    async fn store(&self, token: &Token) -> Result<()> {
        let ctx = self.remote.ctx;
        let keys = ctx.keys.to_seal().await?;
        let sealed = keys.seal(Purpose::Session, &self.place(), ctx.entropy.bytes()?, token.text.as_bytes());
        let record = Record { sealed, expires_ms: token.expires_ms, revision: token.revision };
        let write = Write::put(self.key(), &record, Expect::Anything)?.expiring(Some(token.expires_ms / 1000));
        ctx.table.write(write).await?;
        Ok(())
    }

    fn key(&self) -> Key {
        Key::new(&self.remote.tenant, "VENDOR-TOKEN", &[self.remote.connection.as_str()], self.source.name())
    }

    fn place(&self) -> String {
        let Remote { vendor, tenant, connection, .. } = self.remote;
        place(vendor.name, tenant, connection, self.source.name())
    }
}

fn place(vendor: &str, tenant: &TenantId, connection: &ConnectionId, name: &str) -> String {
    format!("{vendor}-token/{tenant}/{connection}/{name}")
}

/// The sealed text of a stored token. The record does not say which vendor's it is; one of them opens it.
pub(crate) fn sealed_text(record: &Raw) -> Option<SealedText> {
    let (tenant, _, parts) = record.key.named();
    let connection = ConnectionId::new(parts.first()?.as_str());
    let of = |vendor: &&str| place(vendor, &tenant, &connection, record.key.sort());
    let text = record.data.get("sealed")?.as_str()?.to_owned();
    let places = Connection::kinds().iter().map(of).collect();
    Some(SealedText { purpose: Purpose::Session, places, text, proves: None })
}

impl<S: TokenSource> Login for Renewal<'_, '_, S> {
    type Got = Token;

    fn lease(&self) -> String {
        format!("token/{}", self.source.name())
    }

    fn timeout(&self) -> Duration {
        self.source.timeout()
    }

    fn secrets(&self) -> Vec<&str> {
        self.source.secrets()
    }

    async fn found(&self) -> Result<Option<Token>> {
        if let Some(token) = self.cell.known().filter(|token| self.usable(token)) {
            return Ok(Some(token));
        }
        Ok(self.stored().await?.filter(|token| self.usable(token)))
    }

    async fn attempt(&self) -> Result<Token> {
        let Issued { text, life } = self.source.issue().await?;
        let expires_ms = self.remote.ctx.now_ms().saturating_add(millis(life));
        let token = Token { text, expires_ms, revision: self.remote.revision };
        self.store(&token).await?;
        Ok(token)
    }
}
