//! The access token: one for the application, shared by all processes.

use super::{Blacklake, error};
use crate::base::Effect;
use crate::base::token::{Issued, TokenSource};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_platform::error::Result;

/// Lifetime when the token does not say.
const LIFE: Duration = Duration::from_secs(1_800);
/// It is renewed this long before it ends, unless it is a short one.
const EARLY: Duration = Duration::from_secs(180);

impl TokenSource for Blacklake<'_> {
    fn name(&self) -> &'static str {
        "app"
    }

    /// What is left at the end is taken off its life: a token that lives shorter than this would never be used.
    fn early(&self) -> Duration {
        Duration::ZERO
    }

    fn timeout(&self) -> Duration {
        self.connection.timeout
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.connection.app_secret.expose()]
    }

    async fn issue(&self) -> Result<Issued> {
        let during = format!("blacklake POST {}", self.connection.paths.token);
        self.issue_once().await.map_err(|e| e.during(during))
    }
}

impl Blacklake<'_> {
    async fn issue_once(&self) -> Result<Issued> {
        let connection = &self.connection;
        let body = json!({
            "appKey": connection.app_key,
            "appSecret": connection.app_secret.expose(),
            "factoryNumber": connection.factory_number,
        });
        let now = self.remote.ctx.now_ms();
        let answer = self.remote.call(Effect::Read, self.call(&connection.paths.token, None, &body)).await?;
        let data = error::read_login(&answer, now)
            .map_err(|problem| problem.of_login(self.remote.vendor, answer.status))?
            .unwrap_or_default();
        let names = ["token", "appAccessToken"];
        let text = names.iter().find_map(|name| data.get(*name)?.as_str()).filter(|text| !text.is_empty());
        let Some(text) = text else {
            return Err(self.remote.vendor.unintelligible("the answer carries no token").with_status(answer.status));
        };
        let expires_in = data.get("expire").and_then(Value::as_u64).map(Duration::from_secs);
        let life = life_of(text, now).or(expires_in).unwrap_or(LIFE);
        Ok(Issued { text: text.to_owned(), life: life.saturating_sub(EARLY.min(life / 10)) })
    }
}

/// How long a JSON web token lives: from its `exp`, and by the vendor's own clock where it says when it was issued.
fn life_of(token: &str, now_ms: i64) -> Option<Duration> {
    let payload = token.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()?;
    let second = |name: &str| {
        let value = claims.get(name)?;
        value.as_i64().or_else(|| value.as_f64().filter(|f| f.is_finite() && f.abs() < 9e15).map(|f| f as i64))
    };
    let end = second("exp")?;
    let begin = second("iat").filter(|begin| *begin <= end).unwrap_or(now_ms.div_euclid(1000));
    u64::try_from(end.saturating_sub(begin)).ok().filter(|left| *left > 0).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &Value) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn r_m1_a_token_lives_as_long_as_it_says_by_the_vendors_clock() {
        let now = 1_800_000_000_000;
        let seconds = |claims: Value| life_of(&token(&claims), now).map(|life| life.as_secs());
        assert_eq!(seconds(json!({ "exp": 1_800_003_600 })), Some(3_600));
        assert_eq!(seconds(json!({ "exp": 1_799_000_600, "iat": 1_799_000_000 })), Some(600));
        assert_eq!(seconds(json!({ "exp": 1_700_000_000 })), None);
        assert_eq!(seconds(json!({ "sub": "x" })), None);
        assert_eq!(life_of("no web token", now), None);
        assert_eq!(life_of("a.b.c", now), None);
    }
}
