//! DingTalk's wire shapes: the event push and the approval instance.

use crate::code;
use crate::json::number;
use serde_json::Value;

/// An event as it is pushed, decrypted. Field names differ between the older and the newer bodies
/// (`corpId`/`CorpId`, `eventId` only in the newer), some bodies carry two spellings of one name, and
/// all but `EventType` may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// `check_url`, `bpms_instance_change`, `bpms_task_change`, …
    pub event_type: String,
    /// Unique id of the event, newer bodies only.
    pub event_id: Option<String>,
    /// Business id, newer bodies only.
    pub biz_id: Option<String>,
    /// The company.
    pub corp_id: Option<String>,
    /// The approval instance.
    pub process_instance_id: Option<String>,
    /// The form.
    pub process_code: Option<String>,
    /// `start`, `finish`, `terminate`, `delete` for instances; `start`, `finish`, `cancel` for tasks.
    pub change: Option<String>,
    /// `agree`, `refuse`, or `redirect` for a transferred task; absent on start and terminate.
    pub result: Option<String>,
    /// Originator of an instance, approver of a task.
    pub staff_id: Option<String>,
    /// The approver's words.
    pub remark: Option<String>,
    /// Task id.
    pub task_id: Option<String>,
    /// Epoch ms.
    pub create_time: Option<String>,
    /// Epoch ms; absent on start.
    pub finish_time: Option<String>,
    /// Epoch ms of the event itself, newer bodies and the list of failed callbacks only.
    pub event_time: Option<String>,
    /// The value to answer `check_create_suite_url` and `check_update_suite_url` with.
    pub random: Option<String>,
}

impl Event {
    /// Reads an event's body. `None` when it is no object or names no type.
    pub fn from_json(body: &Value) -> Option<Self> {
        let body = body.as_object()?;
        // Numbers and texts are both seen in the same places; null and empty mean absent.
        let text = |names: &[&str]| {
            names.iter().find_map(|name| match body.get(*name)? {
                Value::String(s) if !s.is_empty() => Some(s.clone()),
                Value::Bool(b) => Some(b.to_string()),
                other => number::text_of(other).map(Into::into),
            })
        };
        let code =
            |names: &[&str]| text(names).map(|found| code::trim(&found).to_owned()).filter(|found| !found.is_empty());
        Some(Self {
            event_type: text(&["EventType", "eventType"])?,
            event_id: text(&["eventId", "EventId"]),
            biz_id: text(&["BizId", "bizId"]),
            corp_id: text(&["corpId", "CorpId", "corpid"]),
            // Printed samples also show the I of `Id` as a small L.
            process_instance_id: code(&["processInstanceId", "processInstanceld"]),
            process_code: code(&["processCode"]),
            change: text(&["type"]),
            result: text(&["result"]),
            staff_id: text(&["staffId"]),
            remark: text(&["remark"]),
            task_id: text(&["taskId"]),
            create_time: text(&["createTime"]),
            finish_time: text(&["finishTime"]),
            event_time: text(&["EventTime", "eventTime", "eventBornTime"]),
            random: text(&["Random", "random"]),
        })
    }
}

impl Event {
    /// What tells this event from another: the event id, else the business fields that make it one.
    /// The business id alone is shared by the events of one instance, so the change is part of it.
    pub fn identity(&self) -> String {
        if let Some(id) = &self.event_id {
            return format!("id:{id}");
        }
        let parts = [
            Some(self.event_type.as_str()),
            self.biz_id.as_deref(),
            self.process_instance_id.as_deref(),
            self.change.as_deref(),
            self.result.as_deref(),
            self.task_id.as_deref(),
            self.staff_id.as_deref(),
            self.create_time.as_deref(),
            self.finish_time.as_deref(),
        ];
        let joined: Vec<&str> = parts.iter().map(|p| p.unwrap_or("")).collect();
        format!("of:{}", joined.join("|"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(value: Value) -> Event {
        Event::from_json(&value).unwrap()
    }

    #[test]
    fn every_spelling_of_the_company_reads_the_same() {
        for name in ["corpId", "CorpId", "corpid"] {
            assert_eq!(event(json!({"EventType": "x", name: "ding1"})).corp_id.as_deref(), Some("ding1"));
        }
        let both = event(json!({"EventType": "x", "CorpId": "ding1", "corpId": "ding1"}));
        assert_eq!(both.corp_id.as_deref(), Some("ding1"));
    }

    #[test]
    fn the_identity_prefers_the_event_id_and_else_tells_changes_apart() {
        let one = event(json!({"EventType": "bpms_instance_change", "eventId": "e1", "type": "finish"}));
        assert_eq!(one.identity(), "id:e1");
        let start = event(
            json!({"EventType": "bpms_instance_change", "BizId": "b", "processInstanceId": "i", "type": "start"}),
        );
        let finish = event(
            json!({"EventType": "bpms_instance_change", "BizId": "b", "processInstanceId": "i", "type": "finish"}),
        );
        assert_ne!(start.identity(), finish.identity());
    }
}
