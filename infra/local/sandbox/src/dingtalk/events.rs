//! Bodies of `bpms_instance_change` and `bpms_task_change`.

use super::instances::{Instance, Task};
use super::{CorpKey, DingTalkOptions};
use crate::ids::Ids;
use serde_json::{Map, Value, json};

/// An event about a whole instance. `result` is absent on start, terminate and delete.
pub(crate) fn of_instance(
    instance: &Instance,
    kind: &str,
    result: Option<&str>,
    now_ms: i64,
    options: &DingTalkOptions,
    ids: &mut Ids,
) -> Value {
    let mut body = common("bpms_instance_change", instance, kind, now_ms, options, ids);
    body.insert("staffId".into(), json!(instance.originator));
    body.insert("createTime".into(), json!(instance.created_ms));
    if kind != "start" {
        body.insert("finishTime".into(), json!(now_ms));
    }
    if let Some(result) = result {
        body.insert("result".into(), json!(result));
    }
    Value::Object(body)
}

/// An event about one approver's task.
pub(crate) fn of_task(
    instance: &Instance,
    task: &Task,
    kind: &str,
    result: Option<&str>,
    now_ms: i64,
    options: &DingTalkOptions,
    ids: &mut Ids,
) -> Value {
    let mut body = common("bpms_task_change", instance, kind, now_ms, options, ids);
    body.insert("staffId".into(), json!(task.user));
    body.insert("taskId".into(), json!(task.id));
    body.insert("createTime".into(), json!(task.created_ms));
    if kind != "start" {
        body.insert("finishTime".into(), json!(now_ms));
    }
    if let Some(result) = result {
        body.insert("result".into(), json!(result));
        body.insert("remark".into(), json!(task.remark));
    }
    Value::Object(body)
}

fn common(
    event: &str,
    instance: &Instance,
    kind: &str,
    now_ms: i64,
    options: &DingTalkOptions,
    ids: &mut Ids,
) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| {
        body.insert(name.to_owned(), value);
    };
    put("EventType", json!(event));
    put("type", json!(kind));
    put("processInstanceId", json!(instance.id));
    put("processCode", json!(instance.process_code));
    put("businessId", json!(instance.business_id));
    put("businessType", json!(""));
    put("bizCategoryId", json!(""));
    put("title", json!(instance.title));
    let corp = &options.corp_id;
    put("url", json!(format!("https://aflow.dingtalk.com/dingtalk/mobile/homepage.htm?corpid={corp}&dd_share=false")));
    let key = if options.corp_key == CorpKey::Newer { "CorpId" } else { "corpId" };
    put(key, json!(corp));
    // Drawn in any case, so that the setting does not change the ids that follow.
    let id = ids.token();
    if options.event_ids {
        put("eventId", json!(id));
        put("BizId", json!(instance.id));
        put("EventTime", json!(now_ms));
    }
    body
}
