//! Rules of flows of issues for production.

use super::findings::{Bounds, bounds};
use super::rules::{FlowRule, Why};
use super::{DAY_S, EVERY, Findings};
use crate::config::{Flow, ProductionIssuesFlow};
use std::collections::BTreeMap;

const OVERLAP: Bounds = bounds(0, 7 * DAY_S, Why::FeedOverlap);
const DELAY: Bounds = bounds(0, 3600, Why::FeedDelay);

/// Checks one flow.
pub(super) fn check(found: &mut Findings, path: &str, flow: &ProductionIssuesFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    found.duration(&format!("{path}.overlap"), flow.overlap, &OVERLAP);
    found.duration(&format!("{path}.delay"), flow.delay, &DELAY);
    found.filled(&format!("{path}.key_field"), &flow.key_field);
    let ours = [flow.key_field.as_str(), "DocumentLines", "DocDate"];
    if let Some(name) = flow.constants.keys().find(|name| ours.contains(&name.as_str())) {
        found.error(&format!("{path}.constants.{name}"), FlowRule::FilledByTheFlow);
    }
    for (warehouse, bin) in &flow.bins {
        if *bin <= 0 {
            found.error(&format!("{path}.bins.{warehouse}"), FlowRule::NoBin);
        }
    }
    let mut names = BTreeMap::new();
    for (mes, erp) in &flow.units {
        if let Some(other) = names.insert(erp.as_str(), mes.as_str()) {
            let (other, erp) = (other.to_owned(), erp.clone());
            found.error(&format!("{path}.units.{mes}"), FlowRule::UnitTwice { other, erp });
        }
    }
    if let Some(query) = &flow.batches
        && let Some(name) = [":item", ":warehouse"].into_iter().find(|name| !query.contains(name))
    {
        found.error(&format!("{path}.batches"), FlowRule::NotAskedBy { name: name.to_owned() });
    }
}

/// No feeding may be issued twice.
pub(super) fn check_all(found: &mut Findings, flows: &[Flow]) {
    let mut pairs: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for flow in flows.iter().filter_map(Flow::as_production_issues) {
        let pair = (flow.mes.as_str(), flow.erp.as_str());
        if let Some(other) = pairs.insert(pair, flow.id.as_str()) {
            let other = other.to_owned();
            found.error(&format!("flows[{}].erp", flow.id), FlowRule::SameFeedings { other });
        }
    }
}
