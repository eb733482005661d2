//! SAP Business One through its Service Layer (`/b1s/v1` or `/b1s/v2`).
//!
//! Calls of one session are serialised by the server, so a connection has a few sessions, shared by
//! all processes through the table. A session that the server has forgotten (401) is renewed once
//! and the call repeated: nothing was executed. A refused login is remembered and not repeated.
//! Writes are never repeated here: a write without an answer is `b1.unknown-outcome`.

pub(crate) mod adding;
mod ahead;
mod approvals;
mod attachments;
mod batch;
mod check;
pub(crate) mod draft_approval;
mod entity;
mod entity_type;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod keyset;
mod login;
mod made;
mod page;
mod pages;
mod pool;
mod prices;
mod query;
mod session;
mod sql;
mod together;
mod user_fields;
mod write;

pub(crate) use ahead::draft_number;
pub use batch::{Batch, BatchAnswer, Change};
pub use entity::Entity;
pub use entity_type::{EntityType, Property};
pub use keyset::ByKey;
pub use made::{Made, shows_draft};
pub use page::{Cursor, Page};
pub use pages::Pages;
pub use pool::lease_of_session;
pub(crate) use pool::sealed_text;
pub use prices::PriceWritten;
pub use query::{Query, literal};
pub use sql::SqlCode;
pub use tenon_model::b1::{ApprovalDecision, ApprovalLine, ApprovalRequest};
pub(crate) use user_fields::{approvable, object_code};
pub use write::WriteOptions;

use crate::base::{Codes, Effect, Remote, Vendor};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use pool::{Pool, Pools};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tenon_model::TenantId;
use tenon_model::config::{B1Connection, ServiceLayer};
use tenon_model::json::number;
use tenon_platform::Context;
use tenon_platform::error::{ErrorKind, Result};
use tenon_platform::http::{Answer, Call};
use tenon_platform::table::RecordKind;

/// The kinds of records of this connector.
pub(crate) fn record_kinds() -> impl Iterator<Item = RecordKind> {
    approvals::KINDS.into_iter().chain([pool::KIND])
}

/// Decimals that it keeps of a quantity, price, rate or amount. What it prints beyond them, such as
/// `0.30000000000000004`, is noise of its binary floats.
pub const DECIMALS: u32 = 6;

/// Its codes and names.
static SERVICE_LAYER: Vendor = Vendor {
    name: "b1",
    shown: "B1",
    address: "base_url, the network and ca_file",
    credentials: "company_db, username and password",
    // Each session makes one call at a time.
    concurrent_calls: None,
    codes: Codes {
        unreachable: "b1.unreachable",
        no_answer: "b1.no-answer",
        unknown_outcome: "b1.unknown-outcome",
        unavailable: "b1.unavailable",
        answer: "b1.answer",
        rate_limited: "b1.rate-limited",
        session: "b1.session",
        login_busy: "b1.sessions-busy",
        login_refused: "b1.login-refused",
        login_outage: "b1.login-outage",
        forbidden: "b1.refused",
        refused: "b1.refused",
        not_found: "b1.not-found",
    },
};

/// A B1 company.
pub struct B1<'a> {
    remote: Remote<'a>,
    connection: B1Connection,
    trust: Option<Arc<str>>,
    pool: Arc<Pool>,
    ahead: ahead::Ahead,
}

/// Gives idle sessions back to the other processes. To be called after each batch, when its clients are dropped.
pub async fn release_sessions(ctx: &Context) {
    for (pool, at_work) in ctx.extensions.get_or_init::<Pools>().all() {
        pool.release(ctx, at_work).await;
    }
}

/// A refusal in B1's words.
pub(crate) fn refusal(message: &str) -> tenon_platform::Error {
    SERVICE_LAYER.refused(message)
}

/// A call to be made in some session.
struct Request {
    method: Method,
    effect: Effect,
    /// Below the service root, escaped, with its query.
    path: String,
    /// The same for people.
    shown: String,
    headers: HeaderMap,
    body: Bytes,
    timeout: Duration,
    /// Longest answer read, where another than usual.
    max_answer: Option<usize>,
}

impl Request {
    fn new(
        method: Method,
        effect: Effect,
        path: impl Into<String>,
        shown: impl Into<String>,
        timeout: Duration,
    ) -> Self {
        let (path, shown) = (path.into(), shown.into());
        Self { method, effect, path, shown, headers: HeaderMap::new(), body: Bytes::new(), timeout, max_answer: None }
    }

    fn json(mut self, body: &Value) -> Self {
        self.body = Bytes::from(number::write(body));
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self
    }

    /// Adds a header. A value that no header can carry is left out.
    fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(HeaderName::from_static(name), value);
        }
        self
    }
}

impl<'a> B1<'a> {
    /// The company of a stored connection, with its revision.
    pub fn new(ctx: &'a Context, tenant: &TenantId, connection: B1Connection, revision: u64) -> Self {
        let pool = ctx.extensions.get_or_init::<Pools>().of(tenant, &connection.id);
        let trust = connection.ca_pem.as_deref().map(Arc::from);
        let remote = Remote::new(ctx, &SERVICE_LAYER, tenant, &connection.id, revision);
        Self { remote, connection, trust, pool, ahead: ahead::Ahead::default() }
    }

    /// The connection.
    pub fn connection(&self) -> &B1Connection {
        &self.connection
    }

    /// Reads one entity.
    ///
    /// # Errors
    /// `b1.not-found` when there is none.
    pub async fn read(&self, entity: &Entity, query: &Query) -> Result<Value> {
        Ok(self.read_with_etag(entity, query).await?.0)
    }

    /// Reads one entity, or `None` when there is none.
    pub async fn read_optional(&self, entity: &Entity, query: &Query) -> Result<Option<Value>> {
        match self.read(entity, query).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads one entity with its ETag, for [`WriteOptions::if_match`]. B1's ETag can be trusted only
    /// when all fields are read, so with a `$select` there is none.
    pub async fn read_with_etag(&self, entity: &Entity, query: &Query) -> Result<(Value, Option<String>)> {
        if *query == Query::default() {
            Box::pin(self.read_pair(|paired, _| paired == entity)).await?;
            match self.ahead.entity(entity.path()) {
                Some(Some(known)) => return Ok(known),
                Some(None) => return Err(ahead::gone(entity)),
                None => {}
            }
        }
        let timeout = self.read_timeout(entity.path());
        let answer = self.send(&Self::get(entity.path(), &query.pairs(), &entity.to_string(), timeout)).await?;
        let etag = answer.headers.get(header::ETAG).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let value = json_of(&answer, Effect::Read).map_err(|e| e.during(format!("b1 GET {entity}")))?;
        Ok((value, etag.filter(|_| query.select.is_empty())))
    }

    fn get(path: &str, pairs: &[(String, String)], shown: &str, timeout: Duration) -> Request {
        Request::new(Method::GET, Effect::Read, query::with_pairs(path, pairs), shown, timeout)
    }

    /// Approval requests are slow to read and have a time-out of their own.
    fn read_timeout(&self, path: &str) -> Duration {
        let timeouts = &self.connection.timeouts;
        if path.starts_with("ApprovalRequests") { timeouts.approval } else { timeouts.read }
    }

    fn write_timeout(&self, path: &str) -> Duration {
        let timeouts = &self.connection.timeouts;
        if path.starts_with("ApprovalRequests") { timeouts.approval } else { timeouts.write }
    }

    /// Makes a call in a session; an answer outside 2xx is an error.
    async fn send(&self, request: &Request) -> Result<Answer> {
        self.exchange(request).await.map_err(|e| e.during(format!("b1 {} {}", request.method, request.shown)))
    }

    async fn exchange(&self, request: &Request) -> Result<Answer> {
        let most = self.connection.max_sessions;
        let mut held = self.pool.acquire(self.remote.ctx, most, self.remote.revision, request.timeout).await?;
        for _ in 0..2 {
            self.ensure_session(&mut held).await?;
            let Some(session) = &mut held.slot.session else { break };
            let answer = self.call(request, session.header()).await?;
            // 401 (B1's code 301) comes before anything is executed, so even a write may be repeated.
            if answer.status == 401 {
                held.slot.session = None;
                continue;
            }
            session.used(&answer.headers, self.remote.ctx.now_ms());
            return if (200..300).contains(&answer.status) {
                Ok(answer)
            } else {
                Err(error::refused(request.effect, &answer, self.remote.ctx.now_ms()))
            };
        }
        Err(SERVICE_LAYER.session().with_status(401))
    }

    fn url(&self, api: ServiceLayer, path: &str) -> String {
        format!("{}{}/{path}", self.connection.base_url.trim_end_matches('/'), api.root())
    }

    async fn call(&self, request: &Request, cookie: Option<HeaderValue>) -> Result<Answer> {
        let url = self.url(self.connection.api, &request.path);
        let mut call = Call::new(request.method.clone(), url);
        call.headers = request.headers.clone();
        if let Some(cookie) = cookie {
            call.headers.insert(header::COOKIE, cookie);
        }
        call.body = request.body.clone();
        call.timeout = request.timeout;
        call.trust = self.trust.clone();
        call.max_answer = request.max_answer.unwrap_or(call.max_answer);
        self.remote.call(request.effect, call).await
    }
}

/// The JSON of a 2xx answer.
fn json_of(answer: &Answer, effect: Effect) -> Result<Value> {
    tenon_model::json::from_slice(&answer.body).map_err(|_| error::unreadable(effect, answer.status))
}
