//! Tells whether a connection works, by using it.

use super::{Feishu, Request};
use crate::base::Effect;
use crate::base::check::{CheckReport, Checking};
use http::Method;
use tenon_platform::error::Result;

impl Feishu<'_> {
    /// Asks for a token once, even after a remembered refusal, and reads what the bot is, which needs the bot ability.
    /// Success opens the way again for everybody.
    pub async fn check(&self) -> Result<CheckReport> {
        let mut checking = Checking::of(&self.remote);
        self.remote.renew_for_check(self).await?;
        checking.did("access token");
        let request = Request {
            effect: Effect::Read,
            method: Method::GET,
            path: "/bot/v3/info",
            query: String::new(),
            body: None,
        };
        self.send(&request).await?;
        checking.did("read the bot");
        Ok(checking.report(format!("Feishu, app {}", self.connection.app_id)))
    }
}
