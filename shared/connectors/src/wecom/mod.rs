//! WeCom: approvals of its approval app, and the access token of the self-built app that may call it.
//!
//! Every answer has HTTP status 200 and an `errcode`; the token is in the query.

mod check;
mod control;
mod detail;
mod error;
mod form;
mod media;
mod notice;
mod oa;
mod people;
mod search;
mod template;
mod token;

pub(crate) use notice::KNOWN_FOR_S;

use crate::base::encode::percent;
use crate::base::{Codes, Effect, Remote, Vendor};
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde_json::Value;
use tenon_model::TenantId;
use tenon_model::config::WecomConnection;
use tenon_platform::Context;
use tenon_platform::error::Result;
use tenon_platform::http::Call;

/// Its codes and names.
static WECOM: Vendor = Vendor {
    name: "wecom",
    shown: "WeCom",
    address: "the network and api_url",
    credentials: "corp_id and secret",
    // 600 creations and 600 reads a minute.
    concurrent_calls: Some(16),
    codes: Codes {
        unreachable: "wecom.unreachable",
        no_answer: "wecom.no-answer",
        unknown_outcome: "wecom.unknown-outcome",
        unavailable: "wecom.unavailable",
        answer: "wecom.answer",
        rate_limited: "wecom.rate-limited",
        session: "wecom.session",
        login_busy: "wecom.token-busy",
        login_refused: "wecom.login-refused",
        login_outage: "wecom.login-refused",
        forbidden: "wecom.forbidden",
        refused: "wecom.refused",
        not_found: "wecom.not-found",
    },
};

/// A WeCom app.
pub struct Wecom<'a> {
    remote: Remote<'a>,
    connection: WecomConnection,
}

impl<'a> Wecom<'a> {
    /// The app of a stored connection, with its revision.
    pub fn new(ctx: &'a Context, tenant: &TenantId, connection: WecomConnection, revision: u64) -> Self {
        Self { remote: Remote::new(ctx, &WECOM, tenant, &connection.id, revision), connection }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/cgi-bin{path}", self.connection.api_url.trim_end_matches('/'))
    }

    /// Reads something with the token.
    async fn fetch(&self, path: &str, query: &str) -> Result<Value> {
        let call = |token: &str| {
            let url = format!("{}?access_token={}&{query}", self.url(path), percent(token));
            let mut call = Call::new(Method::GET, url);
            call.timeout = self.connection.timeout;
            call
        };
        let now = self.remote.ctx.now_ms();
        self.remote
            .call_with_token(self, Effect::Read, call, |answer| error::read(Effect::Read, answer, now))
            .await
            .map_err(|e| e.during(format!("wecom GET /cgi-bin{path}")))
    }

    /// Makes a call with the token; one that WeCom no longer accepts is renewed once, and the call repeated,
    /// since nothing was executed.
    async fn send(&self, effect: Effect, path: &str, body: &Value) -> Result<Value> {
        let call = |token: &str| {
            let url = format!("{}?access_token={}", self.url(path), percent(token));
            let mut call = Call::new(Method::POST, url);
            call.body = Bytes::from(body.to_string());
            call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            call.timeout = self.connection.timeout;
            call
        };
        let now = self.remote.ctx.now_ms();
        self.remote
            .call_with_token(self, effect, call, |answer| error::read(effect, answer, now))
            .await
            .map_err(|e| e.during(format!("wecom POST /cgi-bin{path}")))
    }
}
