//! Rules of PLM flows.

use super::rules::{CommonRule, FlowRule};
use super::{EVERY, Findings};
use crate::config::{Field, FieldFormat, OnUpdate, PlmFlow, Receives, range};
use crate::decimal;
use std::collections::BTreeSet;

/// Checks one flow.
pub(super) fn check(found: &mut Findings, path: &str, flow: &PlmFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    if flow.object().is_empty() {
        found.error(&format!("{path}.object"), FlowRule::NoObject);
    }
    for (name, value) in [("key", Some(flow.key_field())), ("records", flow.records.as_deref())] {
        if value.is_some_and(str::is_empty) {
            found.error(&format!("{path}.{name}"), CommonRule::EmptyLeaveOut);
        }
    }
    for name in &flow.collections {
        found.filled(&format!("{path}.collections"), name);
    }
    of_receives(found, path, flow);
    if let Some(quantity) = &flow.line_quantity
        && decimal::parse(quantity).is_none()
    {
        found.error(&format!("{path}.line_quantity"), FlowRule::NoNumber { quantity: quantity.clone() });
    }
    if flow.constants.contains_key(flow.key_field()) {
        let key = flow.key_field().to_owned();
        found.error(&format!("{path}.constants"), FlowRule::FillsTheKey { key });
    }
    form(found, path, flow);
}

fn of_receives(found: &mut Findings, path: &str, flow: &PlmFlow) {
    let boms = flow.receives == Receives::Boms;
    if flow.on_update == OnUpdate::Merge && !boms {
        found.error(&format!("{path}.on_update"), FlowRule::MergeOfBoms);
    }
    if !flow.collections.is_empty() && flow.receives != Receives::Routings {
        found.error(&format!("{path}.collections"), FlowRule::RoutingsAlone);
    }
    if flow.line_quantity.is_some() && !boms {
        found.error(&format!("{path}.line_quantity"), FlowRule::BomsAlone);
    }
    if flow.substitutes.members.iter().any(|name| name.trim().is_empty()) {
        found.error(&format!("{path}.substitutes.members"), FlowRule::EmptyMember);
    }
}

fn form(found: &mut Findings, path: &str, flow: &PlmFlow) {
    if !flow.form.maps() {
        return;
    }
    if !flow.form.fields.iter().any(|field| field.to == flow.key_field()) {
        let key = flow.key_field().to_owned();
        found.error(&format!("{path}.form.fields"), FlowRule::KeyNotFilled { key });
    }
    fields(found, &format!("{path}.form.fields"), &flow.form.fields);
    let mut collections = BTreeSet::new();
    for lines in &flow.form.lines {
        let collection = flow.collection_of(lines);
        let place = format!("{path}.form.lines[{collection}]");
        found.filled(&format!("{place}.from"), &lines.from);
        if !collections.insert(collection) {
            found.error(&place, FlowRule::SameCollection);
        }
        if lines.fields.is_empty() {
            found.error(&format!("{place}.fields"), FlowRule::NoField);
        }
        fields(found, &format!("{place}.fields"), &lines.fields);
        let components = flow.receives == Receives::Boms && collection == PlmFlow::TREE_LINES;
        if components && !lines.fields.iter().any(|field| field.to == "ItemCode") {
            found.error(&format!("{place}.fields"), FlowRule::NoItemCode);
        }
    }
}

fn fields(found: &mut Findings, place: &str, fields: &[Field]) {
    let mut filled = BTreeSet::new();
    for field in fields {
        found.filled(place, &field.from);
        found.filled(place, &field.to);
        if !filled.insert(field.to.as_str()) {
            found.error(place, CommonRule::FilledTwice { name: field.to.clone() });
        }
        if range::pair(&field.from).is_some() || range::pair(&field.to).is_some() {
            found.error(place, FlowRule::RangeIntoField { from: field.from.clone() });
        }
        let foreign = matches!(
            field.format,
            FieldFormat::Attachment | FieldFormat::Related | FieldFormat::Contact | FieldFormat::Department
        );
        if foreign {
            found.error(place, FlowRule::NotOfAPlm { from: field.from.clone() });
        }
    }
}
