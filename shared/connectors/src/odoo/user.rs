//! The number of the connection's user, which every call names beside the key. A login that is refused is tried once,
//! for a server in front of Odoo may shut a user out.

use super::Odoo;
use crate::base::token::{Issued, TokenSource};
use serde_json::json;
use std::time::Duration;
use tenon_platform::error::Result;

/// A user's number does not change; whether the key is still good each call tells.
const LIFE: Duration = Duration::from_secs(86_400);

impl TokenSource for Odoo<'_> {
    fn name(&self) -> &'static str {
        "user"
    }

    fn early(&self) -> Duration {
        Duration::ZERO
    }

    fn timeout(&self) -> Duration {
        self.connection.timeout
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.connection.api_key.expose()]
    }

    async fn issue(&self) -> Result<Issued> {
        self.look_up().await.map_err(|e| e.during("odoo common.authenticate"))
    }
}

impl Odoo<'_> {
    async fn look_up(&self) -> Result<Issued> {
        let c = &self.connection;
        let args = json!([c.database, c.username, c.api_key.expose(), {}]);
        let answer = self.rpc("common", "authenticate", &args).await?;
        let uid = answer.map_err(|problem| problem.of_login(self.remote.vendor, 200))?;
        match uid.as_i64().filter(|uid| *uid > 0) {
            Some(uid) => Ok(Issued { text: uid.to_string(), life: LIFE }),
            None if uid.as_bool() == Some(false) => {
                Err(self.remote.vendor.login_refused("the user or the key is wrong"))
            }
            None => Err(self.remote.vendor.unintelligible("the answer to the login names no user")),
        }
    }
}
