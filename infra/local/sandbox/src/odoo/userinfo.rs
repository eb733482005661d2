//! Who an access token is of.

use super::{Odoo, header, query};
use crate::reply::{self, Reply};
use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use http::request::Parts;
use serde_json::json;

impl Odoo {
    /// `GET` or `POST …/userinfo`. The community module takes the token from the query, and from nowhere else.
    pub(super) fn userinfo(&self, now_ms: i64, is_community: bool, parts: &Parts) -> Reply {
        let token = match is_community {
            true => query(parts, "access_token"),
            false => header(parts, "authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned(),
        };
        let login = match (self.grants.holder(&token, now_ms), &self.options.userinfo_of) {
            (Some(_), Some(other)) => Some(other.as_str()),
            (holder, _) => holder,
        };
        let user = login.and_then(|login| self.options.users.iter().find(|user| user.active && user.login == login));
        let mut reply = match user {
            Some(user) => reply::json(200, &user.userinfo_json()),
            None if is_community => reply::json(401, &json!({ "error": "invalid_or_expired_token" })),
            None => {
                let mut reply = reply::json(401, &json!({ "error": "invalid_token" }));
                reply::add(&mut reply, WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"");
                reply
            }
        };
        reply::add(&mut reply, CACHE_CONTROL, "no-store");
        reply
    }
}
