//! DingTalk: approval instances, the failed-callback list, the access token.
//!
//! Two APIs answer differently: the new one (`api.dingtalk.com`, token in a header) with HTTP
//! statuses, the old one (`oapi.dingtalk.com`, token in the query) with HTTP 200 and an `errcode`.
//! One token serves both, shared by all processes through the table.

mod check;
mod error;
mod failed;
mod instance;
mod schema;
mod search;
mod table;
mod token;

pub use failed::{FailedCallbacks, read_failed_callbacks};
pub use instance::{FormValue, Instance, InstanceResult, InstanceStatus, NewInstance, Operation};
pub use schema::Control;
pub use table::parse_table;
pub use token::lease_of_token;

use bytes::Bytes;
use error::Problem;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use tenon_model::TenantId;
use tenon_model::config::DingtalkConnection;
use tenon_platform::Context;
use tenon_platform::error::{Error, ErrorKind, Result, Retry};
use tenon_platform::http::{Answer, Call};

/// A DingTalk app.
pub struct Dingtalk<'a> {
    ctx: &'a Context,
    tenant: TenantId,
    connection: DingtalkConnection,
    revision: u64,
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
        Self { ctx, tenant: tenant.clone(), connection, revision }
    }

    /// The connection.
    pub fn connection(&self) -> &DingtalkConnection {
        &self.connection
    }

    /// Makes a call with the token; a token that DingTalk no longer accepts is renewed once, and
    /// the call repeated, since nothing was executed.
    async fn send(&self, request: &Request<'_>) -> Result<Value> {
        let read = |answer: &Answer| error::read(request.api, request.creates, answer, self.ctx.now_ms());
        self.exchange(request, read)
            .await
            .map_err(|e| e.during(format!("dingtalk {} {}", request.method, request.path)))
    }

    /// As [`send`](Self::send), for a call that removes what it returns: an answer that may carry something
    /// comes as it is, whether or not it can be read.
    async fn send_whole(&self, request: &Request<'_>) -> Result<Bytes> {
        let now = self.ctx.now_ms();
        let read = |answer: &Answer| match error::read(request.api, request.creates, answer, now) {
            Err(Problem::Other(error)) if !error::may_carry(answer) => Err(Problem::Other(error)),
            Err(Problem::Token) => Err(Problem::Token),
            Ok(_) | Err(Problem::Other(_)) => Ok(answer.body.clone()),
        };
        self.exchange(request, read)
            .await
            .map_err(|e| e.during(format!("dingtalk {} {}", request.method, request.path)))
    }

    async fn exchange<T>(
        &self,
        request: &Request<'_>,
        read: impl Fn(&Answer) -> std::result::Result<T, Problem>,
    ) -> Result<T> {
        let mut refused: Option<String> = None;
        for _ in 0..2 {
            let token = self.token(refused.as_deref()).await?;
            let answer = self.call(request, &token).await?;
            match read(&answer) {
                Ok(value) => return Ok(value),
                Err(Problem::Token) => refused = Some(token),
                Err(Problem::Other(error)) => return Err(*error),
            }
        }
        Err(Error::new("dingtalk.session", Retry::Session, "DingTalk does not accept the token it has just issued")
            .with_kind(ErrorKind::Unreachable))
    }

    async fn call(&self, request: &Request<'_>, token: &str) -> Result<Answer> {
        let host = match request.api {
            Api::New => &self.connection.api_url,
            Api::Old => &self.connection.oapi_url,
        };
        let mut url = format!("{}{}", host.trim_end_matches('/'), request.path);
        let mut query = request.query.clone();
        if request.api == Api::Old {
            let joint = if query.is_empty() { "" } else { "&" };
            query = format!("{query}{joint}access_token={}", crate::encode::percent(token));
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
        self.ctx.time_for(call.timeout)?;
        let outcome = self.ctx.http.call(call).await;
        crate::health::tell(self.ctx, &self.tenant, &self.connection.id, &outcome).await;
        outcome.map_err(|failure| error::no_answer(request.creates, &failure))
    }
}
