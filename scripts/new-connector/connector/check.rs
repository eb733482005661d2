//! Tells whether a connection works, by using it.

use super::{Request, {{Type}}};
use crate::base::Effect;
use crate::base::check::{CheckReport, Checking};
use http::Method;
use tenon_platform::error::Result;

impl {{Type}}<'_> {
    /// Asks for a token once, even after a remembered refusal, and reads something that is always there. Success
    /// opens the way again for everybody.
    pub async fn try_connection(&self) -> Result<CheckReport> {
        let mut checking = Checking::of(&self.remote);
        self.remote.renew_for_check(self).await?;
        checking.did("access token");
        // FILL IN: a read that needs the permissions that the flows need.
        let request =
            Request { effect: Effect::Read, method: Method::GET, path: "/{{name}}/ping".to_owned(), body: None };
        self.send(&request).await?;
        checking.did("read");
        Ok(checking.report(format!("{{Type}}, app {}", self.connection.app_key)))
    }
}
