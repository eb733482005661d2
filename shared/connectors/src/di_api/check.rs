//! Tells whether a connection works, by using it.

use super::{DI_API, DiApi, error, session};
use crate::base::Effect;
use crate::base::check::{CheckReport, Checking};
use tenon_platform::error::Result;

impl DiApi<'_> {
    /// Logs in once, even after a remembered refusal, and asks for an empty statement, which a DI API that is well
    /// refuses in known words. Success opens the way again for everybody.
    pub(super) async fn try_connection(&self) -> Result<CheckReport> {
        let mut checking = Checking::of(&self.remote);
        self.remote.renew_for_check(self).await?;
        checking.did("login");
        let session = self.remote.token(self, None).await?;
        let call = self.exec("", session::cookies(&session), self.connection.timeout);
        let answer = self.remote.call(Effect::Read, call).await?;
        let envelope = error::envelope_of(&answer);
        let known = envelope.as_ref().is_some_and(|envelope| {
            envelope.message.contains(&self.connection.empty_sql) || envelope.code == self.connection.success
        });
        if !known {
            let words = envelope.map_or_else(
                || "nothing of its own".to_owned(),
                |envelope| format!("{}: {}", envelope.code, envelope.message),
            );
            let message = format!(
                "the login was good, and an empty statement was answered with {words}, where {} is expected; check root, \
                 and empty_sql if the site's words are others",
                self.connection.empty_sql
            );
            return Err(DI_API.unintelligible(message).with_status(answer.status));
        }
        checking.did("empty statement");
        Ok(checking.report(format!("DI API of company {}", self.connection.company_db)))
    }
}
