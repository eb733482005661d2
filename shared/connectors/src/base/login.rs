//! Logins: one at a time among all processes, and none after a refusal. What is got is the connector's: a token
//! that all share, or a session of its own.

use super::redact::redact;
use super::refusal::{self, Remembered};
use super::remote::Remote;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tenon_platform::error::{Error, ErrorKind, Result, Retry};
use tenon_platform::lease;

/// How long to wait, in all, for another process that logs in.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(10);
/// Between two looks.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(400);
/// The lease of a login outlasts the call by this, for what is read and stored around it.
const MARGIN: Duration = Duration::from_secs(20);

/// How long one process has the login for itself, for a call of this time-out.
pub fn lease_of_login(call: Duration) -> Duration {
    call + MARGIN
}

/// Those of this process who wait for one login.
#[derive(Default)]
pub(crate) struct Waiters {
    one: tokio::sync::Mutex<()>,
    /// How many logins failed, and the last failure.
    failures: Mutex<(u64, Option<Error>)>,
}

impl Waiters {
    fn failures(&self) -> (u64, Option<Error>) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note_failure(&self, error: &Error) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        *failures = (failures.0 + 1, Some(error.clone()));
    }
}

/// A way to log in at a vendor's.
pub(crate) trait Login: Sync {
    /// What a login gets.
    type Got: Send;

    /// The lease under which it is made: `token/app`, `login`. One name for all that shares what is got.
    fn lease(&self) -> String;

    /// The longest that [`Login::attempt`]'s calls take.
    fn timeout(&self) -> Duration;

    /// What is never shown, should the vendor repeat it.
    fn secrets(&self) -> Vec<&str>;

    /// What another process has got meanwhile, where it is shared.
    fn found(&self) -> impl Future<Output = Result<Option<Self::Got>>> + Send {
        async { Ok(None) }
    }

    /// Logs in once. Errors of kind [`ErrorKind::LoginRefused`] and [`ErrorKind::LoginOutage`] are remembered.
    fn attempt(&self) -> impl Future<Output = Result<Self::Got>> + Send;
}

impl Remote<'_> {
    /// Logs in unless that was refused before, one at a time. Whoever waited for a login that failed has failed.
    pub async fn log_in<L: Login>(&self, waiters: &Waiters, login: &L) -> Result<L::Got> {
        let seen = waiters.failures().0;
        let _one = waiters.one.lock().await;
        if let (failures, Some(error)) = waiters.failures()
            && failures > seen
        {
            return Err(error);
        }
        self.log_in_alone(login).await.inspect_err(|error| waiters.note_failure(error))
    }

    async fn log_in_alone<L: Login>(&self, login: &L) -> Result<L::Got> {
        let name = format!("{}/{}", login.lease(), self.connection);
        let time = lease_of_login(login.timeout());
        let mut waited = Duration::ZERO;
        loop {
            if let Some(got) = login.found().await? {
                return Ok(got);
            }
            refusal::recall(self).await?;
            if let Some(lease) = lease::acquire(self.ctx, &self.tenant, &name, time).await? {
                let result = self.log_in_leased(login).await;
                if let Err(error) = lease::release(self.ctx, lease).await {
                    // The lease ends by itself.
                    tracing::warn!(error.code = error.code, connection = %self.connection, "a login lease was not given back");
                }
                return result;
            }
            if waited >= MAX_WAIT {
                return Err(self.vendor.login_busy());
            }
            waited += LOOK_AGAIN;
            self.ctx.clock.sleep(LOOK_AGAIN).await;
        }
    }

    /// Another process may have logged in, or been refused, between the look and the lease.
    async fn log_in_leased<L: Login>(&self, login: &L) -> Result<L::Got> {
        if let Some(got) = login.found().await? {
            return Ok(got);
        }
        let remembered = refusal::recall(self).await?;
        let got = self.attempt(login).await?;
        if remembered == Remembered::OutageDue {
            refusal::forget(self).await?;
        }
        Ok(got)
    }

    /// Logs in now, whatever is remembered. A refusal is remembered, and so is an outage, which is tried again less
    /// and less often.
    pub async fn attempt<L: Login>(&self, login: &L) -> Result<L::Got> {
        let mut error = match login.attempt().await {
            Ok(got) => return Ok(got),
            Err(error) => redact(error, &login.secrets()),
        };
        match error.kind() {
            ErrorKind::LoginRefused => refusal::remember(self, &error).await?,
            ErrorKind::LoginOutage => error.retry = Retry::RateLimited(refusal::remember_outage(self, &error).await?),
            _ => {}
        }
        Err(error)
    }

    /// Logs in for a check, and opens the way again for everybody.
    pub async fn attempt_for_check<L: Login>(&self, login: &L) -> Result<L::Got> {
        let got = self.attempt(login).await?;
        refusal::forget(self).await?;
        Ok(got)
    }
}
