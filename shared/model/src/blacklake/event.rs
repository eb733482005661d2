//! Events that the MES pushes. Nothing of an event is believed but which records it is about: its envelope proves no
//! integrity, and its amounts are those of the moment it was sent.

use super::{id_at, list_at, text_at};
use crate::json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;

/// Most records that one event may name.
pub const MAX_RECORDS: usize = 1_000;
/// Longest name of an event, in bytes.
const LONGEST_NAME: usize = 200;

/// Events of the vendor's public list that mean nothing here, beside those with names of their own in the
/// configuration.
const KNOWN: [&str; 13] = [
    "mfg.result_notify.progress_report",
    "med.result_notify.produce_task_dispatch",
    "plo.result_notify.production_workorder_launch",
    "sop.sop_task.status_change",
    "report.report.create_modify",
    "inventory.result_notify.outbound",
    "inventory.result_notify.inbound",
    "inventory.result_notify.transfer",
    "inventory.result_notify.transfer_issue",
    "inventory.result_notify.transfer_receive",
    "inventory.result_notify.adjust",
    "inventory.result_notify.posting",
    "quality.result_notify.qc_task",
];

/// An opened event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `header.requestId`; empty when there is none.
    pub request_id: String,
    /// `header.eventType`.
    pub kind: String,
    /// `data`.
    pub data: Value,
}

/// A feeding that an event or a list names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FedRecord {
    /// Id of its detail.
    pub id: i64,
    /// Id of the work order it is for, where that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
}

/// What a feeding event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fed {
    /// They.
    pub records: Vec<FedRecord>,
    /// Why it failed, when it did.
    pub failed: Option<String>,
}

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// In words, when it is none.
    pub fn read(text: &str) -> Result<Self, String> {
        let Value::Object(mut fields) = json::from_str(text).map_err(|e| format!("it is no JSON: {e}"))? else {
            return Err("it is no JSON object".to_owned());
        };
        let header = fields.remove("header").filter(Value::is_object).ok_or("it has no header")?;
        let kind = header.get("eventType").and_then(Value::as_str).unwrap_or_default();
        if kind.is_empty() || kind.len() > LONGEST_NAME {
            return Err("header.eventType is no name of an event".to_owned());
        }
        let data = fields.remove("data").unwrap_or(Value::Null);
        Ok(Self { request_id: text_at(&header, "requestId"), kind: kind.to_owned(), data })
    }

    /// Whether the vendor has events of this name that mean nothing here.
    pub fn is_of_no_concern(&self) -> bool {
        KNOWN.contains(&self.kind.as_str()) || self.kind == "quality.result_notify.change_qc_status"
    }

    /// The records of a feeding.
    ///
    /// # Errors
    /// In words, when it names none or too many.
    pub fn fed(&self) -> Result<Fed, String> {
        let failed =
            (self.data.get("result").and_then(Value::as_bool) == Some(false)).then(|| text_at(&self.data, "reason"));
        let records = self.records()?;
        if records.is_empty() && failed.is_none() {
            return Err("it names no record (data.recordList[].id)".to_owned());
        }
        Ok(Fed { records, failed })
    }

    /// The records it is about, each once: those of its list, or where there is none of `recordIds`.
    ///
    /// # Errors
    /// In words, when there are too many, or one has no id.
    pub fn records(&self) -> Result<Vec<FedRecord>, String> {
        let list = list_at(&self.data, "recordList");
        let plain = list_at(&self.data, "recordIds");
        if list.len().max(plain.len()) > MAX_RECORDS {
            return Err(format!("it names more than {MAX_RECORDS} records"));
        }
        let listed = |row: &Value| Some(FedRecord { id: id_at(row, "id")?, order: id_at(row, "workOrderId") });
        let found: Option<Vec<FedRecord>> = match list {
            [] => plain.iter().map(|id| Some(FedRecord { id: super::id(id)?, order: None })).collect(),
            list => list.iter().map(listed).collect(),
        };
        let mut found = found.ok_or("one of its records has no id of digits")?;
        let mut seen = HashSet::new();
        found.retain(|record| seen.insert(record.id));
        Ok(found)
    }
}

/// The answer made of a template of JSON: a text `{{data}}` becomes the value itself; within a longer text both names
/// become texts.
pub fn answer(template: &str, event: &Event) -> Result<Value, String> {
    let mut value: Value =
        serde_json::from_str(template).map_err(|e| format!("the answer's template is no JSON: {e}"))?;
    fill(&mut value, event);
    Ok(value)
}

fn fill(value: &mut Value, event: &Event) {
    match value {
        Value::String(text) if text == "{{data}}" => *value = event.data.clone(),
        Value::String(text) if text.contains("{{") => {
            let data = match &event.data {
                Value::String(data) => data.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            // What is put in is not looked through again.
            let parts: Vec<String> =
                text.split("{{data}}").map(|part| part.replace("{{requestId}}", &event.request_id)).collect();
            *text = parts.join(&data);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, event)),
        Value::Object(fields) => fields.values_mut().for_each(|field| fill(field, event)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(data: Value) -> Event {
        let text = json!({ "header": { "requestId": "r-1", "eventType": "mfg.result_notify.feeding" }, "data": data });
        Event::read(&text.to_string()).unwrap()
    }

    #[test]
    fn r_m49_an_event_gives_ids_and_nothing_else() {
        let fed = event(json!({ "recordIds": [9], "result": true, "recordList": [
            { "id": 1_717_171_717_171_001_i64, "opeAmount": 12.5, "workOrderId": 1_700_000_000_000_478_i64 },
            { "id": "1717171717171002" }, { "id": 1_717_171_717_171_001_i64 }] }));
        let first = FedRecord { id: 1_717_171_717_171_001, order: Some(1_700_000_000_000_478) };
        let second = FedRecord { id: 1_717_171_717_171_002, order: None };
        assert_eq!(fed.fed().unwrap(), Fed { records: vec![first, second], failed: None });
        let plain = event(json!({ "recordIds": [9, 10] })).fed().unwrap();
        assert_eq!(plain.records.iter().map(|record| record.id).collect::<Vec<_>>(), [9, 10]);
    }

    #[test]
    fn r_m47_a_failed_feeding_says_why() {
        let fed = event(json!({ "result": false, "reason": "库存不足", "recordIds": [] })).fed().unwrap();
        assert_eq!(fed, Fed { records: Vec::new(), failed: Some("库存不足".to_owned()) });
    }

    #[test]
    fn what_is_no_event_is_said_to_be_none() {
        for text in ["", "[]", "{}", "{\"header\":{}}", "{\"header\":{\"eventType\":5},\"data\":1}", "{\"header\":7}"] {
            assert!(Event::read(text).is_err(), "{text}");
        }
        for data in
            [json!(null), json!({}), json!({"recordList": [{"id": 1.5}]}), json!({"recordList": [{}]}), json!(4)]
        {
            assert!(event(data.clone()).fed().is_err(), "{data}");
        }
        let many: Vec<i64> = (1..=1_001).collect();
        assert!(event(json!({ "recordIds": many })).fed().unwrap_err().contains("more than 1000"));
    }

    #[test]
    fn r_m44_the_check_is_answered_by_a_template() {
        let check =
            Event::read(r#"{"header":{"requestId":"9a7d","eventType":"check"},"data":"c0\"ffee{{requestId}}"}"#)
                .unwrap();
        let answered = |template: &str| answer(template, &check).unwrap();
        assert_eq!(
            answered(r#"{"msg":"success","data":"{{data}}"}"#),
            json!({"msg": "success", "data": "c0\"ffee{{requestId}}"})
        );
        assert_eq!(answered(r#""{{data}}""#), json!("c0\"ffee{{requestId}}"));
        assert_eq!(answered(r#"{"a":["x {{requestId}} {{data}}"]}"#), json!({"a": ["x 9a7d c0\"ffee{{requestId}}"]}));
        assert!(answer("{", &check).is_err());
    }
}
