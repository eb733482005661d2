//! Approval instances: creating one, and reading what became of it.

use super::error::text;
use super::{Api, Dingtalk, Request};
use crate::base::encode::percent;
use crate::time;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tenon_model::json::number;
use tenon_model::oa::VendorTime;
use tenon_model::{InstanceId, code};
use tenon_platform::error::{Error, ErrorKind, Result};

pub(super) const INSTANCES: &str = "/v1.0/workflow/processInstances";

/// One control of a form. Values are texts, whatever the control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FormValue {
    /// The control's label in the template.
    pub name: String,
    /// Its text: numbers `"10"`, tables JSON (see [`parse_table`](super::parse_table)).
    pub value: String,
}

/// How far an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum InstanceStatus {
    /// Waits for an approver.
    Running,
    /// Withdrawn by the originator.
    Terminated,
    /// Agreed or refused.
    Completed,
}

/// How a completed instance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum InstanceResult {
    /// Approved.
    Agree,
    /// Refused.
    Refuse,
}

/// One thing somebody did to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operation {
    /// userId.
    pub user: String,
    /// When; to the minute on some sites.
    pub date: Option<VendorTime>,
    /// `AGREE`, `REFUSE`, `NONE`, …
    pub result: String,
    /// The person's words.
    pub remark: Option<String>,
}

/// An approval instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instance {
    /// How far it is.
    pub status: InstanceStatus,
    /// How it ended; absent while it runs and when it was withdrawn.
    pub result: Option<InstanceResult>,
    /// userId of the originator.
    pub originator: String,
    /// When it was created.
    pub created: Option<VendorTime>,
    /// When it ended.
    pub finished: Option<VendorTime>,
    /// The controls.
    pub values: Vec<FormValue>,
    /// Kinds of the controls by name (`TextField`, `InnerContactField`, …), as far as DingTalk says.
    pub kinds: BTreeMap<String, String>,
    /// What was done to it, oldest first.
    pub operations: Vec<Operation>,
    /// Its title.
    pub title: String,
    /// The instance this one asks to revoke; once this one is agreed to, what that one brought about shall
    /// not stand. Empty when DingTalk does not name it.
    pub revokes: Option<InstanceId>,
}

impl Dingtalk<'_> {
    /// Starts an instance from the body of its creation. DingTalk starts one each time it is asked, so this is never
    /// repeated here unless the request was not executed.
    ///
    /// # Errors
    /// `dingtalk.unknown-outcome` when one may have been started; `dingtalk.refused` names what is
    /// wrong with the form.
    pub(super) async fn start(&self, mut body: Map<String, Value>) -> Result<InstanceId> {
        if let Some(agent) = self.connection.agent_id {
            body.insert("microappAgentId".to_owned(), json!(agent));
        }
        let request = Request {
            api: Api::New,
            method: Method::POST,
            path: INSTANCES,
            query: String::new(),
            body: Some(Value::Object(body)),
            creates: true,
        };
        let answer = self.send(&request).await?;
        let id = text(answer.get("instanceId")).or_else(|| text(answer.get("result")?.get("instanceId")));
        id.filter(|id| !code::trim(id).is_empty()).map(|id| InstanceId::new(code::trim(&id))).ok_or_else(|| {
            let retry = tenon_platform::Retry::UnknownOutcome;
            Error::new(
                "dingtalk.unknown-outcome",
                retry,
                "the answer to the creation names no instance; look for it before creating another",
            )
            .during(format!("dingtalk POST {INSTANCES}"))
        })
    }

    /// Reads an instance; `None` when it does not exist (any more).
    pub(super) async fn instance(&self, id: &InstanceId) -> Result<Option<Instance>> {
        let query = format!("processInstanceId={}", percent(id.as_str()));
        let request =
            Request { api: Api::New, method: Method::GET, path: INSTANCES, query, body: None, creates: false };
        match self.send(&request).await {
            Ok(answer) => match answer.get("result") {
                // Only DingTalk's own word says that an instance is gone.
                None | Some(Value::Null) => Err(Error::transient(
                    "dingtalk.answer",
                    "DingTalk answered without the instance and without saying that there is none",
                )
                .during(format!("dingtalk GET {INSTANCES}"))),
                Some(result) => read(result).map(Some).map_err(|e| e.during(format!("dingtalk GET {INSTANCES}"))),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

pub(super) fn read(result: &Value) -> Result<Instance> {
    let field = |name: &str| text(result.get(name)).unwrap_or_default();
    let status = match field("status").to_ascii_uppercase().as_str() {
        "RUNNING" | "NEW" | "PAUSED" => InstanceStatus::Running,
        "TERMINATED" | "CANCELED" => InstanceStatus::Terminated,
        "COMPLETED" => InstanceStatus::Completed,
        other => {
            return Err(Error::transient(
                "dingtalk.answer",
                format!("DingTalk gives the instance an unknown status: {other:?}"),
            ));
        }
    };
    let ended = match field("result").to_ascii_lowercase().as_str() {
        "agree" if status == InstanceStatus::Completed => Some(InstanceResult::Agree),
        "refuse" if status == InstanceStatus::Completed => Some(InstanceResult::Refuse),
        _ => None,
    };
    let list = |name: &str| result.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(Instance {
        status,
        result: ended,
        originator: field("originatorUserId"),
        created: result.get("createTime").and_then(time::dingtalk),
        finished: result.get("finishTime").and_then(time::dingtalk),
        values: list("formComponentValues").iter().map(form_value).collect(),
        kinds: list("formComponentValues").iter().filter_map(kind).collect(),
        operations: list("operationRecords").iter().map(operation).collect(),
        title: field("title"),
        revokes: field("bizAction")
            .eq_ignore_ascii_case("REVOKE")
            .then(|| InstanceId::new(field("mainProcessInstanceId"))),
    })
}

fn form_value(value: &Value) -> FormValue {
    let content = match value.get("value") {
        None | Some(Value::Null) => String::new(),
        // An untouched control can have this text.
        Some(Value::String(s)) if s == "null" => String::new(),
        Some(Value::String(s)) => s.clone(),
        Some(other) => number::write(other),
    };
    FormValue { name: text(value.get("name")).unwrap_or_default(), value: content }
}

fn kind(value: &Value) -> Option<(String, String)> {
    let kind = text(value.get("componentType")).filter(|kind| !kind.is_empty())?;
    Some((text(value.get("name"))?, kind))
}

fn operation(value: &Value) -> Operation {
    let field = |name: &str| text(value.get(name)).unwrap_or_default();
    Operation {
        user: field("userId"),
        date: value.get("date").and_then(time::dingtalk),
        result: field("result").to_ascii_uppercase(),
        remark: Some(field("remark")).filter(|r| !r.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_read_alike_and_a_running_instance_has_no_result() {
        let instance = read(&json!({
            "status": "RUNNING", "result": "", "originatorUserId": 17, "businessId": 20250527,
            "formComponentValues": [{"name": "数量", "value": 10}, {"name": "备注", "value": "null"}, {"name": "空", "value": null}]
        }))
        .unwrap();
        assert_eq!((instance.status, instance.result), (InstanceStatus::Running, None));
        assert_eq!(instance.originator, "17");
        let texts: Vec<&str> = instance.values.iter().map(|v| v.value.as_str()).collect();
        assert_eq!(texts, ["10", "", ""]);
        assert!(read(&json!({"status": "ODD"})).is_err());
    }
}
