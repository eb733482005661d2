//! Rules of document flows.

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
        Some(_) if pushes => found.error(
            &format!("{path}.form.template"),
            &format!("connection {} pushes its documents, so there is no form to name; leave it out", flow.oa),
        ),
        Some(template) => {
            found.filled(&format!("{path}.form.template"), template);
            if !flow.form.maps() {
                found.error(&format!("{path}.form.fields"), "maps nothing, so nothing of the form would be created");
            }
        }
        None if !pushes && Connection::OAS.contains(&oa) => found.error(
            &format!("{path}.form.template"),
            &format!(
                "is needed: connection {} pushes no documents, so each begins as a form of this template",
                flow.oa
            ),
        ),
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
            found.error(&format!("{place}.fields"), "maps no column");
        }
        if !collections.insert(collection) {
            found.error(&format!("{place}.to"), &format!("another table goes to {collection} already"));
        }
        fields(found, &format!("{place}.fields"), &table.fields, flow);
    }
    if flow.form.maps() && !flow.lines.is_empty() && !collections.contains(flow.lines.as_str()) {
        let message =
            format!("no table of the mapping goes to {}; map one in form.lines, or leave lines out", flow.lines);
        found.error(&format!("{path}.lines"), &message);
    }
}

fn fields(found: &mut Findings, place: &str, fields: &[Field], flow: &DocumentFlow) {
    let mut targets = BTreeSet::new();
    for field in fields {
        found.filled(&format!("{place}.from"), &field.from);
        found.filled(&format!("{place}.to"), &field.to);
        let names = range::pair(&field.to).map_or_else(|| vec![field.to.clone()], |(begin, end)| vec![begin, end]);
        if (names.len() == 2) != range::pair(&field.from).is_some() {
            let message = format!("{} and {}: a range has two names on both sides", field.from, field.to);
            found.error(place, &message);
        }
        for name in names {
            if name == flow.mark.name() {
                found.error(place, &format!("{name} is the mark, which carries the request; map to another field"));
            }
            if !targets.insert(name.clone()) {
                found.error(place, &format!("{name} is mapped twice"));
            }
        }
        if let Some(what) = no_field_of_an_erp(field.format) {
            let message = format!("{}: {what} cannot become a field of the ERP; use text, or leave it out", field.from);
            found.error(place, &message);
        }
    }
}

/// Values that only an OA knows.
fn no_field_of_an_erp(format: FieldFormat) -> Option<&'static str> {
    match format {
        FieldFormat::Attachment => Some("files"),
        FieldFormat::Contact => Some("people"),
        FieldFormat::Department => Some("departments"),
        FieldFormat::Related => Some("other instances"),
        FieldFormat::MultiChoice => Some("a list of options"),
        FieldFormat::Text
        | FieldFormat::Number
        | FieldFormat::Money
        | FieldFormat::Date
        | FieldFormat::Datetime
        | FieldFormat::Choice => None,
    }
}
