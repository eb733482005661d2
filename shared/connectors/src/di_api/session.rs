//! The session: a login whose cookies go with every call, all of them. It lives so long after its last use, so each use
//! prolongs it. What is kept is its life in seconds and its cookies: `1800 B1SESSION=…; ROUTEID=…`.

use super::{DI_API, DiApi, error};
use crate::base::Effect;
use crate::base::token::{Issued, TokenSource};
use http::header;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::duration;
use tenon_platform::error::Result;
use tenon_platform::http::Answer;

/// It is renewed this long before it would end, unless it is a short one.
const EARLY: Duration = Duration::from_secs(60);
/// No session is taken to live longer, whatever is said.
const MAX_LIFE: Duration = Duration::from_secs(12 * 3600);

/// The cookies of a kept session.
pub(super) fn cookies(session: &str) -> &str {
    session.split_once(' ').map_or("", |(_, cookies)| cookies)
}

/// How long a kept session lives without use.
pub(super) fn life(session: &str) -> Duration {
    let seconds = session.split_once(' ').and_then(|(life, _)| life.parse().ok());
    Duration::from_secs(seconds.unwrap_or(60))
}

/// What may be shown nowhere.
pub(super) fn secrets(cookies: &str) -> Vec<&str> {
    cookies.split("; ").filter_map(|cookie| cookie.split_once('=')).map(|(_, value)| value).collect()
}

impl TokenSource for DiApi<'_> {
    fn name(&self) -> &'static str {
        "session"
    }

    fn early(&self) -> Duration {
        EARLY.min(self.connection.session_life / 10)
    }

    fn timeout(&self) -> Duration {
        self.connection.timeout
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.connection.password.expose()]
    }

    async fn issue(&self) -> Result<Issued> {
        self.log_in().await.map_err(|error| error.during("di-api POST login"))
    }
}

impl DiApi<'_> {
    async fn log_in(&self) -> Result<Issued> {
        let c = &self.connection;
        let body = json!({ "CompanyDB": c.company_db, "UserName": c.username, "Password": c.password.expose() });
        let answer = self.remote.call(Effect::Read, self.post("login", &body)).await?;
        let status = answer.status;
        let Some(envelope) = error::envelope_of(&answer) else {
            return Err(match status {
                401 | 403 => DI_API.login_refused("it answers without words").with_status(status),
                _ => error::non_json(status).of_login(&DI_API, status),
            });
        };
        if status >= 500 || status == 429 {
            let error = DI_API.failed(Effect::Read, &envelope.message);
            return Err(error.with_status(status).with_vendor_code(envelope.code));
        }
        if envelope.code != c.success {
            return Err(DI_API.login_refused(&envelope.message).with_status(status).with_vendor_code(envelope.code));
        }
        let cookies = set_cookies(&answer);
        if cookies.is_empty() {
            let why = "it says that the login was good and gives no cookie, without which nothing more can be asked";
            return Err(DI_API.login_refused(why).with_status(status));
        }
        let life = session_life(&envelope.data).unwrap_or(c.session_life).min(MAX_LIFE);
        Ok(Issued { text: format!("{} {cookies}", life.as_secs()), life })
    }
}

/// Every cookie, as it is sent back.
fn set_cookies(answer: &Answer) -> String {
    let all = answer.headers.get_all(header::SET_COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = all.filter_map(|cookie| cookie.split(';').next()).map(str::trim).filter(|pair| {
        pair.split_once('=').is_some_and(|(name, value)| !name.trim().is_empty() && !value.trim().is_empty())
    });
    pairs.collect::<Vec<_>>().join("; ")
}

/// `{"SessionTimeout":"30m"}`; a number is minutes, as the Service Layer's is.
fn session_life(data: &str) -> Option<Duration> {
    let data: Value = serde_json::from_str(data).ok()?;
    let life = match data.get("SessionTimeout")? {
        Value::String(text) => match text.trim().parse::<u64>() {
            Ok(minutes) => Duration::from_secs(minutes.checked_mul(60)?),
            Err(_) => duration::parse(text.trim()).ok()?,
        },
        Value::Number(minutes) => Duration::from_secs(minutes.as_u64()?.checked_mul(60)?),
        _ => return None,
    };
    (life >= Duration::from_secs(1)).then_some(life)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    // R-B4
    #[test]
    fn all_cookies_are_kept_and_the_life_is_what_the_login_says() {
        let mut headers = HeaderMap::new();
        for cookie in ["B1SESSION=ac79; HttpOnly; Path=/", "ROUTEID=.node2; path=/", "empty=; path=/"] {
            headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
        }
        let answer = Answer { status: 200, headers, body: Bytes::new() };
        let kept = format!("1800 {}", set_cookies(&answer));
        assert_eq!((cookies(&kept), life(&kept)), ("B1SESSION=ac79; ROUTEID=.node2", Duration::from_secs(1800)));
        assert_eq!(secrets(cookies(&kept)), ["ac79", ".node2"]);
        for (data, seconds) in [
            (r#"{"SessionTimeout":"30m"}"#, Some(1800)),
            (r#"{"SessionTimeout":"30"}"#, Some(1800)),
            (r#"{"SessionTimeout":20}"#, Some(1200)),
            (r#"{"SessionTimeout":"half an hour"}"#, None),
            (r#"{"SessionTimeout":0}"#, None),
            ("null", None),
        ] {
            assert_eq!(session_life(data), seconds.map(Duration::from_secs), "{data}");
        }
    }
}
