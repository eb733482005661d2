//! The app's token: asked for with the secret of its registration, which is encrypted each time. Nothing registers
//! here, for registering again ends the secret and key of before.

use super::{Weaver, error, put};
use crate::base::Effect;
use crate::base::token::{Issued, TokenSource};
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use std::time::Duration;
use tenon_platform::error::Result;
use tenon_platform::http::Call;

/// A token is renewed this long before it ends, unless it is a short one.
const EARLY: Duration = Duration::from_secs(120);

impl TokenSource for Weaver<'_> {
    fn name(&self) -> &'static str {
        "app"
    }

    fn early(&self) -> Duration {
        EARLY.min(self.connection.token_life / 10)
    }

    fn timeout(&self) -> Duration {
        self.connection.timeout
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.connection.secret.expose()]
    }

    async fn issue(&self) -> Result<Issued> {
        let during = format!("weaver POST {}", self.connection.token_path);
        self.issue_once().await.map_err(|e| e.during(during))
    }
}

impl Weaver<'_> {
    async fn issue_once(&self) -> Result<Issued> {
        let life = self.connection.token_life;
        let secret = self.encrypted("secret", self.connection.secret.expose())?;
        let mut call = Call::new(Method::POST, self.url(&self.connection.token_path));
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.body = Bytes::from_static(b"{}");
        put(&mut call, "appid", &self.connection.app_id);
        put(&mut call, "secret", &secret);
        put(&mut call, "time", &life.as_secs().to_string());
        call.timeout = self.connection.timeout;
        let answer = self.remote.call(Effect::Read, call).await?;
        let body = error::read(Effect::Read, &answer, self.remote.ctx.now_ms())
            .map_err(|problem| problem.of_login(self.remote.vendor, answer.status))?;
        match body.get("token").and_then(error::text).filter(|text| !text.is_empty()) {
            Some(text) => Ok(Issued { text, life }),
            None => Err(self
                .remote
                .vendor
                .unintelligible("the answer to the token call carries no token; check token_path")
                .with_status(answer.status)),
        }
    }
}
