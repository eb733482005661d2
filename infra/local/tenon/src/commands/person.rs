//! `tenon person`: who somebody is in the directory, what others call them, and who changed what.

use super::refused;
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, local, zone};
use crate::remote::{Remote, segment};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenon_directory::{Change, Department, Directory, Person};
use tenon_model::TenantId;
use tenon_operations::directory;

const AFTER: &str = "\
WHO is the id in the directory, the code of an ERP with --enterprise, a mobile number, an e-mail address or the user id at an OA. \
The latest twenty changes of a record are kept with it: when, by which app, flow or sign-on, and what. Times are local.

Example:
  tenon person zhangsan
  tenon person E1001 --enterprise COMPANY001
  tenon person 13800000001 --tenant t-1
  tenon person 100 --department

Next:
  tenon notify PERSON    tell one person something, to try the channels";

/// Shows a person or department of the directory: its codes, its accounts, and who changed what.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct PersonArgs {
    /// Whom.
    #[arg(value_name = "WHO")]
    pub who: String,
    /// WHO is the code of this enterprise's ERP.
    #[arg(long, value_name = "CODE")]
    pub enterprise: Option<String>,
    /// Whose directory; the operator's own without it.
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// WHO is a department.
    #[arg(long)]
    pub department: bool,
}

/// The command.
///
/// # Errors
/// Not found when there is nobody; those of the table.
pub async fn person(args: &PersonArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let tenant = args.tenant.as_ref().map_or_else(TenantId::operator, TenantId::new);
    let directory = Directory::new(&environment.ctx, &tenant);
    let nobody = || nobody(args, &tenant);
    if args.department {
        let found = match &args.enterprise {
            Some(enterprise) => directory.department_by_external(enterprise, &args.who).await?,
            None => directory.department(&args.who).await?,
        };
        shown_department(&found.ok_or_else(nobody)?.data, out);
        return Ok(());
    }
    let found = directory::find(&environment.ctx, &tenant, &args.who, args.enterprise.as_deref()).await;
    let found = found.map_err(refused)?;
    if found.is_empty() {
        return Err(nobody());
    }
    shown_people(&found, out);
    Ok(())
}

/// The same through the API.
///
/// # Errors
/// As [`person`]; what the API says.
pub async fn remote(args: &PersonArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    #[derive(serde::Deserialize)]
    struct Departments {
        departments: Vec<Department>,
    }
    #[derive(serde::Deserialize)]
    struct People {
        people: Vec<Person>,
    }
    let mut query: Vec<(&str, String)> = Vec::new();
    query.extend(args.enterprise.clone().map(|enterprise| ("enterprise", enterprise)));
    query.extend(args.tenant.clone().map(|tenant| ("tenantId", tenant)));
    if args.department {
        let path = format!("/admin/v1/directory/departments/{}", segment(&args.who));
        let found: Departments = remote.get(&path, &query).await?;
        found.departments.iter().for_each(|department| shown_department(department, out));
        return Ok(());
    }
    query.push(("who", args.who.clone()));
    let found: People = remote.get("/admin/v1/directory/people", &query).await?;
    if found.people.is_empty() {
        let tenant = args.tenant.as_ref().map_or_else(TenantId::operator, TenantId::new);
        return Err(nobody(args, &tenant));
    }
    shown_people(&found.people, out);
    Ok(())
}

fn nobody(args: &PersonArgs, tenant: &TenantId) -> Failure {
    let hint = "people come by a pull (`tenon run FLOW`), by an ERP's push, or are bound at a sign-on";
    Failure::not_found(format!("the directory of {tenant} has nobody and nothing called {}", args.who)).with_hint(hint)
}

fn shown_department(department: &Department, out: &Out) {
    out.result(|| json!({ "departments": [department] }), || department_text(department, &zone()));
}

fn shown_people(found: &[Person], out: &Out) {
    let text = || found.iter().map(|person| render(person, &zone())).collect::<Vec<_>>().join("\n");
    out.result(|| json!({ "people": found }), text);
}

fn render(person: &Person, zone: &TimeZone) -> String {
    let state = if person.active { "" } else { ", disabled" };
    let mut text = format!("{} {} ({}){state}\n", person.id, person.shown_name(), person.user_name);
    for (name, value) in [
        ("mobile", person.mobile.clone()),
        ("e-mail", person.email.clone()),
        ("departments", Some(person.departments.join(", ")).filter(|text| !text.is_empty())),
        ("reports to", person.supervisor.clone()),
    ] {
        text.push_str(&value.map_or_else(String::new, |value| format!("  {name}: {value}\n")));
    }
    text.push_str(&names("account", &person.accounts));
    text.push_str(&names("code", &person.external));
    text.push_str(&changes(&person.changes, zone));
    text
}

fn department_text(department: &Department, zone: &TimeZone) -> String {
    let state = if department.active { "" } else { ", disabled" };
    let mut text = format!("{} {}{state}\n", department.id, department.name);
    text.push_str(&department.parent.as_ref().map_or_else(String::new, |parent| format!("  below: {parent}\n")));
    text.push_str(&names("account", &department.accounts));
    text.push_str(&names("code", &department.external));
    text.push_str(&changes(&department.changes, zone));
    text
}

fn names(what: &str, of: &BTreeMap<String, String>) -> String {
    of.iter().map(|(scope, name)| format!("  {what} at {scope}: {name}\n")).collect()
}

fn changes(changes: &[Change], zone: &TimeZone) -> String {
    let mut table = Table::new(&["AT", "BY", "FIELD", "WAS", "IS"]);
    for change in changes {
        let (at, by) = (local(change.at_ms, zone), change.by.clone());
        if change.fields.is_empty() {
            table.row([at.clone(), by.clone(), "(new)".to_owned(), String::new(), String::new()]);
        }
        for field in &change.fields {
            table.row([at.clone(), by.clone(), field.field.clone(), shown(&field.from), shown(&field.to)]);
        }
    }
    table.text(2)
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_directory::FieldChange;

    #[test]
    fn a_person_is_told_with_who_changed_what() {
        let mut person = Person::new("ding-1", "zhangsan");
        person.external.insert("COMPANY001".to_owned(), "E1001".to_owned());
        let field = FieldChange { field: "mobile".to_owned(), from: Value::Null, to: json!("13800000001") };
        person.changes = vec![
            Change { at_ms: 1_795_305_600_000, by: "flow people".to_owned(), fields: Vec::new() },
            Change { at_ms: 1_795_305_660_000, by: "sso".to_owned(), fields: vec![field] },
        ];
        let text = render(&person, &TimeZone::get("Asia/Shanghai").unwrap());
        for line in [
            "ding-1 zhangsan (zhangsan)",
            "  code at COMPANY001: E1001",
            "flow people  (new)",
            "sso          mobile  -",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
