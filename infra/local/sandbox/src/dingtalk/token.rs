//! Access tokens: two calls, one token for both APIs.

use super::DingTalk;
use super::errors;
use crate::reply::{self, Reply};
use crate::url;
use serde_json::{Value, json};

const LIFE_MS: i64 = 7_200_000;

/// The app's one token.
#[derive(Default)]
pub(crate) struct Tokens {
    current: Option<(String, i64)>,
    issued: u64,
}

impl Tokens {
    pub(crate) fn expire(&mut self) {
        self.current = None;
    }

    pub(crate) fn issued(&self) -> u64 {
        self.issued
    }

    pub(crate) fn accepts(&self, now_ms: i64, presented: &str) -> bool {
        self.current.as_ref().is_some_and(|(token, end)| token == presented && now_ms < *end)
    }

    /// A repeat inside the validity returns the same token and extends it.
    fn take(&mut self, now_ms: i64, fresh: impl FnOnce() -> String) -> String {
        let token = match self.current.take() {
            Some((token, end)) if now_ms < end => token,
            _ => {
                self.issued += 1;
                fresh()
            }
        };
        self.current = Some((token.clone(), now_ms + LIFE_MS));
        token
    }
}

/// `GET /gettoken` and `POST /v1.0/oauth2/accessToken`.
pub(crate) fn issue(
    dingtalk: &mut DingTalk,
    now_ms: i64,
    wrong_password: bool,
    method: &str,
    path: &str,
    query: &[(String, String)],
    body: &Value,
) -> Reply {
    let old = errors::is_old(path);
    let expected_method = if old { "GET" } else { "POST" };
    if method != expected_method {
        return if old {
            errors::old_api(43001, "需要GET请求", &mut dingtalk.ids)
        } else {
            errors::new_api(405, "MethodNotAllowed", "POST is needed", &mut dingtalk.ids)
        };
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("");
    let (key, secret) = if old {
        (url::find(query, "appkey").unwrap_or(""), url::find(query, "appsecret").unwrap_or(""))
    } else {
        (text("appKey"), text("appSecret"))
    };
    if wrong_password || key != dingtalk.options.app_key || secret != dingtalk.options.app_secret {
        return if old {
            errors::old_api(40001, "获取access_token时Secret错误", &mut dingtalk.ids)
        } else {
            errors::new_api(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret", &mut dingtalk.ids)
        };
    }
    let ids = &mut dingtalk.ids;
    let token = dingtalk.tokens.take(now_ms, || ids.token());
    if old {
        reply::json(200, &json!({"errcode": 0, "access_token": token, "errmsg": "ok", "expires_in": 7200}))
    } else {
        reply::json(200, &json!({"accessToken": token, "expireIn": 7200}))
    }
}
