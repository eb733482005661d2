//! Rules of flows of all kinds; each kind has a file of its own.

use super::rules::{ApprovalRule, CommonRule, FlowRule};
use super::{
    Findings, Kinds, approval, base_data, data_sync, directory, document, manufacturing, plm, price, production_issues,
};
use crate::config::Flow;
use std::collections::{BTreeMap, BTreeSet};

/// Checks every flow, and that no two get in each other's way.
pub(super) fn check_all(found: &mut Findings, flows: &[Flow], kinds: &Kinds<'_>) {
    let mut ids = BTreeSet::new();
    let mut forms: BTreeMap<(&str, &str), &Flow> = BTreeMap::new();
    let mut pushed: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for flow in flows {
        let id = flow.id();
        let path = format!("flows[{id}]");
        found.id(&path, id.as_str());
        if !ids.insert(id.as_str()) {
            found.error(&path, CommonRule::SameFlow);
        }
        if flow.header().name.is_some_and(|name| name.trim().is_empty()) {
            found.error(&format!("{path}.name"), ApprovalRule::EmptyName);
        }
        for needed in flow.connections() {
            found.expect_kind(&format!("{path}.{}", needed.key), needed.id.as_str(), needed.kinds, kinds);
        }
        if let Some((oa, template)) = flow.form()
            && let Some(other) = forms.insert((oa.as_str(), template), flow)
            && !(shares_its_form(flow) && shares_its_form(other))
        {
            let other = other.id().to_string();
            found.error(&format!("{path}.form.template"), ApprovalRule::FormTaken { other });
        }
        if let Some(plm) = flow.as_plm()
            && let Some(other) = pushed.insert((plm.erp.as_str(), plm.receives.word()), plm.id.as_str())
        {
            found.error(&format!("{path}.receives"), FlowRule::SamePush { other: other.to_owned() });
        }
        match flow {
            Flow::Approval(flow) => approval::check(found, &path, flow, kinds.get(flow.oa.as_str()).copied()),
            Flow::Price(flow) => {
                price::check(found, &path, flow);
                if kinds.get(flow.oa.as_str()) == Some(&"weaver") {
                    found.error(&format!("{path}.oa"), ApprovalRule::EcologyPrices);
                }
            }
            Flow::Document(flow) => {
                document::check(found, &path, flow, kinds.get(flow.oa.as_str()).copied());
            }
            Flow::BaseData(flow) => base_data::check(found, &path, flow),
            Flow::Plm(flow) => plm::check(found, &path, flow),
            Flow::MesItems(flow) => manufacturing::items(found, &path, flow),
            Flow::MesWorkOrders(flow) => manufacturing::work_orders(found, &path, flow),
            Flow::ProductionReceipts(flow) => manufacturing::receipts(found, &path, flow),
            Flow::ProductionIssues(flow) => production_issues::check(found, &path, flow),
            Flow::DirectoryPull(flow) => directory::pull(found, &path, flow),
            Flow::DirectoryPush(flow) => directory::push(found, &path, flow),
            Flow::DataSync(flow) => data_sync::check(found, &path, flow),
        }
    }
    production_issues::check_all(found, flows);
}

/// Whether other flows may use the same form, because a document says whose an instance is.
fn shares_its_form(flow: &Flow) -> bool {
    matches!(flow, Flow::Approval(_))
}
