//! A form as it was when a flow was written for it, and what has changed since.

use std::collections::BTreeMap;
use tenon_crypto::digest::sha256_hex;
use tenon_model::schema::{FormControl, FormSchema, ObjectSchema, SeenControl, SeenForm, TableSchema};

/// A form with more controls than this is kept as its fingerprint alone.
const LISTED: usize = 500;
/// Characters of a fingerprint, and of the digest of a control's options.
const LONG: usize = 32;
const SHORT: usize = 8;

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The control was not there.
    New,
    /// It is not there any more.
    Gone,
    /// It is of another kind.
    Kind,
    /// People see another label.
    Label,
    /// It must be filled in now, or need not any more.
    Required,
    /// It has other options.
    Options,
    /// Something, of a form that has too many controls to be listed.
    Something,
}

/// One change of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What has changed.
    pub what: What,
    /// The control.
    pub id: String,
    /// Its label as it is, or was.
    pub label: String,
    /// The table it is a column of.
    pub table: Option<String>,
    /// Whether it must be filled in now.
    pub required: bool,
    /// In words.
    pub text: String,
}

/// What is kept of a form.
pub fn seen(form: &FormSchema) -> SeenForm {
    let controls = listed(form);
    let fingerprint = digest(&controls);
    SeenForm { fingerprint, controls: if controls.len() > LISTED { Vec::new() } else { controls } }
}

/// A form's digest: the same for the same controls, in whatever order.
pub fn fingerprint(form: &FormSchema) -> String {
    digest(&listed(form))
}

/// An object's digest: another when a field is new, gone, of another kind or size, called otherwise, or takes other values.
pub fn object_fingerprint(object: &ObjectSchema) -> String {
    let fields = |table: &TableSchema| -> Vec<String> {
        let one = |field: &tenon_model::schema::FieldSchema| {
            let size = field.size.map(|size| size.to_string()).unwrap_or_default();
            let kind = format!("{:?}", field.kind);
            let values = field.values.iter().flat_map(|(value, called)| [value, called]);
            let parts = [table.name.as_str(), &field.name, &kind, field.caption.as_deref().unwrap_or_default(), &size];
            let parts = parts.into_iter().chain(values.map(String::as_str));
            parts.map(crate::file::json).collect::<Vec<_>>().join(",")
        };
        table.fields.iter().map(one).collect()
    };
    let tables = std::iter::once(&object.header).chain(&object.collections);
    let mut lines: Vec<String> = tables.flat_map(fields).collect();
    lines.sort_unstable();
    lines.push([&object.set, &object.key].map(|text| crate::file::json(text)).join(","));
    let mut text = sha256_hex(lines.join("\n").as_bytes());
    text.truncate(LONG);
    text
}

/// What is not as it was.
pub fn changes(before: &SeenForm, form: &FormSchema) -> Vec<Change> {
    let now = listed(form);
    if digest(&now) == before.fingerprint {
        return Vec::new();
    }
    if before.controls.is_empty() {
        let text = "the form is not the one that this flow was written for".to_owned();
        return vec![Change {
            what: What::Something,
            id: String::new(),
            label: String::new(),
            table: None,
            required: false,
            text,
        }];
    }
    let by_place = |controls: &[SeenControl]| -> BTreeMap<(Option<String>, String), SeenControl> {
        controls.iter().map(|control| ((control.table.clone(), control.id.clone()), control.clone())).collect()
    };
    let (was, is) = (by_place(&before.controls), by_place(&now));
    let mut found = Vec::new();
    for (place, old) in &was {
        match is.get(place) {
            None => found.push(change(What::Gone, old, "is gone".to_owned())),
            Some(new) => found.extend(between(old, new)),
        }
    }
    for (_, new) in is.iter().filter(|(place, _)| !was.contains_key(*place)) {
        let must = if new.required { " and must be filled in" } else { "" };
        found.push(change(What::New, new, format!("is new ({}){must}", new.kind)));
    }
    found
}

fn between(old: &SeenControl, new: &SeenControl) -> Vec<Change> {
    let mut found = Vec::new();
    if old.kind != new.kind {
        found.push(change(What::Kind, new, format!("was of the kind {} and is of the kind {}", old.kind, new.kind)));
    }
    if old.label != new.label {
        found.push(change(What::Label, new, format!("was called {}", old.label)));
    }
    if old.required != new.required {
        let text = if new.required { "must be filled in now" } else { "need not be filled in any more" };
        found.push(change(What::Required, new, text.to_owned()));
    }
    if old.options != new.options {
        found.push(change(What::Options, new, "has other options".to_owned()));
    }
    found
}

fn change(what: What, control: &SeenControl, text: String) -> Change {
    let of = control.table.as_ref().map(|table| format!(" of {table}")).unwrap_or_default();
    let name =
        if control.label == control.id { control.label.clone() } else { format!("{} ({})", control.label, control.id) };
    Change {
        what,
        id: control.id.clone(),
        label: control.label.clone(),
        table: control.table.clone(),
        required: control.required,
        text: format!("control {name}{of} {text}"),
    }
}

fn listed(form: &FormSchema) -> Vec<SeenControl> {
    let one = |control: &FormControl, table: Option<&str>| SeenControl {
        id: control.id.clone(),
        label: control.label.clone(),
        kind: control.word.clone(),
        table: table.map(str::to_owned),
        required: control.required,
        options: (!control.options.is_empty()).then(|| short(&control.options)),
    };
    let mut all = Vec::new();
    for control in &form.controls {
        all.push(one(control, None));
        all.extend(control.columns.iter().map(|column| one(column, Some(&control.id))));
    }
    all
}

fn digest(controls: &[SeenControl]) -> String {
    let mut lines: Vec<String> = controls
        .iter()
        .map(|c| {
            let required = if c.required { "!" } else { "" };
            let parts = [c.table.as_deref().unwrap_or_default(), &c.id, &c.label, &c.kind, required];
            let options = c.options.as_deref().unwrap_or_default();
            parts.into_iter().chain([options]).map(crate::file::json).collect::<Vec<_>>().join(",")
        })
        .collect();
    lines.sort_unstable();
    let mut text = sha256_hex(lines.join("\n").as_bytes());
    text.truncate(LONG);
    text
}

fn short(options: &[String]) -> String {
    let mut sorted: Vec<String> = options.iter().map(|option| crate::file::json(option)).collect();
    sorted.sort_unstable();
    let mut text = sha256_hex(sorted.join(",").as_bytes());
    text.truncate(SHORT);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(id: &str, word: &str) -> FormControl {
        FormControl {
            id: id.into(),
            name: id.into(),
            label: format!("标签{id}"),
            word: word.into(),
            ..FormControl::default()
        }
    }

    fn form(controls: Vec<FormControl>) -> FormSchema {
        FormSchema { title: "采购".into(), controls }
    }

    #[test]
    fn what_has_changed_is_told_by_control() {
        let table = |columns| FormControl { columns, ..control("T", "Table") };
        let before = form(vec![control("A", "Text"), control("B", "Text"), table(vec![control("C", "Number")])]);
        let kept = seen(&before);
        let moved = form(vec![table(vec![control("C", "Number")]), control("B", "Text"), control("A", "Text")]);
        assert_eq!(changes(&kept, &moved), [], "their order does not matter");
        let needed = FormControl { required: true, ..control("D", "Date") };
        let after = form(vec![control("A", "Number"), table(vec![]), needed]);
        let told: Vec<(What, String)> = changes(&kept, &after).into_iter().map(|c| (c.what, c.text)).collect();
        let told: Vec<(What, &str)> = told.iter().map(|(what, text)| (*what, text.as_str())).collect();
        assert_eq!(
            told,
            [
                (What::Kind, "control 标签A (A) was of the kind Text and is of the kind Number"),
                (What::Gone, "control 标签B (B) is gone"),
                (What::Gone, "control 标签C (C) of T is gone"),
                (What::New, "control 标签D (D) is new (Date) and must be filled in"),
            ]
        );
        assert_ne!(fingerprint(&before), fingerprint(&after));
    }

    #[test]
    fn a_form_with_very_many_controls_is_known_by_its_fingerprint() {
        let many = |last: &str| {
            form((0..600).map(|at| control(&at.to_string(), "Text")).chain([control(last, "Text")]).collect())
        };
        let kept = seen(&many("x"));
        assert!(kept.controls.is_empty());
        assert_eq!(changes(&kept, &many("x")), []);
        assert_eq!(changes(&kept, &many("y")).len(), 1);
    }
}
