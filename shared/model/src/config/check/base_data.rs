//! Rules of base data flows.

use super::rules::{CommonRule, FlowRule};
use super::{EVERY_MINUTE, Findings};
use crate::config::{BaseDataFlow, Config, Connection, CubeTable, Field, FieldFormat, Flow, range};
use std::collections::BTreeSet;

/// Records in one call, and in one message of a queue.
const MAX_BATCH: u32 = 100;

/// Checks one flow.
pub(super) fn check(found: &mut Findings, path: &str, flow: &BaseDataFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY_MINUTE);
    source(found, path, flow);
    found.filled(&format!("{path}.marks.synced"), &flow.marks.synced);
    if flow.marks.synced_value == flow.marks.unsynced_value {
        found.error(&format!("{path}.marks"), CommonRule::SameMarks);
    }
    form(found, path, flow);
}

fn source(found: &mut Findings, path: &str, flow: &BaseDataFlow) {
    let source = &flow.source;
    found.filled(&format!("{path}.source.object"), &source.object);
    found.filled(&format!("{path}.source.key"), &source.key);
    if !(1..=1000).contains(&source.page_size) {
        found.error(&format!("{path}.source.page_size"), CommonRule::Between { least: 1, most: 1000 });
    }
    let selected = source.selected();
    let left_out: BTreeSet<&str> =
        flow.mapped().filter(|name| *name != source.key && !selected.contains(name)).collect();
    if !selected.is_empty() && !left_out.is_empty() {
        let names = left_out.into_iter().collect();
        found.error(&format!("{path}.source.select"), FlowRule::SelectLeavesOut { names });
    }
}

fn form(found: &mut Findings, path: &str, flow: &BaseDataFlow) {
    let form = &flow.form;
    found.filled(&format!("{path}.form.template"), &form.template);
    if !(1..=MAX_BATCH).contains(&form.batch) {
        found.error(&format!("{path}.form.batch"), CommonRule::Between { least: 1, most: MAX_BATCH.into() });
    }
    if form.per_minute == Some(0) {
        found.error(&format!("{path}.form.per_minute"), FlowRule::SendsNothing);
    }
    if flow.key_field().is_none() {
        let key = flow.source.key.clone();
        found.error(&format!("{path}.form.fields"), FlowRule::KeyUnmapped { key });
    }
    fields(found, &format!("{path}.form.fields"), &form.fields);
    let mut names = BTreeSet::new();
    for table in &form.tables {
        let place = format!("{path}.form.tables[{}]", table.to);
        found.filled(&format!("{place}.from"), &table.from);
        if !is_detail(table) {
            found.error(&format!("{place}.to"), FlowRule::DetailName);
        }
        if !names.insert(table.to.as_str()) {
            found.error(&place, FlowRule::DetailTwice);
        }
        if table.fields.is_empty() {
            found.error(&format!("{place}.fields"), CommonRule::NoColumn);
        }
        fields(found, &format!("{place}.fields"), &table.fields);
    }
}

fn is_detail(table: &CubeTable) -> bool {
    let number = table.to.strip_prefix("detail");
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn fields(found: &mut Findings, place: &str, fields: &[Field]) {
    let mut columns = BTreeSet::new();
    for field in fields {
        if field.to.eq_ignore_ascii_case("id") {
            found.error(place, FlowRule::OaRowId);
        }
        if !columns.insert(field.to.as_str()) {
            found.error(place, CommonRule::FilledTwice { name: field.to.clone() });
        }
        if range::pair(&field.from).is_some() || range::pair(&field.to).is_some() {
            found.error(place, FlowRule::RangeIntoColumn { from: field.from.clone() });
        }
        if matches!(field.format, FieldFormat::Attachment | FieldFormat::Related) {
            found.error(place, FlowRule::NotCarried { from: field.from.clone() });
        }
    }
}

/// A row whose saving was not answered is looked for by its key, and keys of two companies may be equal.
pub(super) fn check_companies(found: &mut Findings, config: &Config) {
    let all = || config.flows.iter().filter_map(|flow| if let Flow::BaseData(flow) = flow { Some(flow) } else { None });
    let listing = |flow: &BaseDataFlow| flow.form.look_up.clone().unwrap_or_else(|| flow.form.template.clone());
    for (index, flow) in all().enumerate() {
        let shares =
            |other: &&BaseDataFlow| other.erp != flow.erp && other.oa == flow.oa && listing(other) == listing(flow);
        if let Some(other) = all().take(index).find(shares) {
            let other = other.id.to_string();
            found.error(&format!("flows[{}].form.look_up", flow.id), FlowRule::ListsOthersRows { other });
        }
    }
}

/// What the flows need of their OA connection.
pub(super) fn check_connections(found: &mut Findings, config: &Config) {
    for flow in &config.flows {
        let Flow::BaseData(flow) = flow else { continue };
        let oa = config.connections.iter().find(|connection| connection.id() == &flow.oa);
        let Some(Connection::Weaver(oa)) = oa else { continue };
        let path = format!("flows[{}].oa", flow.id);
        if oa.system_id.is_none() || oa.system_password.is_empty() {
            found.error(&path, FlowRule::NoSystem { oa: oa.id.to_string() });
        }
        if flow.form.operator.is_none() && oa.operator.is_none() {
            found.error(&path, FlowRule::NoOperator { oa: oa.id.to_string() });
        }
    }
}
