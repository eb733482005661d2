//! Reading instances: one by id, and ids by form and time.

use super::DingTalk;
use super::create::is_table;
use super::directory::Directory;
use super::instances::{Component, Instance};
use super::{Call, errors};
use super::{DingTalkOptions, TableShape};
use crate::reply::{self, Reply};
use crate::url;
use jiff::{
    Timestamp,
    tz::{Offset, TimeZone},
};
use serde_json::{Value, json};

const DAY_MS: i64 = 86_400_000;
const LONGEST_WINDOW_MS: i64 = 120 * DAY_MS;
const FURTHEST_BACK_MS: i64 = 365 * DAY_MS;
const LARGEST_PAGE: i64 = 20;

/// `GET /v1.0/workflow/processInstances`.
pub(crate) fn get(dingtalk: &mut DingTalk, call: &Call<'_>) -> Reply {
    let id = url::find(&call.query, "processInstanceId").unwrap_or("");
    if id.is_empty() {
        return errors::new_api(400, "invalidParameter", "processInstanceId 不能为空", &mut dingtalk.ids);
    }
    match dingtalk.instances.get(id) {
        Some(instance) => {
            let result = shape(instance, &dingtalk.options, &dingtalk.directory);
            reply::json(200, &json!({"result": result, "success": success(&dingtalk.options)}))
        }
        None => errors::new_api(400, "invalidParameter", "审批实例不存在", &mut dingtalk.ids),
    }
}

fn task_id(id: u64, options: &DingTalkOptions) -> Value {
    if options.success_as_text { json!(id.to_string()) } else { json!(id) }
}

fn success(options: &DingTalkOptions) -> Value {
    if options.success_as_text { json!("true") } else { json!(true) }
}

pub(crate) fn for_snapshot(instance: &Instance, options: &DingTalkOptions, directory: &Directory) -> Value {
    let mut value = shape(instance, options, directory);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("instanceId".into(), json!(instance.id));
        fields.insert("processCode".into(), json!(instance.process_code));
        fields.insert("deleted".into(), json!(instance.deleted));
    }
    value
}

fn shape(instance: &Instance, options: &DingTalkOptions, directory: &Directory) -> Value {
    let tasks: Vec<Value> = instance
        .tasks
        .iter()
        .map(|t| {
            json!({"taskId": task_id(t.id, options), "userId": t.user, "status": t.status, "result": t.result,
                "createTime": minute(t.created_ms), "finishTime": t.finished_ms.map(minute),
                "mobileUrl": format!("?procInsId={}&taskId={}", instance.id, t.id),
                "pcUrl": format!("?procInsId={}&taskId={}", instance.id, t.id),
                "processInstanceId": instance.id, "activityId": format!("stage_{}", t.stage + 1)})
        })
        .collect();
    let operations: Vec<Value> = instance
        .operations
        .iter()
        .map(|o| {
            json!({"userId": o.user, "date": minute(o.at_ms), "type": o.kind, "result": o.result, "remark": o.remark,
                "attachments": [], "ccUserIds": [], "images": [], "showName": ""})
        })
        .collect();
    let approvers: Vec<&String> = instance.stages.iter().flat_map(|s| &s.users).collect();
    json!({"title": instance.title, "businessId": instance.business_id, "status": instance.status,
        "result": instance.result, "createTime": minute(instance.created_ms),
        "finishTime": instance.finished_ms.map(minute), "originatorUserId": instance.originator,
        "originatorDeptId": instance.department.to_string(), "originatorDeptName": instance.department_name,
        "approverUserIds": approvers, "ccUserIds": instance.cc, "operationRecords": operations, "tasks": tasks,
        "bizAction": instance.biz_action, "bizData": "", "attachedProcessInstanceIds": [],
        "mainProcessInstanceId": instance.main_instance,
        "formComponentValues": instance.components.iter().enumerate().map(|(n, c)| component(n, c, options, directory)).collect::<Vec<_>>()})
}

fn component(place: usize, c: &Component, options: &DingTalkOptions, directory: &Directory) -> Value {
    let table = is_table(&c.value);
    let plain = if table { "TableField" } else { kind_of(&c.name, options) };
    let kind = c.kind.clone().unwrap_or_else(|| plain.to_owned());
    let mut ext = c.ext.clone().unwrap_or(Value::Null);
    let mut value = c.value.clone();
    if let Some((shown, ids)) = otherwise(&kind, &c.value, directory) {
        (value, ext) = (shown, ids);
    }
    if table && options.table_shape == TableShape::Rows {
        value = rows(&c.value, options, directory);
        ext = json!(json!({"statValue": [], "componentName": "TableField"}).to_string());
    }
    json!({"id": format!("{kind}-{:08X}", place + 1), "name": c.name, "value": value, "extValue": ext,
        "componentType": kind, "bizAlias": ""})
}

fn kind_of<'o>(name: &str, options: &'o DingTalkOptions) -> &'o str {
    options.control_kinds.get(name).map_or("TextField", String::as_str)
}

/// What is read of the kinds that are not read as they were written, with its `extValue`: a contact shows the
/// names of the people whose ids were written, a department its name, a formula what the form computes.
fn otherwise(kind: &str, written: &str, directory: &Directory) -> Option<(String, Value)> {
    let ids = || -> Vec<String> {
        let list: Option<Vec<String>> = serde_json::from_str(written).ok();
        list.unwrap_or_else(|| written.split(',').map(|id| id.trim().to_owned()).collect())
    };
    let joined = |names: Vec<String>| names.join(",");
    match kind {
        "InnerContactField" => {
            let ids = ids();
            let ext: Vec<Value> = ids.iter().map(|id| json!({"emplId": id, "name": directory.name_of(id)})).collect();
            let names = ids.iter().map(|id| directory.name_of(id).to_owned()).collect();
            Some((joined(names), json!(Value::Array(ext).to_string())))
        }
        "DepartmentField" => {
            let name = |id: &String| directory.department_name(id.parse().unwrap_or_default()).to_owned();
            let ids = ids();
            let ext: Vec<Value> = ids.iter().map(|id| json!({"id": id, "name": name(id)})).collect();
            Some((joined(ids.iter().map(name).collect()), json!(Value::Array(ext).to_string())))
        }
        "CalculateField" => Some(("0".to_owned(), Value::Null)),
        _ => None,
    }
}

/// A table as it is read, which is not how it was written.
fn rows(written: &str, options: &DingTalkOptions, directory: &Directory) -> String {
    let parsed: Vec<Vec<Value>> = serde_json::from_str(written).unwrap_or_default();
    let text = |cell: &Value, name: &str| cell.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let cell = |(place, cell): (usize, &Value)| {
        let (name, written) = (text(cell, "name"), text(cell, "value"));
        let kind = kind_of(&name, options);
        let (value, ext) = otherwise(kind, &written, directory).unwrap_or((written, Value::Null));
        let mut read = json!({"componentType": kind, "label": name, "value": value,
            "key": format!("{kind}-{:08X}", place + 1)});
        if let (Some(fields), false) = (read.as_object_mut(), ext.is_null()) {
            fields.insert("extendValue".into(), ext);
        }
        read
    };
    let row = |(number, cells): (usize, &Vec<Value>)| {
        json!({"rowValue": cells.iter().enumerate().map(cell).collect::<Vec<_>>(),
            "rowNumber": format!("TableField-row-{}", number + 1)})
    };
    Value::Array(parsed.iter().enumerate().map(row).collect()).to_string()
}

/// `2025-05-27T10:00Z`: times in an instance have no seconds, and are China's in spite of their `Z`.
fn minute(at_ms: i64) -> String {
    format_time(at_ms, "%Y-%m-%dT%H:%MZ")
}

/// `20250527`, the start of a business id.
pub(crate) fn day_digits(at_ms: i64) -> String {
    format_time(at_ms, "%Y%m%d")
}

fn format_time(at_ms: i64, format: &str) -> String {
    let timestamp = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    timestamp.to_zoned(TimeZone::fixed(Offset::constant(8))).strftime(format).to_string()
}

/// `POST /v1.0/workflow/processes/instanceIds/query`.
pub(crate) fn list_ids(dingtalk: &mut DingTalk, call: &Call<'_>) -> Reply {
    match page(dingtalk, call) {
        Ok(page) => reply::json(200, &json!({"result": page, "success": success(&dingtalk.options)})),
        Err(problem) => errors::new_api(400, "invalidParameter", problem, &mut dingtalk.ids),
    }
}

fn page(dingtalk: &DingTalk, call: &Call<'_>) -> Result<Value, &'static str> {
    let number = |name: &str| {
        let value = call.body.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    };
    let texts = |name: &str| -> Vec<&str> {
        call.body.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let code = call.body.get("processCode").and_then(Value::as_str).ok_or("processCode 不能为空")?;
    let start = number("startTime").ok_or("startTime 不能为空")?;
    let end = number("endTime");
    match end {
        None if call.now_ms - start > LONGEST_WINDOW_MS => return Err("startTime 距当前时间不能超过120天"),
        Some(_) if call.now_ms - start > FURTHEST_BACK_MS => return Err("startTime 距当前时间不能超过365天"),
        Some(end) if end - start > LONGEST_WINDOW_MS => return Err("时间范围不能超过120天"),
        _ => {}
    }
    let size = number("maxResults").ok_or("maxResults 不能为空")?;
    if !(1..=LARGEST_PAGE).contains(&size) {
        return Err("maxResults 最大值20");
    }
    let skip = usize::try_from(number("nextToken").unwrap_or(0)).map_err(|_| "nextToken 无效")?;
    let size = usize::try_from(size).unwrap_or(20);
    let (users, statuses) = (texts("userIds"), texts("statuses"));
    let end = end.unwrap_or(call.now_ms);
    let mut found = dingtalk
        .instances
        .list()
        .filter(|i| !i.deleted && i.process_code == code && (start..=end).contains(&i.created_ms))
        .filter(|i| users.is_empty() || users.contains(&i.originator.as_str()))
        .filter(|i| statuses.is_empty() || statuses.contains(&i.status))
        .skip(skip);
    let list: Vec<&str> = found.by_ref().take(size).map(|i| i.id.as_str()).collect();
    Ok(match found.next() {
        Some(_) => json!({"list": list, "nextToken": (skip + size).to_string()}),
        None => json!({"list": list}),
    })
}
