//! What of a form reads back as it was written, and whether two forms say the same.

use crate::map::decimal_text;
use serde_json::Value;
use std::collections::BTreeMap;
use tenon_connectors::dingtalk::{FormValue, Instance};
use tenon_crypto::digest::sha256_hex;

/// Kinds of control whose text comes back as it was sent. A contact comes back as the person's name, a
/// department, file, related instance or formula as something else again.
const READS_BACK: [&str; 9] = [
    "TextField",
    "TextareaField",
    "NumberField",
    "MoneyField",
    "DDDateField",
    "DDSelectField",
    "DDMultiSelectField",
    "PhoneField",
    "IdCardField",
];

/// Whether two forms are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
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
    fn of(values: &[FormValue], kind: impl Fn(&str) -> Option<String>) -> Self {
        let mut content = Self::default();
        for value in values {
            let kind = kind(&value.name).unwrap_or_default();
            // A range of dates has two labels in its name, and is written with other blanks than it is read.
            if value.name.trim_start().starts_with('[') {
                content.opaque.push(value.name.clone());
                continue;
            }
            match table(&value.value).or_else(|| (kind == "TableField").then(Vec::new)) {
                Some(rows) => content.add_table(&value.name, rows),
                None if reads_back(&kind) => {
                    content.texts.insert(Place { control: value.name.clone(), cell: None }, plain(&value.value));
                }
                None => content.opaque.push(value.name.clone()),
            }
        }
        content
    }

    fn add_table(&mut self, control: &str, rows: Vec<Vec<(String, String, String)>>) {
        self.rows.insert(control.to_owned(), rows.len());
        for (row, cells) in rows.into_iter().enumerate() {
            for (column, text, kind) in cells {
                let place = Place { control: control.to_owned(), cell: Some((column, row)) };
                if reads_back(&kind) {
                    self.texts.insert(place, plain(&text));
                } else {
                    self.opaque.push(place.name());
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

/// Answers that name no kind are taken at their text.
fn reads_back(kind: &str) -> bool {
    kind.is_empty() || READS_BACK.contains(&kind)
}

/// The rows of a table in either shape, each cell with its column, text and kind; `None` for another control.
fn table(text: &str) -> Option<Vec<Vec<(String, String, String)>>> {
    let Ok(Value::Array(rows)) = tenon_model::json::from_str(text.trim()) else { return None };
    if rows.is_empty() {
        return None;
    }
    let text_of = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let cell = |cell: &Value| {
        let name = ["label", "name", "key"].iter().find_map(|n| cell.get(*n)?.as_str())?;
        Some((name.to_owned(), text_of(cell.get("value")), text_of(cell.get("componentType"))))
    };
    rows.iter()
        .map(|row| row.as_array().or_else(|| row.get("rowValue")?.as_array())?.iter().map(cell).collect())
        .collect()
}

/// A text in the form in which equal ones are equal; an untouched control reads as the text null.
fn plain(text: &str) -> String {
    let text = text.trim();
    if text == "null" {
        return String::new();
    }
    decimal_text(text, None).unwrap_or_else(|_| text.to_owned())
}

fn of_instance(instance: &Instance) -> Content {
    Content::of(&instance.values, |name| instance.kinds.get(name).cloned())
}

/// What each control of a form to be sent says, hashed, so that its instance can be recognised.
pub fn controls(values: &[FormValue]) -> BTreeMap<String, String> {
    Content::of(values, |_| None).hashes()
}

/// Whether an instance is the one that was sent with these controls. What its template fills in besides does
/// not count, nor does what it has no control for.
pub fn likeness(sent: &BTreeMap<String, String>, instance: &Instance) -> Likeness {
    let content = of_instance(instance);
    let read = content.hashes();
    let has = |name: &str| {
        let control = name.split('\u{1f}').next().unwrap_or_default();
        instance.values.iter().any(|v| v.name == control)
    };
    let mut same = false;
    for (name, hash) in sent {
        match read.get(name) {
            Some(found) if found == hash => same = same || !name.ends_with('\u{1f}'),
            Some(_) => return Likeness::Other,
            // A column that is not read is missing in the template, or empty in every row.
            None if content.opaque.contains(name) || !has(name) || name.contains('\u{1f}') => {}
            None => return Likeness::Other,
        }
    }
    if same { Likeness::Same } else { Likeness::Unclear }
}

/// What an instance says otherwise than a form made from the document would, control by control.
pub fn differences(form: &[FormValue], instance: &Instance) -> Vec<String> {
    let (wanted, found) = (Content::of(form, |_| None), of_instance(instance));
    let opaque = |place: &Place| found.opaque.contains(&place.name());
    let absent = |place: &Place| !instance.values.iter().any(|v| v.name == place.control);
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
mod tests {
    use super::*;
    use tenon_connectors::dingtalk::InstanceStatus;

    fn value(name: &str, value: &str) -> FormValue {
        FormValue { name: name.into(), value: value.into() }
    }

    fn instance(controls: &[(&str, &str, &str)]) -> Instance {
        Instance {
            status: InstanceStatus::Running,
            result: None,
            originator: "u1".into(),
            created: None,
            finished: None,
            values: controls.iter().map(|(name, _, text)| value(name, text)).collect(),
            kinds: controls.iter().map(|(name, kind, _)| ((*name).to_owned(), (*kind).to_owned())).collect(),
            operations: Vec::new(),
            title: String::new(),
            business_id: String::new(),
            revokes: None,
        }
    }

    const WRITTEN: &str =
        r#"[[{"name":"品号","value":"11028"},{"name":"数量","value":"55"},{"name":"采购员","value":"[\"0931\"]"}]]"#;
    const READ: &str = r#"[{"rowValue":[{"label":"数量","value":"55","componentType":"NumberField"},{"label":"品号","value":"11028"},{"label":"采购员","value":"张三","componentType":"InnerContactField"}],"rowNumber":"1"}]"#;

    #[test]
    fn a_form_is_recognised_whatever_the_shape_and_order_it_is_read_in() {
        let sent = controls(&[value("申请人", "张涛"), value("明细", WRITTEN)]);
        let read = [("明细", "TableField", READ), ("申请人", "TextField", "张涛"), ("备注", "TextField", "null")];
        assert_eq!(likeness(&sent, &instance(&read)), Likeness::Same);
        let other = READ.replace("11028", "11029");
        assert_eq!(
            likeness(&sent, &instance(&[("明细", "TableField", &other), ("申请人", "TextField", "张涛")])),
            Likeness::Other
        );
        assert_eq!(
            likeness(&sent, &instance(&[("明细", "TableField", READ), ("申请人", "TextField", "")])),
            Likeness::Other
        );
        assert_eq!(
            likeness(&sent, &instance(&[("明细", "TableField", "[]"), ("申请人", "TextField", "张涛")])),
            Likeness::Other
        );
    }

    #[test]
    fn what_reads_back_otherwise_neither_proves_nor_disproves() {
        let sent = controls(&[value("采购员", r#"["0931"]"#), value("部门", "100"), value("金额", "10.50")]);
        let read = [
            ("采购员", "InnerContactField", "张三"),
            ("部门", "DepartmentField", "采购部"),
            ("金额", "MoneyField", "10.5"),
        ];
        assert_eq!(likeness(&sent, &instance(&read)), Likeness::Same);
        let other = [("采购员", "InnerContactField", "张三"), ("金额", "MoneyField", "11")];
        assert_eq!(likeness(&sent, &instance(&other)), Likeness::Other);
        let opaque = controls(&[value("采购员", r#"["0931"]"#)]);
        assert_eq!(likeness(&opaque, &instance(&read)), Likeness::Unclear);
        assert_eq!(likeness(&sent, &instance(&[("别的", "TextField", "x")])), Likeness::Unclear);
    }

    #[test]
    fn a_form_that_people_filled_in_is_compared_with_the_document() {
        let form = [value("申请人", "张涛"), value("采购员", r#"["0931"]"#), value("明细", WRITTEN)];
        let same = instance(&[
            ("申请人", "TextField", "张涛"),
            ("采购员", "InnerContactField", "张三"),
            ("明细", "TableField", READ),
        ]);
        assert_eq!(differences(&form, &same), Vec::<String>::new());
        let read = READ.replace("\"55\"", "\"5500\"");
        let changed = instance(&[("申请人", "TextField", "李四"), ("明细", "TableField", &read)]);
        assert_eq!(
            differences(&form, &changed),
            ["明细[0].数量: the form says 5500, the document 55", "申请人: the form says 李四, the document 张涛"]
        );
    }
}
