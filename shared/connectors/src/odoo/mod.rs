//! Odoo over JSON-RPC: one address, to which every call brings database, user and key. Read only.
//!
//! Every answer has HTTP status 200; an error is a member of the answer, with the name of Odoo's exception. What is
//! empty is `false`, and a link to another record is its id with its name.

mod check;
mod error;
mod fields;
mod read;
mod user;

pub use fields::OdooField;
pub use read::{Domain, linked, text};

use crate::base::{Codes, Effect, Problem, Remote, Vendor};
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde_json::{Value, json};
use tenon_model::TenantId;
use tenon_model::config::OdooConnection;
use tenon_platform::Context;
use tenon_platform::error::Result;
use tenon_platform::http::{Answer, Call};

/// Its codes and names.
static ODOO: Vendor = Vendor {
    name: "odoo",
    shown: "Odoo",
    address: "the network and base_url",
    credentials: "database, username and api_key",
    // Its workers are few, and people use them too.
    concurrent_calls: Some(4),
    codes: Codes {
        unreachable: "odoo.unreachable",
        no_answer: "odoo.no-answer",
        unknown_outcome: "odoo.unknown-outcome",
        unavailable: "odoo.unavailable",
        answer: "odoo.answer",
        rate_limited: "odoo.rate-limited",
        session: "odoo.session",
        login_busy: "odoo.login-busy",
        login_refused: "odoo.login-refused",
        login_outage: "odoo.login-refused",
        forbidden: "odoo.forbidden",
        refused: "odoo.refused",
        not_found: "odoo.not-found",
    },
};

/// A database of Odoo.
pub struct Odoo<'a> {
    remote: Remote<'a>,
    connection: OdooConnection,
}

impl<'a> Odoo<'a> {
    /// The database of a stored connection, with its revision.
    pub fn new(ctx: &'a Context, tenant: &TenantId, connection: OdooConnection, revision: u64) -> Self {
        Self { remote: Remote::new(ctx, &ODOO, tenant, &connection.id, revision), connection }
    }

    /// Calls a method of a model as the connection's user, whose number is looked up once.
    async fn execute(&self, model: &str, method: &str, args: &Value, options: &Value) -> Result<Value> {
        let call = |uid: &str| {
            let uid: i64 = uid.parse().unwrap_or_default();
            let key = self.connection.api_key.expose();
            self.call(
                "object",
                "execute_kw",
                &json!([self.connection.database, uid, key, model, method, args, options]),
            )
        };
        let now = self.remote.ctx.now_ms();
        self.remote
            .call_with_token(self, Effect::Read, call, |answer| error::read(answer, now))
            .await
            .map_err(|e| e.during(format!("odoo {model}.{method}")))
    }

    async fn rpc(&self, service: &str, method: &str, args: &Value) -> Result<std::result::Result<Value, Problem>> {
        let answer: Answer = self.remote.call(Effect::Read, self.call(service, method, args)).await?;
        Ok(error::read(&answer, self.remote.ctx.now_ms()))
    }

    fn call(&self, service: &str, method: &str, args: &Value) -> Call {
        let url = format!("{}/jsonrpc", self.connection.base_url.trim_end_matches('/'));
        let mut call = Call::new(Method::POST, url);
        let params = json!({ "service": service, "method": method, "args": args });
        call.body = Bytes::from(json!({ "jsonrpc": "2.0", "method": "call", "params": params, "id": 1 }).to_string());
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.timeout = self.connection.timeout;
        call
    }
}
