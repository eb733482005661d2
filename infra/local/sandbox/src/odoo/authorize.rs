//! Signing in, and being asked. An unknown client or address is shown an error and never redirected to.

use super::grants::Code;
use super::{DOCUMENTED, LOGIN, Odoo, OdooUser, header, pages};
use crate::reply::{self, Reply};
use crate::url;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use http::request::Parts;

/// A request to be told who somebody is.
struct AuthorizationRequest {
    redirect_uri: String,
    state: String,
    scope: String,
    challenge: Option<String>,
}

impl Odoo {
    /// `POST /odoo/web/login`
    pub(super) fn log_in(&mut self, body: &Bytes) -> Reply {
        let fields = url::query(&String::from_utf8_lossy(body));
        let field = |name| url::find(&fields, name).unwrap_or_default();
        let redirect = field("redirect").to_owned();
        let known = self.options.users.iter().find(|user| user.active && user.login == field("login"));
        let Some(user) = known.filter(|user| user.password == field("password")) else {
            return pages::login(401, &redirect, Some("用户名或密码错误"));
        };
        let (login, session) = (user.login.clone(), self.ids.token());
        self.sessions.insert(session.clone(), login);
        let leads_on =
            ["/odoo/api/oauth2/authorize?", "/oauth2/authorize?"].iter().any(|own| redirect.starts_with(own));
        let mut reply = see_other(if leads_on { &redirect } else { LOGIN });
        reply::add(&mut reply, SET_COOKIE, &format!("session_id={session}; Path=/; HttpOnly; SameSite=Lax"));
        reply
    }

    /// `GET …/authorize`
    pub(super) fn authorize(&mut self, now_ms: i64, parts: &Parts) -> Reply {
        let request = match self.authorization_request(parts) {
            Ok(request) => request,
            Err(reply) => return *reply,
        };
        let Some((session, user)) = self.user_of(parts) else {
            let wanted = parts.uri.path_and_query().map_or(DOCUMENTED, |wanted| wanted.as_str());
            return see_other(&format!("{LOGIN}?redirect={}", url::encode(wanted)));
        };
        if self.options.requires_consent {
            let query = parts.uri.query().unwrap_or("");
            return pages::consent(&self.options.client_id, &user.name, query, &session);
        }
        self.give(now_ms, &user.login, request)
    }

    /// `POST …/authorize`: what the person answered.
    pub(super) fn consent(&mut self, now_ms: i64, parts: &Parts, body: &Bytes) -> Reply {
        let request = match self.authorization_request(parts) {
            Ok(request) => request,
            Err(reply) => return *reply,
        };
        let fields = url::query(&String::from_utf8_lossy(body));
        let Some((session, user)) = self.user_of(parts) else { return pages::wrong("会话已失效") };
        if url::find(&fields, "proof") != Some(session.as_str()) {
            return pages::wrong("表单不是来自此页面");
        }
        if url::find(&fields, "answer") != Some("allow") {
            return self.sent_back(&request.redirect_uri, &request.state, &[("error", "access_denied")]);
        }
        self.give(now_ms, &user.login, request)
    }

    fn give(&mut self, now_ms: i64, login: &str, request: AuthorizationRequest) -> Reply {
        let code = self.ids.token();
        let life_ms = i64::try_from(self.options.code_life.as_millis()).unwrap_or(i64::MAX);
        let given = Code {
            login: login.to_owned(),
            redirect_uri: request.redirect_uri.clone(),
            challenge: request.challenge,
            scope: request.scope,
            until_ms: now_ms.saturating_add(life_ms),
            used: None,
        };
        self.grants.codes.insert(code.clone(), given);
        self.sent_back(&request.redirect_uri, &request.state, &[("code", &code)])
    }

    /// What is asked for, or why nobody is asked.
    fn authorization_request(&self, parts: &Parts) -> Result<AuthorizationRequest, Box<Reply>> {
        let fields = url::query(parts.uri.query().unwrap_or(""));
        let field = |name| url::find(&fields, name).unwrap_or_default().to_owned();
        if field("client_id") != self.options.client_id {
            return Err(Box::new(pages::wrong("未知的 client_id")));
        }
        let redirect_uri = field("redirect_uri");
        if !self.options.redirect_uris.contains(&redirect_uri) {
            return Err(Box::new(pages::wrong("redirect_uri 未登记")));
        }
        let state = field("state");
        let back = |error: &str| Box::new(self.sent_back(&redirect_uri, &state, &[("error", error)]));
        if field("response_type") != "code" {
            return Err(back("unsupported_response_type"));
        }
        let challenge = Some(field("code_challenge")).filter(|challenge| !challenge.is_empty());
        let is_s256 = field("code_challenge_method") == "S256";
        if state.is_empty() || challenge.is_some() != is_s256 || (self.options.require_pkce && challenge.is_none()) {
            return Err(back("invalid_request"));
        }
        Ok(AuthorizationRequest { redirect_uri, state, scope: field("scope"), challenge })
    }

    fn sent_back(&self, redirect_uri: &str, state: &str, with: &[(&str, &str)]) -> Reply {
        let mut pairs = with.to_vec();
        if let [("error", error)] = with {
            pairs.push(("error_description", error));
        }
        pairs.push(("state", state));
        pairs.extend(self.options.issuer.as_deref().map(|issuer| ("iss", issuer)));
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", url::encode(value))).collect();
        let joint = if redirect_uri.contains('?') { '&' } else { '?' };
        let mut reply = reply::with_body(302, "text/html", String::new());
        reply::add(&mut reply, LOCATION, &format!("{redirect_uri}{joint}{}", pairs.join("&")));
        reply::add(&mut reply, CACHE_CONTROL, "no-store");
        reply
    }

    /// Who is signed in by the request's cookie, and the session.
    fn user_of(&self, parts: &Parts) -> Option<(String, OdooUser)> {
        let cookies = header(parts, "cookie").split(';');
        let session = cookies.filter_map(|pair| pair.trim().strip_prefix("session_id=")).next()?;
        let login = self.sessions.get(session)?;
        let user = self.options.users.iter().find(|user| user.active && user.login == *login)?;
        Some((session.to_owned(), user.clone()))
    }
}

fn see_other(address: &str) -> Reply {
    let mut reply = reply::with_body(303, "text/html", String::new());
    reply::add(&mut reply, LOCATION, address);
    reply::add(&mut reply, CACHE_CONTROL, "no-store");
    reply
}
