//! {{Type}} as an OA: its answers in neutral words.

use super::{{Type}};
use super::instance;
use crate::base::check::CheckReport;
use crate::oa::{Capabilities, Connector, Controls, Events, Limits, Missed};
use serde_json::Value;
use std::time::Duration;
use tenon_model::InstanceId;
use tenon_model::config::OaTimes;
use tenon_model::oa::{FieldKind, FormDraft, Instance, InstanceField, LostCreate, Unfit};
use tenon_platform::Result;

/// What it can do. FILL IN from the vendor's documents: what is not certain is not claimed.
static CAPABILITIES: Capabilities = Capabilities {
    name: "{{Type}}",
    controls: Controls::Labels,
    find: Some(LISTED),
    titled: false,
    list: Some(LISTED),
    events: Events::Announce,
    authentic: false,
    reports_gone: true,
    missed: Missed::LookUp,
    delivers_within: Duration::from_secs(180),
    settles_within: Duration::from_secs(30),
    clock_skew: Duration::from_secs(120),
    reads_back: &[FieldKind::Text, FieldKind::Number, FieldKind::Date, FieldKind::Unknown],
    describes_forms: None,
    undescribed: None,
    limits: Limits { controls: None, characters: None },
    attachments: None,
};

/// A list covers at most this.
const LISTED: Duration = Duration::from_secs(31 * 86_400);

impl Connector for {{Type}}<'_> {
    const CAPABILITIES: &'static Capabilities = &CAPABILITIES;

    fn times(&self) -> OaTimes {
        self.connection.times()
    }

    fn unfit(_draft: &FormDraft) -> Vec<Unfit> {
        // FILL IN: what the vendor would refuse, so that it is told before anything is sent.
        Vec::new()
    }

    fn echo(draft: &FormDraft) -> Vec<InstanceField> {
        instance::echo(&draft.fields)
    }

    async fn preview(&self, draft: &FormDraft) -> Result<Value> {
        Ok(instance::body(draft))
    }

    async fn create(&self, draft: &FormDraft) -> Result<InstanceId> {
        self.create_instance(draft).await
    }

    async fn read(&self, id: &InstanceId) -> Result<Option<Instance>> {
        self.instance(id).await
    }

    async fn find(&self, lost: &LostCreate) -> Result<Vec<InstanceId>> {
        self.instances(&lost.template, lost.from_ms, lost.to_ms, lost.originator.as_deref()).await
    }

    async fn list(&self, template: &str, from_ms: i64, to_ms: i64) -> Result<Vec<InstanceId>> {
        self.instances(template, from_ms, to_ms, None).await
    }

    async fn check(&self) -> Result<CheckReport> {
        self.try_connection().await
    }
}
