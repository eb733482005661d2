//! An aiflow that is pushed to: departments and people, each call signed with an `A-Signature` over the bytes that
//! travel. Pushing the same again changes nothing there, so every call may be repeated.

mod error;
mod push;

pub use push::{Failed, Pushed};

use crate::base::check::{CheckReport, Checking};
use crate::base::{Codes, Effect, Problem, Remote, Vendor, redact};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::{Value, json};
use tenon_crypto::aiflow::sign;
use tenon_model::TenantId;
use tenon_model::config::AiflowConnection;
use tenon_platform::Context;
use tenon_platform::error::Result;
use tenon_platform::http::Call;

/// Its codes and names.
static AIFLOW: Vendor = Vendor {
    name: "aiflow",
    shown: "aiflow",
    address: "the network and base_url",
    credentials: "enterprise_code, app_id, app_secret and header, and this machine's clock",
    concurrent_calls: Some(4),
    codes: Codes {
        unreachable: "aiflow.unreachable",
        no_answer: "aiflow.no-answer",
        unknown_outcome: "aiflow.unknown-outcome",
        unavailable: "aiflow.unavailable",
        answer: "aiflow.answer",
        rate_limited: "aiflow.rate-limited",
        session: "aiflow.session",
        login_busy: "aiflow.login-busy",
        login_refused: "aiflow.login-refused",
        login_outage: "aiflow.login-refused",
        forbidden: "aiflow.forbidden",
        refused: "aiflow.refused",
        not_found: "aiflow.not-found",
    },
};

/// An aiflow.
pub struct Aiflow<'a> {
    remote: Remote<'a>,
    connection: AiflowConnection,
}

impl<'a> Aiflow<'a> {
    /// The aiflow of a stored connection, with its revision.
    pub fn new(ctx: &'a Context, tenant: &TenantId, connection: AiflowConnection, revision: u64) -> Self {
        Self { remote: Remote::new(ctx, &AIFLOW, tenant, &connection.id, revision), connection }
    }

    /// Pushes no department, which needs a signature that is accepted.
    ///
    /// # Errors
    /// Why it does not work.
    pub async fn check(&self) -> Result<CheckReport> {
        let mut checking = Checking::of(&self.remote);
        match self.send("/sys/sync/department", &json!({ "departments": [] })).await {
            // It read what was signed, and wants at least one.
            Err(error) if error.kind == tenon_platform::error::ErrorKind::Refused => {}
            other => drop(other?),
        }
        checking.did("signature");
        Ok(checking.report(format!("aiflow, enterprise {}", self.connection.enterprise_code)))
    }

    async fn send(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.remote.call(Effect::Read, self.call(path, body)).await;
        let read = |answer| error::read(&answer, self.remote.ctx.now_ms());
        let read = answer.and_then(|answer| read(answer).map_err(login_error));
        let secret = self.connection.app_secret.expose();
        read.map_err(|e| redact(e, &[secret]).during(format!("aiflow POST /aflow/api{path}")))
    }

    fn call(&self, path: &str, body: &Value) -> Call {
        let c = &self.connection;
        let bytes = body.to_string();
        let now = self.remote.ctx.now_ms();
        let signature = sign(&c.enterprise_code, &c.app_id, c.app_secret.expose(), now, bytes.as_bytes());
        let mut call = Call::new(Method::POST, format!("{}/aflow/api{path}", c.base_url.trim_end_matches('/')));
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let (Ok(name), Ok(mut value)) =
            (HeaderName::from_bytes(c.header.as_bytes()), HeaderValue::from_str(&signature))
        {
            value.set_sensitive(true);
            call.headers.insert(name, value);
        }
        call.body = Bytes::from(bytes);
        call.timeout = c.timeout;
        call
    }
}

/// There is no token to renew: what is not accepted is a refusal.
fn login_error(problem: Problem) -> tenon_platform::Error {
    problem.of_login(&AIFLOW, 403)
}
