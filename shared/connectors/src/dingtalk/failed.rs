//! The list of callbacks that DingTalk could not deliver.

use super::error::text;
use super::{Api, Dingtalk, Request};
use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use tenon_platform::error::{Error, Result};

/// How deep an event may be nested, JSON texts included.
const DEPTH: usize = 8;
/// Spellings of an instance's id; printed samples show the I of `Id` as a small L.
const INSTANCE: [&str; 2] = ["processInstanceId", "processInstanceld"];
/// Spellings of the company.
const COMPANY: [&str; 3] = ["corpId", "CorpId", "corpid"];
/// Members of an answer that carry no event.
const FRAME: [&str; 9] =
    ["errcode", "errmsg", "has_more", "hasMore", "request_id", "requestId", "success", "sub_code", "sub_msg"];

/// What a read of the list returned.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct FailedCallbacks {
    /// Event bodies as they would have been pushed, decrypted, with `EventType`.
    pub events: Vec<Value>,
    /// Entries that may be an approval's and in which no event was found.
    pub odd: Vec<Value>,
    /// Whether there are more.
    pub more: bool,
}

impl Dingtalk<'_> {
    /// Takes up to 200 undelivered events from the list, as they came: DingTalk removes what it returns,
    /// so the answer must be stored before it is looked at and before the list is read again.
    pub(super) async fn take_failed_callbacks(&self) -> Result<Bytes> {
        let request = Request {
            api: Api::Old,
            method: Method::GET,
            path: "/call_back/get_call_back_failed_result",
            query: String::new(),
            body: None,
            creates: false,
        };
        self.send_whole(&request).await
    }
}

/// Reads an answer of the list.
///
/// # Errors
/// `dingtalk.answer` when it is not understood as a whole.
pub(super) fn read_failed_callbacks(answer: &[u8]) -> Result<FailedCallbacks> {
    let odd = |why: &str| Error::transient("dingtalk.answer", format!("the list of failed callbacks {why}"));
    let answer = tenon_model::json::from_slice(answer).map_err(|e| odd(&format!("is not JSON: {e}")))?;
    let frame = answer.get("result").filter(|r| r.is_object()).unwrap_or(&answer);
    let list = ["failed_list", "failedList"].into_iter().find_map(|name| frame.get(name));
    let entries = match list.map(opened) {
        Some(Value::Array(entries)) => entries,
        Some(Value::Null) => Vec::new(),
        Some(entry @ Value::Object(_)) => vec![entry],
        Some(_) => return Err(odd("has an unknown shape")),
        None => match answer.as_object() {
            Some(fields)
                if fields.contains_key("errcode") && fields.keys().all(|name| FRAME.contains(&name.as_str())) =>
            {
                Vec::new()
            }
            _ => return Err(odd("has no list and other members than an empty one")),
        },
    };
    let more = ["has_more", "hasMore"].into_iter().find_map(|name| text(frame.get(name)));
    let mut read = FailedCallbacks { more: more.is_some_and(|m| m == "true" || m == "1"), ..Default::default() };
    for entry in entries {
        let tag = text(entry.get("call_back_tag"));
        let mut found = Found::default();
        found.walk(&entry, &Around { tag: tag.clone(), company: None, time: entry.get("event_time").cloned() }, DEPTH);
        // Other kinds of events, of the address book say, are none of ours.
        if found.events.is_empty() && tag.is_none_or(|tag| tag.starts_with("bpms")) {
            read.odd.push(entry);
        }
        read.events.append(&mut found.events);
    }
    Ok(read)
}

/// A JSON text as what it says.
fn opened(value: &Value) -> Value {
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            tenon_model::json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        other => other.clone(),
    }
}

/// What stands around an event and belongs to it.
#[derive(Clone, Default)]
struct Around {
    tag: Option<String>,
    company: Option<Value>,
    time: Option<Value>,
}

/// The events of one entry, wherever they are nested: under `bpmsCallBackData`, under the tag's own name, as
/// objects or as JSON texts. An event is what names an instance.
#[derive(Default)]
struct Found {
    events: Vec<Value>,
    instances: HashSet<String>,
}

impl Found {
    fn walk(&mut self, value: &Value, around: &Around, depth: usize) {
        let Some(deeper) = depth.checked_sub(1) else { return };
        match opened(value) {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item, around, deeper)),
            Value::Object(fields) => {
                let mut around = around.clone();
                let named = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)).cloned();
                around.company = named(&COMPANY).or(around.company);
                around.tag = text(named(&["EventType", "eventType"]).as_ref()).or(around.tag);
                for inner in fields.values() {
                    self.walk(inner, &around, deeper);
                }
                let instance = text(named(&INSTANCE).as_ref()).filter(|id| !id.is_empty());
                // One that only repeats the instance of the event within it is its frame.
                if let Some(instance) = instance
                    && (fields.contains_key("type") || !self.instances.contains(&instance))
                {
                    self.instances.insert(instance);
                    self.events.push(event(fields, &around));
                }
            }
            _ => {}
        }
    }
}

/// The event as the push would have carried it.
fn event(mut body: Map<String, Value>, around: &Around) -> Value {
    // The list adds the company in its own spelling to events that have it already.
    for doubled in COMPANY.into_iter().filter(|name| body.contains_key(*name)).skip(1).collect::<Vec<_>>() {
        body.remove(doubled);
    }
    if let (Some(company), false) = (&around.company, COMPANY.iter().any(|name| body.contains_key(*name))) {
        body.insert("corpId".to_owned(), company.clone());
    }
    if !body.contains_key("eventType") && !body.contains_key("EventType") {
        let kind = if body.contains_key("taskId") { "bpms_task_change" } else { "bpms_instance_change" };
        body.insert("EventType".to_owned(), json!(around.tag.as_deref().unwrap_or(kind)));
    }
    if let Some(time) = &around.time {
        body.entry("EventTime").or_insert_with(|| time.clone());
    }
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_model::dingtalk::Event;
    use tenon_model::oa::Outcome;

    fn inner() -> Value {
        json!({"processInstanceId": "i", "type": "finish", "result": "agree", "finishTime": 1_795_599_000_000_i64,
            "title": "申请"})
    }

    fn read(answer: &Value) -> FailedCallbacks {
        read_failed_callbacks(answer.to_string().as_bytes()).unwrap()
    }

    fn listed(entry: Value) -> FailedCallbacks {
        read(&json!({"errcode": 0, "errmsg": "ok", "has_more": true, "failed_list": [entry]}))
    }

    #[test]
    fn the_event_is_found_wherever_it_is_nested() {
        let tag = "bpms_instance_change";
        let mut flat = inner();
        flat["corpid"] = json!("c");
        flat["CorpId"] = json!("c");
        for entry in [
            json!({"call_back_tag": tag, "event_time": 5, tag: flat}),
            json!({"call_back_tag": tag, "event_time": 5, tag: flat.to_string()}),
            json!({"call_back_tag": tag, "event_time": 5, tag: {"corpid": "c", "bpmsCallBackData": inner()}}),
            json!({"call_back_tag": tag, "event_time": 5, tag: {"corpid": "c", "bpmsCallBackData": inner().to_string()}}),
            json!({"call_back_tag": tag, "event_time": 5, "corpId": "c", "bpmsCallBackData": inner()}),
            json!({"call_back_tag": tag, "event_time": 5, "corpId": "c", "bpmsCallBackData": inner().to_string()}),
            json!({"call_back_tag": tag, "CorpId": "c", "data": [[{"x": json!({"y": inner()}).to_string()}]]}),
            json!({"EventType": tag, "corpid": "c", "processInstanceId": "i", "bpmsCallBackData": inner()}),
        ] {
            let read = listed(entry.clone());
            assert!(read.more && read.odd.is_empty(), "{entry}");
            let [event] = &read.events[..] else { panic!("{entry}: {:?}", read.events) };
            let event = Event::from_json(event).unwrap();
            assert_eq!(super::super::event(&event, None).unwrap().outcome, Some(Outcome::Agreed), "{entry}");
            assert_eq!(event.corp_id.as_deref(), Some("c"), "{entry}");
            assert_eq!(event.finish_time.as_deref(), Some("1795599000000"));
        }
    }

    #[test]
    fn an_entry_without_a_tag_is_told_by_what_it_has_and_several_events_are_several() {
        let mut task = inner();
        task["taskId"] = json!(7);
        let read = listed(json!({"list": [inner(), task]}));
        let kinds: Vec<&str> = read.events.iter().map(|e| e["EventType"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["bpms_instance_change", "bpms_task_change"]);
    }

    #[test]
    fn what_is_not_understood_is_told_apart_from_what_is_none_of_ours() {
        let read = listed(json!({"call_back_tag": "user_add_org", "event_time": 5, "user_add_org": {"userid": ["u"]}}));
        assert_eq!((read.events.len(), read.odd.len()), (0, 0));
        for odd in [json!({"call_back_tag": "bpms_instance_change", "event_time": 5}), json!({"a": 1}), json!("x")] {
            assert_eq!(listed(odd.clone()).odd, [odd]);
        }
    }

    #[test]
    fn a_list_in_a_text_is_read_and_an_answer_of_another_shape_is_not_taken_for_an_empty_list() {
        let entry = json!({"call_back_tag": "bpms_instance_change", "bpmsCallBackData": inner()});
        for answer in [
            json!({"errcode": 0, "failed_list": json!([entry]).to_string(), "has_more": "true"}),
            json!({"errcode": 0, "result": {"failed_list": [entry], "has_more": true}}),
            json!({"errcode": 0, "failed_list": entry, "has_more": true}),
        ] {
            let read = read(&answer);
            assert_eq!((read.events.len(), read.more), (1, true), "{answer}");
        }
        for empty in
            [json!({"errcode": 0, "errmsg": "ok", "has_more": false}), json!({"errcode": 0, "failed_list": []})]
        {
            assert_eq!(read(&empty), FailedCallbacks::default());
        }
        for odd in
            [&br#"{"errcode":0,"failed_list":[{"call_ba"#[..], b"", br#"{"errcode":0,"items":[1]}"#, b"[]", b"{}"]
        {
            assert_eq!(read_failed_callbacks(odd).unwrap_err().code, "dingtalk.answer");
        }
    }
}
