//! Login, logout and the cookies between them.

use super::errors::B1Error;
use super::{B1, Cx, Route, Version};
use crate::reply::{self, Reply};
use http::HeaderMap;
use http::header::{COOKIE, SET_COOKIE};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
struct Session {
    user: i64,
    used_ms: i64,
}

/// Open sessions by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
    open: BTreeMap<String, Session>,
    pub logins: u64,
    pub failed: u64,
}

impl Sessions {
    pub(crate) fn clear(&mut self) {
        self.open.clear();
    }

    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    fn drop_idle(&mut self, now_ms: i64, minutes: i64) {
        self.open.retain(|_, s| now_ms - s.used_ms < minutes * 60_000);
    }

    /// The user of the request's session, whose idle time starts again.
    pub(crate) fn user(&mut self, now_ms: i64, minutes: i64, headers: &HeaderMap) -> Option<i64> {
        self.drop_idle(now_ms, minutes);
        let session = self.open.get_mut(&cookie(headers)?)?;
        session.used_ms = now_ms;
        Some(session.user)
    }
}

/// `B1SESSION` of the `Cookie` lines; `ROUTEID` only chooses a node.
fn cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == "B1SESSION")
        .map(|(_, value)| value.to_owned())
}

impl B1 {
    pub(super) fn login(&mut self, cx: &mut Cx<'_>, route: &Route<'_>, headers: &HeaderMap, body: &[u8]) -> Reply {
        let Ok(Value::Object(login)) = serde_json::from_slice(body) else {
            return B1Error::malformed("Invalid JSON format").reply(route.version);
        };
        let text = |name: &str| login.get(name).and_then(Value::as_str).unwrap_or("");
        let known = self.passwords.get(text("UserName"));
        let right = !cx.wrong_password && known.is_some_and(|p| p == text("Password"));
        let refusal = if text("CompanyDB") != cx.options.company_db {
            Some(B1Error::new(401, -5027, "Switch company error: -1102"))
        } else if !right {
            Some(B1Error::new(401, cx.options.login_error_code, "Login failed"))
        } else {
            None
        };
        if let Some(refusal) = refusal {
            self.sessions.failed += 1;
            return refusal.reply(route.version);
        }
        self.sessions.drop_idle(cx.now_ms, cx.options.session_minutes);
        if self.sessions.open.len() >= cx.options.max_sessions {
            self.sessions.failed += 1;
            return B1Error::new(503, -1, "Too many concurrent sessions").reply(route.version);
        }
        let user = self.user_by_code(text("UserName")).unwrap_or(1);
        let id = cx.ids.uuid();
        self.sessions.logins += 1;
        self.sessions.open.insert(id.clone(), Session { user, used_ms: cx.now_ms });
        let host = headers.get("host").and_then(|v| v.to_str().ok()).unwrap_or("localhost");
        let metadata = format!("http://{host}{}$metadata#B1Sessions/@Element", route.root);
        let name = if route.version == Version::V1 { "odata.metadata" } else { "@odata.context" };
        let mut reply = reply::json(
            200,
            &json!({name: metadata, "SessionId": id, "Version": "1000190", "SessionTimeout": cx.options.session_minutes}),
        );
        reply::add(&mut reply, SET_COOKIE, &format!("B1SESSION={id};HttpOnly;SameSite=None"));
        reply::add(&mut reply, SET_COOKIE, "ROUTEID=.node1; path=/b1s;SameSite=None");
        reply
    }

    pub(super) fn logout(&mut self, cx: &Cx<'_>, version: Version, headers: &HeaderMap) -> Reply {
        match cookie(headers).filter(|_| self.sessions.user(cx.now_ms, cx.options.session_minutes, headers).is_some()) {
            Some(id) => {
                self.sessions.open.remove(&id);
                reply::no_content()
            }
            None => B1Error::no_session().reply(version),
        }
    }
}
