//! The session: one for all processes, its cookies as they are sent. A second login of the same user may end the
//! first, so whoever finds it lost takes the newest before logging in.

use super::{KINGDEE, Kingdee};
use crate::base::Effect;
use crate::base::token::{Issued, TokenSource};
use http::header::SET_COOKIE;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_platform::error::{Error, Result};
use tenon_platform::http::Answer;

const AUTH: &str = "Kingdee.BOS.WebApi.ServicesStub.AuthService";
/// The cookies of a session.
const COOKIES: [&str; 2] = ["kdservice-sessionid", "ASP.NET_SessionId"];

impl TokenSource for Kingdee<'_> {
    fn name(&self) -> &'static str {
        "session"
    }

    fn early(&self) -> Duration {
        Duration::from_secs(120).min(self.connection.session_life / 10)
    }

    fn timeout(&self) -> Duration {
        self.connection.timeout
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.connection.password.expose(), self.connection.app_secret.expose()]
    }

    async fn issue(&self) -> Result<Issued> {
        self.log_in().await.map_err(|e| e.during("kingdee login"))
    }
}

impl Kingdee<'_> {
    async fn log_in(&self) -> Result<Issued> {
        let c = &self.connection;
        let (method, parameters) = match &c.app_id {
            Some(app_id) => {
                ("LoginByAppSecret", json!([c.account, c.username, app_id, c.app_secret.expose(), c.language]))
            }
            None => ("ValidateUser", json!([c.account, c.username, c.password.expose(), c.language])),
        };
        let call = self.call(&format!("{AUTH}.{method}"), &json!({ "parameters": parameters }), None);
        let answer = self.remote.call(Effect::Read, call).await?;
        opened(&answer).map(|text| Issued { text, life: c.session_life })
    }
}

/// The session's cookies.
fn opened(answer: &Answer) -> Result<String> {
    let body = super::error::body(answer).map_err(|problem| problem.of_login(&KINGDEE, answer.status))?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    match body.get("LoginResultType").and_then(Value::as_i64) {
        // -5: let in, with something that the user should look at.
        Some(1 | -5) => {}
        Some(number) => {
            let message = text("Message").unwrap_or("no message");
            let error = KINGDEE.login_refused(&format!("{message} (LoginResultType {number})"));
            return Err(error.with_status(answer.status).with_vendor_code(number.to_string()));
        }
        None => {
            let why = "the answer to the login has no LoginResultType; check base_url, which ends in /k3cloud";
            return Err(KINGDEE.unintelligible(why).with_status(answer.status));
        }
    }
    let mut cookies: Vec<String> = Vec::new();
    for line in answer.headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
        let pair = line.split(';').next().unwrap_or_default().trim();
        let named = pair.split_once('=').is_some_and(|(name, value)| COOKIES.contains(&name) && !value.is_empty());
        if named {
            cookies.push(pair.to_owned());
        }
    }
    if !cookies.iter().any(|pair| pair.starts_with(COOKIES[0]))
        && let Some(session) = text("KDSVCSessionId")
    {
        cookies.push(format!("{}={session}", COOKIES[0]));
    }
    match cookies.is_empty() {
        false => Ok(cookies.join("; ")),
        true => Err(KINGDEE.unintelligible("the login was accepted, and its answer carries no session")),
    }
}

/// A session that is lost as soon as it is opened.
pub(super) fn refused_after_renewal(error: &Error) -> Error {
    let why = "the session is lost right after the login (会话信息已丢失), as Kingdee also answers credentials it does not \
               take; another program may log in as the same user: give Tenon a user of its own";
    KINGDEE.session().renamed(error.code, why)
}
