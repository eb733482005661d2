//! DingTalk: approval instances, the failed-callback list, the access token.
//!
//! Two APIs answer differently: the new one (`api.dingtalk.com`, token in a header) with HTTP
//! statuses, the old one (`oapi.dingtalk.com`, token in the query) with HTTP 200 and an `errcode`.
//! One token serves both, shared by all processes through the table.

mod check;
mod error;
mod event;
mod failed;
mod form;
#[cfg(fuzzing)]
pub mod fuzzing;
mod instance;
mod notice;
mod oa;
mod people;
mod schema;
mod search;
mod space;
mod table;
mod token;
pub mod views;

pub use event::event;

use crate::base::encode::percent;
use crate::base::{Codes, Effect, Problem, Remote, Vendor};
use bytes::Bytes;
use failed::read_failed_callbacks;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use tenon_model::TenantId;
use tenon_model::config::DingtalkConnection;
use tenon_platform::Context;
use tenon_platform::error::Result;
use tenon_platform::http::{Answer, Call};

/// Its codes and names.
static DINGTALK: Vendor = Vendor {
    name: "dingtalk",
    shown: "DingTalk",
    address: "the network and api_url, oapi_url",
    credentials: "app_key and app_secret",
    // An app may make about twenty calls of one kind a second.
    concurrent_calls: Some(32),
    codes: Codes {
        unreachable: "dingtalk.unreachable",
        no_answer: "dingtalk.no-answer",
        unknown_outcome: "dingtalk.unknown-outcome",
        unavailable: "dingtalk.unavailable",
        answer: "dingtalk.answer",
        rate_limited: "dingtalk.rate-limited",
        session: "dingtalk.session",
        login_busy: "dingtalk.token-busy",
        login_refused: "dingtalk.login-refused",
        login_outage: "dingtalk.login-refused",
        forbidden: "dingtalk.forbidden",
        refused: "dingtalk.refused",
        not_found: "dingtalk.not-found",
    },
};

/// A DingTalk app.
pub struct Dingtalk<'a> {
    remote: Remote<'a>,
    connection: DingtalkConnection,
}

/// Which of the two APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Api {
    New,
    Old,
}

/// A call to be made with a token.
struct Request<'r> {
    api: Api,
    method: Method,
    /// Begins with a slash.
    path: &'r str,
    /// Escaped, without the question mark.
    query: String,
    body: Option<Value>,
    /// Whether doing it twice does two things.
    creates: bool,
}

impl<'a> Dingtalk<'a> {
    /// The app of a stored connection, with its revision.
    pub fn new(ctx: &'a Context, tenant: &TenantId, connection: DingtalkConnection, revision: u64) -> Self {
        Self { remote: Remote::new(ctx, &DINGTALK, tenant, &connection.id, revision), connection }
    }

    /// The connection.
    pub fn connection(&self) -> &DingtalkConnection {
        &self.connection
    }

    /// Makes a call with the token; a token that DingTalk no longer accepts is renewed once, and
    /// the call repeated, since nothing was executed.
    async fn send(&self, request: &Request<'_>) -> Result<Value> {
        self.exchange(request, |effect, answer| error::read(request.api, effect, answer, self.remote.ctx.now_ms()))
            .await
    }

    /// As [`send`](Self::send), for a call that removes what it returns: an answer that may carry something
    /// comes as it is, whether or not it can be read.
    async fn send_whole(&self, request: &Request<'_>) -> Result<Bytes> {
        let now = self.remote.ctx.now_ms();
        let read = |effect, answer: &Answer| match error::read(request.api, effect, answer, now) {
            Err(Problem::Other(error)) if !error::may_carry(answer) => Err(Problem::Other(error)),
            Err(Problem::Credential) => Err(Problem::Credential),
            Ok(_) | Err(Problem::Other(_)) => Ok(answer.body.clone()),
        };
        self.exchange(request, read).await
    }

    async fn exchange<T>(
        &self,
        request: &Request<'_>,
        read: impl Fn(Effect, &Answer) -> std::result::Result<T, Problem>,
    ) -> Result<T> {
        let effect = if request.creates { Effect::Create } else { Effect::Read };
        self.remote
            .call_with_token(self, effect, |token| self.call(request, token), |answer| read(effect, answer))
            .await
            .map_err(|e| e.during(format!("dingtalk {} {}", request.method, request.path)))
    }

    fn call(&self, request: &Request<'_>, token: &str) -> Call {
        let host = match request.api {
            Api::New => &self.connection.api_url,
            Api::Old => &self.connection.oapi_url,
        };
        let mut url = format!("{}{}", host.trim_end_matches('/'), request.path);
        let mut query = request.query.clone();
        if request.api == Api::Old {
            let joint = if query.is_empty() { "" } else { "&" };
            query = format!("{query}{joint}access_token={}", percent(token));
        }
        if !query.is_empty() {
            url = format!("{url}?{query}");
        }
        let mut call = Call::new(request.method.clone(), url);
        if request.api == Api::New
            && let Ok(mut value) = HeaderValue::from_str(token)
        {
            value.set_sensitive(true);
            call.headers.insert(HeaderName::from_static("x-acs-dingtalk-access-token"), value);
        }
        if let Some(body) = &request.body {
            call.body = Bytes::from(body.to_string());
            call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        call.timeout = self.connection.timeout;
        call
    }
}
