//! DingTalk's events in neutral words.

use crate::time;
use tenon_model::InstanceId;
use tenon_model::dingtalk::Event;
use tenon_model::oa::{InstanceEvent, Outcome};

/// An event of an approval; `None` for one of another company (when ours is known) or of another thing.
pub fn event(event: &Event, company: Option<&str>) -> Option<InstanceEvent> {
    if let (Some(ours), Some(theirs)) = (company, event.corp_id.as_deref())
        && ours != theirs
    {
        return None;
    }
    if !event.event_type.starts_with("bpms_") {
        return None;
    }
    let times = [&event.finish_time, &event.event_time].into_iter().flatten();
    let ended_ms = times.filter_map(|text| time::dingtalk(&text.as_str().into())).map(|at| at.ms).next();
    Some(InstanceEvent {
        identity: event.identity(),
        instance: event.process_instance_id.as_deref().map(InstanceId::new),
        template: event.process_code.clone(),
        outcome: outcome(event),
        at_ms: ended_ms,
        ended_ms,
        told: None,
    })
}

/// How the instance ended, if this is its end. Only `finish` with `agree` means approved.
fn outcome(event: &Event) -> Option<Outcome> {
    if event.event_type != "bpms_instance_change" {
        return None;
    }
    match (event.change.as_deref()?, event.result.as_deref()) {
        ("finish", Some("agree")) => Some(Outcome::Agreed),
        ("finish", Some("refuse")) => Some(Outcome::Refused),
        ("terminate", _) => Some(Outcome::Withdrawn),
        ("delete", _) => Some(Outcome::Deleted),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: &Value) -> Option<InstanceEvent> {
        event(&Event::from_json(value).unwrap(), Some("ding1"))
    }

    #[test]
    fn only_finish_with_agree_is_approved() {
        let base =
            json!({"EventType": "bpms_instance_change", "processInstanceId": "i", "type": "finish", "result": "agree"});
        assert_eq!(read(&base).unwrap().outcome, Some(Outcome::Agreed));
        for (kind, result, expected) in [
            ("finish", json!("refuse"), Some(Outcome::Refused)),
            ("finish", json!(null), None),
            ("start", json!(null), None),
            ("terminate", json!(null), Some(Outcome::Withdrawn)),
            ("delete", json!(null), Some(Outcome::Deleted)),
        ] {
            let mut value = base.clone();
            value["type"] = json!(kind);
            value["result"] = result;
            assert_eq!(read(&value).unwrap().outcome, expected, "{kind}");
        }
        let mut task = base;
        task["EventType"] = json!("bpms_task_change");
        assert_eq!(read(&task).unwrap().outcome, None);
    }

    #[test]
    fn other_companies_and_other_things_are_none_of_ours() {
        let base = json!({"EventType": "bpms_instance_change", "processInstanceId": "i", "type": "finish"});
        for (name, value, ours) in
            [("CorpId", "ding1", true), ("corpid", "ding2", false), ("EventType", "user_add_org", false)]
        {
            let mut other = base.clone();
            other[name] = json!(value);
            assert_eq!(read(&other).is_some(), ours, "{name}");
        }
    }
}
