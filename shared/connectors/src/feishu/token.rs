//! The tenant's access token: one for the app, shared by all processes. Asked for with half an hour or more left, Feishu
//! gives the same again; with less a new one, and both are good.

use super::{Feishu, Request, error};
use crate::base::Effect;
use crate::base::token::{Issued, TokenSource};
use http::Method;
use serde_json::json;
use std::time::Duration;
use tenon_platform::error::Result;

/// Lifetime when the answer does not say.
const LIFE: Duration = Duration::from_secs(7_200);
const PATH: &str = "/auth/v3/tenant_access_token/internal";

impl TokenSource for Feishu<'_> {
    fn name(&self) -> &'static str {
        "tenant"
    }

    fn early(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn timeout(&self) -> Duration {
        self.connection.timeout
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.connection.app_secret.expose()]
    }

    async fn issue(&self) -> Result<Issued> {
        self.issue_once().await.map_err(|e| e.during(format!("feishu POST /open-apis{PATH}")))
    }
}

impl Feishu<'_> {
    async fn issue_once(&self) -> Result<Issued> {
        let body = json!({"app_id": self.connection.app_id, "app_secret": self.connection.app_secret.expose()});
        let request =
            Request { effect: Effect::Read, method: Method::POST, path: PATH, query: String::new(), body: Some(body) };
        let answer = self.remote.call(Effect::Read, self.call(&request, None)).await?;
        let body = error::read(Effect::Read, &answer, self.remote.ctx.now_ms())
            .map_err(|problem| problem.of_login(self.remote.vendor, answer.status))?;
        Issued::read((self.remote.vendor, answer.status), &body, ("tenant_access_token", "expire"), LIFE)
    }
}
