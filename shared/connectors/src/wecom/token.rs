//! The access token.

use super::{Wecom, error};
use crate::base::Effect;
use crate::base::encode::percent;
use crate::base::token::{Issued, TokenSource};
use http::Method;
use std::time::Duration;
use tenon_platform::error::Result;
use tenon_platform::http::Call;

/// Lifetime when the answer does not say.
const LIFE: Duration = Duration::from_secs(7_200);
const PATH: &str = "/gettoken";

impl TokenSource for Wecom<'_> {
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
        vec![self.connection.secret.expose()]
    }

    async fn issue(&self) -> Result<Issued> {
        self.issue_once().await.map_err(|e| e.during(format!("wecom GET /cgi-bin{PATH}")))
    }
}

impl Wecom<'_> {
    async fn issue_once(&self) -> Result<Issued> {
        let (corp, secret) = (percent(&self.connection.corp_id), percent(self.connection.secret.expose()));
        let url = format!("{}?corpid={corp}&corpsecret={secret}", self.url(PATH));
        let mut call = Call::new(Method::GET, url);
        call.timeout = self.connection.timeout;
        let answer = self.remote.call(Effect::Read, call).await?;
        let body = error::read(Effect::Read, &answer, self.remote.ctx.now_ms())
            .map_err(|problem| problem.of_login(self.remote.vendor, answer.status))?;
        Issued::read((self.remote.vendor, answer.status), &body, ("access_token", "expires_in"), LIFE)
    }
}
