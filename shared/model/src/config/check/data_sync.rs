//! Rules of flows that make tables of ERP data.

use super::rules::{FlowRule, Why};
use super::{Bounds, DAY_S, Findings, bounds};
use crate::config::{Config, DataSyncFlow, Flow};
use std::collections::BTreeMap;

const EVERY: Bounds = bounds(60_000, 7 * DAY_S, Why::SyncEvery);
const WINDOW: Bounds = bounds(60_000, 3_660 * DAY_S, Why::SyncWindow);
const OVERLAP: Bounds = bounds(1_000, DAY_S, Why::SyncOverlap);

/// Checks one by itself.
pub(super) fn check(found: &mut Findings, path: &str, flow: &DataSyncFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    found.duration(&format!("{path}.create_window"), flow.create_window, &WINDOW);
    found.duration(&format!("{path}.update_window"), flow.update_window, &WINDOW);
    found.duration(&format!("{path}.overlap"), flow.overlap, &OVERLAP);
    if let Some(form) = &flow.form {
        name(found, &format!("{path}.form"), form);
    } else if !flow.entries.is_empty() {
        found.error(&format!("{path}.entries"), FlowRule::EntriesOfOneForm);
    }
    for entry in &flow.entries {
        name(found, &format!("{path}.entries"), entry);
    }
    if flow.reconcile != "off" && flow.reconcile_at().is_none() {
        found.error(&format!("{path}.reconcile"), FlowRule::ReconcileTime);
    }
    if flow.most_deleted > 100 {
        found.error(&format!("{path}.most_deleted"), FlowRule::Percentage);
    }
}

/// Checks them together: databases that are there, forms that two flows would write.
pub(super) fn check_all(found: &mut Findings, config: &Config) {
    let mut tables: BTreeMap<(&str, Option<String>), &DataSyncFlow> = BTreeMap::new();
    for flow in config.flows.iter().filter_map(Flow::as_data_sync) {
        let path = format!("flows[{}]", flow.id);
        if !config.databases.iter().any(|database| *database.id() == flow.database) {
            let known = config.databases.iter().map(|database| database.id().as_str()).collect();
            let id = flow.database.to_string();
            found.error(&format!("{path}.database"), FlowRule::UnknownDatabase { id, known });
        }
        let form = flow.form.as_ref().map(|form| form.to_ascii_lowercase());
        if let Some(other) = tables.insert((flow.database.as_str(), form), flow) {
            let other = other.id.to_string();
            let rule = match &flow.form {
                Some(_) => FlowRule::TableTaken { other },
                None => FlowRule::OthersTaken { other },
            };
            found.error(&format!("{path}.form"), rule);
        }
    }
}

fn name(found: &mut Findings, path: &str, name: &str) {
    let sound =
        (1..=80).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    if !sound {
        found.error(path, FlowRule::FormName { name: name.to_owned() });
    }
}
