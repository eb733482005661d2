//! A whole form: its header, and which of the document's collections each of its tables is filled from.

use crate::assign::{Match, Sides};
use crate::gate::{Doubt, Written};
use crate::synonyms::Place;
use crate::{Earlier, Reason, SURE, Score};
use std::collections::{BTreeMap, BTreeSet};
use tenon_model::config::range;
use tenon_model::oa::FieldKind;
use tenon_model::schema::{FieldSchema, FieldType, FormControl, FormSchema, ObjectSchema, TableSchema};

/// What a form is filled with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Header fields, in the form's order.
    pub lines: Vec<Line>,
    /// Controls that nothing was found for.
    pub unmatched: Vec<Unmatched>,
    /// Tables, in the form's order.
    pub tables: Vec<TablePlan>,
    /// Tables that no collection fits.
    pub unmatched_tables: Vec<Unmatched>,
}

/// One table of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TablePlan {
    /// What a mapping calls it by.
    pub to: String,
    /// What people see.
    pub label: String,
    /// The collection that fills it.
    pub from: String,
    /// Columns, in the form's order.
    pub lines: Vec<Line>,
    /// Columns that nothing was found for.
    pub unmatched: Vec<Unmatched>,
}

/// One mapped field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The ERP's field; of a range both, as the configuration writes them.
    pub from: String,
    /// What a mapping calls the control by.
    pub to: String,
    /// What people see.
    pub label: String,
    /// Whether the control must be filled in.
    pub required: bool,
    /// How the value is written.
    pub written: Written,
    /// How sure it is.
    pub score: Score,
    /// Why.
    pub reason: Reason,
    /// What a person has to look at first.
    pub doubts: Vec<Doubt>,
}

impl Line {
    /// Whether it is a mapping, or only a proposal.
    pub fn is_sure(&self) -> bool {
        self.score >= SURE && self.doubts.is_empty()
    }
}

/// A control that nothing was found for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// What a mapping calls it by.
    pub to: String,
    /// What people see.
    pub label: String,
    /// The OA's own word for its kind.
    pub word: String,
    /// Whether it must be filled in.
    pub required: bool,
}

/// What is mapped already, and stays so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedFields {
    /// Controls, as a mapping names them.
    pub controls: BTreeSet<String>,
    /// Fields of the ERP.
    pub fields: BTreeSet<String>,
}

/// The same of a whole form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedForm {
    /// In the header.
    pub header: MappedFields,
    /// By table control: the collection, and what is mapped of it.
    pub tables: BTreeMap<String, (String, MappedFields)>,
}

/// Maps a form. The same form and object give the same plan.
pub fn plan(object: &ObjectSchema, form: &FormSchema, earlier: &[Earlier], taken: &MappedForm) -> Plan {
    let header: Vec<&FormControl> = form.controls.iter().filter(|c| c.kind != FieldKind::Table).collect();
    let place = Place { set: &object.set, lines: false };
    let (lines, unmatched) = table(place, &object.key, &object.header, &header, earlier, &taken.header);
    let mut plan = Plan { lines, unmatched, ..Plan::default() };
    let mut used: BTreeSet<String> = taken.tables.values().map(|(collection, _)| collection.clone()).collect();
    for control in form.controls.iter().filter(|c| c.kind == FieldKind::Table) {
        match filled(object, control, earlier, taken.tables.get(&control.name), &used) {
            Some(table) => {
                used.insert(table.from.clone());
                plan.tables.push(table);
            }
            None => plan.unmatched_tables.push(unmatched_of(control)),
        }
    }
    plan
}

/// A table from the collection that fills most of it, and of equals the ERP's first.
fn filled(
    object: &ObjectSchema,
    control: &FormControl,
    earlier: &[Earlier],
    known: Option<&(String, MappedFields)>,
    used: &BTreeSet<String>,
) -> Option<TablePlan> {
    let place = Place { set: &object.set, lines: true };
    let columns: Vec<&FormControl> = control.columns.iter().collect();
    let nothing = MappedFields::default();
    let taken = known.map_or(&nothing, |(_, taken)| taken);
    let open = object.collections.iter().filter(|collection| match known {
        Some((name, _)) => collection.name == *name,
        None => !used.contains(&collection.name),
    });
    let mut best: Option<((usize, u32), TablePlan)> = None;
    for collection in open {
        let (lines, unmatched) = table(place, "", collection, &columns, earlier, taken);
        let sure = lines.iter().filter(|line| line.is_sure()).count();
        let fit = (sure, lines.iter().map(|line| u32::from(line.score.0)).sum());
        let (to, label) = (control.name.clone(), control.label.clone());
        let found = TablePlan { to, label, from: collection.name.clone(), lines, unmatched };
        if best.as_ref().is_none_or(|(kept, _)| fit > *kept) {
            best = Some((fit, found));
        }
    }
    best.map(|(_, found)| found).filter(|found| known.is_some() || !found.lines.is_empty())
}

fn table(
    place: Place<'_>,
    key: &str,
    table: &TableSchema,
    controls: &[&FormControl],
    earlier: &[Earlier],
    taken: &MappedFields,
) -> (Vec<Line>, Vec<Unmatched>) {
    let is_free = |control: &&FormControl| !taken.controls.iter().any(|name| range::same(name, &control.name));
    let controls: Vec<&FormControl> = controls.iter().copied().filter(is_free).collect();
    let fields: Vec<&FieldSchema> = table
        .fields
        .iter()
        .filter(|field| !taken.fields.contains(&field.name) && field.kind != FieldType::Other)
        .collect();
    let sides = Sides { place, key, fields, controls: controls.clone(), earlier };
    let matches = sides.assign();
    let mut by_control: BTreeMap<usize, Line> =
        matches.iter().filter_map(|found| Some((found.control, line(&sides, found)?))).collect();
    ranges(&sides, &matches, &mut by_control);
    let unmatched =
        controls.iter().enumerate().filter(|(at, control)| !by_control.contains_key(at) && control.fillable);
    let unmatched = unmatched.map(|(_, control)| unmatched_of(control)).collect();
    (by_control.into_values().collect(), unmatched)
}

fn line(sides: &Sides<'_>, found: &Match) -> Option<Line> {
    let (field, control) = (sides.fields.get(found.field)?, sides.controls.get(found.control)?);
    Some(Line {
        from: field.name.clone(),
        to: control.name.clone(),
        label: control.label.clone(),
        required: control.required,
        written: found.written.clone(),
        score: found.score,
        reason: found.reason.clone(),
        doubts: found.doubts.clone(),
    })
}

/// A control for a range has two labels, each of which is looked for as if it stood alone.
fn ranges(sides: &Sides<'_>, matches: &[Match], by_control: &mut BTreeMap<usize, Line>) {
    let mut used: BTreeSet<usize> = matches.iter().map(|found| found.field).collect();
    for (at, control) in sides.controls.iter().enumerate().filter(|(_, c)| c.kind == FieldKind::DateRange && c.fillable)
    {
        let Some((begin, end)) = range::pair(&control.name) else { continue };
        let one =
            |label: String| FormControl { kind: FieldKind::Date, name: label.clone(), label, ..FormControl::default() };
        let ends = [one(begin), one(end)];
        let free: Vec<usize> = (0..sides.fields.len()).filter(|field| !used.contains(field)).collect();
        let fields = free.iter().filter_map(|field| sides.fields.get(*field).copied()).collect();
        let both = Sides {
            fields,
            controls: ends.iter().collect(),
            place: sides.place,
            key: sides.key,
            earlier: sides.earlier,
        };
        let found = both.assign();
        let [first, last] = found.as_slice() else { continue };
        let name = |found: &Match| both.fields.get(found.field).map(|field| field.name.clone());
        let (Some(from), Some(until)) = (name(first), name(last)) else { continue };
        used.extend([first, last].into_iter().filter_map(|found| free.get(found.field).copied()));
        let least = if first.score <= last.score { first } else { last };
        by_control.insert(
            at,
            Line {
                from: pair(&from, &until),
                to: control.name.clone(),
                label: ends.map(|end| end.label).join(" – "),
                required: control.required,
                written: Written {
                    format: Some(if control.with_time { "datetime" } else { "date" }),
                    ..Written::default()
                },
                score: least.score,
                reason: least.reason.clone(),
                doubts: [first, last].into_iter().flat_map(|found| found.doubts.clone()).collect(),
            },
        );
    }
}

/// Two names as one, as the configuration keeps them.
fn pair(one: &str, other: &str) -> String {
    format!("[{},{}]", crate::file::json(one), crate::file::json(other))
}

fn unmatched_of(control: &FormControl) -> Unmatched {
    Unmatched {
        to: control.name.clone(),
        label: control.label.clone(),
        word: control.word.clone(),
        required: control.required,
    }
}
