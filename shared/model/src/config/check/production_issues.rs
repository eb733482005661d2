//! Rules of flows of issues for production.

use super::findings::{Bounds, bounds};
use super::{DAY_S, EVERY, Findings};
use crate::config::{Flow, ProductionIssuesFlow};
use std::collections::BTreeMap;

const OVERLAP: Bounds = bounds(0, 7 * DAY_S, "all that was fed in that time is listed at every look");
const DELAY: Bounds = bounds(0, 3600, "a feeding whose event was lost waits so long for its issue");

/// Checks one flow.
pub(super) fn check(found: &mut Findings, path: &str, flow: &ProductionIssuesFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    found.duration(&format!("{path}.overlap"), flow.overlap, &OVERLAP);
    found.duration(&format!("{path}.delay"), flow.delay, &DELAY);
    found.filled(&format!("{path}.key_field"), &flow.key_field);
    let ours = [flow.key_field.as_str(), "DocumentLines", "DocDate"];
    if let Some(name) = flow.constants.keys().find(|name| ours.contains(&name.as_str())) {
        found.error(&format!("{path}.constants.{name}"), "is filled by the flow itself");
    }
    for (warehouse, bin) in &flow.bins {
        if *bin <= 0 {
            found.error(
                &format!("{path}.bins.{warehouse}"),
                "is no internal number of a bin (AbsEntry of BinLocations)",
            );
        }
    }
    let mut names = BTreeMap::new();
    for (mes, erp) in &flow.units {
        if let Some(other) = names.insert(erp.as_str(), mes.as_str()) {
            let message = format!("is what the ERP calls {other} too, so what {erp} is in the MES cannot be told");
            found.error(&format!("{path}.units.{mes}"), &message);
        }
    }
    if let Some(query) = &flow.batches
        && let Some(name) = [":item", ":warehouse"].into_iter().find(|name| !query.contains(name))
    {
        found
            .error(&format!("{path}.batches"), &format!("does not ask by {name}, so batches of others would be taken"));
    }
}

/// No feeding may be issued twice.
pub(super) fn check_all(found: &mut Findings, flows: &[Flow]) {
    let mut pairs: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for flow in flows.iter().filter_map(Flow::as_production_issues) {
        let pair = (flow.mes.as_str(), flow.erp.as_str());
        if let Some(other) = pairs.insert(pair, flow.id.as_str()) {
            let message = format!("flow {other} issues the same feedings to the same company; keep one of the two");
            found.error(&format!("flows[{}].erp", flow.id), &message);
        }
    }
}
