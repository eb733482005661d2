//! Departments and employees of Odoo as aiflow takes them.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tenon_connectors::odoo::{Domain, Odoo, linked, text};
use tenon_model::config::DirectoryPushFlow;
use tenon_platform::{Error, Result};

/// Records a page.
const PAGE: usize = 500;

/// A record of aiflow's, and where it hangs.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its code.
    pub code: String,
    /// The code of the one above.
    pub above: Option<String>,
    /// As it is pushed.
    pub body: Map<String, Value>,
    /// Whether it is in use.
    pub active: bool,
    /// Why it cannot be pushed.
    pub wrong: Option<String>,
}

/// Everything there is.
#[derive(Clone, Debug, Default)]
pub struct Everything {
    /// Departments.
    pub departments: Vec<Found>,
    /// People.
    pub people: Vec<Found>,
}

type Rows = Vec<(i64, Map<String, Value>)>;

/// Reads all of it.
pub async fn everything(odoo: &Odoo<'_>, flow: &DirectoryPushFlow) -> Result<Everything> {
    let fields = ["name", "parent_id", "active", flow.departments.code.as_str()];
    let departments = all(odoo, "hr.department", &fields, flow.departments.filter.as_deref()).await?;
    let people = &flow.people;
    let fields = [
        "name",
        "parent_id",
        "department_id",
        "active",
        "employee_type",
        people.code.as_str(),
        people.user_name.as_str(),
        people.mobile.as_str(),
        people.email.as_str(),
    ];
    let employees = all(odoo, "hr.employee", &fields, people.filter.as_deref()).await?;
    let codes = codes(&departments, &flow.departments.code);
    Ok(Everything {
        departments: departments.iter().map(|(id, row)| department(*id, row, &codes)).collect(),
        people: self::people(&employees, flow, &codes),
    })
}

async fn all(odoo: &Odoo<'_>, model: &str, fields: &[&str], filter: Option<&str>) -> Result<Rows> {
    let domain: Domain = match filter {
        Some(filter) => serde_json::from_str(filter)
            .map_err(|why| Error::permanent("config.flow", format!("the filter of {model} cannot be read: {why}")))?,
        None => Vec::new(),
    };
    let mut wanted: Vec<&str> = fields.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let (mut rows, mut after) = (Vec::new(), 0);
    loop {
        let page = odoo.page(model, &wanted, &domain, after, PAGE).await?;
        let last = page.len() < PAGE;
        after = page.last().map_or(after, |(id, _)| *id);
        rows.extend(page);
        if last {
            return Ok(rows);
        }
    }
}

/// Codes by Odoo's ids.
fn codes(rows: &Rows, field: &str) -> BTreeMap<i64, String> {
    rows.iter().filter_map(|(id, row)| Some((*id, text(row, field)?))).collect()
}

fn is_active(row: &Map<String, Value>) -> bool {
    row.get("active").and_then(Value::as_bool).unwrap_or(true)
}

fn department(id: i64, row: &Map<String, Value>, codes: &BTreeMap<i64, String>) -> Found {
    let (code, active) = (codes.get(&id).cloned(), is_active(row));
    let above = linked(row, "parent_id").and_then(|parent| codes.get(&parent)).cloned();
    let body = json!({ "deptId": code, "deptName": text(row, "name"), "parentId": above.clone().unwrap_or_default(),
        "orderNum": 100, "status": i64::from(active) });
    let wrong = code.is_none().then(|| format!("department {id} of Odoo has no code"));
    found(code.unwrap_or_else(|| format!("odoo:{id}")), above, body, active, wrong)
}

fn people(rows: &Rows, flow: &DirectoryPushFlow, departments: &BTreeMap<i64, String>) -> Vec<Found> {
    let own = codes(rows, &flow.people.code);
    let person = |(id, row): &(i64, Map<String, Value>)| {
        let (code, active) = (own.get(id).cloned(), is_active(row));
        let above = linked(row, "parent_id").and_then(|parent| own.get(&parent)).cloned();
        let department = linked(row, "department_id").and_then(|id| departments.get(&id)).cloned();
        let kind = text(row, "employee_type").and_then(|word| flow.people.personnel_types.get(&word)).copied();
        let mut body = json!({ "userId": code, "userName": text(row, &flow.people.user_name).or_else(|| code.clone()),
            "realName": text(row, "name"), "deptId": department, "personnelType": kind.unwrap_or(1),
            "status": i64::from(active) });
        let more = [("email", text(row, &flow.people.email)), ("mobile", text(row, &flow.people.mobile))];
        if let Some(fields) = body.as_object_mut() {
            fields.extend(more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
        }
        let wrong = match (&code, &department) {
            (None, _) => Some(format!("employee {id} of Odoo has no {}", flow.people.code)),
            (_, None) if active => Some("the employee has no department that is pushed".to_owned()),
            _ => None,
        };
        found(code.unwrap_or_else(|| format!("odoo:{id}")), above, body, active, wrong)
    };
    rows.iter().map(person).collect()
}

fn found(code: String, above: Option<String>, body: Value, active: bool, wrong: Option<String>) -> Found {
    let body = match body {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    Found { code, above, body, active, wrong }
}
