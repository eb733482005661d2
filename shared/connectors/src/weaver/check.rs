//! Tells whether a connection works, by using it.

use super::Weaver;
use crate::base::check::{CheckReport, Checking};
use tenon_platform::error::Result;

impl Weaver<'_> {
    /// Asks for a token once, even after a remembered refusal, and lists requests of the user who reads. Success opens
    /// the way again for everybody.
    pub(super) async fn try_connection(&self) -> Result<CheckReport> {
        let mut checking = Checking::of(&self.remote);
        self.remote.renew_for_check(self).await?;
        checking.did("app token");
        if self.connection.list_requests {
            match self.may_list().await {
                Ok(()) => checking.did("list requests"),
                // Known of before a create is lost; everything else works without.
                Err(error) if error.code == "weaver.forbidden" => checking.did(
                    "list requests: not allowed, so a request whose answer is lost is held for a person; allow it, or \
                     set list_requests = false",
                ),
                Err(error) => return Err(error),
            }
        }
        Ok(checking.report(format!("Weaver E-cology, app {}", self.connection.app_id)))
    }
}
