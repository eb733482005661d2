//! The access token: one for the app, which both APIs take.

use super::{Api, Dingtalk, error};
use crate::base::Effect;
use crate::base::token::{Issued, TokenSource};
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde_json::json;
use std::time::Duration;
use tenon_platform::error::Result;
use tenon_platform::http::Call;

/// Lifetime when the answer does not say.
const LIFE: Duration = Duration::from_secs(7_200);
const PATH: &str = "/v1.0/oauth2/accessToken";

impl TokenSource for Dingtalk<'_> {
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
        self.issue_once().await.map_err(|e| e.during(format!("dingtalk POST {PATH}")))
    }
}

impl Dingtalk<'_> {
    async fn issue_once(&self) -> Result<Issued> {
        let mut call = Call::new(Method::POST, format!("{}{PATH}", self.connection.api_url.trim_end_matches('/')));
        let body = json!({"appKey": self.connection.app_key, "appSecret": self.connection.app_secret.expose()});
        call.body = Bytes::from(body.to_string());
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.timeout = self.connection.timeout;
        let answer = self.remote.call(Effect::Read, call).await?;
        let body = error::read(Api::New, Effect::Read, &answer, self.remote.ctx.now_ms())
            .map_err(|problem| problem.of_login(self.remote.vendor, answer.status))?;
        Issued::read((self.remote.vendor, answer.status), &body, ("accessToken", "expireIn"), LIFE)
    }
}
