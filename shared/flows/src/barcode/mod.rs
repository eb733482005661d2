//! Barcode applications: what is scanned becomes one document of B1, once; their queries are judged before anything runs
//! them. Everything is answered while the caller waits, in its own form.

mod answer;
mod backflush;
mod companies;
mod compare;
mod lines;
mod methods;
mod post;
mod query;
mod record;
mod request;
mod run;
mod save;
pub mod settings;
mod values;

pub use answer::{CallFailure, CallOutcome, Done};
pub use companies::companies;
pub use compare::compare;
pub use methods::{METHODS, Method, methods};
pub use query::{print, query};
pub use save::{LEASE, save};

use std::time::Duration;
use tenon_connectors::b1::B1;
use tenon_model::config::{B1Connection, Barcode, Connection};
use tenon_model::{FlowId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, Result};

/// A caller has its answer within this time.
pub const ANSWERED_WITHIN: Duration = Duration::from_secs(25);
/// Of it, what is kept for storing what became of the call.
const TO_STORE: Duration = Duration::from_secs(1);

/// One call for a company.
#[derive(Clone, Copy)]
pub struct CompanyCall<'a> {
    /// The process.
    pub ctx: &'a Context,
    /// Whose company it is.
    pub tenant: &'a TenantId,
    /// The configuration.
    pub loaded: &'a Loaded,
    /// What may be asked of it.
    pub barcode: &'a Barcode,
    /// The app that asks.
    pub app: &'a str,
    /// Finds the call in the logs.
    pub request_id: &'a str,
}

impl<'a> CompanyCall<'a> {
    /// Under which its runs stand.
    pub fn flow(&self) -> FlowId {
        flow_of(self.barcode)
    }

    /// The stored B1 connection.
    fn b1_connection(&self) -> Result<B1Connection> {
        match self.loaded.connection(&self.barcode.connection)?.as_ref() {
            Connection::B1(connection) => Ok(connection.clone()),
            other => Err(Error::permanent(
                "config.connection",
                format!("connection {} is of kind {}, and b1 is needed", self.barcode.connection, other.kind()),
            )),
        }
    }

    /// The company's B1.
    fn b1<'c>(&self, ctx: &'c Context) -> Result<B1<'c>> {
        let id = &self.barcode.connection;
        Ok(B1::new(ctx, self.tenant, self.b1_connection()?, self.loaded.revision(id)))
    }
}

/// Under which the runs of a company's barcode application stand.
pub fn flow_of(barcode: &Barcode) -> FlowId {
    FlowId::new(format!("barcode-{}", barcode.connection))
}
