//! Departments and employees.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Fields that link to another record, and to which model.
const LINKS: [(&str, &str); 3] = [("parent_id", ""), ("department_id", "hr.department"), ("manager_id", "hr.employee")];

pub(super) struct Records(BTreeMap<String, BTreeMap<i64, Map<String, Value>>>);

impl Records {
    pub fn demo() -> Self {
        let mut records = Self(BTreeMap::new());
        records.0.insert("hr.department".into(), BTreeMap::new());
        records.0.insert("hr.employee".into(), BTreeMap::new());
        // The one above has the greater id.
        records.put("hr.department", 1, &json!({ "name": "销售部", "parent_id": 3 }));
        records.put("hr.department", 2, &json!({ "name": "华东组", "parent_id": 1 }));
        records.put("hr.department", 3, &json!({ "name": "总部" }));
        records.put(
            "hr.employee",
            1,
            &json!({ "name": "张三", "work_email": "zhangsan@example.com",
            "mobile_phone": "13800000002", "department_id": 2, "parent_id": 2 }),
        );
        records.put(
            "hr.employee",
            2,
            &json!({ "name": "王经理", "work_email": "wang@example.com", "department_id": 3 }),
        );
        records
    }

    pub fn put(&mut self, model: &str, id: i64, fields: &Value) {
        let record = self.0.entry(model.to_owned()).or_default().entry(id).or_insert_with(|| {
            let employee = json!({ "id": id, "name": "", "active": true, "parent_id": false, "department_id": false,
                "work_email": false, "mobile_phone": false, "work_phone": false, "job_title": false,
                "employee_type": "employee", "barcode": false });
            let department = json!({ "id": id, "name": "", "active": true, "parent_id": false, "manager_id": false,
                "complete_name": "" });
            let made = if model == "hr.employee" { employee } else { department };
            made.as_object().cloned().unwrap_or_default()
        });
        record.extend(fields.as_object().cloned().unwrap_or_default());
    }

    pub fn remove(&mut self, model: &str, id: i64) {
        if let Some(all) = self.0.get_mut(model) {
            all.remove(&id);
        }
    }

    pub fn all(&self, model: &str) -> Vec<Value> {
        self.0.get(model).into_iter().flat_map(BTreeMap::values).cloned().map(Value::Object).collect()
    }

    /// `search_read`.
    pub fn search(&self, model: &str, domain: &Value, options: &Value) -> Result<Vec<Value>, String> {
        let Some(all) = self.0.get(model) else { return Err(format!("Object {model} doesn't exist")) };
        let archived = options.pointer("/context/active_test") == Some(&Value::Bool(false));
        let limit = options.get("limit").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let nothing = Vec::new();
        let fields = options.get("fields").and_then(Value::as_array).unwrap_or(&nothing);
        let mut rows = Vec::new();
        for record in all.values() {
            if (!archived && record.get("active") == Some(&Value::Bool(false))) || !fits(record, domain)? {
                continue;
            }
            rows.push(self.shown(model, record, fields)?);
            if limit == Some(rows.len()) {
                break;
            }
        }
        Ok(rows)
    }

    fn shown(&self, model: &str, record: &Map<String, Value>, fields: &[Value]) -> Result<Value, String> {
        let mut shown = Map::new();
        shown.insert("id".into(), record.get("id").cloned().unwrap_or_default());
        for field in fields.iter().filter_map(Value::as_str) {
            let Some(value) = record.get(field) else {
                return Err(format!("Invalid field '{field}' on model '{model}'"));
            };
            let link = LINKS.iter().find(|(name, _)| *name == field);
            let value = match (link, value.as_i64()) {
                (Some((_, to)), Some(id)) => {
                    let to = if to.is_empty() { model } else { to };
                    let name = self.0.get(to).and_then(|all| all.get(&id)).and_then(|record| record.get("name"));
                    json!([id, name.cloned().unwrap_or_default()])
                }
                _ => value.clone(),
            };
            shown.insert(field.to_owned(), value);
        }
        Ok(Value::Object(shown))
    }
}

/// Every condition holds.
fn fits(record: &Map<String, Value>, domain: &Value) -> Result<bool, String> {
    for condition in domain.as_array().into_iter().flatten() {
        let (Some(field), Some(operator), Some(wanted)) =
            (condition.get(0).and_then(Value::as_str), condition.get(1).and_then(Value::as_str), condition.get(2))
        else {
            return Err(format!("Invalid leaf {condition}"));
        };
        let Some(value) = record.get(field) else { return Err(format!("Invalid field '{field}' in leaf {condition}")) };
        let holds = match operator {
            "=" => value == wanted,
            "!=" => value != wanted,
            ">" => value.as_i64() > wanted.as_i64(),
            "in" => wanted.as_array().is_some_and(|all| all.contains(value)),
            _ => return Err(format!("Invalid operator {operator}")),
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}
