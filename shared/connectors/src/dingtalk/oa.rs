//! DingTalk as an OA: its answers in neutral words.

use super::{Dingtalk, event, form, instance, read_failed_callbacks};
use crate::base::check::CheckReport;
use crate::oa::{AttachmentLimits, Capabilities, Connector, Controls, Events, FileContent, Limits, Missed, MissedList};
use bytes::Bytes;
use serde_json::Value;
use std::time::Duration;
use tenon_model::InstanceId;
use tenon_model::config::OaTimes;
use tenon_model::dingtalk::Event;
use tenon_model::oa::{
    Control, FieldKind, FormDraft, Instance, InstanceField, LostCreate, Operation, Outcome, StoredFile, Unfit,
};
use tenon_model::schema::{FormControl, FormSchema};
use tenon_platform::Result;

/// What DingTalk can do.
static CAPABILITIES: Capabilities = Capabilities {
    name: "DingTalk",
    controls: Controls::Labels,
    find: Some(LISTED),
    titled: false,
    list: Some(LISTED),
    events: Events::Announce,
    // The envelope is signed, and names the app it is for.
    authentic: true,
    reports_gone: true,
    missed: Missed::TakenList,
    // Three deliveries within about 40 s.
    delivers_within: Duration::from_secs(180),
    settles_within: Duration::from_secs(30),
    clock_skew: Duration::from_secs(120),
    // People come back as their names, and departments, files, instances and formulas as something else again.
    reads_back: &[
        FieldKind::Text,
        FieldKind::Number,
        FieldKind::Money,
        FieldKind::Date,
        FieldKind::Choice,
        FieldKind::Choices,
        // Answers that name no kind are taken at their text.
        FieldKind::Unknown,
    ],
    describes_forms: Some("Workflow.Form.Read"),
    undescribed: None,
    limits: Limits { controls: Some(form::CONTROL_LIMIT), characters: Some(form::VALUE_LIMIT) },
    // As many as its own form takes; larger ones go in pieces, which is not done here.
    attachments: Some(AttachmentLimits { files: 9, bytes: 20 * 1024 * 1024 }),
};

/// A list covers at most this.
const LISTED: Duration = Duration::from_secs(120 * 86_400);

impl Connector for Dingtalk<'_> {
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
        Ok(Value::Object(form::body(draft)))
    }

    async fn create(&self, draft: &FormDraft) -> Result<InstanceId> {
        self.start(form::body(draft)).await
    }

    async fn store(&self, originator: &str, file: &FileContent) -> Result<StoredFile> {
        self.store_in_space(originator, file).await
    }

    async fn read(&self, id: &InstanceId) -> Result<Option<Instance>> {
        Ok(self.instance(id).await?.map(neutral))
    }

    async fn find(&self, lost: &LostCreate) -> Result<Vec<InstanceId>> {
        self.instance_ids(&lost.template, lost.from_ms, lost.to_ms, lost.originator.as_deref()).await
    }

    async fn list(&self, template: &str, from_ms: i64, to_ms: i64) -> Result<Vec<InstanceId>> {
        self.instance_ids(template, from_ms, to_ms, None).await
    }

    async fn take_missed(&self) -> Result<Bytes> {
        self.take_failed_callbacks().await
    }

    fn read_missed(&self, answer: &[u8]) -> Result<MissedList> {
        let failed = read_failed_callbacks(answer)?;
        let mut list = MissedList { odd: failed.odd, more: failed.more, ..MissedList::default() };
        for body in &failed.events {
            // An event names an instance here; what else it lacks makes it one to be noted.
            let read = Event::from_json(body).unwrap_or_default();
            match event(&read, self.connection.corp_id.as_deref()) {
                Some(event) => list.events.push(event),
                None => list.others += 1,
            }
        }
        Ok(list)
    }

    async fn form_controls(&self, template: &str) -> Result<Vec<Control>> {
        Ok(self.schema(template).await?.controls.into_iter().map(control).collect())
    }

    async fn form_schema(&self, template: &str) -> Result<FormSchema> {
        self.schema(template).await
    }

    async fn check(&self) -> Result<CheckReport> {
        self.try_connection().await
    }
}

fn control(control: FormControl) -> Control {
    Control {
        id: control.name.clone(),
        name: control.name,
        kind: control.kind,
        required: control.required,
        columns: control.columns.into_iter().map(self::control).collect(),
    }
}

fn neutral(read: instance::Instance) -> Instance {
    let kind = |name: &str| form::kind_of(read.kinds.get(name).map_or("", String::as_str));
    Instance {
        outcome: outcome(read.status, read.result),
        fields: read.values.iter().map(|v| form::control(&v.name, kind(&v.name), &v.value)).collect(),
        operations: read.operations.into_iter().map(operation).collect(),
        archived: false,
        originator: read.originator,
        title: read.title,
        created: read.created,
        ended: read.finished,
        revokes: read.revokes,
    }
}

/// How an instance ended; one that is completed and does not say how has not been told to the end yet.
fn outcome(status: instance::InstanceStatus, result: Option<instance::InstanceResult>) -> Option<Outcome> {
    match (status, result) {
        (instance::InstanceStatus::Completed, Some(instance::InstanceResult::Agree)) => Some(Outcome::Agreed),
        (instance::InstanceStatus::Completed, Some(instance::InstanceResult::Refuse)) => Some(Outcome::Refused),
        (instance::InstanceStatus::Terminated, _) => Some(Outcome::Withdrawn),
        (instance::InstanceStatus::Running | instance::InstanceStatus::Completed, _) => None,
    }
}

fn operation(read: instance::Operation) -> Operation {
    Operation {
        user: read.user,
        at: read.date,
        decides: matches!(read.result.as_str(), "AGREE" | "REFUSE"),
        comment: read.remark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_decision_passes_over_comments() {
        let instance = instance::read(&json!({
            "status": "COMPLETED", "result": "agree",
            "operationRecords": [
                {"userId": "a", "result": "NONE", "type": "START_PROCESS_INSTANCE"},
                {"userId": "b", "result": "AGREE", "type": "EXECUTE_TASK_NORMAL", "remark": "同意", "date": "1970-01-01T08:01Z"},
                {"userId": "c", "result": "NONE", "type": "ADD_REMARK"}
            ]
        }));
        let instance = neutral(instance.unwrap());
        let decision = instance.last_decision().unwrap();
        assert_eq!(
            (decision.user.as_str(), decision.comment.as_deref(), decision.at.map(|at| at.ms)),
            ("b", Some("同意"), Some(60_000))
        );
        assert_eq!(instance.outcome, Some(Outcome::Agreed));
    }

    #[test]
    fn what_ended_and_does_not_say_how_has_not_been_told_to_the_end() {
        for (status, result, expected) in [
            ("RUNNING", "", None),
            ("COMPLETED", "", None),
            ("COMPLETED", "refuse", Some(Outcome::Refused)),
            ("TERMINATED", "", Some(Outcome::Withdrawn)),
            ("TERMINATED", "agree", Some(Outcome::Withdrawn)),
        ] {
            let read = instance::read(&json!({"status": status, "result": result})).unwrap();
            assert_eq!(neutral(read).outcome, expected, "{status} {result}");
        }
    }
}
