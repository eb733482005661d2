//! Which field may fill which control at all, and how its value is written there.

use std::collections::BTreeMap;
use tenon_model::oa::FieldKind;
use tenon_model::schema::{FieldSchema, FieldType, FormControl};

/// Whether a field may fill a control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It may, written like this.
    Open(Written),
    /// It may be meant, and what does not fit is for a person to settle.
    Doubtful(Written, Doubt),
    /// Never.
    Shut,
}

/// What a person has to look at of a field and its control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The field takes more characters than the control.
    TooLong {
        /// Of the field.
        takes: u32,
        /// Of the control.
        longest: u32,
    },
    /// The field takes any text and the control only its options.
    AnyText,
    /// The control has no option for these values of the field.
    NoOption(String),
    /// Several controls have the label.
    SameLabel,
    /// This field fits as well.
    FitsAsWell(String),
}

impl Doubt {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::TooLong { takes, longest } => format!(
                "the field takes {takes} characters and the control {longest}, so a long value would be refused"
            ),
            Self::AnyText => "the field takes any text and the control only its options".to_owned(),
            Self::NoOption(values) => format!("the control has no option for {values}"),
            Self::SameLabel => "several controls have this label".to_owned(),
            Self::FitsAsWell(other) => format!("{other} fits as well"),
        }
    }
}

/// How a value is written to a control, in the words of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// `date`, `number`, …; without one as it reads.
    pub format: Option<&'static str>,
    /// Values that are replaced.
    pub values: BTreeMap<String, String>,
}

/// Pairs of what the ERP's yes and no are called on forms.
const YES_NO: [(&str, &str); 5] = [("是", "否"), ("Y", "N"), ("Yes", "No"), ("有", "无"), ("true", "false")];

/// Whether this field may fill this control.
pub fn gate(field: &FieldSchema, control: &FormControl) -> Gate {
    if !control.fillable || field.kind == FieldType::Other {
        return Gate::Shut;
    }
    let plain = |format| Gate::Open(Written { format, values: BTreeMap::new() });
    let is_number = matches!(field.kind, FieldType::Integer | FieldType::Decimal);
    match control.kind {
        FieldKind::Text | FieldKind::Unknown => text(field, control),
        FieldKind::Number if is_number => plain(Some("number")),
        FieldKind::Money if is_number => plain(Some("money")),
        FieldKind::Date if field.kind == FieldType::Date => {
            plain(Some(if control.with_time { "datetime" } else { "date" }))
        }
        FieldKind::Choice => choice(field, control),
        _ => Gate::Shut,
    }
}

fn text(field: &FieldSchema, control: &FormControl) -> Gate {
    let written = Written {
        format: match field.kind {
            FieldType::Date => Some("date"),
            FieldType::Integer | FieldType::Decimal => Some("number"),
            _ => None,
        },
        values: BTreeMap::new(),
    };
    match (field.size, control.longest) {
        (Some(takes), Some(longest)) if takes > longest => Gate::Doubtful(written, Doubt::TooLong { takes, longest }),
        _ => Gate::Open(written),
    }
}

/// The values of the field must be options of the control, by their own text or by what the ERP calls them.
fn choice(field: &FieldSchema, control: &FormControl) -> Gate {
    if !matches!(field.kind, FieldType::Text | FieldType::Word) {
        return Gate::Shut;
    }
    let format = Some("choice");
    let open = |values| Gate::Open(Written { format, values });
    let doubt = |why: Doubt| Gate::Doubtful(Written { format, values: BTreeMap::new() }, why);
    if field.values.is_empty() {
        return doubt(Doubt::AnyText);
    }
    let has = |text: &str| control.options.iter().any(|option| option.trim() == text);
    if field.values.iter().all(|(value, _)| has(value)) {
        return open(BTreeMap::new());
    }
    if let Some(values) = yes_and_no(field, &has) {
        return open(values);
    }
    let replaced = field.values.iter().map(|(value, called)| has(called.trim()).then(|| (value, called.trim())));
    match replaced.collect::<Option<Vec<_>>>() {
        Some(all) => open(all.into_iter().map(|(value, called)| (value.clone(), called.to_owned())).collect()),
        None => {
            let lacks = field.values.iter().filter(|(value, called)| !has(value) && !has(called.trim()));
            let names: Vec<&str> = lacks.map(|(value, _)| value.as_str()).take(5).collect();
            doubt(Doubt::NoOption(names.join(", ")))
        }
    }
}

fn yes_and_no(field: &FieldSchema, has: &dyn Fn(&str) -> bool) -> Option<BTreeMap<String, String>> {
    let [(one, _), (other, _)] = field.values.as_slice() else { return None };
    let is = |value: &str, words: [&str; 3]| words.contains(&value);
    let (yes, no) = match (is(one, ["tYES", "Y", "1"]), is(other, ["tNO", "N", "0"])) {
        (true, true) => (one, other),
        _ if is(other, ["tYES", "Y", "1"]) && is(one, ["tNO", "N", "0"]) => (other, one),
        _ => return None,
    };
    let (called_yes, called_no) = YES_NO.into_iter().find(|(yes, no)| has(yes) && has(no))?;
    Some(BTreeMap::from([(yes.clone(), called_yes.to_owned()), (no.clone(), called_no.to_owned())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: FieldType, values: &[(&str, &str)]) -> FieldSchema {
        let values = values.iter().map(|(value, called)| ((*value).to_owned(), (*called).to_owned())).collect();
        FieldSchema { name: "X".into(), kind, values, ..FieldSchema::default() }
    }

    fn control(kind: FieldKind, options: &[&str]) -> FormControl {
        FormControl { kind, options: options.iter().map(|o| (*o).to_owned()).collect(), ..FormControl::default() }
    }

    fn format(gate: Gate) -> Option<Option<&'static str>> {
        match gate {
            Gate::Open(written) => Some(written.format),
            Gate::Doubtful(..) | Gate::Shut => None,
        }
    }

    #[test]
    fn a_field_fills_only_a_control_of_its_kind() {
        use FieldType::{Date, Decimal, Integer, Other, Text, Time, Word};
        for (kind, of, expected) in [
            (FieldKind::Date, Date, Some(Some("date"))),
            (FieldKind::Date, Text, None),
            (FieldKind::Date, Decimal, None),
            (FieldKind::Number, Decimal, Some(Some("number"))),
            (FieldKind::Number, Integer, Some(Some("number"))),
            (FieldKind::Money, Decimal, Some(Some("money"))),
            (FieldKind::Number, Text, None),
            (FieldKind::Money, Date, None),
            (FieldKind::Text, Date, Some(Some("date"))),
            (FieldKind::Text, Decimal, Some(Some("number"))),
            (FieldKind::Text, Text, Some(None)),
            (FieldKind::Unknown, Time, Some(None)),
            (FieldKind::Text, Other, None),
            (FieldKind::Choice, Date, None),
            (FieldKind::People, Text, None),
            (FieldKind::Departments, Integer, None),
            (FieldKind::Files, Text, None),
            (FieldKind::Table, Word, None),
        ] {
            assert_eq!(format(gate(&field(of, &[]), &control(kind, &[]))), expected, "{of:?} to {kind:?}");
        }
        let computed = FormControl { fillable: false, ..control(FieldKind::Text, &[]) };
        assert_eq!(gate(&field(Text, &[]), &computed), Gate::Shut);
    }

    #[test]
    fn the_values_of_a_field_must_be_options_of_the_control() {
        let gate_of = |values: &[(&str, &str)], options: &[&str]| {
            gate(&field(FieldType::Word, values), &control(FieldKind::Choice, options))
        };
        let open = |pairs: &[(&str, &str)]| {
            let values = pairs.iter().map(|(value, called)| ((*value).to_owned(), (*called).to_owned())).collect();
            Gate::Open(Written { format: Some("choice"), values })
        };
        assert_eq!(gate_of(&[("A", ""), ("B", "")], &["B", "A", "C"]), open(&[]));
        assert_eq!(gate_of(&[("tNO", ""), ("tYES", "")], &["是", "否"]), open(&[("tNO", "否"), ("tYES", "是")]));
        assert_eq!(gate_of(&[("1", "工程"), ("2", "正式")], &["工程", "正式"]), open(&[("1", "工程"), ("2", "正式")]));
        assert!(
            matches!(gate_of(&[("A", "甲"), ("D", "丁")], &["A"]), Gate::Doubtful(_, Doubt::NoOption(values)) if values == "D")
        );
        assert!(matches!(gate_of(&[], &["A"]), Gate::Doubtful(..)));
    }

    #[test]
    fn a_text_longer_than_its_control_is_for_a_person() {
        let long = FieldSchema { size: Some(254), ..field(FieldType::Text, &[]) };
        let short = FormControl { longest: Some(100), ..control(FieldKind::Text, &[]) };
        assert!(matches!(gate(&long, &short), Gate::Doubtful(_, why) if why.words().contains("254")));
    }
}
