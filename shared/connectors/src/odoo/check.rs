//! Tells whether a connection works, by using it.

use super::Odoo;
use crate::base::check::{CheckReport, Checking};
use serde_json::Value;
use tenon_platform::error::Result;

impl Odoo<'_> {
    /// Logs in once, even after a remembered refusal, and reads one employee. Success opens the way again for
    /// everybody.
    pub async fn check(&self) -> Result<CheckReport> {
        let mut checking = Checking::of(&self.remote);
        self.remote.renew_for_check(self).await?;
        checking.did("login");
        let version = self.rpc("common", "version", &Value::Array(Vec::new())).await?.unwrap_or_default();
        let version = version.get("server_version").and_then(Value::as_str).unwrap_or("of no known version").to_owned();
        checking.did("version");
        self.page("hr.employee", &["id"], &Vec::new(), 0, 1).await?;
        checking.did("read employees");
        Ok(checking.report(format!("Odoo {version}, database {}", self.connection.database)))
    }
}
