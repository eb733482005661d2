//! Tells whether a connection works, by using it.

use super::{Api, Dingtalk, Request};
use crate::check::{CheckReport, CheckStep};
use crate::refusal;
use http::Method;
use serde_json::json;
use tenon_platform::error::Result;

impl Dingtalk<'_> {
    /// Asks for a token once, even after a remembered refusal, and reads the root department's
    /// children. Success opens the way again for everybody.
    pub async fn check(&self) -> Result<CheckReport> {
        let start = self.ctx.now_ms();
        self.renew_now().await?;
        refusal::forget(self.ctx, &self.tenant, &self.connection.id).await?;
        let token_done = self.ctx.now_ms();
        let request = Request {
            api: Api::Old,
            method: Method::POST,
            path: "/topapi/v2/department/listsubid",
            query: String::new(),
            body: Some(json!({"dept_id": 1})),
            creates: false,
        };
        self.send(&request).await?;
        let read_done = self.ctx.now_ms();
        Ok(CheckReport {
            connection: self.connection.id.clone(),
            answered: format!("DingTalk, app {}", self.connection.app_key),
            took_ms: read_done - start,
            steps: vec![
                CheckStep { name: "access token".to_owned(), took_ms: token_done - start },
                CheckStep { name: "read departments".to_owned(), took_ms: read_done - token_done },
            ],
        })
    }
}
