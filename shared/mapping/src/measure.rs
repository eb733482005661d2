//! How good the mapper is, on pairs of fields and labels that people wrote: `data/pairs.tsv`, of which the held-out
//! half is looked at here alone, and nothing of the table is made from it.

use crate::plan::{Line, MappedForm, plan};
use std::collections::{BTreeMap, BTreeSet};
use tenon_model::oa::FieldKind;
use tenon_model::schema::{FieldSchema, FieldType, FormControl, FormSchema, ObjectSchema, TableSchema};

const PAIRS: &str = include_str!("../data/pairs.tsv");
const OBJECTS: &str = include_str!("../data/objects.txt");

/// What is known of user-defined fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Captions {
    /// What the company calls them, as B1 has it.
    Known,
    /// Their names alone.
    Unknown,
}

/// Which pairs count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Those that the table may be made from.
    Table,
    /// The others.
    HeldOut,
    /// What configurations of other tests map, which the table was not made from either.
    Configurations,
}

/// How many of the pairs were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Pairs.
    pub pairs: u32,
    /// Labels that were mapped to the field of their pair.
    pub right: u32,
    /// Labels that were mapped to another field.
    pub wrong: u32,
    /// Of the others, those whose field is proposed in a comment.
    pub proposed: u32,
}

impl Found {
    /// The share of the pairs that were found.
    pub fn recall(&self) -> f64 {
        share(self.right, self.pairs)
    }

    /// The share of what was mapped that is right.
    pub fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 1.0 } else { f64::from(part) / f64::from(whole) }
}

/// One label that was not mapped to the field of its pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// Entity set, collection, field and label.
    pub pair: String,
    /// What was mapped or proposed in its place.
    pub instead: Option<String>,
}

struct Pair<'a> {
    half: Half,
    set: &'a str,
    collection: &'a str,
    field: &'a str,
    label: &'a str,
    kind: FieldKind,
    section: &'a str,
}

/// Measures the pairs of a half, the ones of user-defined fields too or not. Each
/// section of the documents is a form.
pub fn measure(half: Half, captions: Captions, user_defined: bool) -> (Found, Vec<Miss>) {
    let mut sections: BTreeMap<(&str, &str, u32), Vec<Pair<'_>>> = BTreeMap::new();
    for pair in pairs() {
        // A field that a section calls by two names stands on two forms.
        let of_field =
            |known: &Vec<Pair<'_>>| known.iter().any(|p| (p.collection, p.field) == (pair.collection, pair.field));
        let mut copy = 0;
        while sections.get(&(pair.section, pair.set, copy)).is_some_and(of_field) {
            copy += 1;
        }
        sections.entry((pair.section, pair.set, copy)).or_default().push(pair);
    }
    let (mut found, mut misses) = (Found::default(), Vec::new());
    for ((_, set, _), pairs) in &sections {
        let counted: Vec<&Pair<'_>> =
            pairs.iter().filter(|p| p.half == half && (user_defined || !p.field.starts_with("U_"))).collect();
        if counted.is_empty() {
            continue;
        }
        let object = object(set, pairs, captions);
        let made = plan(&object, &form(pairs), &[], &MappedForm::default());
        for pair in counted {
            found.pairs += 1;
            let line = mapped(&made, pair);
            match line {
                Some(line) if line.is_sure() && line.from == pair.field => found.right += 1,
                Some(line) => {
                    found.wrong += u32::from(line.is_sure());
                    found.proposed += u32::from(!line.is_sure() && line.from == pair.field);
                }
                None => {}
            }
            if line.is_none_or(|line| !line.is_sure() || line.from != pair.field) {
                let instead = line.map(|line| format!("{} ({} {})", line.from, line.score, line.reason.words()));
                misses.push(Miss {
                    pair: format!("{}/{} {} = {}", pair.set, pair.collection, pair.field, pair.label),
                    instead,
                });
            }
        }
    }
    (found, misses)
}

fn mapped<'p>(made: &'p crate::Plan, pair: &Pair<'_>) -> Option<&'p Line> {
    let lines = match pair.collection {
        "-" => &made.lines,
        collection => &made.tables.iter().find(|table| table.to == collection)?.lines,
    };
    lines.iter().find(|line| line.label == pair.label)
}

fn pairs() -> Vec<Pair<'static>> {
    PAIRS.lines().filter(|line| !line.starts_with('#')).filter_map(pair).collect()
}

fn pair(line: &'static str) -> Option<Pair<'static>> {
    let parts: Vec<&str> = line.split('\t').collect();
    let [half, set, collection, field, label, kind, section] = parts.as_slice() else { return None };
    Some(Pair {
        half: match *half {
            "table" => Half::Table,
            "held-out" => Half::HeldOut,
            _ => Half::Configurations,
        },
        set,
        collection,
        field,
        label,
        kind: match *kind {
            "date" => FieldKind::Date,
            "number" => FieldKind::Number,
            _ => FieldKind::Text,
        },
        section,
    })
}

/// The form of a section: each label once in its place. A collection is named as the table is, which tells nothing of
/// its columns.
fn form(pairs: &[Pair<'_>]) -> FormSchema {
    let control = |pair: &Pair<'_>| FormControl {
        id: pair.label.to_owned(),
        name: pair.label.to_owned(),
        label: pair.label.to_owned(),
        kind: pair.kind,
        ..FormControl::default()
    };
    let of = |collection: &str| -> Vec<FormControl> {
        let mut seen = BTreeSet::new();
        pairs.iter().filter(|p| p.collection == collection && seen.insert(p.label)).map(control).collect()
    };
    let mut controls = of("-");
    let collections: BTreeSet<&str> = pairs.iter().map(|pair| pair.collection).filter(|name| *name != "-").collect();
    controls.extend(collections.into_iter().map(|name| FormControl {
        id: name.to_owned(),
        name: name.to_owned(),
        label: name.to_owned(),
        kind: FieldKind::Table,
        columns: of(name),
        ..FormControl::default()
    }));
    FormSchema { title: String::new(), controls }
}

/// The object with all its properties, and the user-defined fields of the section.
fn object(set: &str, pairs: &[Pair<'_>], captions: Captions) -> ObjectSchema {
    let mut object = ObjectSchema { set: set.to_owned(), key: key(set).to_owned(), ..ObjectSchema::default() };
    for line in OBJECTS.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, fields)) = line.split_once('=') else { continue };
        let (of, collection) = name.trim().split_once('/').unwrap_or((name.trim(), ""));
        if of != set {
            continue;
        }
        let mut fields: Vec<FieldSchema> = fields.split_whitespace().filter_map(field).collect();
        let place = if collection.is_empty() { "-" } else { collection };
        for pair in pairs.iter().filter(|pair| pair.collection == place) {
            if !fields.iter().any(|field| field.name == pair.field) {
                fields.push(user_field(pair, captions));
            }
        }
        let table =
            TableSchema { name: if collection.is_empty() { of } else { collection }.to_owned(), table: None, fields };
        if collection.is_empty() {
            object.header = table;
        } else {
            object.collections.push(table);
        }
    }
    object
}

fn key(set: &str) -> &'static str {
    match set {
        "Items" => "ItemCode",
        "ProductTrees" => "TreeCode",
        "ProductionOrders" => "AbsoluteEntry",
        "ApprovalRequests" => "Code",
        "SpecialPrices" => "",
        _ => "DocEntry",
    }
}

fn field(text: &str) -> Option<FieldSchema> {
    let (name, kind) = text.split_once(':')?;
    let kind = match kind {
        "i" => FieldType::Integer,
        "n" => FieldType::Decimal,
        "d" => FieldType::Date,
        "w" => FieldType::Word,
        _ => FieldType::Text,
    };
    Some(FieldSchema { name: name.to_owned(), kind, ..FieldSchema::default() })
}

fn user_field(pair: &Pair<'_>, captions: Captions) -> FieldSchema {
    FieldSchema {
        name: pair.field.to_owned(),
        kind: match pair.kind {
            FieldKind::Date => FieldType::Date,
            FieldKind::Number => FieldType::Decimal,
            _ => FieldType::Text,
        },
        caption: (captions == Captions::Known).then(|| pair.label.to_owned()),
        ..FieldSchema::default()
    }
}
