//! Kingdee K3Cloud (云星空) by its WebAPI: forms as their metadata tells them, and rows of bills and base data. Read only.
//!
//! A call is a POST whose answer has HTTP status 200, whatever came of it: rows are arrays in the order of the fields
//! that were asked for, and an error stands where rows would. Calls go over HTTP/1.1.

mod check;
mod error;
mod form;
mod login;
mod query;
mod rate;

pub use form::{Entry, Form, FormField};
pub(crate) use query::quoted;
pub use query::{BillQuery, Rows};

use crate::base::{Codes, Effect, Remote, Vendor};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use tenon_crypto::kingdee::{Signer, headers};
use tenon_model::TenantId;
use tenon_model::config::KingdeeConnection;
use tenon_platform::Context;
use tenon_platform::error::Result;
use tenon_platform::http::{Answer, Call};

/// Its codes and names.
static KINGDEE: Vendor = Vendor {
    name: "kingdee",
    shown: "Kingdee",
    address: "the network and base_url",
    credentials: "account, username and password, or app_id and app_secret",
    // People work on the same server.
    concurrent_calls: Some(4),
    codes: Codes {
        unreachable: "kingdee.unreachable",
        no_answer: "kingdee.no-answer",
        unknown_outcome: "kingdee.unknown-outcome",
        unavailable: "kingdee.unavailable",
        answer: "kingdee.answer",
        rate_limited: "kingdee.rate-limited",
        session: "kingdee.session",
        login_busy: "kingdee.login-busy",
        login_refused: "kingdee.login-refused",
        login_outage: "kingdee.login-refused",
        forbidden: "kingdee.forbidden",
        refused: "kingdee.refused",
        not_found: "kingdee.not-found",
    },
};

const FORMS: &str = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService";

/// One data centre.
pub struct Kingdee<'a> {
    remote: Remote<'a>,
    connection: KingdeeConnection,
}

impl<'a> Kingdee<'a> {
    /// The client of a stored connection, with its revision.
    pub fn new(ctx: &'a Context, tenant: &TenantId, connection: KingdeeConnection, revision: u64) -> Self {
        Self { remote: Remote::new(ctx, &KINGDEE, tenant, &connection.id, revision), connection }
    }

    /// The connection.
    pub fn connection(&self) -> &KingdeeConnection {
        &self.connection
    }

    /// Reads: with the session, which is renewed once when it is lost, or signed.
    async fn read<T>(
        &self,
        method: &str,
        body: &Value,
        read: impl Fn(&Answer) -> std::result::Result<T, crate::base::Problem>,
    ) -> Result<T> {
        let service = format!("{FORMS}.{method}");
        rate::wait(&self.remote, self.connection.calls_per_second).await;
        let read_signed = |answer: &Answer| read(answer).map_err(|problem| problem.of_login(&KINGDEE, answer.status));
        let outcome = if self.connection.signed {
            let call = self.signed(&service, body)?;
            self.remote.call(Effect::Read, call).await.and_then(|answer| read_signed(&answer))
        } else {
            let used = Mutex::new(String::new());
            let call = |session: &str| {
                session.clone_into(&mut used.lock().unwrap_or_else(PoisonError::into_inner));
                self.call(&service, body, Some(session))
            };
            let outcome = self.remote.call_with_token(self, Effect::Read, call, &read).await;
            if outcome.is_ok() {
                // A session ends when it is idle, so it lives on with each use.
                let used = used.into_inner().unwrap_or_else(PoisonError::into_inner);
                self.remote.used(self, &used, self.connection.session_life).await;
            }
            outcome
        };
        let outcome = match outcome {
            // Lost with a session that was just opened: it is the credentials, and trying on would lock the user.
            Err(error) if error.code == KINGDEE.codes.session => Err(login::refused_after_renewal(&error)),
            outcome => outcome,
        };
        outcome.map_err(|error| error.during(format!("kingdee {method}")))
    }

    fn call(&self, service: &str, body: &Value, session: Option<&str>) -> Call {
        let mut call = Call::new(Method::POST, self.url(service));
        call.body = Bytes::from(body.to_string());
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(Ok(mut value)) = session.map(HeaderValue::from_str) {
            value.set_sensitive(true);
            call.headers.insert(header::COOKIE, value);
        }
        call.timeout = self.connection.timeout;
        call
    }

    fn signed(&self, service: &str, body: &Value) -> Result<Call> {
        let mut call = self.call(service, body, None);
        let c = &self.connection;
        let signer = Signer {
            account: &c.account,
            username: &c.username,
            app_id: c.app_id.as_deref().unwrap_or_default(),
            app_secret: c.app_secret.expose(),
            language: c.language,
            organisation: c.organisation.as_deref().unwrap_or("0"),
        };
        let path = call.url.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
        let ctx = self.remote.ctx;
        let nonce = ctx.entropy.id("", ctx.now_ms())?;
        for (name, value) in headers(signer, path.unwrap_or("/"), ctx.now_ms().div_euclid(1_000), &nonce) {
            if let (Ok(name), Ok(mut value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
            {
                value.set_sensitive(true);
                call.headers.insert(name, value);
            }
        }
        Ok(call)
    }

    fn url(&self, service: &str) -> String {
        format!("{}/{service}.common.kdsvc", self.connection.base_url.trim_end_matches('/'))
    }
}
