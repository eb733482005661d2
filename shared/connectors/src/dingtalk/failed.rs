//! The list of callbacks that DingTalk could not deliver.

use super::error::text;
use super::{Api, Dingtalk, Request};
use http::Method;
use serde_json::{Map, Value, json};
use tenon_platform::error::Result;

/// What a read of the list returned. DingTalk removes what it returns, so it must be stored before
/// the list is read again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FailedCallbacks {
    /// Event bodies as they would have been pushed, decrypted, with `EventType`.
    pub events: Vec<Value>,
    /// Whether there are more.
    pub more: bool,
}

impl Dingtalk<'_> {
    /// Takes up to 200 undelivered events from the list.
    pub async fn failed_callbacks(&self) -> Result<FailedCallbacks> {
        let request = Request {
            api: Api::Old,
            method: Method::GET,
            path: "/call_back/get_call_back_failed_result",
            query: String::new(),
            body: None,
            creates: false,
        };
        let answer = self.send(&request).await?;
        let list = answer.get("failed_list").and_then(Value::as_array);
        let more = match answer.get("has_more") {
            Some(Value::Bool(more)) => *more,
            Some(Value::String(more)) => more == "true",
            _ => false,
        };
        Ok(FailedCallbacks { events: list.into_iter().flatten().filter_map(event).collect(), more })
    }
}

/// `{call_back_tag, event_time, <tag>: {…}}` as the event the push would have carried.
fn event(entry: &Value) -> Option<Value> {
    let tag = text(entry.get("call_back_tag"))?;
    let mut body: Map<String, Value> = match entry.get(&tag) {
        Some(Value::Object(body)) => body.clone(),
        Some(Value::String(body)) => serde_json::from_str(body).ok()?,
        _ => Map::new(),
    };
    // The list adds the company in its own spelling to events that have it already.
    let spelled = ["corpId", "CorpId", "corpid"].into_iter().filter(|name| body.contains_key(*name));
    for doubled in spelled.skip(1).collect::<Vec<_>>() {
        body.remove(doubled);
    }
    if !body.contains_key("eventType") {
        body.entry("EventType").or_insert_with(|| json!(tag));
    }
    if let Some(time) = entry.get("event_time") {
        body.entry("EventTime").or_insert_with(|| time.clone());
    }
    Some(Value::Object(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_becomes_the_event_of_its_tag() {
        let entry = json!({"call_back_tag": "bpms_instance_change", "event_time": 5,
            "bpms_instance_change": {"corpid": "c", "CorpId": "c", "processInstanceId": "i", "type": "finish", "result": "agree"}});
        let event = event(&entry).unwrap();
        let parsed = tenon_model::dingtalk::Event::from_json(&event).unwrap();
        assert_eq!(parsed.end_of_instance(), Some(tenon_model::dingtalk::Change::Agreed));
        assert_eq!(parsed.corp_id.as_deref(), Some("c"));
    }
}
