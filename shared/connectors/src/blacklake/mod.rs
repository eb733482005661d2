//! The MES of Black Lake (黑湖智造): materials, work orders, reports and feedings of a factory.
//!
//! Every interface is a POST of JSON and answers `{code, data, message, subCode, needCheck}`; done is 200 in the body, and
//! a `needCheck` asks a person who is not there. Imports and edits go by codes and may be repeated; what changed
//! meanwhile would be undone by one that arrives late, so whoever repeats one waits as for any other write.

mod check;
mod error;
mod feedings;
mod materials;
mod reports;
mod token;
mod work_orders;

pub use materials::Material;
pub use reports::ReportPage;
pub use work_orders::{Closing, Existing};

use crate::SETTLES;
use crate::base::encode::percent;
use crate::base::{Codes, Effect, Remote, Vendor};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use std::time::Duration;
use tenon_model::config::{BlacklakeConnection, BlacklakeValues, TokenPlace};
use tenon_model::json::number;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::Context;
use tenon_platform::config_store::Loaded;
use tenon_platform::error::{Error, Result};
use tenon_platform::http::Call;

/// Its codes and names.
static BLACKLAKE: Vendor = Vendor {
    name: "blacklake",
    shown: "Black Lake",
    address: "the network and base_url",
    credentials: "app_key, app_secret and factory_number",
    // The vendor publishes no limit; a factory's MES is one tenant of many.
    concurrent_calls: Some(8),
    codes: Codes {
        unreachable: "blacklake.unreachable",
        no_answer: "blacklake.no-answer",
        unknown_outcome: "blacklake.unknown-outcome",
        unavailable: "blacklake.unavailable",
        answer: "blacklake.answer",
        rate_limited: "blacklake.rate-limited",
        session: "blacklake.session",
        login_busy: "blacklake.login-busy",
        login_refused: "blacklake.login-refused",
        login_outage: "blacklake.login-refused",
        forbidden: "blacklake.forbidden",
        refused: "blacklake.refused",
        not_found: "blacklake.not-found",
    },
};

/// A factory.
pub struct Blacklake<'a> {
    remote: Remote<'a>,
    connection: BlacklakeConnection,
}

impl<'a> Blacklake<'a> {
    /// The factory of a connection, with its revision.
    pub fn new(ctx: &'a Context, tenant: &TenantId, connection: BlacklakeConnection, revision: u64) -> Self {
        Self { remote: Remote::new(ctx, &BLACKLAKE, tenant, &connection.id, revision), connection }
    }

    /// The factory of a stored connection.
    ///
    /// # Errors
    /// `config.connection` when there is none, when it does not open, or when it is of another kind.
    pub fn open(ctx: &'a Context, tenant: &TenantId, loaded: &Loaded, id: &ConnectionId) -> Result<Self> {
        let connection = of(loaded, id)?;
        Ok(Self::new(ctx, tenant, connection, loaded.revision(id)))
    }

    /// The connection.
    pub fn connection(&self) -> &BlacklakeConnection {
        &self.connection
    }

    /// Numbers and words of its enumerations.
    pub fn values(&self) -> &BlacklakeValues {
        &self.connection.values
    }

    /// The longest one call takes, and the longest after it that it may still be carried out.
    pub fn settles_within(&self) -> Duration {
        self.connection.timeout + SETTLES
    }

    /// Makes a call with the token; one that is no longer accepted is renewed once and the call repeated, since nothing
    /// was executed.
    async fn send(&self, effect: Effect, path: &str, body: &Value) -> Result<Value> {
        let now = self.remote.ctx.now_ms();
        let read = |answer: &_| error::read(effect, answer, now).map(|data| data.unwrap_or_default());
        let sent = self.remote.call_with_token(self, effect, |token| self.call(path, Some(token), body), read).await;
        sent.map_err(|e| e.during(format!("blacklake POST {path}")))
    }

    fn call(&self, path: &str, token: Option<&str>, body: &Value) -> Call {
        let mut url = format!("{}{path}", self.connection.base_url.trim_end_matches('/'));
        if let Some(token) = token
            && self.connection.token_in != TokenPlace::Header
        {
            let joint = if url.contains('?') { '&' } else { '?' };
            url = format!("{url}{joint}access_token={}", percent(token));
        }
        let mut call = Call::new(Method::POST, url);
        if self.connection.token_in != TokenPlace::Query
            && let Some(Ok(mut value)) = token.map(HeaderValue::from_str)
        {
            value.set_sensitive(true);
            call.headers.insert(HeaderName::from_static("access_token"), value);
        }
        call.body = Bytes::from(number::write(body));
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.timeout = self.connection.timeout;
        call
    }
}

/// The stored connection of a factory.
///
/// # Errors
/// As [`Blacklake::open`].
pub fn of(loaded: &Loaded, id: &ConnectionId) -> Result<BlacklakeConnection> {
    match loaded.connection(id)?.as_ref() {
        tenon_model::config::Connection::Blacklake(connection) => Ok((**connection).clone()),
        other => Err(Error::permanent(
            "config.connection",
            format!("connection {id} is of kind {}, and one of Black Lake is needed", other.kind()),
        )),
    }
}
