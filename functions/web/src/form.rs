//! The form of a process on the page of a task: fields that may be changed are shown to be filled in, and read as they are
//! posted, each as the schema says.

use serde_json::{Map, Value};
use tenon_model::Language;
use tenon_model::json::number;
use tenon_pages::Text;
use tenon_pages::process::{Input, InputKind};
use tenon_process::form::{Choice, Field, Kind, Schema};
use tenon_process::run::Refused;
use tenon_process::{Definition, Editable, NodeKind, Words};

/// What stands before a field's name in the form that is posted.
const PREFIX: &str = "f.";

/// What was posted, by name.
pub type Posted = [(String, String)];

/// The fields of a node that may be changed here, by its schema. Tables, files and what has no kind are not.
fn editable<'d>(definition: &'d Definition, node: &str) -> (Schema, Vec<&'d Editable>) {
    let schema = Schema::read(&definition.schema).unwrap_or_default();
    let all = match definition.node(node).map(|node| &node.does) {
        Some(NodeKind::User(task)) => task.editable.as_slice(),
        _ => &[],
    };
    let here =
        all.iter().filter(|editable| schema.field(&editable.name).is_some_and(|field| can_be_shown(&field.kind)));
    let here = here.collect();
    (schema, here)
}

fn can_be_shown(kind: &Kind) -> bool {
    !matches!(kind, Kind::Rows(_) | Kind::List(_) | Kind::Object(_) | Kind::Any)
}

/// The fields to fill in, with what stands in the form, or with what was posted and could not be stored.
pub fn inputs(
    language: Language,
    (definition, node): (&Definition, &str),
    data: &Map<String, Value>,
    posted: &Posted,
) -> Vec<Input> {
    let (schema, here) = editable(definition, node);
    let input = |editable: &&Editable| {
        let field = schema.field(&editable.name)?;
        let name = format!("{PREFIX}{}", field.name);
        let texts: Vec<&str> = values(posted, &name).collect();
        let is_posted = !texts.is_empty() || is_shown(posted, &name);
        let kind = if is_posted {
            of_posted(language, field, &texts)
        } else {
            of_data(language, field, data.get(&field.name))
        };
        Some(Input { name, label: field.label.clone(), required: editable.required || field.required, kind })
    };
    here.iter().filter_map(input).collect()
}

fn values<'p>(posted: &'p Posted, name: &str) -> impl Iterator<Item = &'p str> {
    let name = name.to_owned();
    posted.iter().filter(move |(own, _)| *own == name).map(|(_, value)| value.as_str())
}

/// Whether a field was shown of which nothing may have been posted.
fn is_shown(posted: &Posted, name: &str) -> bool {
    values(posted, "shown").any(|shown| shown == name)
}

fn of_data(language: Language, field: &Field, value: Option<&Value>) -> InputKind {
    let text = || value.map(written).unwrap_or_default();
    match &field.kind {
        Kind::Text { long } if *long || text().contains('\n') => InputKind::Lines(text()),
        Kind::Number { .. } => InputKind::Number(text()),
        Kind::Date if text().is_empty() || text().len() == 10 => InputKind::Date(text()),
        Kind::Flag => flag(language, value.and_then(Value::as_bool)),
        Kind::OneOf(choices) => InputKind::Choice(chosen(choices, |choice| value == Some(&choice.value))),
        Kind::SomeOf(choices) => {
            let items = value.and_then(Value::as_array);
            InputKind::Choices(chosen(choices, |choice| items.is_some_and(|items| items.contains(&choice.value))))
        }
        Kind::DateRange => {
            let end = |at: usize| value.and_then(|value| value.get(at)).map(written).unwrap_or_default();
            InputKind::Span(end(0), end(1))
        }
        other => InputKind::Line(text(), like(other)),
    }
}

fn of_posted(language: Language, field: &Field, texts: &[&str]) -> InputKind {
    let first = texts.first().copied().unwrap_or_default();
    let is_place = |at: usize| texts.iter().any(|text| text.trim() == at.to_string());
    match &field.kind {
        Kind::Text { long: true } => InputKind::Lines(first.to_owned()),
        Kind::Number { .. } => InputKind::Number(first.to_owned()),
        Kind::Date => InputKind::Date(first.to_owned()),
        Kind::Flag => {
            flag(language, [false, true].into_iter().enumerate().find(|(at, _)| is_place(*at)).map(|(_, is)| is))
        }
        Kind::OneOf(choices) => InputKind::Choice(placed(choices, is_place)),
        Kind::SomeOf(choices) => InputKind::Choices(placed(choices, is_place)),
        Kind::DateRange => InputKind::Span(first.to_owned(), texts.get(1).copied().unwrap_or_default().to_owned()),
        other => InputKind::Line(first.to_owned(), like(other)),
    }
}

fn chosen(choices: &[Choice], is: impl Fn(&Choice) -> bool) -> Vec<(String, bool)> {
    choices.iter().map(|choice| (choice.label.clone(), is(choice))).collect()
}

fn placed(choices: &[Choice], is: impl Fn(usize) -> bool) -> Vec<(String, bool)> {
    choices.iter().enumerate().map(|(at, choice)| (choice.label.clone(), is(at))).collect()
}

fn flag(language: Language, value: Option<bool>) -> InputKind {
    let of = |text: Text, is: bool| (text.of(language).to_owned(), value == Some(is));
    InputKind::Choice(vec![of(Text::No, false), of(Text::Yes, true)])
}

fn like(kind: &Kind) -> &'static str {
    match kind {
        Kind::Date => "2026-01-31",
        Kind::Moment => "2026-01-31 18:00",
        Kind::Time => "18:00",
        _ => "",
    }
}

/// A value as it stands in a line; several with commas between.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(written).collect::<Vec<_>>().join(","),
        Value::Null => String::new(),
        other => number::write(other),
    }
}

/// The fields that were changed, checked against the schema; null for what was emptied. To agree, what must be filled in is.
///
/// # Errors
/// Everything that is wrong with them.
pub fn read(
    (definition, node): (&Definition, &str),
    data: &Map<String, Value>,
    posted: &Posted,
    agrees: bool,
) -> Result<Map<String, Value>, Refused> {
    let (schema, here) = editable(definition, node);
    let mut changed = Map::new();
    for (name, _) in posted.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
        let known = name.strip_prefix(PREFIX).is_some_and(|name| here.iter().any(|editable| editable.name == name));
        if !known {
            let name = name.trim_start_matches(PREFIX);
            let (zh, en) = (
                format!("当前节点不允许修改字段{name}"),
                format!("the node does not let people change the field {name}"),
            );
            return Err(Refused { code: "process.field-read-only", words: Words::new(zh, en) });
        }
    }
    for field in here.iter().filter_map(|editable| schema.field(&editable.name)) {
        let name = format!("{PREFIX}{}", field.name);
        let texts: Vec<&str> = values(posted, &name).collect();
        if texts.is_empty() && !is_shown(posted, &name) {
            continue;
        }
        let before = data.get(&field.name);
        let value = value_of(field, &texts, before);
        if before.map_or(Value::Null, unified) != value {
            changed.insert(field.name.clone(), value);
        }
    }
    let kept = checked(&schema, &changed)?;
    let all = changed.keys().map(|name| (name.clone(), kept.get(name).cloned().unwrap_or(Value::Null))).collect();
    if agrees {
        complete(&schema, &here, data, &all)?;
    }
    Ok(all)
}

/// A text as browsers post it.
fn unified(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("\r\n", "\n")),
        other => other.clone(),
    }
}

fn value_of(field: &Field, texts: &[&str], before: Option<&Value>) -> Value {
    let first = texts.first().map(|text| text.replace("\r\n", "\n")).unwrap_or_default();
    let or_null = |text: &str| if text.trim().is_empty() { Value::Null } else { Value::String(text.to_owned()) };
    match &field.kind {
        Kind::Number { .. } => match first.trim() {
            "" => Value::Null,
            text => number::of_text(text).unwrap_or_else(|| Value::String(text.to_owned())),
        },
        Kind::Flag => match first.trim() {
            "0" => Value::Bool(false),
            "1" => Value::Bool(true),
            other => or_null(other),
        },
        Kind::OneOf(choices) => chosen_of(choices, &first),
        Kind::SomeOf(choices) => {
            let items: Vec<Value> = texts.iter().map(|text| chosen_of(choices, text)).collect();
            if items.is_empty() { Value::Null } else { Value::Array(items) }
        }
        Kind::DateRange if texts.iter().all(|text| text.trim().is_empty()) => Value::Null,
        Kind::DateRange => Value::Array(texts.iter().map(|text| Value::String(text.trim().to_owned())).collect()),
        Kind::Codes => codes(&first, before),
        Kind::Text { .. } => or_null(&first),
        _ => or_null(first.trim()),
    }
}

/// The choice of a place; what is none is refused by the schema.
fn chosen_of(choices: &[Choice], place: &str) -> Value {
    let place = place.trim();
    if place.is_empty() {
        return Value::Null;
    }
    let found = place.parse::<usize>().ok().and_then(|at| choices.get(at));
    found.map_or_else(|| Value::String(place.to_owned()), |choice| choice.value.clone())
}

/// Codes with commas between: a list where there are several, or where one stood there; numbers stay numbers.
fn codes(text: &str, before: Option<&Value>) -> Value {
    if before.is_some_and(|before| written(before) == text) {
        return before.cloned().unwrap_or_default();
    }
    let all: Vec<&str> = text.split([',', '，']).map(str::trim).filter(|code| !code.is_empty()).collect();
    match all.as_slice() {
        [] => Value::Null,
        [one] if !before.is_some_and(Value::is_array) => Value::String((*one).to_owned()),
        several => Value::Array(several.iter().map(|code| Value::String((*code).to_owned())).collect()),
    }
}

/// What was changed, as the schema keeps it.
fn checked(schema: &Schema, changed: &Map<String, Value>) -> Result<Map<String, Value>, Refused> {
    let own = schema.fields.iter().filter(|field| changed.contains_key(&field.name)).cloned().collect();
    let own = Schema { fields: own, open: false };
    own.check(changed).map_err(|wrong| {
        let label = |path: &str| {
            let name = path.split(['.', '[']).next().unwrap_or(path);
            schema.field(name).map_or_else(|| name.to_owned(), |field| field.label.clone())
        };
        let messages = wrong.iter().map(|bad| match bad.message.starts_with(&label(&bad.field)) {
            true => bad.message.clone(),
            false => format!("{}：{}", label(&bad.field), bad.message),
        });
        wrong_form(messages.collect::<Vec<_>>().join("；"))
    })
}

/// Whether everything is there that the node asks for.
fn complete(
    schema: &Schema,
    here: &[&Editable],
    data: &Map<String, Value>,
    changed: &Map<String, Value>,
) -> Result<(), Refused> {
    let is_missing = |name: &str| match changed.get(name).or_else(|| data.get(name)) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    };
    let missing = here.iter().filter(|editable| editable.required && is_missing(&editable.name));
    let labels: Vec<&str> =
        missing.filter_map(|editable| schema.field(&editable.name)).map(|field| field.label.as_str()).collect();
    match labels.is_empty() {
        true => Ok(()),
        false => Err(wrong_form(format!("{}不能为空", labels.join("、")))),
    }
}

fn wrong_form(zh: String) -> Refused {
    let en = format!("what was filled in is not as the form asks for it: {zh}");
    Refused { code: "process.form-wrong", words: Words::new(zh, en) }
}
