//! What a site puts into the database by hand, and looks at its state.

use super::DiApi;
use crate::action::{ActionError, read};
use crate::system::Handle;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What the DI API holds.
#[derive(Clone, Debug, Serialize)]
pub struct DiApiSnapshot {
    /// Logins that were let in.
    pub logins: u64,
    /// Logins that were refused.
    pub failed_logins: u64,
    /// Every statement that was to be run, in order.
    pub statements: Vec<String>,
}

impl Handle<'_, DiApi> {
    /// Puts these rows in the place of a table's; its columns are the members of the first row.
    ///
    /// # Errors
    /// [`ActionError::Invalid`] for a name or rows that the database does not take.
    pub fn set_table(&self, name: &str, rows: &[Value]) -> Result<(), ActionError> {
        self.with(|s| s.database.set_table(name, rows)).map_err(ActionError::Invalid)
    }

    /// Gives the company a procedure, in the place of one of the same name.
    pub fn set_procedure(&self, name: &str, procedure: impl Fn(&[String]) -> Vec<Value> + Send + Sync + 'static) {
        self.with(|s| s.database.set_procedure(name, Arc::new(procedure)));
    }

    /// Every statement that was to be run, in order.
    pub fn statements(&self) -> Vec<String> {
        self.with(|s| s.statements.clone())
    }

    /// Logins that were let in, and those that were refused.
    pub fn logins(&self) -> (u64, u64) {
        self.with(|s| (s.logins, s.failed_logins))
    }
}

impl DiApi {
    pub(super) fn snapshot_of(&self) -> DiApiSnapshot {
        DiApiSnapshot { logins: self.logins, failed_logins: self.failed_logins, statements: self.statements.clone() }
    }

    /// The same over `/_sandbox/di_api/…`: `POST di_api/tables/{name}` with a list of rows.
    pub(super) fn act_by_hand(
        &mut self,
        method: &str,
        parts: &[&str],
        body: &[u8],
    ) -> Option<Result<Value, ActionError>> {
        let ("POST", ["tables", name]) = (method, parts) else { return None };
        let rows = read::<Vec<Value>>(body);
        let done = rows.and_then(|rows| self.database.set_table(name, &rows).map_err(ActionError::Invalid));
        Some(done.map(|()| json!({})))
    }
}
