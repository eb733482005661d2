//! What a function may do with the table, as its entry in the catalog says. Deployed, IAM holds every request against
//! the same patterns; here the local run and the tests do, so that what is not declared is found before AWS refuses it.

use super::Table;
use crate::error::{Error, ErrorKind, Result};
use tenon_catalog::Function;

/// What is done with a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    Read,
    List,
    Write,
}

impl Table {
    /// The same table, for this function alone.
    #[must_use]
    pub fn of_function(mut self, function: &'static Function) -> Self {
        self.function = Some(function);
        self
    }

    /// The function's name, where it is for one alone.
    pub(crate) fn function(&self) -> Option<&'static str> {
        self.function.map(|function| function.name)
    }

    /// Whether the function may read this partition.
    pub(crate) fn may_read(&self, partition: &str) -> Result<()> {
        self.may("Query", Doing::Read, partition)
    }

    /// Whether the function may do this.
    ///
    /// # Errors
    /// `platform.table`, as of AWS's `AccessDeniedException`.
    pub(super) fn may(&self, action: &str, doing: Doing, partition: &str) -> Result<()> {
        let Some(function) = self.function else { return Ok(()) };
        let access = &function.table;
        let declared = match doing {
            Doing::Read => access.reads.contains(&action) && function.may_read(partition),
            Doing::List => access.reads.contains(&action) && function.may_list(partition),
            Doing::Write => access.writes.contains(&action) && function.may_write(partition),
        };
        if declared { Ok(()) } else { Err(denied(function, action, doing, partition)) }
    }
}

fn denied(function: &Function, action: &str, doing: Doing, partition: &str) -> Error {
    let collection = partition.split('#').nth(1).unwrap_or_default();
    let what = if doing == Doing::List { "the index's list" } else { "records" };
    let message = format!(
        "{} may not {action} {what} {collection}: its entry in functions/catalog does not say so (table, records.rs)",
        function.name
    );
    tracing::error!(function = function.name, action, collection, "a table request that the catalog does not declare");
    Error::permanent("platform.table", message).with_kind(ErrorKind::Other).with_vendor_code("AccessDeniedException")
}
