//! Tells whether a connection works, by using it.

use super::{B1, Query, Request, error, json_of, query};
use crate::base::Effect;
use crate::base::check::{CheckReport, Checking};
use http::Method;
use serde_json::Value;
use tenon_platform::error::{Error, ErrorKind, Result};
use tenon_platform::http::Call;

impl B1<'_> {
    /// Something else than the Service Layer answered: a site may have its other version only.
    async fn explain(&self, error: Error) -> Error {
        let (wanted, other) = (self.connection.api, self.connection.api.other());
        let mut call = Call::new(Method::GET, self.url(other, "Users?$top=1"));
        (call.timeout, call.trust) = (self.connection.timeouts.login, self.trust.clone());
        // Without a session it refuses, in its own words.
        let speaks = |body: &[u8]| error::api_error(body).is_some();
        if !self.remote.ctx.http.call(call).await.is_ok_and(|answer| speaks(&answer.body)) {
            return error;
        }
        let message = format!(
            "there is no {} here, but {} answers; set api = \"{}\" for the connection",
            wanted.root(),
            other.root(),
            other.word()
        );
        error.renamed("b1.version", message)
    }

    /// Logs in once, even after a remembered refusal, reads one user, and logs out. Success opens
    /// the way again for everybody. Takes a session of its own.
    pub async fn check(&self) -> Result<CheckReport> {
        let mut checking = Checking::of(&self.remote);
        let session = match self.remote.attempt_for_check(self).await {
            Err(error) if error.kind() == ErrorKind::Unintelligible => return Err(self.explain(error).await),
            outcome => outcome?,
        };
        checking.did("login");

        let pairs = query::with_pairs(
            "Users",
            &[Query::new().select(["InternalKey"]).pairs(), vec![("$top".into(), "1".into())]].concat(),
        );
        let read = Request::new(Method::GET, Effect::Read, pairs, "Users", self.connection.timeouts.read);
        let outcome = self.call(&read, session.header()).await;
        checking.did("read Users");
        // An open session takes licence capacity; that it stays open after a failure here is no harm.
        let logout = Request::new(Method::POST, Effect::Read, "Logout", "Logout", self.connection.timeouts.login);
        if self.call(&logout, session.header()).await.is_err() {
            tracing::warn!(b1.connection = %self.connection.id, "the session of a check was not closed");
        }

        let during = |e: Error| e.during("b1 GET Users");
        let answer = outcome.map_err(during)?;
        if !(200..300).contains(&answer.status) {
            return Err(during(error::refused(Effect::Read, &answer, self.remote.ctx.now_ms())));
        }
        if json_of(&answer, Effect::Read).map_err(during)?.get("value").is_none_or(|v: &Value| !v.is_array()) {
            return Err(during(error::unreadable(Effect::Read, answer.status)));
        }
        let version = session.version.as_deref().unwrap_or("of unknown version");
        Ok(checking.report(format!("SAP Business One Service Layer {version}, company {}", self.connection.company_db)))
    }
}
