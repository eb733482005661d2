//! Rules of connections to E-cology, and of what their callbacks need.

use super::connection::{CALL, LOOK_UP};
use super::rules::{ApprovalRule, ConnectionRule, Why};
use super::{Bounds, EVERY, Findings, bounds};
use crate::config::{ApprovalFlow, Config, Connection, FieldFormat, WeaverConnection};

const LIFE: Bounds = bounds(60_000, super::DAY_S, Why::TokenLife);

/// Checks one connection.
pub(super) fn check(found: &mut Findings, path: &str, c: &WeaverConnection) {
    found.url(&format!("{path}.base_url"), &c.base_url);
    found.filled(&format!("{path}.app_id"), &c.app_id);
    if !c.token_path.starts_with('/') {
        found.error(&format!("{path}.token_path"), ConnectionRule::OaPath);
    }
    if c.base_url.trim_end_matches('/').ends_with("/api") {
        found.error(&format!("{path}.base_url"), ConnectionRule::Appended { part: "/api".to_owned() });
    }
    found.duration(&format!("{path}.token_life"), c.token_life, &LIFE);
    found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
    found.duration(&format!("{path}.reconcile_every"), c.reconcile_every, &EVERY);
    found.duration(&format!("{path}.check_open_after"), c.check_open_after, &LOOK_UP);
    if c.system_id.is_some() && c.system_password.is_empty() {
        found.error(&format!("{path}.system_password"), ConnectionRule::NoSystemPassword);
    }
    result(found, path, c);
}

fn result(found: &mut Findings, path: &str, c: &WeaverConnection) {
    let result = &c.result;
    found.filled(&format!("{path}.result.request"), &result.request);
    found.filled(&format!("{path}.result.status"), &result.status);
    for word in result.approved.iter().filter(|word| result.rejected.contains(word)) {
        found.error(&format!("{path}.result.rejected"), ConnectionRule::AgreedToo { word: word.clone() });
    }
}

/// What callbacks of these connections need of the rest of the file.
pub(super) fn check_all(found: &mut Findings, config: &Config) {
    for connection in &config.connections {
        let Connection::Weaver(c) = connection else { continue };
        let path = format!("connections[{}]", c.id);
        if let Some(app) = &c.app
            && !config.apps.iter().any(|known| known.id == *app)
        {
            let known = config.apps.iter().map(|app| app.id.as_str()).collect();
            found.error(&format!("{path}.app"), ConnectionRule::NoSuchApp { app: app.clone(), known });
        }
        waited_for(found, &path, config, c);
    }
}

/// Results reach a flow by a push alone: its words and its caller have to be known.
fn waited_for(found: &mut Findings, path: &str, config: &Config, c: &WeaverConnection) {
    let waiting = config.flows.iter().filter_map(|flow| flow.as_approval()).find(|flow| flow.oa == c.id);
    let Some(flow) = waiting else { return };
    if c.app.is_none() {
        found.error(&format!("{path}.app"), ConnectionRule::NobodyPushes { flow: flow.id.to_string() });
    }
    for (key, words) in [("approved", &c.result.approved), ("rejected", &c.result.rejected)] {
        if words.is_empty() {
            found.error(&format!("{path}.result.{key}"), ConnectionRule::NoWords { flow: flow.id.to_string() });
        }
    }
}

/// What E-cology does not take of an approval flow, and what it needs.
pub(super) fn flow(found: &mut Findings, path: &str, flow: &ApprovalFlow) {
    let form = &flow.form;
    if form.title.as_deref().is_none_or(|title| title.trim().is_empty()) {
        found.error(&format!("{path}.form.title"), ApprovalRule::NoTitle);
    }
    if !form.approvers.is_empty() || !form.notify.is_empty() {
        found.error(&format!("{path}.form"), ApprovalRule::EcologyPeople);
    }
    if form.fields.is_empty() && form.key.is_none() {
        found.error(&format!("{path}.form.fields"), ApprovalRule::EcologyHeader);
    }
    let columns = form.lines.iter().flat_map(|lines| &lines.fields);
    for field in form.fields.iter().chain(columns).filter(|field| field.format == FieldFormat::Attachment) {
        found.error(&format!("{path}.form"), ApprovalRule::EcologyAttachment { from: field.from.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use serde_json::{Value, json};

    fn problems(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut file = json!({
            "apps": [{ "id": "weaver", "app_code": "a-code-of-some-length" }],
            "connections": [
                { "kind": "b1", "id": "b1", "base_url": "https://b", "company_db": "A", "username": "u", "password": "p" },
                { "kind": "weaver", "id": "oa", "base_url": "https://oa", "app_id": "a", "secret": "s", "spk": "k",
                  "app": "weaver", "result": { "approved": ["1"], "rejected": [2] } }
            ],
            "flows": [{ "id": "pr", "kind": "approval", "erp": "b1", "oa": "oa", "source": {},
                "form": { "template": "23", "title": "采购申请", "key": "erpkey", "lines": { "fields": [{ "from": "A", "to": "a" }] } } }]
        });
        change(&mut file);
        let config: Config = serde_json::from_value(file).unwrap();
        check(&config).into_iter().filter(|p| !p.warning).map(|p| p.to_string()).collect()
    }

    // R-W1, R-W7, R-W23, R-W32, R-W36, R-W46
    #[test]
    fn what_a_flow_over_weaver_needs_is_said_when_it_is_applied() {
        type Change = fn(&mut Value);
        fn line(to: &str) -> Value {
            json!({ "to": to, "fields": [{ "from": "A", "to": "a" }] })
        }
        assert_eq!(problems(|_| {}), Vec::<String>::new());
        let cases: [(&str, Change); 14] = [
            ("connections[oa].app: is missing", |f| f["connections"][1]["app"] = Value::Null),
            ("there is no [[apps]] other", |f| f["connections"][1]["app"] = json!("other")),
            ("result.approved: is empty", |f| f["connections"][1]["result"]["approved"] = json!([])),
            ("result.rejected: is empty", |f| f["connections"][1]["result"]["rejected"] = json!([])),
            ("a word means one thing", |f| f["connections"][1]["result"]["rejected"] = json!(["1"])),
            ("form.title: is missing", |f| f["flows"][0]["form"]["title"] = json!(" ")),
            ("is an attachment", |f| {
                f["flows"][0]["form"]["fields"] = json!([{ "from": "A", "to": "fj", "format": "attachment" }]);
            }),
            ("its workflow alone", |f| f["flows"][0]["form"]["notify"] = json!(["1"])),
            ("flows[pr].every: 59s is not between 1m", |f| f["flows"][0]["every"] = json!("59s")),
            ("form.lines[0].to: is empty", |f| f["flows"][0]["form"]["lines"] = json!([line(""), line("dt2")])),
            ("form.lines[1].to: another table goes to dt1", |f| {
                f["flows"][0]["form"]["lines"] = json!([line("dt1"), line("dt1")]);
            }),
            ("is one query, and the form's tables are filled from DocumentLines, B", |f| {
                f["flows"][0]["form"]["lines"] =
                    json!([line("dt1"), { "from": "B", "to": "dt2", "fields": [{ "from": "A", "to": "a" }] }]);
                f["flows"][0]["source"]["sql"] = json!({ "main": "select 1", "lines": "select 1 where k = :key" });
            }),
            ("sql.lines: has no query for DocumentLines", |f| {
                f["flows"][0]["source"]["sql"] =
                    json!({ "main": "select 1", "lines": { "B": "select 1 where k = :key" } });
            }),
            ("sql.lines.B: fills no table", |f| {
                f["flows"][0]["source"]["sql"] =
                    json!({ "main": "select 1", "lines": { "B": "select 1 where k = :key" } });
            }),
        ];
        for (words, change) in cases {
            let found = problems(change);
            assert!(found.iter().any(|problem| problem.contains(words)), "{words}: {found:?}");
        }
    }
}
