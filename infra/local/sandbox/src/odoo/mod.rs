//! Odoo as a company runs it beside aiflow: an OAuth 2.0 server with a login page, and the workflow interfaces of its
//! own. Strict where clients go wrong: exact addresses, codes once and soon, rotating refresh tokens.
//!
//! The documents' paths are `/odoo/api/oauth2/…`; below `/oauth2/…` it answers as the `oauth_provider` that Odoo's
//! community keeps does.

mod authorize;
mod by_hand;
mod caller;
mod grants;
mod options;
mod pages;
mod token;
mod userinfo;
mod workflow;

pub use by_hand::OdooSnapshot;
pub use options::{OdooOptions, OdooUser};

use crate::action::ActionError;
use crate::ids::Ids;
use crate::reply::{self, Reply};
use crate::system::{Incoming, Label, Simulated, System};
use crate::url;
use bytes::Bytes;
use grants::Grants;
use http::Request;
use http::request::Parts;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Roots of its paths.
const ROOTS: [&str; 2] = ["/odoo/", "/oauth2/"];
/// Where people type their password.
const LOGIN: &str = "/odoo/web/login";
/// The documents' OAuth 2.0 paths.
const DOCUMENTED: &str = "/odoo/api/oauth2/";
/// The community module's.
const COMMUNITY: &str = "/oauth2/";
/// Pages that a browser may ask for.
pub(crate) const PAGES: [&str; 3] = [LOGIN, "/odoo/api/oauth2/authorize", "/oauth2/authorize"];

/// One Odoo.
pub struct Odoo {
    options: OdooOptions,
    ids: Ids,
    /// Who is signed in, by the session's cookie.
    sessions: BTreeMap<String, String>,
    grants: Grants,
    /// What was sent to its workflow interfaces.
    received: Vec<Value>,
}

impl fmt::Debug for Odoo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Odoo").finish_non_exhaustive()
    }
}

impl System for Odoo {
    fn matches(&self, path: &str) -> Option<Label> {
        let is_login = path == LOGIN || path.ends_with("/oauth2/token");
        let label = || Label { entity: path.to_owned(), key: None, relative: path.to_owned(), is_login };
        ROOTS.iter().any(|root| path.starts_with(root)).then(label)
    }

    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply {
        let (parts, body) = request.into_parts();
        if incoming.wrong_password {
            return match incoming.path {
                LOGIN => pages::login(401, "", Some("用户名或密码错误")),
                _ => token::refused(401, "invalid_client"),
            };
        }
        let call = incoming.path.strip_prefix(DOCUMENTED).or_else(|| incoming.path.strip_prefix(COMMUNITY));
        let is_community = incoming.path.starts_with(COMMUNITY);
        match (parts.method.as_str(), incoming.path, call) {
            ("GET", LOGIN, _) => pages::login(200, &query(&parts, "redirect"), None),
            ("POST", LOGIN, _) => self.log_in(&body),
            ("GET", _, Some("authorize")) => self.authorize(incoming.now_ms, &parts),
            ("POST", _, Some("authorize")) => self.consent(incoming.now_ms, &parts, &body),
            ("POST", _, Some("token")) => self.token(incoming.now_ms, is_community, &parts, &body),
            ("GET" | "POST", _, Some("userinfo")) => self.userinfo(incoming.now_ms, is_community, &parts),
            (method, path, _) => match path.strip_prefix("/odoo/api/") {
                Some(call) => self.workflow(incoming.now_ms, method, call, &parts, &body),
                None => reply::html(404),
            },
        }
    }

    fn latency(&self) -> Duration {
        self.options.latency
    }

    fn expire_sessions(&mut self) {
        self.sessions.clear();
        self.grants.end_all();
    }

    fn act(&mut self, _: i64, method: &str, parts: &[&str], body: &[u8]) -> Option<Result<Value, ActionError>> {
        self.act_by_hand(method, parts, body)
    }
}

impl Simulated for Odoo {
    type Options = OdooOptions;
    type Snapshot = OdooSnapshot;

    fn new(seed: u64, options: OdooOptions) -> Self {
        Self {
            options,
            ids: Ids::new(seed),
            sessions: BTreeMap::new(),
            grants: Grants::default(),
            received: Vec::new(),
        }
    }

    fn options(&mut self) -> &mut OdooOptions {
        &mut self.options
    }

    fn snapshot(&self) -> OdooSnapshot {
        self.snapshot_of()
    }
}

/// One parameter of the query; empty when it is not there.
fn query(parts: &Parts, name: &str) -> String {
    url::find(&url::query(parts.uri.query().unwrap_or("")), name).unwrap_or_default().to_owned()
}

fn header<'p>(parts: &'p Parts, name: &str) -> &'p str {
    parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}
