//! What of a form reads back as it was written, and whether two forms say the same.

use crate::map::decimal_text;
use std::collections::BTreeMap;
use tenon_connectors::oa::Capabilities;
use tenon_crypto::digest::sha256_hex;
use tenon_model::oa::{Instance, InstanceField, ReadValue};

/// Whether two forms are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Similarity {
    /// What can be compared is equal.
    Same,
    /// Something that can be compared differs.
    Other,
    /// Nothing can be compared.
    Unclear,
}

/// Where a text of a form stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    control: String,
    /// Column and row of a table; column first, so that a column's cells follow one another.
    cell: Option<(String, usize)>,
}

impl Place {
    /// What the cells of one control or column share.
    fn name(&self) -> String {
        match &self.cell {
            Some((column, _)) => format!("{}\u{1f}{column}", self.control),
            None => self.control.clone(),
        }
    }
}

/// What a form says and which of it counts.
#[derive(Debug, Default)]
struct Content {
    texts: BTreeMap<Place, String>,
    /// Rows of each table.
    rows: BTreeMap<String, usize>,
    /// Controls and columns that do not read back.
    opaque: Vec<String>,
}

impl Content {
    fn of(fields: &[InstanceField], oa: &Capabilities) -> Self {
        let mut content = Self::default();
        for field in fields {
            match &field.value {
                ReadValue::Table(rows) => content.add_table(&field.name, rows, oa),
                ReadValue::Text(text) => {
                    content.add(Place { control: field.name.clone(), cell: None }, text, oa.reads_back(field.kind))
                }
            }
        }
        content
    }

    fn add(&mut self, place: Place, text: &str, reads_back: bool) {
        if reads_back {
            self.texts.insert(place, plain(text));
        } else {
            self.opaque.push(place.name());
        }
    }

    fn add_table(&mut self, control: &str, rows: &[Vec<InstanceField>], oa: &Capabilities) {
        self.rows.insert(control.to_owned(), rows.len());
        for (row, cells) in rows.iter().enumerate() {
            for cell in cells {
                let place = Place { control: control.to_owned(), cell: Some((cell.name.clone(), row)) };
                match &cell.value {
                    ReadValue::Text(text) => self.add(place, text, oa.reads_back(cell.kind)),
                    // No form nests tables in one another.
                    ReadValue::Table(_) => self.opaque.push(place.name()),
                }
            }
        }
    }

    /// One hash a control or column, and the number of rows of each table.
    fn hashes(&self) -> BTreeMap<String, String> {
        let mut joined: BTreeMap<String, String> = BTreeMap::new();
        for (place, text) in self.texts.iter().filter(|(_, text)| !text.is_empty()) {
            let row = place.cell.as_ref().map_or(0, |(_, row)| *row);
            joined.entry(place.name()).or_default().push_str(&format!("{row}={text}\n"));
        }
        let mut hashes: BTreeMap<String, String> = joined
            .into_iter()
            .map(|(name, text)| (name, sha256_hex(text.as_bytes()).get(..16).unwrap_or_default().to_owned()))
            .collect();
        hashes.extend(self.rows.iter().map(|(control, rows)| (format!("{control}\u{1f}"), rows.to_string())));
        hashes
    }
}

/// A text in the form in which equal ones are equal.
fn plain(text: &str) -> String {
    let text = text.trim();
    decimal_text(text, None).unwrap_or_else(|_| text.to_owned())
}

/// What each control of a form to be sent says, hashed, so that its instance can be recognised. `sent` are its
/// controls as the OA will show them.
pub fn controls(sent: &[InstanceField], oa: &Capabilities) -> BTreeMap<String, String> {
    Content::of(sent, oa).hashes()
}

/// Whether an instance is the one that was sent with these controls. What its template fills in besides does
/// not count, nor does what it has no control for.
pub fn similarity(sent: &BTreeMap<String, String>, instance: &Instance, oa: &Capabilities) -> Similarity {
    let content = Content::of(&instance.fields, oa);
    let read = content.hashes();
    let has = |name: &str| {
        let control = name.split('\u{1f}').next().unwrap_or_default();
        instance.fields.iter().any(|v| v.name == control)
    };
    let mut same = false;
    for (name, hash) in sent {
        match read.get(name) {
            Some(found) if found == hash => same = same || !name.ends_with('\u{1f}'),
            Some(_) => return Similarity::Other,
            // A column that is not read is missing in the template, or empty in every row.
            None if content.opaque.contains(name) || !has(name) || name.contains('\u{1f}') => {}
            None => return Similarity::Other,
        }
    }
    if same { Similarity::Same } else { Similarity::Unclear }
}

/// What an instance says otherwise than a form made from the document would, control by control. `form` are that
/// one's controls as the OA would show them.
pub fn differences(form: &[InstanceField], instance: &Instance, oa: &Capabilities) -> Vec<String> {
    let (wanted, found) = (Content::of(form, oa), Content::of(&instance.fields, oa));
    let opaque = |place: &Place| found.opaque.contains(&place.name());
    let absent = |place: &Place| !instance.fields.iter().any(|v| v.name == place.control);
    let empty = String::new();
    let shown = |text: &str| if text.is_empty() { "(empty)".to_owned() } else { text.chars().take(120).collect() };
    let mut differences = Vec::new();
    let mut places: Vec<&Place> = wanted.texts.keys().collect();
    // Rows that people added to a table of ours.
    places.extend(
        found
            .texts
            .keys()
            .filter(|p| p.cell.is_some() && !wanted.texts.contains_key(p))
            .filter(|p| wanted.texts.keys().any(|w| w.name() == p.name())),
    );
    for place in places.into_iter().filter(|p| !opaque(p) && !absent(p)) {
        let (ours, theirs) = (wanted.texts.get(place).unwrap_or(&empty), found.texts.get(place).unwrap_or(&empty));
        if ours != theirs {
            let name = match &place.cell {
                Some((column, row)) => format!("{}[{row}].{column}", place.control),
                None => place.control.clone(),
            };
            differences.push(format!("{name}: the form says {}, the document {}", shown(theirs), shown(ours)));
        }
    }
    differences
}

#[cfg(test)]
mod tests;
