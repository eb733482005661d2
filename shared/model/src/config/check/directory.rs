//! Rules of flows of the directory.

use super::rules::{FlowRule, Why};
use super::{Bounds, DAY_S, Findings, bounds};
use crate::config::{DirectoryPullFlow, DirectoryPushFlow};
use serde_json::Value;

const EVERY: Bounds = bounds(1_000, 7 * DAY_S, Why::DirectoryEvery);

/// Checks a pull.
pub(super) fn pull(found: &mut Findings, path: &str, flow: &DirectoryPullFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    if flow.root.parse::<u64>().is_err() {
        found.error(&format!("{path}.root"), FlowRule::DepartmentNumber);
    }
    if let Some(tenant) = &flow.tenant {
        found.tenant(&format!("{path}.tenant"), tenant);
    }
}

/// Checks a push.
pub(super) fn push(found: &mut Findings, path: &str, flow: &DirectoryPushFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    let filters = [("departments", &flow.departments.filter), ("people", &flow.people.filter)];
    for (name, filter) in filters.into_iter().filter_map(|(name, filter)| Some((name, filter.as_ref()?))) {
        if serde_json::from_str::<Vec<Value>>(filter).is_err() {
            found.error(&format!("{path}.{name}.filter"), FlowRule::OdooDomain);
        }
    }
    let people = &flow.people;
    for (name, field) in [
        ("departments.code", &flow.departments.code),
        ("people.code", &people.code),
        ("people.user_name", &people.user_name),
        ("people.mobile", &people.mobile),
        ("people.email", &people.email),
    ] {
        found.filled(&format!("{path}.{name}"), field);
    }
    if people.personnel_types.values().any(|number| !(1..=5).contains(number)) {
        found.error(&format!("{path}.people.personnel_types"), FlowRule::PersonnelType);
    }
}
