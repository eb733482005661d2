//! Rules of flows that make tables of ERP data.

use super::{Bounds, DAY_S, Findings, bounds};
use crate::config::{Config, DataSyncFlow, Flow};
use std::collections::BTreeMap;

const EVERY: Bounds = bounds(60_000, 7 * DAY_S, "an update reads every page of its window");
const WINDOW: Bounds = bounds(60_000, 3_660 * DAY_S, "ten years are every row of most systems");
const OVERLAP: Bounds = bounds(1_000, DAY_S, "it covers clocks that differ");

/// Checks one by itself.
pub(super) fn check(found: &mut Findings, path: &str, flow: &DataSyncFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    found.duration(&format!("{path}.create_window"), flow.create_window, &WINDOW);
    found.duration(&format!("{path}.update_window"), flow.update_window, &WINDOW);
    found.duration(&format!("{path}.overlap"), flow.overlap, &OVERLAP);
    if let Some(form) = &flow.form {
        name(found, &format!("{path}.form"), form);
    } else if !flow.entries.is_empty() {
        found.error(&format!("{path}.entries"), "are those of one form; name it in form");
    }
    for entry in &flow.entries {
        name(found, &format!("{path}.entries"), entry);
    }
    if flow.reconcile != "off" && flow.reconcile_at().is_none() {
        found.error(&format!("{path}.reconcile"), "is a time of day, such as 02:00, or off");
    }
    if flow.most_deleted > 100 {
        found.error(&format!("{path}.most_deleted"), "is a percentage: 0 to 100");
    }
}

/// Checks them together: databases that are there, forms that two flows would write.
pub(super) fn check_all(found: &mut Findings, config: &Config) {
    let mut tables: BTreeMap<(&str, Option<String>), &DataSyncFlow> = BTreeMap::new();
    for flow in config.flows.iter().filter_map(Flow::as_data_sync) {
        let path = format!("flows[{}]", flow.id);
        if !config.databases.iter().any(|database| *database.id() == flow.database) {
            let known: Vec<&str> = config.databases.iter().map(|database| database.id().as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let message = format!("there is no database {}; known are: {known}", flow.database);
            found.error(&format!("{path}.database"), &message);
        }
        let form = flow.form.as_ref().map(|form| form.to_ascii_lowercase());
        if let Some(other) = tables.insert((flow.database.as_str(), form), flow) {
            let message = match &flow.form {
                Some(_) => format!("flow {} writes the table of this form in the same database", other.id),
                None => format!("flow {} serves every other form of the same database", other.id),
            };
            found.error(&format!("{path}.form"), &message);
        }
    }
}

fn name(found: &mut Findings, path: &str, name: &str) {
    let sound =
        (1..=80).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    if !sound {
        found.error(path, &format!("{name}: use letters, digits, underscores and points"));
    }
}
