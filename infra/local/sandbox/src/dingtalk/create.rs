//! `POST /v1.0/workflow/processInstances`: starts an instance each time it is called.

use super::DingTalk;
use super::instances::{Component, Stage};
use super::{Call, errors};
use crate::reply::{self, Reply};
use serde_json::{Value, json};

const MAX_COMPONENTS: usize = 150;
const MAX_APPROVERS: usize = 20;
const MAX_COPIED: usize = 50;
const LONGEST_VALUE: usize = 65_535;

/// A refusal: code and message.
type Rejection = (&'static str, String);

pub(crate) fn create(dingtalk: &mut DingTalk, call: &Call<'_>) -> Reply {
    match read(dingtalk, &call.body) {
        Ok(form) => {
            let mut instance = dingtalk.blank_instance(call.now_ms, &form.process_code, &form.originator);
            instance.department = form.department;
            instance.department_name = dingtalk.directory.department_name(form.department).to_owned();
            instance.components = form.components;
            instance.cc = form.cc;
            if !form.stages.is_empty() {
                instance.stages = form.stages;
            }
            let id = dingtalk.start_instance(call.now_ms, instance);
            reply::json(200, &json!({"instanceId": id}))
        }
        Err((code, message)) => errors::new_api(400, code, &message, &mut dingtalk.ids),
    }
}

struct Form {
    originator: String,
    process_code: String,
    department: i64,
    components: Vec<Component>,
    stages: Vec<Stage>,
    cc: Vec<String>,
}

fn read(dingtalk: &DingTalk, body: &Value) -> Result<Form, Rejection> {
    let required = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| ("processInstanceInvalidParameter", format!("{name} 不能为空")))
    };
    let originator = required("originatorUserId")?;
    let process_code = required("processCode")?;
    if !dingtalk.knows_process(&process_code) {
        return Err(("processCodeError", format!("审批模板不存在: {process_code}")));
    }
    let department = match body.get("deptId") {
        None | Some(Value::Null) => -1,
        Some(value) => value.as_i64().ok_or_else(|| invalid("deptId 必须是数字"))?,
    };
    if department != -1 && dingtalk.directory.department_name(department).is_empty() {
        return Err(invalid("deptId 部门不存在"));
    }
    Ok(Form {
        originator,
        process_code,
        department,
        components: components(body)?,
        stages: stages(body)?,
        cc: texts(body.get("ccList"), "ccList", MAX_COPIED)?,
    })
}

fn invalid(message: &str) -> Rejection {
    ("processInstanceInvalidParameter", message.to_owned())
}

fn components(body: &Value) -> Result<Vec<Component>, Rejection> {
    let list = body
        .get("formComponentValues")
        .and_then(Value::as_array)
        .filter(|l| !l.is_empty())
        .ok_or_else(|| invalid("formComponentValues 不能为空"))?;
    if list.len() > MAX_COMPONENTS {
        return Err(invalid("formComponentValues 最大列表长度150"));
    }
    list.iter().enumerate().map(|(place, c)| component(place, c)).collect()
}

fn component(place: usize, value: &Value) -> Result<Component, Rejection> {
    let converter = |message: String| ("formConverterError", message);
    let name = value
        .get("name")
        .and_then(Value::as_str)
        .filter(|n| !n.is_empty())
        .ok_or_else(|| converter(format!("formComponentValues[{place}].name 不能为空")))?;
    let text = value
        .get("value")
        .and_then(Value::as_str)
        .ok_or_else(|| converter(format!("formComponentValues[{place}].value 必须是字符串: {name}")))?;
    if text.chars().count() > LONGEST_VALUE {
        return Err(converter(format!("formComponentValues[{place}].value 超过65535个字符: {name}")));
    }
    let kind = value.get("componentType").and_then(Value::as_str).map(str::to_owned);
    if kind.as_deref() == Some("TableField") && !is_table(text) {
        return Err(converter(format!("明细 {name} 的格式不正确")));
    }
    Ok(Component { name: name.to_owned(), value: text.to_owned(), kind, ext: value.get("extValue").cloned() })
}

/// Whether a text is a table as it is written: rows of cells with `name` and `value` texts.
pub(crate) fn is_table(text: &str) -> bool {
    let Ok(Value::Array(rows)) = serde_json::from_str::<Value>(text) else { return false };
    let is_text = |cell: &Value, name: &str| cell.get(name).is_some_and(Value::is_string);
    !rows.is_empty()
        && rows.iter().all(|row| {
            row.as_array().is_some_and(|cells| cells.iter().all(|c| is_text(c, "name") && is_text(c, "value")))
        })
}

fn stages(body: &Value) -> Result<Vec<Stage>, Rejection> {
    let list = match body.get("approvers") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() <= MAX_APPROVERS => list,
        Some(_) => return Err(invalid("approvers 最大列表长度20")),
    };
    let stage = |value: &Value| {
        let users = texts(value.get("userIds"), "approvers.userIds", MAX_APPROVERS)?;
        match value.get("actionType").and_then(Value::as_str) {
            _ if users.is_empty() => Err(invalid("approvers.userIds 不能为空")),
            Some("AND") => Ok(Stage { users, all: true }),
            Some("OR") => Ok(Stage { users, all: false }),
            Some("NONE") if users.len() == 1 => Ok(Stage { users, all: false }),
            _ => Err(invalid("approvers.actionType 取值: AND, OR, NONE(单人)")),
        }
    };
    list.iter().map(stage).collect()
}

fn texts(value: Option<&Value>, name: &str, most: usize) -> Result<Vec<String>, Rejection> {
    let list = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() <= most => list,
        Some(_) => return Err(invalid(&format!("{name} 最大列表长度{most}"))),
    };
    list.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(|| invalid(&format!("{name} 必须是字符串")))).collect()
}
