//! Feishu: messages of an app's bot to people, and the tenant's access token.
//!
//! Errors carry a `code`, with an HTTP status of 400 or with 200; the token is in `Authorization`.

mod check;
mod error;
mod notice;
mod token;

use crate::base::{Codes, Effect, Remote, Vendor};
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde_json::Value;
use tenon_model::TenantId;
use tenon_model::config::FeishuConnection;
use tenon_platform::Context;
use tenon_platform::error::Result;
use tenon_platform::http::Call;

/// Its codes and names.
static FEISHU: Vendor = Vendor {
    name: "feishu",
    shown: "Feishu",
    address: "the network and base_url",
    credentials: "app_id and app_secret",
    // Fifty calls of one kind a second.
    concurrent_calls: Some(32),
    codes: Codes {
        unreachable: "feishu.unreachable",
        no_answer: "feishu.no-answer",
        unknown_outcome: "feishu.unknown-outcome",
        unavailable: "feishu.unavailable",
        answer: "feishu.answer",
        rate_limited: "feishu.rate-limited",
        session: "feishu.session",
        login_busy: "feishu.login-busy",
        login_refused: "feishu.login-refused",
        login_outage: "feishu.login-refused",
        forbidden: "feishu.forbidden",
        refused: "feishu.refused",
        not_found: "feishu.not-found",
    },
};

/// A Feishu app.
pub struct Feishu<'a> {
    remote: Remote<'a>,
    connection: FeishuConnection,
}

/// A call to be made with a token.
struct Request {
    effect: Effect,
    method: Method,
    /// Below `/open-apis`, with its query.
    path: &'static str,
    query: String,
    body: Option<Value>,
}

impl<'a> Feishu<'a> {
    /// The app of a stored connection, with its revision.
    pub fn new(ctx: &'a Context, tenant: &TenantId, connection: FeishuConnection, revision: u64) -> Self {
        Self { remote: Remote::new(ctx, &FEISHU, tenant, &connection.id, revision), connection }
    }

    /// Makes a call with the token; one that is no longer accepted is renewed once and the call repeated.
    async fn send(&self, request: &Request) -> Result<Value> {
        let now = self.remote.ctx.now_ms();
        let read = |answer: &_| error::read(request.effect, answer, now);
        self.remote
            .call_with_token(self, request.effect, |token| self.call(request, Some(token)), read)
            .await
            .map_err(|e| e.during(format!("feishu {} /open-apis{}", request.method, request.path)))
    }

    fn call(&self, request: &Request, token: Option<&str>) -> Call {
        let mut url = format!("{}/open-apis{}", self.connection.base_url.trim_end_matches('/'), request.path);
        if !request.query.is_empty() {
            url = format!("{url}?{}", request.query);
        }
        let mut call = Call::new(request.method.clone(), url);
        if let Some(Ok(mut value)) = token.map(|token| HeaderValue::from_str(&format!("Bearer {token}"))) {
            value.set_sensitive(true);
            call.headers.insert(header::AUTHORIZATION, value);
        }
        if let Some(body) = &request.body {
            call.body = Bytes::from(body.to_string());
            call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        }
        call.timeout = self.connection.timeout;
        call
    }
}
