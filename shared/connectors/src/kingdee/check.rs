//! Tells whether a connection works, by using it.

use super::{BillQuery, Kingdee};
use crate::base::check::{CheckReport, Checking};
use tenon_platform::error::Result;

impl Kingdee<'_> {
    /// Logs in once, even after a remembered refusal, and reads the organisations. Success opens the way again for
    /// everybody.
    ///
    /// # Errors
    /// What does not work, with its remedy.
    pub async fn try_connection(&self) -> Result<CheckReport> {
        let mut checking = Checking::of(&self.remote);
        if !self.connection.signed {
            self.remote.renew_for_check(self).await?;
            checking.did("login");
        }
        let fields = ["FOrgID".to_owned(), "FNumber".to_owned()];
        let query = BillQuery {
            form: "ORG_Organizations",
            fields: &fields,
            filter: String::new(),
            order: "FOrgID".to_owned(),
            limit: 1,
        };
        self.rows(&query).await?;
        checking.did("read organisations");
        let c = &self.connection;
        Ok(checking.report(format!("Kingdee K3Cloud, account {}, user {}", c.account, c.username)))
    }
}
