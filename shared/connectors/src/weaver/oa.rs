//! E-cology as an OA: its answers in neutral words.

use super::{Weaver, form};
use crate::base::check::CheckReport;
use crate::oa::{AttachmentLimits, Capabilities, Connector, Controls, Events, FileContent, Limits, Missed};
use serde_json::Value;
use std::time::Duration;
use tenon_model::InstanceId;
use tenon_model::config::OaTimes;
use tenon_model::oa::{Control, FieldKind, FormDraft, Instance, InstanceField, LostCreate, StoredFile, Unfit};
use tenon_model::schema::FormSchema;
use tenon_platform::Result;

/// What E-cology can do.
static CAPABILITIES: Capabilities = Capabilities {
    name: "Weaver",
    controls: Controls::Database,
    find: Some(Duration::from_secs(31 * 86_400)),
    titled: true,
    // A user's own requests only, and the forms' users are many.
    list: None,
    events: Events::Decide,
    // An app code lets a push in; nothing in it is signed.
    authentic: false,
    reports_gone: true,
    missed: Missed::LookUp,
    delivers_within: Duration::from_secs(60),
    settles_within: Duration::from_secs(60),
    clock_skew: Duration::from_secs(120),
    // People and departments are ids of the OA's, files are its own, and a select is written by its number.
    reads_back: &[FieldKind::Text, FieldKind::Number, FieldKind::Money, FieldKind::Date, FieldKind::Unknown],
    describes_forms: Some("to create requests of the workflow, for the OA user read_as"),
    undescribed: None,
    limits: Limits { controls: None, characters: None },
    // A file travels within the form, a third longer than it is.
    attachments: Some(AttachmentLimits { files: 9, bytes: 20 * 1024 * 1024 }),
};

impl Connector for Weaver<'_> {
    const CAPABILITIES: &'static Capabilities = &CAPABILITIES;

    fn times(&self) -> OaTimes {
        self.connection.times()
    }

    fn unfit(draft: &FormDraft) -> Vec<Unfit> {
        form::unfit(draft)
    }

    fn echo(draft: &FormDraft) -> Vec<InstanceField> {
        form::echo(&draft.fields)
    }

    async fn preview(&self, draft: &FormDraft) -> Result<Value> {
        self.previewed(draft).await
    }

    async fn create(&self, draft: &FormDraft) -> Result<InstanceId> {
        self.create_request(draft).await
    }

    async fn store(&self, _originator: &str, file: &FileContent) -> Result<StoredFile> {
        Ok(form::within(file))
    }

    async fn read(&self, id: &InstanceId) -> Result<Option<Instance>> {
        self.request(id).await
    }

    async fn find(&self, lost: &LostCreate) -> Result<Vec<InstanceId>> {
        self.lost(lost).await
    }

    async fn form_controls(&self, template: &str) -> Result<Vec<Control>> {
        self.controls(template).await
    }

    async fn form_schema(&self, template: &str) -> Result<FormSchema> {
        self.schema(template).await
    }

    async fn check(&self) -> Result<CheckReport> {
        self.try_connection().await
    }
}
