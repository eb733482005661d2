//! {{Type}}. FILL IN: which of its APIs are called, and what is peculiar about them.

mod check;
mod error;
{{#oa}}
mod instance;
mod oa;
{{/oa}}
mod token;

use crate::base::{Codes, Effect, Remote, Vendor};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use tenon_model::TenantId;
use tenon_model::config::{{Type}}Connection;
use tenon_platform::Context;
use tenon_platform::error::Result;
use tenon_platform::http::Call;

/// Its codes and names.
static {{NAME}}: Vendor = Vendor {
    name: "{{name}}",
    shown: "{{Type}}",
    address: "the network and base_url",
    credentials: "app_key and app_secret",
    // FILL IN: how many calls of one kind it takes a second; `None` where sessions limit them.
    concurrent_calls: Some(32),
    codes: Codes {
        unreachable: "{{name}}.unreachable",
        no_answer: "{{name}}.no-answer",
        unknown_outcome: "{{name}}.unknown-outcome",
        unavailable: "{{name}}.unavailable",
        answer: "{{name}}.answer",
        rate_limited: "{{name}}.rate-limited",
        session: "{{name}}.session",
        login_busy: "{{name}}.login-busy",
        login_refused: "{{name}}.login-refused",
        login_outage: "{{name}}.login-refused",
        forbidden: "{{name}}.forbidden",
        refused: "{{name}}.refused",
        not_found: "{{name}}.not-found",
    },
};

/// One connection to {{Type}}.
pub struct {{Type}}<'a> {
    remote: Remote<'a>,
    connection: {{Type}}Connection,
}

/// A call to be made with a token.
struct Request {
    effect: Effect,
    method: Method,
    /// Begins with a slash; escaped, with its query.
    path: String,
    body: Option<Value>,
}

impl<'a> {{Type}}<'a> {
    /// The client of a stored connection, with its revision.
    pub fn new(ctx: &'a Context, tenant: &TenantId, connection: {{Type}}Connection, revision: u64) -> Self {
        Self { remote: Remote::new(ctx, &{{NAME}}, tenant, &connection.id, revision), connection }
    }

    /// Makes a call with the token; one that is no longer accepted is renewed once and the call repeated.
    async fn send(&self, request: &Request) -> Result<Value> {
        let now = self.remote.ctx.now_ms();
        let read = |answer: &_| error::read(request.effect, answer, now);
        self.remote
            .call_with_token(self, request.effect, |token| self.call(request, Some(token)), read)
            .await
            .map_err(|e| e.during(format!("{{name}} {} {}", request.method, request.path)))
    }

    fn call(&self, request: &Request, token: Option<&str>) -> Call {
        let url = format!("{}{}", self.connection.base_url.trim_end_matches('/'), request.path);
        let mut call = Call::new(request.method.clone(), url);
        // FILL IN: where the token goes.
        if let Some(Ok(mut value)) = token.map(HeaderValue::from_str) {
            value.set_sensitive(true);
            call.headers.insert(HeaderName::from_static("x-access-token"), value);
        }
        if let Some(body) = &request.body {
            call.body = Bytes::from(body.to_string());
            call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        call.timeout = self.connection.timeout;
        call
    }
}
