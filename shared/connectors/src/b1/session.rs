//! A session's cookies and how long they live.

use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Without it no call is let in.
const SESSION_COOKIE: &str = "B1SESSION";
/// What B1 grants when the answer does not say.
const IDLE_MINUTES: i64 = 30;
/// A session is given up this long before the server does it.
const MARGIN_MS: i64 = 60_000;

/// An open session. Has no `Debug`: cookies are secrets.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Session {
    /// `B1SESSION`, `ROUTEID` and whatever else the server sets; all are sent back.
    cookies: BTreeMap<String, String>,
    /// How long the server lets the session idle, in ms.
    idle_ms: i64,
    /// When it will have idled too long.
    pub expires_ms: i64,
    /// The revision of the connection it was opened for.
    pub revision: u64,
    /// The server's version, as the login told it.
    pub version: Option<String>,
}

impl Session {
    /// From the answer to a login; `None` when it carries no session.
    pub fn from_login(headers: &HeaderMap, body: &[u8], revision: u64, now_ms: i64) -> Option<Self> {
        let body = tenon_model::json::from_slice(body).unwrap_or_default();
        let minutes = body.get("SessionTimeout").and_then(|v| v.as_i64().or_else(|| v.as_str()?.trim().parse().ok()));
        let minutes = minutes.filter(|m| *m > 0).unwrap_or(IDLE_MINUTES);
        let version = body.get("Version").map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
        let idle_ms = minutes.saturating_mul(60_000);
        let mut session = Self { cookies: BTreeMap::new(), idle_ms, expires_ms: 0, revision, version };
        if let Some(id) = body.get("SessionId").and_then(Value::as_str) {
            session.cookies.insert(SESSION_COOKIE.to_owned(), id.to_owned());
        }
        session.used(headers, now_ms);
        session.cookies.contains_key(SESSION_COOKIE).then_some(session)
    }

    /// Notes a use: idling begins anew, and the server may have set another route.
    pub fn used(&mut self, headers: &HeaderMap, now_ms: i64) {
        for (name, value) in headers.get_all(header::SET_COOKIE).iter().filter_map(cookie) {
            if value.is_empty() {
                self.cookies.remove(&name);
            } else {
                self.cookies.insert(name, value);
            }
        }
        self.expires_ms = now_ms.saturating_add((self.idle_ms - MARGIN_MS).max(MARGIN_MS / 2));
    }

    /// Whether it can be used now for this revision.
    pub fn is_live(&self, revision: u64, now_ms: i64) -> bool {
        self.revision == revision && self.expires_ms > now_ms
    }

    /// The `Cookie` header.
    pub fn header(&self) -> Option<HeaderValue> {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut value = HeaderValue::from_str(&pairs.join("; ")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Name and value of one `Set-Cookie` line; its attributes do not matter here.
fn cookie(line: &HeaderValue) -> Option<(String, String)> {
    let (name, value) = line.to_str().ok()?.split(';').next()?.split_once('=')?;
    Some((name.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn every_cookie_line_is_kept_and_a_new_route_replaces_the_old() {
        let login = headers(&["B1SESSION=abc-1; HttpOnly; path=/b1s", "ROUTEID=.node3; path=/"]);
        let mut session = Session::from_login(&login, br#"{"SessionId":"abc-1","SessionTimeout":30}"#, 1, 0).unwrap();
        assert_eq!(session.header().unwrap(), "B1SESSION=abc-1; ROUTEID=.node3");
        session.used(&headers(&["ROUTEID=.node5; path=/"]), 0);
        assert_eq!(session.header().unwrap(), "B1SESSION=abc-1; ROUTEID=.node5");
    }

    #[test]
    fn the_time_out_is_minutes_and_slides_with_use() {
        let mut session =
            Session::from_login(&headers(&[]), br#"{"SessionId":"s","SessionTimeout":30}"#, 1, 0).unwrap();
        assert!(session.is_live(1, 28 * 60_000));
        assert!(!session.is_live(1, 29 * 60_000));
        session.used(&headers(&[]), 20 * 60_000);
        assert!(session.is_live(1, 48 * 60_000));
        assert!(!session.is_live(2, 48 * 60_000), "another revision has other credentials");
    }

    #[test]
    fn a_login_without_a_session_is_none() {
        assert!(Session::from_login(&headers(&["ROUTEID=.node1"]), b"{}", 1, 0).is_none());
    }
}
