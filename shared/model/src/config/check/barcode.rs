//! Rules of barcode applications and of DI APIs.

use super::connection::CALL;
use super::rules::{ApprovalRule, CommonRule, ConnectionRule, ServiceRule, Why};
use super::{Bounds, Findings, Kinds, bounds};
use crate::config::{Barcode, BarcodeObject, Config, DiApiConnection};
use crate::ids::ConnectionId;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const LIFE: Bounds = bounds(60_000, super::DAY_S, Why::SessionLife);
/// What stays of the time in which an application is answered.
const QUERY: Bounds = bounds(100, 20, Why::BarcodeQuery);

/// Checks a DI API.
pub(super) fn di_api(found: &mut Findings, path: &str, c: &DiApiConnection) {
    found.url(&format!("{path}.base_url"), &c.base_url);
    found.filled(&format!("{path}.company_db"), &c.company_db);
    if c.company_db.trim() != c.company_db {
        found.error(&format!("{path}.company_db"), ConnectionRule::CompanyBlank);
    }
    found.filled(&format!("{path}.username"), &c.username);
    found.filled(&format!("{path}.success"), &c.success);
    if !c.root.starts_with('/') || c.root.ends_with('/') {
        found.error(&format!("{path}.root"), ConnectionRule::RootSlash);
    }
    if c.base_url.trim_end_matches('/').ends_with("/b1dis") {
        found.error(&format!("{path}.base_url"), ConnectionRule::RootAppended { part: "/b1dis".to_owned() });
    }
    found.duration(&format!("{path}.session_life"), c.session_life, &LIFE);
    found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
}

/// Checks every barcode application, and who may call for it.
pub(super) fn check_all(found: &mut Findings, config: &Config, kinds: &Kinds<'_>) {
    let mut seen = BTreeSet::new();
    for barcode in &config.barcode {
        let path = format!("barcode[{}]", barcode.connection);
        if !seen.insert(&barcode.connection) {
            found.error(&path, ServiceRule::SameBarcode);
        }
        one(found, &path, barcode, kinds);
    }
    for app in &config.apps {
        for connection in &app.connections {
            if !kinds.contains_key(connection.as_str()) {
                let id = connection.to_string();
                found.error(&format!("apps[{}].connections", app.id), CommonRule::NoConnection { id });
            }
        }
    }
    for flow in &config.flows {
        if flow.id().as_str().starts_with("barcode-") {
            found.error(&format!("flows[{}].id", flow.id()), ApprovalRule::IdOfBarcode);
        }
    }
    let may_call = |connection: &ConnectionId| {
        config.apps.iter().any(|app| app.connections.is_empty() || app.connections.contains(connection))
    };
    for barcode in config.barcode.iter().filter(|barcode| !may_call(&barcode.connection)) {
        let path = format!("barcode[{}]", barcode.connection);
        found.warn(&path, ServiceRule::NobodyCalls);
    }
}

fn one(found: &mut Findings, path: &str, barcode: &Barcode, kinds: &Kinds<'_>) {
    found.expect_kind(&format!("{path}.connection"), barcode.connection.as_str(), &["b1"], kinds);
    if let Some(di_api) = &barcode.di_api {
        found.expect_kind(&format!("{path}.di_api"), di_api.as_str(), &["di_api"], kinds);
    }
    if let Some(field) = barcode.key_field.as_deref()
        && !(field.starts_with("U_") && is_name(field))
    {
        found.error(&format!("{path}.key_field"), ServiceRule::NoUserField);
    }
    names(found, path, barcode);
    found.duration(&format!("{path}.query_timeout"), barcode.query_timeout, &QUERY);
    let ranges = [
        ("max_rows", barcode.max_rows as u64, 1, 100_000),
        ("max_bytes", barcode.max_bytes as u64, 1024, 5_500_000),
        ("max_queries", barcode.max_queries as u64, 1, 16),
    ];
    for (key, value, least, most) in ranges {
        if !(least..=most).contains(&value) {
            found.error(&format!("{path}.{key}"), CommonRule::Between { least, most });
        }
    }
    for (key, names) in [("batch", &barcode.batch_columns.batch), ("quantity", &barcode.batch_columns.quantity)] {
        if names.is_empty() {
            found.error(&format!("{path}.batch_columns.{key}"), ServiceRule::NoColumnName);
        }
    }
    for (key, template) in [("success", &barcode.answer.success), ("failure", &barcode.answer.failure)] {
        answer(found, &format!("{path}.answer.{key}"), template);
    }
    queries(found, path, barcode);
}

fn names(found: &mut Findings, path: &str, barcode: &Barcode) {
    for table in &barcode.tables {
        let name = table.strip_suffix('*').unwrap_or(table);
        if !is_table(name) {
            found.error(&format!("{path}.tables"), ServiceRule::NoTableName { table: table.clone() });
        }
    }
    let lists = [("schemas", &barcode.schemas), ("functions", &barcode.functions), ("procedures", &barcode.procedures)];
    for (key, list) in lists {
        for name in list.iter().filter(|name| !is_name(name)) {
            found.error(&format!("{path}.{key}"), ServiceRule::NoName { name: name.clone() });
        }
    }
    let mut seen = BTreeSet::new();
    for (name, lines, key) in barcode.objects.iter().map(BarcodeObject::parts) {
        let place = format!("{path}.objects[{name}]");
        if !(is_name(name) && is_name(lines) && is_name(key)) {
            found.error(&place, ServiceRule::ObjectNames);
        }
        if !seen.insert(name) {
            found.error(&place, ServiceRule::ObjectTwice);
        }
    }
    if !barcode.objects.is_empty() && barcode.key_field.is_none() {
        found.warn(&format!("{path}.key_field"), ServiceRule::NoKeyField);
    }
}

fn answer(found: &mut Findings, path: &str, template: &Map<String, Value>) {
    if template.is_empty() {
        found.error(path, ServiceRule::EmptyAnswer);
    }
    let text = Value::Object(template.clone()).to_string();
    for rest in text.split("{{").skip(1) {
        let name = rest.split("}}").next().unwrap_or_default();
        if !["code", "message", "data", "repeated", "draft", "requestId"].contains(&name) {
            found.error(path, ServiceRule::NothingToFillIn { name: name.to_owned() });
        }
    }
}

fn queries(found: &mut Findings, path: &str, barcode: &Barcode) {
    let mut seen = BTreeSet::new();
    for query in &barcode.queries {
        let place = format!("{path}.queries[{}]", query.name);
        let is_id = query.name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !query.name.is_empty();
        if !is_id {
            found.error(&place, ServiceRule::QueryName);
        }
        if !seen.insert(&query.name) {
            found.error(&place, ServiceRule::SameQuery);
        }
        found.filled(&format!("{place}.sql"), &query.sql);
        for name in query.parameters.keys() {
            if !is_name(name) || !query.sql.contains(&format!(":{name}")) {
                found.error(&format!("{place}.parameters.{name}"), ServiceRule::NoParameter);
            }
        }
    }
}

fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn is_table(name: &str) -> bool {
    is_name(name.strip_prefix('@').unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use serde_json::json;

    fn problems(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut file = json!({
            "apps": [{ "id": "udp", "app_code": "a-code-of-some-length", "connections": ["b1"] }],
            "connections": [
                { "kind": "b1", "id": "b1", "base_url": "https://b", "company_db": "A", "username": "u", "password": "p" },
                { "kind": "di_api", "id": "di", "base_url": "https://d", "company_db": "A", "username": "u", "password": "p" }
            ],
            "barcode": [{ "connection": "b1", "di_api": "di", "tables": ["OITM", "WOR*", "@BIN"] }]
        });
        change(&mut file);
        let config: Config = serde_json::from_value(file).unwrap();
        check(&config).into_iter().map(|p| p.to_string()).collect()
    }

    // R-B2, R-B7, R-B11, R-B12, R-B16, R-B31
    #[test]
    fn what_is_wrong_with_a_barcode_application_is_said_when_it_is_applied() {
        type Change = fn(&mut Value);
        assert_eq!(problems(|_| {}), Vec::<String>::new());
        let cases: [(&str, Change); 14] = [
            ("barcode[x].connection: there is no connection x", |f| f["barcode"][0]["connection"] = json!("x")),
            ("b1 is needed here", |f| f["barcode"][0]["connection"] = json!("di")),
            ("di_api is needed here", |f| f["barcode"][0]["di_api"] = json!("b1")),
            ("a company has one", |f| f["barcode"] = json!([{ "connection": "b1" }, { "connection": "b1" }])),
            ("is no table's name", |f| f["barcode"][0]["tables"] = json!(["OITM; drop"])),
            ("procedures: \"TM DK\" is no name", |f| f["barcode"][0]["procedures"] = json!(["TM DK"])),
            ("those begin with U_", |f| f["barcode"][0]["key_field"] = json!("Comments")),
            ("key_field: is missing", |f| f["barcode"][0]["objects"] = json!(["UDT"])),
            ("max_rows: must be between", |f| f["barcode"][0]["max_rows"] = json!(0)),
            ("query_timeout: 30s is not between", |f| f["barcode"][0]["query_timeout"] = json!("30s")),
            ("nothing that can be filled in", |f| {
                f["barcode"][0]["answer"] = json!({ "success": { "a": "{{rows}}" } })
            }),
            ("the statement does not use it", |f| {
                f["barcode"][0]["queries"] =
                    json!([{ "name": "q", "sql": "select 1 from DUMMY", "parameters": { "a": "text" } }]);
            }),
            ("apps[udp].connections: there is no connection x", |f| f["apps"][0]["connections"] = json!(["x"])),
            ("none of [[apps]] may use this connection", |f| f["apps"] = json!([])),
        ];
        for (words, change) in cases {
            let found = problems(change);
            assert!(found.iter().any(|problem| problem.contains(words)), "{words}: {found:?}");
        }
    }

    #[test]
    fn both_spellings_of_the_kind_are_read() {
        assert_eq!(problems(|f| f["connections"][1]["kind"] = json!("di-api")), Vec::<String>::new());
        let blank = problems(|f| f["connections"][1]["company_db"] = json!("A "));
        assert!(blank.iter().any(|problem| problem.contains("begins or ends with a blank")), "{blank:?}");
    }
}
