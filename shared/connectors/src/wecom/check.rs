//! Tells whether a connection works, by using it.

use super::Wecom;
use crate::base::check::{CheckReport, Checking};
use tenon_platform::error::Result;

impl Wecom<'_> {
    /// Asks for a token once, even after a remembered refusal, and reads the last minute's approvals. Success
    /// opens the way again for everybody.
    pub(super) async fn try_connection(&self) -> Result<CheckReport> {
        let mut checking = Checking::of(&self.remote);
        self.remote.renew_for_check(self).await?;
        checking.did("access token");
        self.may_read().await?;
        checking.did("read approvals");
        Ok(checking.report(format!("WeCom, company {}", self.connection.corp_id)))
    }
}
