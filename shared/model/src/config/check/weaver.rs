//! Rules of connections to E-cology, and of what their callbacks need.

use super::connection::{CALL, LOOK_UP};
use super::{Bounds, EVERY, Findings, bounds};
use crate::config::{ApprovalFlow, Config, Connection, FieldFormat, WeaverConnection};

const LIFE: Bounds = bounds(
    60_000,
    super::DAY_S,
    "a token is renewed before it ends, and one that lives long is one that can be stolen",
);

/// Checks one connection.
pub(super) fn check(found: &mut Findings, path: &str, c: &WeaverConnection) {
    found.url(&format!("{path}.base_url"), &c.base_url);
    found.filled(&format!("{path}.app_id"), &c.app_id);
    if !c.token_path.starts_with('/') {
        found.error(&format!("{path}.token_path"), "is a path of the OA and begins with /");
    }
    if c.base_url.trim_end_matches('/').ends_with("/api") {
        found.error(&format!("{path}.base_url"), "leave /api out; it is appended");
    }
    found.duration(&format!("{path}.token_life"), c.token_life, &LIFE);
    found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
    found.duration(&format!("{path}.reconcile_every"), c.reconcile_every, &EVERY);
    found.duration(&format!("{path}.check_open_after"), c.check_open_after, &LOOK_UP);
    if c.system_id.is_some() && c.system_password.is_empty() {
        found.error(&format!("{path}.system_password"), "is missing beside system_id; base data is signed with both");
    }
    result(found, path, c);
}

fn result(found: &mut Findings, path: &str, c: &WeaverConnection) {
    let result = &c.result;
    found.filled(&format!("{path}.result.request"), &result.request);
    found.filled(&format!("{path}.result.status"), &result.status);
    for word in result.approved.iter().filter(|word| result.rejected.contains(word)) {
        found.error(&format!("{path}.result.rejected"), &format!("{word} means agreed too; a word means one thing"));
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
            let known: Vec<&str> = config.apps.iter().map(|app| app.id.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            found.error(&format!("{path}.app"), &format!("there is no [[apps]] {app}; known are: {known}"));
        }
        waited_for(found, &path, config, c);
    }
}

/// Results reach a flow by a push alone: its words and its caller have to be known.
fn waited_for(found: &mut Findings, path: &str, config: &Config, c: &WeaverConnection) {
    let waiting = config.flows.iter().filter_map(|flow| flow.as_approval()).find(|flow| flow.oa == c.id);
    let Some(flow) = waiting else { return };
    if c.app.is_none() {
        let message = format!("is missing: flow {} waits for results, which nobody may push without an app", flow.id);
        found.error(&format!("{path}.app"), &message);
    }
    for (key, words) in [("approved", &c.result.approved), ("rejected", &c.result.rejected)] {
        if words.is_empty() {
            let message = format!(
                "is empty: flow {} waits for results, and what the site's words for them are cannot be guessed",
                flow.id
            );
            found.error(&format!("{path}.result.{key}"), &message);
        }
    }
}

/// What E-cology does not take of an approval flow, and what it needs.
pub(super) fn flow(found: &mut Findings, path: &str, flow: &ApprovalFlow) {
    let form = &flow.form;
    if form.title.as_deref().is_none_or(|title| title.trim().is_empty()) {
        let message = "is missing: a request is called by it and the document's key (流程名称), and found by that when its \
                       answer is lost";
        found.error(&format!("{path}.form.title"), message);
    }
    if !form.approvers.is_empty() || !form.notify.is_empty() {
        let message = "names approvers or people to tell; in E-cology its workflow alone says who they are";
        found.error(&format!("{path}.form"), message);
    }
    if form.fields.is_empty() && form.key.is_none() {
        found.error(&format!("{path}.form.fields"), "maps no header field; E-cology refuses a request without one");
    }
    let columns = form.lines.iter().flat_map(|lines| &lines.fields);
    for field in form.fields.iter().chain(columns).filter(|field| field.format == FieldFormat::Attachment) {
        let message = format!(
            "{} is an attachment; a field of files takes the document's files, see form.attachments",
            field.from
        );
        found.error(&format!("{path}.form"), &message);
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
