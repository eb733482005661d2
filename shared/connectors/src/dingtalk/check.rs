//! Tells whether a connection works, by using it.

use super::{Api, Dingtalk, Request};
use crate::base::check::{CheckReport, Checking};
use http::Method;
use serde_json::json;
use tenon_platform::error::Result;

impl Dingtalk<'_> {
    /// Asks for a token once, even after a remembered refusal, and reads the root department's
    /// children. Success opens the way again for everybody.
    pub(super) async fn try_connection(&self) -> Result<CheckReport> {
        let mut checking = Checking::of(&self.remote);
        self.remote.renew_for_check(self).await?;
        checking.did("access token");
        let request = Request {
            api: Api::Old,
            method: Method::POST,
            path: "/topapi/v2/department/listsubid",
            query: String::new(),
            body: Some(json!({"dept_id": 1})),
            creates: false,
        };
        self.send(&request).await?;
        checking.did("read departments");
        Ok(checking.report(format!("DingTalk, app {}", self.connection.app_key)))
    }
}
