//! Opening sessions: one login at a time per company, and none after a refusal.

use super::pool::LeasedSlot;
use super::session::Session;
use super::{B1, Request, SERVICE_LAYER, error};
use crate::base::Effect;
use crate::base::login::Login;
use http::Method;
use serde_json::json;
use std::time::Duration;
use tenon_platform::error::{Error, ErrorKind, Result, Retry};
use tenon_platform::http::Answer;

/// Codes of a login that a person has to correct: bad credentials, no access, no such company.
const REFUSED: [&str; 6] = ["-304", BAD_LOGIN, "-5027", "305", "206", "-1102"];
/// User or password are wrong, whatever else is said.
const BAD_LOGIN: &str = "100000027";
/// How long to stay away after a login that failed for a reason that may pass, such as too many
/// sessions.
const PAUSE: Duration = Duration::from_secs(60);

impl Login for B1<'_> {
    type Got = Session;

    fn lease(&self) -> String {
        "login".to_owned()
    }

    fn timeout(&self) -> Duration {
        self.connection.timeouts.login
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.connection.password.expose()]
    }

    async fn attempt(&self) -> Result<Session> {
        self.login().await.map_err(|e| e.during("b1 POST Login"))
    }
}

impl B1<'_> {
    /// Makes sure that the slot has a live session.
    pub(super) async fn ensure_session(&self, held: &mut LeasedSlot) -> Result<()> {
        let live =
            held.slot.session.as_ref().is_some_and(|s| s.is_live(self.remote.revision, self.remote.ctx.now_ms()));
        if live {
            return Ok(());
        }
        held.slot.session = None;
        match self.remote.log_in(&self.pool.logins, self).await {
            Ok(session) => held.slot.session = Some(session),
            Err(error) => {
                // A slot without a session is of no use here, and may be of use to another process.
                self.pool.give_up(self.remote.ctx, &mut held.slot).await;
                return Err(error);
            }
        }
        // Stored at once: a process that dies leaves its session to the next one.
        self.pool.store(self.remote.ctx, &mut held.slot).await
    }

    async fn login(&self) -> Result<Session> {
        let body = json!({
            "CompanyDB": self.connection.company_db,
            "UserName": self.connection.username,
            "Password": self.connection.password.expose(),
            "Language": self.connection.language,
        });
        let request =
            Request::new(Method::POST, Effect::Read, "Login", "Login", self.connection.timeouts.login).json(&body);
        let answer = self.call(&request, None).await?;
        let now = self.remote.ctx.now_ms();
        if !(200..300).contains(&answer.status) {
            return Err(refused(&answer, now));
        }
        Session::from_login(&answer.headers, &answer.body, self.remote.revision, now)
            .ok_or_else(|| error::unreadable(Effect::Read, answer.status))
    }
}

fn refused(answer: &Answer, now_ms: i64) -> Error {
    let Some(refusal) = error::api_error(&answer.body) else { return error::refused(Effect::Read, answer, now_ms) };
    let shut = matches!(answer.status, 401 | 403)
        || REFUSED.contains(&refusal.code.as_str())
        || refusal.text.to_lowercase().contains("switch company");
    let error = if refusal.code != BAD_LOGIN && names_the_directory(&refusal.text) {
        Error::new(
            "b1.login-outage",
            // The login says how long.
            Retry::RateLimited(PAUSE),
            format!(
                "B1 opened no session, because its landscape directory (SLD) gave it no credentials: {}; the login is \
                 tried again after 1, 5, 15 and then every 30 minutes. If other clients get in, check company_db, \
                 username and password",
                refusal.text
            ),
        )
        .with_kind(ErrorKind::LoginOutage)
    } else if shut {
        SERVICE_LAYER.login_refused(&refusal.text)
    } else if answer.status == 429 || answer.status >= 500 {
        error::refused(Effect::Read, answer, now_ms)
    } else {
        Error::new("b1.login-failed", Retry::RateLimited(PAUSE), format!("B1 opened no session: {}", refusal.text))
            .with_kind(ErrorKind::Unreachable)
    };
    error.with_status(answer.status).with_vendor_code(refusal.code)
}

/// Whether the text speaks of the service that keeps the databases' credentials, and not of ours. It is out
/// of order as often as a login is wrong: "Fail to get DB Credentials from SLD".
fn names_the_directory(text: &str) -> bool {
    let text = text.to_lowercase();
    let word = |word: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| w == word);
    let services =
        ["landscape directory", "db credential", "database credential", "credentials service", "credential service"];
    word("sld") || services.iter().any(|name| text.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn code(status: u16, code: i64, text: &str) -> &'static str {
        let body = json!({"error": {"code": code, "message": {"lang": "en-us", "value": text}}}).to_string();
        refused(&Answer { status, headers: HeaderMap::new(), body: Bytes::from(body) }, 0).code
    }

    #[test]
    fn an_outage_of_the_landscape_directory_is_no_refusal() {
        for (status, number, text) in [
            (401, -304, "Fail to get DB Credentials from SLD"),
            (401, -304, "无法从SLD获取数据库凭据"),
            (500, -1, "Fail to Get the Bound Database Instance from SLD"),
            (400, -304, "The System Landscape Directory does not answer"),
            (401, -304, "Error: the credentials service is not available"),
        ] {
            assert_eq!(code(status, number, text), "b1.login-outage", "{text}");
        }
        for (status, number, text) in [
            (401, -304, "Login failed"),
            (401, -304, "Invalid credentials"),
            (401, 100_000_027, "Login failed; no credentials from SLD"),
            (401, -5027, "Switch company error: -1102"),
            (400, 305, "Switch company error"),
        ] {
            assert_eq!(code(status, number, text), "b1.login-refused", "{text}");
        }
        assert_eq!(code(400, -1116, "Could not commit transaction"), "b1.login-failed");
    }
}
