//! Pushes of the directory: departments and employees of Odoo go to an aiflow, ours or the vendor's.
//!
//! Everything is read each time (`read`), put in an order in which those above come first (`order`), and held against what
//! aiflow took last of each record; what differs is pushed in batches (`work`), and what came of each record is kept before the
//! next batch. So a push that dies goes on behind its last batch, and a batch whose answer was lost is pushed once more, which
//! changes nothing. A record that aiflow refuses is told by name, blocks nobody, and is pushed again by the next push.

mod kind;
mod order;
mod read;
mod work;

pub use work::work;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_model::config::DirectoryPushFlow;
use tenon_model::{FlowId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::table::{Key, RecordKind};
use tenon_platform::{Error, Result};

/// What aiflow has of a record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pushed {
    /// As it was taken last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Why it was not taken since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<String>,
    /// Epoch ms.
    pub at_ms: i64,
}

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Pushed>("DIR-PUSHED");

/// Departments or people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Departments.
    Departments,
    /// People.
    People,
}

impl Of {
    fn word(self) -> &'static str {
        match self {
            Self::Departments => "departments",
            Self::People => "people",
        }
    }

    fn partition(self, tenant: &TenantId, flow: &FlowId) -> String {
        Key::partition_of(tenant, "DIR-PUSHED", &[flow.as_str(), self.word()])
    }

    fn key(self, tenant: &TenantId, flow: &FlowId, code: &str) -> Key {
        Key::new(tenant, "DIR-PUSHED", &[flow.as_str(), self.word()], code)
    }
}

/// The push of this id.
fn flow<'a>(loaded: &'a Loaded, id: &FlowId) -> Result<&'a DirectoryPushFlow> {
    let flow = loaded.flow(id)?;
    flow.as_directory_push().ok_or_else(|| {
        let message = format!("flow {id} is of kind {} now, and pushes no people", flow.kind());
        Error::permanent("flow.kind", message)
    })
}
