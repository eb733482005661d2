//! Opening sessions: one login at a time per company, and none after a refusal.

use super::error::{self, Doing};
use super::pool::{Held, LOOK_AGAIN, PATIENCE};
use super::session::Session;
use super::{B1, Request};
use crate::refusal;
use http::Method;
use serde_json::json;
use std::time::Duration;
use tenon_platform::error::{Error, Result, Retry};
use tenon_platform::http::Answer;
use tenon_platform::lease::{self, Lease};

/// Codes of a login that a person has to mend: bad credentials, no access, no such company.
const REFUSED: [&str; 7] = ["-304", "100000027", "-5027", "305", "206", "-1102", "-1116"];
/// How long to stay away after a login that failed for a reason that may pass, such as too many
/// sessions.
const PAUSE: Duration = Duration::from_secs(60);

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
            Ok(()) => self.knock().await,
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

    async fn recall(&self) -> Result<()> {
        let id = &self.connection.id;
        refusal::recall(self.ctx, &self.tenant, id, self.revision, "b1.login-refused").await
    }

    async fn wait_for_turn(&self) -> Result<Lease> {
        let name = format!("login/{}", self.connection.id);
        let time = self.connection.timeouts.login + Duration::from_secs(5);
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

    /// Logs in. A refusal is remembered.
    pub(super) async fn knock(&self) -> Result<Session> {
        let result = self.knock_once().await.map_err(|e| e.during("b1 POST Login"));
        if let Err(error) = &result
            && error.code == "b1.login-refused"
        {
            refusal::remember(self.ctx, &self.tenant, &self.connection.id, self.revision, error).await?;
        }
        result
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
        let answer = self.call(&request, None).await.map_err(|failure| error::no_answer(Doing::Read, &failure))?;
        if !(200..300).contains(&answer.status) {
            return Err(refused(&answer));
        }
        Session::from_login(&answer.headers, &answer.body, self.revision, self.ctx.now_ms())
            .ok_or_else(|| error::unreadable(Doing::Read, answer.status))
    }
}

fn refused(answer: &Answer) -> Error {
    let Some(spoken) = error::spoken(&answer.body) else { return error::refused(Doing::Read, answer) };
    let shut = matches!(answer.status, 401 | 403)
        || REFUSED.contains(&spoken.code.as_str())
        || spoken.text.to_lowercase().contains("switch company");
    let error = if shut {
        Error::new(
            "b1.login-refused",
            Retry::Blocked(refusal::ASK_AGAIN),
            format!(
                "B1 refused the login: {}; correct company_db, username and password, apply the configuration and run check",
                spoken.text
            ),
        )
    } else if answer.status == 429 || answer.status >= 500 {
        error::refused(Doing::Read, answer)
    } else {
        Error::new("b1.login-failed", Retry::RateLimited(PAUSE), format!("B1 opened no session: {}", spoken.text))
    };
    error.with_status(answer.status).with_vendor_code(spoken.code)
}
