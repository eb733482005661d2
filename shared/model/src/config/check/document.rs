//! Rules of document flows.

use super::rules::{CommonRule, FlowRule, OaValue};
use super::{EVERY, Findings};
use crate::config::{Connection, DocumentFlow, Field, FieldFormat, range};
use std::collections::BTreeSet;

/// Checks one flow.
pub(super) fn check(found: &mut Findings, path: &str, flow: &DocumentFlow, oa: Option<&str>) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    found.filled(&format!("{path}.object"), &flow.object);
    found.filled(&format!("{path}.request"), &flow.request);
    found.filled(&format!("{path}.mark"), flow.mark.name());
    if let Some(key) = &flow.key {
        found.filled(&format!("{path}.key"), key);
    }
    if let Some(oa) = oa {
        origin(found, path, flow, oa);
    }
    mapping(found, path, flow);
}

/// A document is pushed, or begins as a form; which of the two, the OA decides.
fn origin(found: &mut Findings, path: &str, flow: &DocumentFlow, oa: &str) {
    let pushes = Connection::PUSH_DOCUMENTS.contains(&oa);
    match &flow.form.template {
        Some(_) if pushes => {
            found.error(&format!("{path}.form.template"), FlowRule::PushesDocuments { oa: flow.oa.to_string() })
        }
        Some(template) => {
            found.filled(&format!("{path}.form.template"), template);
            if !flow.form.maps() {
                found.error(&format!("{path}.form.fields"), FlowRule::CreatesNothing);
            }
        }
        None if !pushes && Connection::OAS.contains(&oa) => {
            found.error(&format!("{path}.form.template"), FlowRule::PushesNoDocuments { oa: flow.oa.to_string() })
        }
        None => {}
    }
}

fn mapping(found: &mut Findings, path: &str, flow: &DocumentFlow) {
    let place = format!("{path}.form.fields");
    let mut collections = BTreeSet::new();
    fields(found, &place, &flow.form.fields, flow);
    for (index, table) in flow.form.lines.iter().enumerate() {
        let place = format!("{path}.form.lines[{index}]");
        let collection = flow.collection_of(table);
        if table.fields.is_empty() {
            found.error(&format!("{place}.fields"), CommonRule::NoColumn);
        }
        if !collections.insert(collection) {
            found.error(&format!("{place}.to"), CommonRule::AnotherTable { to: collection.to_owned() });
        }
        fields(found, &format!("{place}.fields"), &table.fields, flow);
    }
    if flow.form.maps() && !flow.lines.is_empty() && !collections.contains(flow.lines.as_str()) {
        found.error(&format!("{path}.lines"), FlowRule::NoSuchTable { lines: flow.lines.clone() });
    }
}

fn fields(found: &mut Findings, place: &str, fields: &[Field], flow: &DocumentFlow) {
    let mut targets = BTreeSet::new();
    for field in fields {
        found.filled(&format!("{place}.from"), &field.from);
        found.filled(&format!("{place}.to"), &field.to);
        let names = range::pair(&field.to).map_or_else(|| vec![field.to.clone()], |(begin, end)| vec![begin, end]);
        if (names.len() == 2) != range::pair(&field.from).is_some() {
            let (from, to) = (field.from.clone(), field.to.clone());
            found.error(place, FlowRule::RangeOnBothSides { from, to });
        }
        for name in names {
            if name == flow.mark.name() {
                found.error(place, FlowRule::IsTheMark { name: name.clone() });
            }
            if !targets.insert(name.clone()) {
                found.error(place, FlowRule::MappedTwice { name });
            }
        }
        if let Some(what) = no_field_of_an_erp(field.format) {
            found.error(place, FlowRule::NoErpField { from: field.from.clone(), what });
        }
    }
}

/// Values that only an OA knows.
fn no_field_of_an_erp(format: FieldFormat) -> Option<OaValue> {
    match format {
        FieldFormat::Attachment => Some(OaValue::Files),
        FieldFormat::Contact => Some(OaValue::People),
        FieldFormat::Department => Some(OaValue::Departments),
        FieldFormat::Related => Some(OaValue::Instances),
        FieldFormat::MultiChoice => Some(OaValue::Options),
        FieldFormat::Text
        | FieldFormat::Number
        | FieldFormat::Money
        | FieldFormat::Date
        | FieldFormat::Datetime
        | FieldFormat::Choice => None,
    }
}
