//! A mapping as a person wants it: what was proposed and taken, another field instead, a control left out.

use crate::gate::{Doubt, Gate, Written, gate};
use crate::plan::{MappedFields, MappedForm, Plan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tenon_model::config::{Field, FieldFormat, Lines, range};
use tenon_model::oa::FieldKind;
use tenon_model::schema::{FieldSchema, FieldType, FormControl, FormSchema, ObjectSchema, TableSchema};

/// What fills the controls of a form, by what mappings call them. A control that is not named is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// Header fields.
    pub header: BTreeMap<String, String>,
    /// Tables.
    pub tables: BTreeMap<String, TableChoices>,
}

/// The same of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableChoices {
    /// The collection that fills it; a table without one is left out.
    pub from: String,
    /// Columns.
    pub columns: BTreeMap<String, String>,
}

/// A field that was chosen for a control it cannot fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The table, of a column.
    pub table: Option<String>,
    /// What a mapping calls the control by.
    pub to: String,
    /// What people see.
    pub label: String,
    /// What was chosen.
    pub from: String,
    /// Whether there is such a field at all.
    pub is_there: bool,
}

/// What a person should look at of a field that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubted {
    /// What people see of the control.
    pub label: String,
    /// Why.
    pub why: Doubt,
}

/// The mapping that comes of choices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen {
    /// Header fields, in the form's order.
    pub fields: Vec<Field>,
    /// Tables, in the form's order.
    pub lines: Vec<Lines>,
    /// What to look at.
    pub doubts: Vec<Doubted>,
    /// Controls that must be filled in and are not, by their labels.
    pub unfilled: Vec<String>,
}

impl Choices {
    /// What a plan is sure of.
    pub fn of_plan(plan: &Plan) -> Self {
        let sure = |lines: &[crate::plan::Line]| -> BTreeMap<String, String> {
            lines.iter().filter(|line| line.is_sure()).map(|line| (line.to.clone(), line.from.clone())).collect()
        };
        let tables = plan.tables.iter().map(|table| {
            let columns = sure(&table.lines);
            // A table of proposals alone is for a person.
            let from = if columns.is_empty() { String::new() } else { table.from.clone() };
            (table.to.clone(), TableChoices { from, columns })
        });
        Self { header: sure(&plan.lines), tables: tables.collect() }
    }

    /// What is mapped already, of the controls that the form still has.
    pub fn of_mapping(form: &FormSchema, fields: &[Field], lines: &[Lines]) -> Self {
        let mapped = |controls: &[FormControl], fields: &[Field]| -> BTreeMap<String, String> {
            let from = |control: &FormControl| fields.iter().find(|field| range::same(&field.to, &control.name));
            controls.iter().filter_map(|c| Some((c.name.clone(), from(c)?.from.clone()))).collect()
        };
        let tables = form.controls.iter().filter(|control| control.kind == FieldKind::Table).filter_map(|control| {
            let own = of_table(form, lines, control)?;
            let columns = mapped(&control.columns, &own.fields);
            Some((control.name.clone(), TableChoices { from: own.from.clone(), columns }))
        });
        Self { header: mapped(&form.controls, fields), tables: tables.collect() }
    }

    /// The collections that are settled, so that a plan maps the columns of no other.
    pub fn settled(&self) -> MappedForm {
        let chosen = self.tables.iter().filter(|(_, table)| !table.from.is_empty());
        let tables = chosen.map(|(to, table)| (to.clone(), (table.from.clone(), MappedFields::default())));
        MappedForm { header: MappedFields::default(), tables: tables.collect() }
    }

    /// The mapping of these choices. A line that was there `before` and is chosen again stays as it is, with all that was
    /// said of it.
    ///
    /// # Errors
    /// Every field that is not there, or that cannot fill the control it was chosen for.
    pub fn mapped(
        &self,
        object: &ObjectSchema,
        form: &FormSchema,
        before: (&[Field], &[Lines]),
    ) -> Result<Chosen, Vec<Misfit>> {
        let (mut chosen, mut misfits) = (Chosen::default(), Vec::new());
        let mut settle = |table: Option<&str>, of: &TableSchema, control: &FormControl, from: &str, old: &[Field]| {
            let known = old.iter().find(|field| range::same(&field.to, &control.name) && field.from == from);
            match written(of, control, from) {
                Some(fits) => {
                    if let Some(why) = fits.doubt.filter(|_| known.is_none()) {
                        chosen.doubts.push(Doubted { label: control.label.clone(), why });
                    }
                    Some(known.cloned().unwrap_or(fits.field))
                }
                None => {
                    misfits.push(Misfit {
                        table: table.map(str::to_owned),
                        to: control.name.clone(),
                        label: control.label.clone(),
                        is_there: sources(from).iter().all(|name| of.fields.iter().any(|field| field.name == *name)),
                        from: from.to_owned(),
                    });
                    None
                }
            }
        };
        let (mut fields, mut lines) = (Vec::new(), Vec::new());
        for control in &form.controls {
            if control.kind != FieldKind::Table {
                let from = self.header.get(&control.name).filter(|from| !from.is_empty());
                fields.extend(from.and_then(|from| settle(None, &object.header, control, from, before.0)));
                continue;
            }
            let Some(own) = self.tables.get(&control.name).filter(|own| !own.from.is_empty()) else { continue };
            let known = of_table(form, before.1, control).filter(|known| known.from == own.from);
            let missing = TableSchema::default();
            let of = object.collections.iter().find(|collection| collection.name == own.from).unwrap_or(&missing);
            let old = known.map_or(&[][..], |known| &known.fields);
            let columns = control.columns.iter().filter_map(|column| {
                let from = own.columns.get(&column.name).filter(|from| !from.is_empty())?;
                settle(Some(&control.name), of, column, from, old)
            });
            let columns: Vec<Field> = columns.collect();
            if !columns.is_empty() {
                let to = known.map_or_else(|| control.name.clone(), |known| known.to.clone());
                lines.push(Lines { from: own.from.clone(), to, fields: columns });
            }
        }
        if !misfits.is_empty() {
            return Err(misfits);
        }
        chosen.unfilled = unfilled(form, &fields, &lines);
        Ok(Chosen { fields, lines, ..chosen })
    }
}

/// The part of a mapping that fills a table; one without a name fills the only one.
fn of_table<'l>(form: &FormSchema, lines: &'l [Lines], control: &FormControl) -> Option<&'l Lines> {
    let tables = form.controls.iter().filter(|control| control.kind == FieldKind::Table).count();
    lines.iter().find(|lines| lines.to == control.name || (lines.to.is_empty() && tables == 1))
}

/// Labels of what must be filled in and is not.
fn unfilled(form: &FormSchema, fields: &[Field], lines: &[Lines]) -> Vec<String> {
    let is_filled = |fields: &[Field], control: &FormControl| fields.iter().any(|f| range::same(&f.to, &control.name));
    let mut all = Vec::new();
    for control in &form.controls {
        let of = of_table(form, lines, control).filter(|_| control.kind == FieldKind::Table);
        if control.required && of.is_none() && !is_filled(fields, control) {
            all.push(control.label.clone());
        }
        let columns = control.columns.iter().filter(|column| column.required);
        if let Some(of) = of {
            let open = columns.filter(|column| !is_filled(&of.fields, column));
            all.extend(open.map(|column| format!("{} · {}", control.label, column.label)));
        }
    }
    all
}

/// The fields of a table that may fill a control, in the ERP's order. A range takes two of them.
pub fn fitting<'s>(of: &'s TableSchema, control: &FormControl) -> Vec<&'s FieldSchema> {
    let fits = |field: &&FieldSchema| match control.kind {
        FieldKind::DateRange => control.fillable && field.kind == FieldType::Date,
        _ => gate(field, control) != Gate::Shut,
    };
    of.fields.iter().filter(fits).collect()
}

/// What a person reads of a chosen field: of a range both names with a comma between them.
pub fn shown(from: &str) -> String {
    range::pair(from).map_or_else(|| from.to_owned(), |(begin, end)| format!("{begin}, {end}"))
}

/// What a person wrote, as the configuration has it.
pub fn read(text: &str) -> String {
    match text.split_once([',', '，']) {
        Some((begin, end)) if !text.trim_start().starts_with('[') => {
            format!("[{},{}]", crate::file::json(begin.trim()), crate::file::json(end.trim()))
        }
        _ => text.trim().to_owned(),
    }
}

fn sources(from: &str) -> Vec<String> {
    range::pair(from).map_or_else(|| vec![from.to_owned()], |(begin, end)| vec![begin, end])
}

/// A field that fits, and what is to be looked at of it.
struct Fits {
    field: Field,
    doubt: Option<Doubt>,
}

fn written(of: &TableSchema, control: &FormControl, from: &str) -> Option<Fits> {
    let found = |name: &str| of.fields.iter().find(|field| field.name == name);
    let fits = |written: Written, doubt| Fits {
        field: Field {
            from: from.to_owned(),
            to: control.name.clone(),
            format: format(written.format),
            values: written.values,
            default: None,
            decimals: None,
            required: false,
        },
        doubt,
    };
    if control.kind == FieldKind::DateRange {
        let (begin, end) = range::pair(from)?;
        let both = [found(&begin)?, found(&end)?].iter().all(|field| field.kind == FieldType::Date);
        let format = Some(if control.with_time { "datetime" } else { "date" });
        return (both && control.fillable).then(|| fits(Written { format, ..Written::default() }, None));
    }
    match gate(found(from)?, control) {
        Gate::Open(written) => Some(fits(written, None)),
        Gate::Doubtful(written, why) => Some(fits(written, Some(why))),
        Gate::Shut => None,
    }
}

/// The format of a word of [`Written`].
fn format(word: Option<&str>) -> FieldFormat {
    match word {
        Some("number") => FieldFormat::Number,
        Some("money") => FieldFormat::Money,
        Some("date") => FieldFormat::Date,
        Some("datetime") => FieldFormat::Datetime,
        Some("choice") => FieldFormat::Choice,
        _ => FieldFormat::Text,
    }
}
