//! Rules of connections to E-cology, and of what their callbacks need.

use super::connection::{CALL, LOOK_UP};
use super::{Bounds, EVERY, Findings, bounds};
use crate::config::{Config, Connection, WeaverConnection};

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
