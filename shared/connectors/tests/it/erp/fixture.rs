//! What the suite has to know of an ERP to try it: what it holds, how to disturb it, and what it saw.

use crate::support::Trouble;
use serde_json::Value;
use tenon_connectors::erp::Erp;
use tenon_model::config::Connection;
use tenon_model::{DocumentKey, TenantId};
use tenon_platform::Context;

/// A call that is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Read,
    Update,
    Create,
}

/// An ERP with its vendor's side.
pub trait Fixture: Sized {
    /// Documents that it numbers itself, and their key field.
    const DOCUMENTS: (&'static str, &'static str);
    /// Records whose key whoever creates them says, and that key's field.
    const KEYED: (&'static str, &'static str);
    /// A text field of both that we may change.
    const FIELD: &'static str;
    /// Whether a document that is read has a version that a change can be made conditional on.
    const VERSIONS: bool;

    /// A fresh one, with nothing in it.
    async fn new() -> Self;
    /// The process that calls it.
    fn ctx(&self) -> &Context;
    /// A sound connection to it.
    fn connection(&self) -> Connection;
    /// The same with credentials that it refuses.
    fn refused(&self) -> Connection;
    /// People add a document whose field has this value.
    fn add(&self, value: &str) -> DocumentKey;
    /// The documents' fields as the ERP shows them, in the order of their keys.
    fn fields(&self) -> Vec<Value>;
    /// How many keyed records there are.
    fn keyed(&self) -> usize;
    /// Disturbs the next such call: reads and updates of documents, creates of keyed records.
    fn disturb(&self, on: On, trouble: Trouble);
    /// How often such a call went over the wire.
    fn calls(&self, on: On) -> usize;
    /// How often credentials were tried.
    fn logins(&self) -> usize;

    /// A client of the sound connection.
    fn erp(&self) -> Erp<'_> {
        self.over(&self.connection())
    }

    /// A client of a connection.
    fn over(&self, connection: &Connection) -> Erp<'_> {
        Erp::over(self.ctx(), &TenantId::operator(), connection, 1).expect("the connection is one of an ERP")
    }
}
