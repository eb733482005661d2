//! Opening sessions: one login at a time per company, and none after a refusal.

use super::error::{self, Doing};
use super::pool::{Held, LOOK_AGAIN, PATIENCE};
use super::session::Session;
use super::{B1, Request};
use crate::refusal::{self, Door};
use http::Method;
use serde_json::json;
use std::time::Duration;
use tenon_platform::error::{Error, ErrorKind, Result, Retry};
use tenon_platform::http::Answer;
use tenon_platform::lease::{self, Lease};

/// Codes of a login that a person has to mend: bad credentials, no access, no such company.
const REFUSED: [&str; 6] = ["-304", BAD_LOGIN, "-5027", "305", "206", "-1102"];
/// User or password are wrong, whatever else is said.
const BAD_LOGIN: &str = "100000027";
/// How long to stay away after a login that failed for a reason that may pass, such as too many
/// sessions.
const PAUSE: Duration = Duration::from_secs(60);

/// The lease of a login outlasts the call by this, for what is read and stored around it.
const MARGIN: Duration = Duration::from_secs(20);

/// How long one process has the login for itself, for a call of this time-out.
pub fn lease_of_login(call: Duration) -> Duration {
    call + MARGIN
}

impl B1<'_> {
    /// Makes sure that the slot has a live session.
    pub(super) async fn ensure_session(&self, held: &mut Held) -> Result<()> {
        let live = held.slot.session.as_ref().is_some_and(|s| s.is_live(self.revision, self.ctx.now_ms()));
        if live {
            return Ok(());
        }
        held.slot.session = None;
        match self.log_in().await {
            Ok(session) => held.slot.session = Some(session),
            Err(error) => {
                // A slot without a session is of no use here, and may be of use to another process.
                self.pool.give_up(self.ctx, &mut held.slot).await;
                return Err(error);
            }
        }
        // Stored at once: a process that dies leaves its session to the next one.
        self.pool.store(self.ctx, &mut held.slot).await
    }

    /// Logs in unless that was refused before, one at a time among all processes.
    async fn log_in(&self) -> Result<Session> {
        let seen = self.pool.failures();
        let _one = self.pool.login.lock().await;
        if let Some(error) = self.pool.failure_since(seen) {
            return Err(error);
        }
        let lease = self.wait_for_turn().await?;
        let result = match self.recall().await {
            Ok(Door::Open) => self.knock().await,
            Ok(Door::Tried) => match self.knock().await {
                Ok(session) => self.forget().await.map(|()| session),
                refused => refused,
            },
            Err(refused) => Err(refused),
        };
        if let Err(error) = &result {
            self.pool.note_failure(error);
        }
        if let Err(error) = lease::release(self.ctx, lease).await {
            // The lease ends by itself.
            tracing::warn!(error.code = error.code, b1.connection = %self.connection.id, "a login lease was not given back");
        }
        result
    }

    async fn recall(&self) -> Result<Door> {
        let id = &self.connection.id;
        refusal::recall(self.ctx, &self.tenant, id, self.revision, ("b1.login-refused", "b1.login-outage")).await
    }

    async fn forget(&self) -> Result<()> {
        refusal::forget(self.ctx, &self.tenant, &self.connection.id).await
    }

    async fn wait_for_turn(&self) -> Result<Lease> {
        let name = format!("login/{}", self.connection.id);
        let time = lease_of_login(self.connection.timeouts.login);
        let mut waited = Duration::ZERO;
        loop {
            if let Some(lease) = lease::acquire(self.ctx, &self.tenant, &name, time).await? {
                return Ok(lease);
            }
            if waited >= PATIENCE {
                return Err(Error::transient("b1.sessions-busy", "another process is logging in and has not finished"));
            }
            waited += LOOK_AGAIN;
            self.ctx.clock.sleep(LOOK_AGAIN).await;
        }
    }

    /// Logs in. A refusal is remembered, and so is an outage, which is tried again less and less often.
    pub(super) async fn knock(&self) -> Result<Session> {
        let result = self.knock_once().await.map_err(|e| e.during("b1 POST Login"));
        let id = &self.connection.id;
        match result {
            Err(error) if error.kind() == ErrorKind::LoginRefused => {
                refusal::remember(self.ctx, &self.tenant, id, self.revision, &error).await?;
                Err(error)
            }
            Err(mut error) if error.kind() == ErrorKind::LoginOutage => {
                let wait = refusal::remember_outage(self.ctx, &self.tenant, id, self.revision, &error).await?;
                error.retry = Retry::RateLimited(wait);
                Err(error)
            }
            result => result,
        }
    }

    async fn knock_once(&self) -> Result<Session> {
        let body = json!({
            "CompanyDB": self.connection.company_db,
            "UserName": self.connection.username,
            "Password": self.connection.password.expose(),
            "Language": self.connection.language,
        });
        let request =
            Request::new(Method::POST, Doing::Read, "Login", "Login", self.connection.timeouts.login).json(&body);
        self.ctx.time_for(request.timeout)?;
        let answer = self.call(&request, None).await.map_err(|failure| error::no_answer(Doing::Read, &failure))?;
        if !(200..300).contains(&answer.status) {
            return Err(refused(&answer, self.ctx.now_ms()));
        }
        Session::from_login(&answer.headers, &answer.body, self.revision, self.ctx.now_ms())
            .ok_or_else(|| error::unreadable(Doing::Read, answer.status))
    }
}

fn refused(answer: &Answer, now_ms: i64) -> Error {
    let Some(spoken) = error::spoken(&answer.body) else { return error::refused(Doing::Read, answer, now_ms) };
    let shut = matches!(answer.status, 401 | 403)
        || REFUSED.contains(&spoken.code.as_str())
        || spoken.text.to_lowercase().contains("switch company");
    let error = if spoken.code != BAD_LOGIN && names_the_directory(&spoken.text) {
        Error::new(
            "b1.login-outage",
            // The knock says how long.
            Retry::RateLimited(PAUSE),
            format!(
                "B1 opened no session, because its landscape directory (SLD) gave it no credentials: {}; the login is \
                 tried again after 1, 5, 15 and then every 30 minutes. If other clients get in, check company_db, \
                 username and password",
                spoken.text
            ),
        )
        .with_kind(ErrorKind::LoginOutage)
    } else if shut {
        Error::new(
            "b1.login-refused",
            Retry::Blocked(refusal::ASK_AGAIN),
            format!(
                "B1 refused the login: {}; correct company_db, username and password, apply the configuration and run check",
                spoken.text
            ),
        )
        .with_kind(ErrorKind::LoginRefused)
        .with_kind(ErrorKind::LoginOutage)
    } else if answer.status == 429 || answer.status >= 500 {
        error::refused(Doing::Read, answer, now_ms)
    } else {
        Error::new("b1.login-failed", Retry::RateLimited(PAUSE), format!("B1 opened no session: {}", spoken.text))
            .with_kind(ErrorKind::Unreachable)
    };
    error.with_status(answer.status).with_vendor_code(spoken.code)
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
