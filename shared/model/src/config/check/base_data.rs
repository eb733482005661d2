//! Rules of base data flows.

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
        found.error(&format!("{path}.marks"), "synced_value and unsynced_value are the same; a mark needs two values");
    }
    form(found, path, flow);
}

fn source(found: &mut Findings, path: &str, flow: &BaseDataFlow) {
    let source = &flow.source;
    found.filled(&format!("{path}.source.object"), &source.object);
    found.filled(&format!("{path}.source.key"), &source.key);
    if !(1..=1000).contains(&source.page_size) {
        found.error(&format!("{path}.source.page_size"), "must be between 1 and 1000");
    }
    let selected = source.selected();
    let left_out: BTreeSet<&str> =
        flow.mapped().filter(|name| *name != source.key && !selected.contains(name)).collect();
    if !selected.is_empty() && !left_out.is_empty() {
        let names = left_out.into_iter().collect::<Vec<_>>().join(", ");
        let message = format!("leaves out {names}, which form maps; add them, or leave select out to read all fields");
        found.error(&format!("{path}.source.select"), &message);
    }
}

fn form(found: &mut Findings, path: &str, flow: &BaseDataFlow) {
    let form = &flow.form;
    found.filled(&format!("{path}.form.template"), &form.template);
    if !(1..=MAX_BATCH).contains(&form.batch) {
        found.error(&format!("{path}.form.batch"), &format!("must be between 1 and {MAX_BATCH}"));
    }
    if form.per_minute == Some(0) {
        found.error(&format!("{path}.form.per_minute"), "is 0, so nothing would be sent; leave it out for no limit");
    }
    if flow.key_field().is_none() {
        let message = format!(
            "maps no column from the key {}, so a row whose saving was not answered could not be found again and would \
             be made twice; map it",
            flow.source.key
        );
        found.error(&format!("{path}.form.fields"), &message);
    }
    fields(found, &format!("{path}.form.fields"), &form.fields);
    let mut names = BTreeSet::new();
    for table in &form.tables {
        let place = format!("{path}.form.tables[{}]", table.to);
        found.filled(&format!("{place}.from"), &table.from);
        if !is_detail(table) {
            found
                .error(&format!("{place}.to"), "must be detail1, detail2 and so on, as the OA names the form's tables");
        }
        if !names.insert(table.to.as_str()) {
            found.error(&place, "another table has the same name; a detail table is filled from one collection");
        }
        if table.fields.is_empty() {
            found.error(&format!("{place}.fields"), "maps no column");
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
            found.error(place, "id is the OA's own number of a row, which is kept here; it cannot be mapped");
        }
        if !columns.insert(field.to.as_str()) {
            found.error(place, &format!("{} is filled twice", field.to));
        }
        if range::pair(&field.from).is_some() || range::pair(&field.to).is_some() {
            found.error(place, &format!("{} is a range, and a column takes one value; map each by itself", field.from));
        }
        if matches!(field.format, FieldFormat::Attachment | FieldFormat::Related) {
            let message =
                format!("{} is a file or an instance, which base data does not carry; leave it out", field.from);
            found.error(place, &message);
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
            let message = format!(
                "lists the rows of flow {} of another company too, and equal keys of both could be taken for each other; \
                 give each company interfaces of its own",
                other.id
            );
            found.error(&format!("flows[{}].form.look_up", flow.id), &message);
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
            let message = format!("connection {} has no system_id and system_password, which base data needs", oa.id);
            found.error(&path, &message);
        }
        if flow.form.operator.is_none() && oa.operator.is_none() {
            let message =
                format!("neither form.operator nor connection {} names the OA user who writes the rows", oa.id);
            found.error(&path, &message);
        }
    }
}
