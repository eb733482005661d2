//! The access token: one for the app, shared by all processes.

use super::{Request, {{Type}}, error};
use crate::base::Effect;
use crate::base::token::{Issued, TokenSource};
use http::Method;
use serde_json::json;
use std::time::Duration;
use tenon_platform::error::Result;

/// Lifetime when the answer does not say.
const LIFE: Duration = Duration::from_secs(7_200);

impl TokenSource for {{Type}}<'_> {
    fn name(&self) -> &'static str {
        "app"
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
        self.issue_once().await.map_err(|e| e.during("{{name}} POST /token"))
    }
}

impl {{Type}}<'_> {
    // FILL IN: the vendor's call.
    async fn issue_once(&self) -> Result<Issued> {
        let body = json!({"app_key": self.connection.app_key, "app_secret": self.connection.app_secret.expose()});
        let request =
            Request { effect: Effect::Read, method: Method::POST, path: "/{{name}}/token".to_owned(), body: Some(body) };
        let answer = self.remote.call(Effect::Read, self.call(&request, None)).await?;
        let data = error::read(Effect::Read, &answer, self.remote.ctx.now_ms())
            .map_err(|problem| problem.of_login(self.remote.vendor, answer.status))?;
        Issued::read((self.remote.vendor, answer.status), &data, ("token", "expires_in"), LIFE)
    }
}
