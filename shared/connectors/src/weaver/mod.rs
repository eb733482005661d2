//! E-cology of Weaver: its workflow interfaces for other systems (paService), and the app token they ask for.
//!
//! A call carries the token, the app and the OA user it acts as, the last encrypted under the OA's public key; never a
//! cookie, for an old session would win over the three. Bodies are forms, and what is structured in them is JSON text.
//! Failures come with HTTP status 200.

mod check;
mod cube;
#[cfg(fuzzing)]
pub use cube::fuzzing as cube_fuzzing;
mod error;
mod event;
mod form;
mod oa;
mod request;
mod search;
mod table;
mod token;

pub use event::{Pushed, pushed};

use crate::base::encode::percent;
use crate::base::{Codes, Effect, Remote, Vendor};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use tenon_crypto::weaver::encrypt_for_server;
use tenon_model::TenantId;
use tenon_model::config::WeaverConnection;
use tenon_platform::Context;
use tenon_platform::error::{Error, Result};
use tenon_platform::http::Call;

/// Its codes and names.
static WEAVER: Vendor = Vendor {
    name: "weaver",
    shown: "Weaver",
    address: "the network and base_url",
    credentials: "app_id, secret and spk",
    // It runs on one server of the customer's, beside everybody's browsers.
    concurrent_calls: Some(16),
    codes: Codes {
        unreachable: "weaver.unreachable",
        no_answer: "weaver.no-answer",
        unknown_outcome: "weaver.unknown-outcome",
        unavailable: "weaver.unavailable",
        answer: "weaver.answer",
        rate_limited: "weaver.rate-limited",
        session: "weaver.session",
        login_busy: "weaver.login-busy",
        login_refused: "weaver.login-refused",
        login_outage: "weaver.login-refused",
        forbidden: "weaver.forbidden",
        refused: "weaver.refused",
        not_found: "weaver.not-found",
    },
};

/// One E-cology.
pub struct Weaver<'a> {
    remote: Remote<'a>,
    connection: WeaverConnection,
}

/// A call of an OA user's.
struct Request<'r> {
    effect: Effect,
    /// A read by `GET` has its fields in the query.
    method: Method,
    /// Begins with a slash.
    path: &'r str,
    /// OA user id that it is made as.
    user: &'r str,
    /// Names and values, in this order.
    fields: Vec<(&'static str, String)>,
}

impl<'a> Weaver<'a> {
    /// The client of a stored connection, with its revision.
    pub fn new(ctx: &'a Context, tenant: &TenantId, connection: WeaverConnection, revision: u64) -> Self {
        Self { remote: Remote::new(ctx, &WEAVER, tenant, &connection.id, revision), connection }
    }

    /// Makes a call with the token; one that is no longer accepted is renewed once and the call repeated, for
    /// nothing was executed.
    async fn send(&self, request: &Request<'_>) -> Result<Value> {
        let now = self.remote.ctx.now_ms();
        let user = self.encrypted("userid", request.user)?;
        let read = |answer: &_| error::read(request.effect, answer, now);
        self.remote
            .call_with_token(self, request.effect, |token| self.call(request, token, &user), read)
            .await
            .map_err(|error| error::about_user(error, request.user))
            .map_err(|error| error.during(format!("weaver {} {}", request.method, request.path)))
    }

    fn call(&self, request: &Request<'_>, token: &str, user: &str) -> Call {
        let pairs = request.fields.iter().map(|(name, value)| format!("{name}={}", percent(value)));
        let pairs = pairs.collect::<Vec<_>>().join("&");
        let mut url = self.url(request.path);
        let in_query = request.method == Method::GET;
        if in_query && !pairs.is_empty() {
            url = format!("{url}?{pairs}");
        }
        let mut call = Call::new(request.method.clone(), url);
        if !in_query {
            call.body = Bytes::from(pairs);
            let form = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
            call.headers.insert(header::CONTENT_TYPE, form);
        }
        put(&mut call, "token", token);
        put(&mut call, "appid", &self.connection.app_id);
        put(&mut call, "userid", user);
        call.timeout = self.connection.timeout;
        call
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.connection.base_url.trim_end_matches('/'))
    }

    /// A value under the OA's public key.
    fn encrypted(&self, what: &str, value: &str) -> Result<String> {
        encrypt_for_server(self.connection.spk.expose(), value.as_bytes())
            .map_err(|error| Error::permanent("weaver.key", format!("{what} cannot be encrypted: {error}")))
    }
}

fn put(call: &mut Call, name: &'static str, value: &str) {
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(true);
        call.headers.insert(HeaderName::from_static(name), value);
    }
}
