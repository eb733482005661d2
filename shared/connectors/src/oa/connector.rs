//! What an OA's client answers.

use super::Capabilities;
use crate::base::check::CheckReport;
use bytes::Bytes;
use serde_json::Value;
use tenon_model::InstanceId;
use tenon_model::config::OaTimes;
use tenon_model::oa::{Control, FormDraft, Instance, InstanceEvent, InstanceField, LostCreate, StoredFile, Unfit};
use tenon_model::schema::FormSchema;
use tenon_platform::{Error, Result};

/// What a read of the list of missed events returned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MissedList {
    /// Events of instances.
    pub events: Vec<InstanceEvent>,
    /// Events of other companies and of other things.
    pub others: u64,
    /// Entries that may be an instance's and in which no event was found.
    pub odd: Vec<Value>,
    /// Whether there are more.
    pub more: bool,
}

impl MissedList {
    /// Whether there was nothing in it.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.odd.is_empty() && self.others == 0
    }
}

/// A file to be handed to the OA's storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileContent {
    /// Its name, with its extension.
    pub name: String,
    /// What stands in it.
    pub bytes: Bytes,
}

/// The calls of one OA. What its [`Capabilities`] do not have is never asked for.
pub(crate) trait Connector {
    const CAPABILITIES: &'static Capabilities;

    /// The connection's times.
    fn times(&self) -> OaTimes;

    /// Why the OA would not take a form: everything at once.
    fn unfit(draft: &FormDraft) -> Vec<Unfit>;

    /// A form's controls, as its instance will show them.
    fn echo(draft: &FormDraft) -> Vec<InstanceField>;

    /// What a create would send.
    async fn preview(&self, draft: &FormDraft) -> Result<Value>;

    /// See [`Oa::create`](super::Oa::create).
    async fn create(&self, draft: &FormDraft) -> Result<InstanceId>;

    /// See [`Oa::read`](super::Oa::read).
    async fn read(&self, id: &InstanceId) -> Result<Option<Instance>>;

    /// With [`Capabilities::attachments`]. Doing it twice leaves a file behind that no form names.
    async fn store(&self, _originator: &str, _file: &FileContent) -> Result<StoredFile> {
        Err(unsupported(Self::CAPABILITIES, "storing a file"))
    }

    /// With [`Capabilities::find`].
    async fn find(&self, _lost: &LostCreate) -> Result<Vec<InstanceId>> {
        Err(unsupported(Self::CAPABILITIES, "looking for an instance"))
    }

    /// With [`Capabilities::list`].
    async fn list(&self, _template: &str, _from_ms: i64, _to_ms: i64) -> Result<Vec<InstanceId>> {
        Err(unsupported(Self::CAPABILITIES, "listing a form's instances"))
    }

    /// With [`Missed::TakenList`](super::Missed::TakenList).
    async fn take_missed(&self) -> Result<Bytes> {
        Err(unsupported(Self::CAPABILITIES, "a list of missed events"))
    }

    /// With [`Missed::TakenList`](super::Missed::TakenList).
    fn read_missed(&self, _answer: &[u8]) -> Result<MissedList> {
        Err(unsupported(Self::CAPABILITIES, "a list of missed events"))
    }

    /// With [`Capabilities::describes_forms`].
    async fn form_controls(&self, _template: &str) -> Result<Vec<Control>> {
        Err(unsupported(Self::CAPABILITIES, "reading a form's controls"))
    }

    /// With [`Capabilities::describes_forms`].
    async fn form_schema(&self, _template: &str) -> Result<FormSchema> {
        Err(unsupported(Self::CAPABILITIES, "reading a form"))
    }

    /// See [`Oa::check`](super::Oa::check).
    async fn check(&self) -> Result<CheckReport>;
}

fn unsupported(of: &Capabilities, what: &str) -> Error {
    Error::permanent("flow.unsupported", format!("{} has no call for {what}", of.name))
}
