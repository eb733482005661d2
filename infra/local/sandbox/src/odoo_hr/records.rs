//! Records of models, with the fields that each model has.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a field is.
#[derive(Clone)]
struct Field {
    of: String,
    caption: String,
    /// The model that it links to.
    to: String,
    is_stored: bool,
}

type Record = Map<String, Value>;

#[derive(Default)]
struct Model {
    fields: BTreeMap<String, Field>,
    records: BTreeMap<i64, Record>,
}

pub(super) struct Records(BTreeMap<String, Model>);

impl Records {
    pub fn demo() -> Self {
        let mut records = Self(BTreeMap::new());
        records.describe("hr.department", &departments());
        records.describe("hr.employee", &employees());
        records.describe("res.partner", &partners());
        records.describe("ir.model", &json!({ "model": { "type": "char" }, "name": { "type": "char" } }));
        let models = [("hr.department", "部门"), ("hr.employee", "员工"), ("res.partner", "联系人")];
        for (id, (model, name)) in (1..).zip(models) {
            records.put("ir.model", id, &json!({ "model": model, "name": name }));
        }
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

    pub fn describe(&mut self, model: &str, fields: &Value) {
        let known = self.0.entry(model.to_owned()).or_default();
        let own = json!({ "id": { "type": "integer", "string": "ID" },
            "write_date": { "type": "datetime", "string": "最后更新时间" } });
        for (name, field) in [&own, fields].into_iter().filter_map(Value::as_object).flatten() {
            let text = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let is_stored = field.get("store").and_then(Value::as_bool).unwrap_or(true);
            let caption = if field.get("string").is_some() { text("string") } else { name.clone() };
            let described = Field { of: text("type"), caption, to: text("relation"), is_stored };
            known.fields.insert(name.clone(), described);
        }
    }

    /// `fields_get`.
    pub fn fields(&self, model: &str) -> Result<Value, String> {
        let found = self.0.get(model).ok_or_else(|| model.to_owned())?;
        let field_json = |field: &Field| json!({ "type": field.of, "string": field.caption, "store": field.is_stored });
        Ok(found.fields.iter().map(|(name, field)| (name.clone(), field_json(field))).collect::<Map<_, _>>().into())
    }

    pub fn put(&mut self, model: &str, id: i64, fields: &Value) {
        let known = self.0.entry(model.to_owned()).or_default();
        let empty = |field: &Field| match field.of.as_str() {
            "integer" | "float" | "monetary" => json!(0),
            "one2many" | "many2many" => json!([]),
            _ => json!(false),
        };
        let record = known.records.entry(id).or_insert_with(|| {
            let mut made: Record = known.fields.iter().map(|(name, field)| (name.clone(), empty(field))).collect();
            made.insert("id".to_owned(), json!(id));
            if known.fields.contains_key("active") {
                made.insert("active".to_owned(), json!(true));
            }
            if known.fields.contains_key("employee_type") {
                made.insert("employee_type".to_owned(), json!("employee"));
            }
            made
        });
        record.extend(fields.as_object().cloned().unwrap_or_default());
    }

    pub fn put_at(&mut self, model: &str, id: i64, fields: &Value, now_ms: i64) {
        let at = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
        let at = at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string();
        self.put(model, id, &json!({ "write_date": at }));
        self.put(model, id, fields);
    }

    pub fn remove(&mut self, model: &str, id: i64) {
        if let Some(all) = self.0.get_mut(model) {
            all.records.remove(&id);
        }
    }

    pub fn all(&self, model: &str) -> Vec<Value> {
        self.0.get(model).into_iter().flat_map(|all| all.records.values()).cloned().map(Value::Object).collect()
    }

    /// `search_read`.
    pub fn search(&self, model: &str, domain: &Value, options: &Value) -> Result<Vec<Value>, String> {
        let Some(all) = self.0.get(model) else { return Err(format!("Object {model} doesn't exist")) };
        let archived = options.pointer("/context/active_test") == Some(&Value::Bool(false));
        let limit = options.get("limit").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let nothing = Vec::new();
        let fields = options.get("fields").and_then(Value::as_array).unwrap_or(&nothing);
        let mut rows = Vec::new();
        // Whatever is in no order comes in another.
        let ordered = options.get("order").and_then(Value::as_str).is_some_and(|order| order.starts_with("id"));
        let mut found: Vec<&Record> = all.records.values().collect();
        if !ordered {
            found.reverse();
        }
        for record in found {
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

    fn shown(&self, model: &str, record: &Record, fields: &[Value]) -> Result<Value, String> {
        let mut shown = Map::new();
        shown.insert("id".into(), record.get("id").cloned().unwrap_or_default());
        for field in fields.iter().filter_map(Value::as_str) {
            let Some(value) = record.get(field) else {
                return Err(format!("Invalid field '{field}' on model '{model}'"));
            };
            let link = self.0.get(model).and_then(|all| all.fields.get(field)).filter(|field| field.of == "many2one");
            let value = match (link, value.as_i64()) {
                (Some(Field { to, .. }), Some(id)) => {
                    let name =
                        self.0.get(to).and_then(|all| all.records.get(&id)).and_then(|record| record.get("name"));
                    json!([id, name.cloned().unwrap_or_default()])
                }
                _ => value.clone(),
            };
            shown.insert(field.to_owned(), value);
        }
        Ok(Value::Object(shown))
    }
}

fn departments() -> Value {
    json!({ "name": { "type": "char" }, "active": { "type": "boolean" },
        "parent_id": { "type": "many2one", "relation": "hr.department" },
        "manager_id": { "type": "many2one", "relation": "hr.employee" }, "complete_name": { "type": "char" } })
}

fn employees() -> Value {
    json!({ "name": { "type": "char" }, "active": { "type": "boolean" },
        "parent_id": { "type": "many2one", "relation": "hr.employee" },
        "department_id": { "type": "many2one", "relation": "hr.department" },
        "work_email": { "type": "char" }, "mobile_phone": { "type": "char" }, "work_phone": { "type": "char" },
        "job_title": { "type": "char" }, "employee_type": { "type": "selection" }, "barcode": { "type": "char" } })
}

fn partners() -> Value {
    json!({ "name": { "type": "char", "string": "名称" }, "active": { "type": "boolean", "string": "有效" },
        "ref": { "type": "char", "string": "编号" }, "email": { "type": "char", "string": "电子邮件" },
        "parent_id": { "type": "many2one", "relation": "res.partner", "string": "上级公司" },
        "credit_limit": { "type": "monetary", "string": "信用额度" }, "date": { "type": "date", "string": "日期" },
        "child_ids": { "type": "one2many", "relation": "res.partner", "string": "联系人" },
        "image_1920": { "type": "binary", "string": "图像" },
        "display_name": { "type": "char", "string": "显示名称", "store": false } })
}

/// Every condition holds.
fn fits(record: &Record, domain: &Value) -> Result<bool, String> {
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
            ">" | ">=" | "<" => match compared(value, wanted) {
                // What is empty is neither more nor less.
                None => false,
                Some(order) => match operator {
                    ">" => order.is_gt(),
                    ">=" => order.is_ge(),
                    _ => order.is_lt(),
                },
            },
            "in" => wanted.as_array().is_some_and(|all| all.contains(value)),
            _ => return Err(format!("Invalid operator {operator}")),
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Numbers by value, times as texts.
fn compared(value: &Value, wanted: &Value) -> Option<std::cmp::Ordering> {
    match (value, wanted) {
        (Value::Number(a), Value::Number(b)) => Some(a.as_i64()?.cmp(&b.as_i64()?)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
