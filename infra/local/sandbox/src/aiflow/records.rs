//! Departments and people as they are pushed.

use super::Aiflow;
use crate::reply::{self, Reply};
use serde_json::{Value, json};

fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or("")
}

impl Aiflow {
    pub(super) fn take_departments(&mut self, body: &Value) -> Reply {
        let Some(all) = body.get("departments").and_then(Value::as_array) else { return missing("departments") };
        let mut failed = Vec::new();
        for record in all {
            let (code, parent) = (text(record, "deptId").to_owned(), text(record, "parentId"));
            let why = if code.is_empty() || text(record, "deptName").is_empty() {
                Some("部门ID和名称不能为空".to_owned())
            } else if self.options.refused.contains(&code) {
                Some("部门不允许同步".to_owned())
            } else if !parent.is_empty() && !self.departments.contains_key(parent) {
                Some(format!("上级部门{parent}不存在"))
            } else {
                None
            };
            match why {
                Some(why) => failed.push(json!({ "code": code, "message": why })),
                None => {
                    *self.taken.entry(format!("d:{code}")).or_default() += 1;
                    self.departments.insert(code, record.clone());
                }
            }
        }
        counted(all.len(), failed)
    }

    pub(super) fn take_users(&mut self, body: &Value) -> Reply {
        let Some(all) = body.get("users").and_then(Value::as_array) else { return missing("users") };
        let mut failed = Vec::new();
        for record in all {
            let code = text(record, "userId").to_owned();
            let (department, above) = (text(record, "deptId"), text(record, "directSupervisor"));
            let why = if code.is_empty() || text(record, "userName").is_empty() {
                Some("用户ID和用户名不能为空".to_owned())
            } else if self.options.refused.contains(&code) {
                Some("用户不允许同步".to_owned())
            } else if !self.departments.contains_key(department) {
                Some(format!("部门{department}不存在"))
            } else if !above.is_empty() && !self.users.contains_key(above) {
                Some(format!("直接上级{above}不存在"))
            } else {
                None
            };
            match why {
                Some(why) => failed.push(json!({ "code": code, "message": why })),
                None => {
                    *self.taken.entry(format!("u:{code}")).or_default() += 1;
                    self.users.insert(code, record.clone());
                }
            }
        }
        counted(all.len(), failed)
    }
}

fn counted(all: usize, failed: Vec<Value>) -> Reply {
    let data = json!({ "successCount": all - failed.len(), "failCount": failed.len(), "failDetails": failed });
    reply::json(200, &json!({ "status": 0, "msg": "success", "data": data }))
}

fn missing(field: &str) -> Reply {
    let data = json!({ "errorCode": "INVALID_PARAMETER", "errorMessage": format!("{field}不能为空") });
    reply::json(200, &json!({ "status": -4002, "msg": "请求参数错误", "data": data }))
}
