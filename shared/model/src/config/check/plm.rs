//! Rules of PLM flows.

use super::{EVERY, Findings};
use crate::config::{Field, FieldFormat, OnUpdate, PlmFlow, Receives, range};
use crate::decimal;
use std::collections::BTreeSet;

/// Checks one flow.
pub(super) fn check(found: &mut Findings, path: &str, flow: &PlmFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    if flow.object().is_empty() {
        let message =
            "names no object; routings are a custom object of the site, whose code B1 shows in its registration";
        found.error(&format!("{path}.object"), message);
    }
    for (name, value) in [("key", Some(flow.key_field())), ("records", flow.records.as_deref())] {
        if value.is_some_and(str::is_empty) {
            found.error(&format!("{path}.{name}"), "is empty; leave it out");
        }
    }
    for name in &flow.collections {
        found.filled(&format!("{path}.collections"), name);
    }
    of_receives(found, path, flow);
    if let Some(quantity) = &flow.line_quantity
        && decimal::parse(quantity).is_none()
    {
        found.error(&format!("{path}.line_quantity"), &format!("{quantity:?} is no number; give one such as \"1\""));
    }
    if flow.constants.contains_key(flow.key_field()) {
        let message = format!("fills {}, the key, which each record brings", flow.key_field());
        found.error(&format!("{path}.constants"), &message);
    }
    form(found, path, flow);
}

fn of_receives(found: &mut Findings, path: &str, flow: &PlmFlow) {
    let boms = flow.receives == Receives::Boms;
    if flow.on_update == OnUpdate::Merge && !boms {
        let message = "merge is for boms alone, whose lines are told apart by their component; a repeated push would \
                       add lines of others again";
        found.error(&format!("{path}.on_update"), message);
    }
    if !flow.collections.is_empty() && flow.receives != Receives::Routings {
        found.error(&format!("{path}.collections"), "is for routings alone; leave it out");
    }
    if flow.line_quantity.is_some() && !boms {
        found.error(&format!("{path}.line_quantity"), "is for boms alone; leave it out");
    }
    if flow.substitutes.members.iter().any(|name| name.trim().is_empty()) {
        found.error(&format!("{path}.substitutes.members"), "holds an empty name");
    }
}

fn form(found: &mut Findings, path: &str, flow: &PlmFlow) {
    if !flow.form.maps() {
        return;
    }
    if !flow.form.fields.iter().any(|field| field.to == flow.key_field()) {
        let message = format!("fills no {}, the key; map it", flow.key_field());
        found.error(&format!("{path}.form.fields"), &message);
    }
    fields(found, &format!("{path}.form.fields"), &flow.form.fields);
    let mut collections = BTreeSet::new();
    for lines in &flow.form.lines {
        let collection = flow.collection_of(lines);
        let place = format!("{path}.form.lines[{collection}]");
        found.filled(&format!("{place}.from"), &lines.from);
        if !collections.insert(collection) {
            found.error(&place, "another list becomes the same collection; a collection is filled from one list");
        }
        if lines.fields.is_empty() {
            found.error(&format!("{place}.fields"), "maps no field");
        }
        fields(found, &format!("{place}.fields"), &lines.fields);
        let components = flow.receives == Receives::Boms && collection == PlmFlow::TREE_LINES;
        if components && !lines.fields.iter().any(|field| field.to == "ItemCode") {
            found.error(&format!("{place}.fields"), "fills no ItemCode, the component; map it");
        }
    }
}

fn fields(found: &mut Findings, place: &str, fields: &[Field]) {
    let mut filled = BTreeSet::new();
    for field in fields {
        found.filled(place, &field.from);
        found.filled(place, &field.to);
        if !filled.insert(field.to.as_str()) {
            found.error(place, &format!("{} is filled twice", field.to));
        }
        if range::pair(&field.from).is_some() || range::pair(&field.to).is_some() {
            found.error(place, &format!("{} is a range, and a field takes one value; map each by itself", field.from));
        }
        let foreign = matches!(
            field.format,
            FieldFormat::Attachment | FieldFormat::Related | FieldFormat::Contact | FieldFormat::Department
        );
        if foreign {
            let message = format!("{} has a format of forms in an OA, which a PLM does not push", field.from);
            found.error(place, &message);
        }
    }
}
