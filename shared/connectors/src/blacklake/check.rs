//! Tells whether a connection works, by using it.

use super::Blacklake;
use crate::base::Effect;
use crate::base::check::{CheckReport, Checking};
use serde_json::json;
use tenon_platform::error::Result;

/// What is read of reports: the last minute's.
const MINUTE_MS: i64 = 60_000;

impl Blacklake<'_> {
    /// Asks for a token once, even after a remembered refusal, and reads a material and the last minute's reports.
    /// Success opens the way again for everybody.
    pub async fn check(&self) -> Result<CheckReport> {
        let mut checking = Checking::of(&self.remote);
        self.remote.renew_for_check(self).await?;
        checking.did("access token");
        let paths = &self.connection.paths;
        self.send(Effect::Read, &paths.material_list, &json!({ "page": 1, "size": 20 })).await?;
        checking.did("read materials");
        let now = self.remote.ctx.now_ms();
        self.reports((now - MINUTE_MS, now), 1, 20).await?;
        checking.did("read reports");
        let factory = &self.connection.factory_number;
        Ok(checking.report(format!("Black Lake, factory {factory}")))
    }
}
