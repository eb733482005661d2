//! Logins and sessions, and calls that are signed.

use super::{Kingdee, ROOT};
use crate::reply::{self, Reply};
use http::HeaderMap;
use http::header::{COOKIE, HeaderName, SET_COOKIE};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenon_crypto::kingdee::{Signer, headers};

/// A session that is idle for longer ends, in ms.
const IDLE_MS: i64 = 20 * 60_000;
/// How far the clock of whoever signs may be off, in seconds.
const SKEW_S: i64 = 300;

#[derive(Default)]
pub(super) struct Sessions {
    open: BTreeMap<String, i64>,
    pub logins: u64,
}

impl Sessions {
    pub fn end_all(&mut self) {
        self.open.clear();
    }

    fn uses(&mut self, id: &str, now_ms: i64) -> bool {
        match self.open.get_mut(id) {
            Some(used) if now_ms - *used < IDLE_MS => {
                *used = now_ms;
                true
            }
            _ => false,
        }
    }
}

impl Kingdee {
    /// By names, or in their order: `{"parameters": […]}`, which may be a text too.
    pub(super) fn log_in(&mut self, wrong_password: bool, by_app: bool, body: &Value) -> Reply {
        let names: &[&str] = match by_app {
            true => &["acctID", "username", "appId", "appSecret", "lcid"],
            false => &["acctID", "username", "password", "lcid"],
        };
        let unwrapped = body.get("parameters").map(|list| match list {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            list => list.clone(),
        });
        let given = |at: usize| {
            let value = match &unwrapped {
                Some(list) => list.get(at),
                None => names.get(at).and_then(|name| body.get(*name)),
            };
            value.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let o = &self.options;
        if given(0) != o.account {
            return refused(0, "数据中心不存在");
        }
        let known = given(1) == o.username
            && match by_app {
                true => given(2) == o.app_id && given(3) == o.app_secret,
                false => given(2) == o.password,
            };
        if wrong_password || !known {
            return refused(-1, "用户名或密码错误");
        }
        if o.one_session {
            self.sessions.end_all();
        }
        let id = self.ids.uuid();
        self.sessions.open.insert(id.clone(), self.now_ms);
        self.sessions.logins += 1;
        let mut reply = reply::json(
            200,
            &json!({ "LoginResultType": 1, "Message": null, "MessageCode": "CheckPasswordPolicy", "KDSVCSessionId": id,
                "Context": { "UserName": self.options.username, "CurrentOrganizationInfo": { "Number": self.options.organisation } } }),
        );
        reply::add(&mut reply, SET_COOKIE, &format!("ASP.NET_SessionId={id}; path=/; HttpOnly"));
        reply::add(&mut reply, SET_COOKIE, &format!("kdservice-sessionid={id}; path=/"));
        reply
    }

    /// Whether a call has a session that is open, or a signature that is right. Credentials are not looked at again while
    /// there is a session.
    pub(super) fn lets_in(&mut self, path: &str, given: &HeaderMap) -> bool {
        let cookies = given.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let session = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        let session: Vec<String> =
            session.filter(|(name, _)| *name == "kdservice-sessionid").map(|(_, id)| id.to_owned()).collect();
        if session.iter().any(|id| self.sessions.uses(id, self.now_ms)) {
            return true;
        }
        self.is_signed(path, given)
    }

    fn is_signed(&self, path: &str, given: &HeaderMap) -> bool {
        let text = |name: &str| given.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let timestamp: i64 = text("x-api-timestamp").parse().unwrap_or_default();
        if (timestamp - self.now_ms.div_euclid(1_000)).abs() > SKEW_S {
            return false;
        }
        let o = &self.options;
        let signer = Signer {
            account: &o.account,
            username: &o.username,
            app_id: &o.app_id,
            app_secret: &o.app_secret,
            language: 2052,
            organisation: "0",
        };
        let organisations = ["0", o.organisation.as_str(), "200"];
        organisations.into_iter().any(|organisation| {
            let signer = Signer { organisation, ..signer };
            let wanted = headers(signer, path, timestamp, text("x-api-nonce"));
            wanted
                .iter()
                .all(|(name, value)| given.get(HeaderName::from_static(name)).is_some_and(|found| found == value))
        }) && path.len() > ROOT.len()
    }
}

fn refused(number: i64, message: &str) -> Reply {
    reply::json(200, &json!({ "LoginResultType": number, "Message": message, "KDSVCSessionId": null, "Context": null }))
}
