//! Reading requests and workflows.

use super::Weaver;
use super::requests::Made;
use crate::reply::{self, Reply};
use crate::url;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};

impl Weaver {
    /// `getMyWorkflowRequestList`: a bare list, newest first; titles are compared by a part.
    pub(super) fn mine(&self, user: &str, form: &[(String, String)]) -> Reply {
        if !self.options.lists_requests {
            return self.wrong("NO_PERMISSION", "conditions", "没有权限");
        }
        let number = |name: &str, default: usize| {
            url::find(form, name).and_then(|text| text.parse::<usize>().ok()).filter(|n| *n > 0).unwrap_or(default)
        };
        let (page, size) = (number("pageNo", 1), number("pageSize", 10));
        let conditions: Value = serde_json::from_str(url::find(form, "conditions").unwrap_or("{}")).unwrap_or_default();
        let condition = |name: &str| conditions.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let title = condition("requestname");
        let (from, to) = (condition("createdatefrom"), condition("createdateto"));
        let by_day = condition("createdateselect") == "6";
        let fits = |made: &&Made| {
            let day = local(made.created_ms, "%Y-%m-%d");
            let in_time = !by_day || (from.as_str()..=to.as_str()).contains(&day.as_str());
            !made.deleted && made.creator == user && made.title.contains(&title) && in_time
        };
        let all = self.requests.0.iter().rev().filter(fits);
        let shown: Value = all.skip((page - 1) * size).take(size).map(|made| self.listed(made)).collect();
        reply::json(200, &shown)
    }

    fn listed(&self, made: &Made) -> Value {
        let name = self.options.workflows.get(&made.workflow).map(|w| w.name.clone()).unwrap_or_default();
        json!({
            "requestId": made.id.to_string(), "requestName": made.title, "creatorId": made.creator,
            "createTime": local(made.created_ms, "%Y-%m-%d %H:%M:%S"), "status": made.status, "requestLevel": "0",
            "workflowBaseInfo": { "workflowId": made.workflow, "workflowName": name, "formId": "-45" },
        })
    }

    /// `getRequestStatus`, whose answer has no code.
    pub(super) fn status(&self, form: &[(String, String)]) -> Reply {
        let Some(made) = self.find_request(form) else { return self.gone() };
        let data = json!({
            "requestId": made.id.to_string(), "requestName": made.title, "creatorId": made.creator,
            "currentNodeId": "61021", "currentNodeType": made.node.kind(), "status": made.status,
            "createTime": local(made.created_ms, "%Y-%m-%d %H:%M:%S"),
        });
        reply::json(200, &json!({ "data": data }))
    }

    /// `getWorkflowRequest`: what the form says.
    pub(super) fn form(&self, form: &[(String, String)]) -> Reply {
        let Some(made) = self.find_request(form) else { return self.gone() };
        if !self.options.shows_forms {
            return self.wrong("NO_PERMISSION", "requestId", "没有权限查看");
        }
        let tables = made.tables.iter().map(|(name, rows)| {
            json!({ "tableDBName": name, "workflowRequestTableRecords": rows.iter().map(|row| record(row)).collect::<Value>() })
        });
        self.fine(&json!({
            "requestId": made.id.to_string(), "requestName": made.title,
            "workflowMainTableInfo": { "requestRecords": [record(&made.main)] },
            "workflowDetailTableInfos": tables.collect::<Value>(),
        }))
    }

    /// `getCreateWorkflowRequestInfo`: an empty form.
    pub(super) fn blank(&self, user: &str, form: &[(String, String)]) -> Reply {
        if self.options.forbidden_users.contains(user) {
            return self.wrong("NO_PERMISSION", "workflowId", "没有创建权限");
        }
        let id = url::find(form, "workflowId").unwrap_or("");
        let Some(workflow) = self.options.workflows.get(id) else {
            return self.wrong("PARAM_ERROR", "workflowId", "流程不存在");
        };
        let empty = |name: &String| {
            let mut field = json!({ "fieldName": name, "fieldValue": "" });
            if let (Some(of), Some(members)) = (workflow.described.get(name), field.as_object_mut()) {
                let required = workflow.fields.get(name).copied().unwrap_or_default();
                members.extend([
                    ("fieldId".to_owned(), json!(of.id.to_string())),
                    ("fieldShowName".to_owned(), json!(of.label)),
                    ("fieldHtmlType".to_owned(), json!(of.kind.0.to_string())),
                    ("fieldType".to_owned(), json!(of.kind.1.to_string())),
                    // Which its own pages do not hold to.
                    ("isMand".to_owned(), json!(u8::from(required).to_string())),
                    ("selectvalues".to_owned(), json!(of.options)),
                ]);
            }
            field
        };
        let record = |fields: Value| json!({ "recordOrder": 0, "workflowRequestTableFields": fields });
        let tables = workflow.tables.iter().map(|(name, columns)| {
            json!({ "tableDBName": name, "requestRecords": [record(columns.iter().map(empty).collect())] })
        });
        self.fine(&json!({
            "workflowBaseInfo": { "workflowId": id, "workflowName": workflow.name },
            "workflowMainTableInfo": { "requestRecords": [record(workflow.fields.keys().map(empty).collect())] },
            "workflowDetailTableInfos": tables.collect::<Value>(),
        }))
    }

    fn find_request(&self, form: &[(String, String)]) -> Option<&Made> {
        self.requests.get(url::find(form, "requestId").or_else(|| url::find(form, "requestid"))?)
    }

    fn gone(&self) -> Reply {
        self.wrong("PARAM_ERROR", "requestId", "请求不存在")
    }
}

fn record(fields: &[(String, String)]) -> Value {
    let field = |(name, value): &(String, String)| json!({ "fieldName": name, "fieldValue": value });
    json!({ "recordOrder": 0, "workflowRequestTableFields": fields.iter().map(field).collect::<Value>() })
}

/// The OA's clock is China's.
fn local(ms: i64, pattern: &str) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::fixed(Offset::constant(8))).strftime(pattern).to_string()
}
