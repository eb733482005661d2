//! A schema as fields.

use super::{components, json_schema};
use serde_json::{Map, Value};
use std::collections::HashSet;
use tenon_model::decimal::Decimal;
use tenon_platform::body::BadBody;

/// Longest schema, in bytes of JSON.
pub const MAX_BYTES: usize = 256 * 1024;
/// How deep objects and lists of a schema may lie in one another.
const MAX_DEPTH: usize = 32;
/// Fields of one form, those of tables counted too.
const MAX_FIELDS: usize = 500;
/// Longest name of a field, in characters.
const NAME: usize = 64;
/// Things wrong after which no more is looked for.
const ENOUGH: usize = 50;

/// What a form asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// Its fields, in the order in which people see them.
    pub fields: Vec<Field>,
    /// Whether data may have fields that the schema does not name.
    pub open: bool,
}

/// A field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name in the data.
    pub name: String,
    /// What people read beside it.
    pub label: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be filled in.
    pub required: bool,
    /// What else its value must keep to.
    pub rules: Rules,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A text.
    Text {
        /// Whether it may have several lines.
        long: bool,
    },
    /// A number, exact to its last digit.
    Number {
        /// Whether it has no digits after the point.
        whole: bool,
        /// Whether a text with a number in it counts as one.
        as_text: bool,
    },
    /// True or false.
    Flag,
    /// `yyyy-MM-dd`.
    Date,
    /// `yyyy-MM-dd HH:mm` with seconds or without, a blank or `T` between, with a zone or without.
    Moment,
    /// `HH:mm` with seconds or without.
    Time,
    /// From when until when.
    DateRange,
    /// One of the field's options.
    OneOf(Vec<Choice>),
    /// Several of them.
    SomeOf(Vec<Choice>),
    /// Codes of people or departments: one as a text, or a list of them.
    Codes,
    /// Rows, each of these fields.
    Rows(Schema),
    /// A list of values, each as this field says.
    List(Box<Field>),
    /// An object of these fields.
    Object(Schema),
    /// Anything.
    Any,
}

/// What can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What stands in the data.
    pub value: Value,
    /// What people read.
    pub label: String,
}

/// What a value must keep to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// Fewest characters of a text.
    pub shortest: Option<usize>,
    /// Most characters of a text.
    pub longest: Option<usize>,
    /// Least number, and whether it is out of reach itself.
    pub least: Option<(Decimal, bool)>,
    /// Greatest number, and whether it is out of reach itself.
    pub greatest: Option<(Decimal, bool)>,
    /// Fewest items of a list.
    pub fewest: Option<usize>,
    /// Most items of a list.
    pub most: Option<usize>,
    /// A regular expression that a text must match somewhere.
    pub pattern: Option<String>,
}

impl Schema {
    /// Reads a schema of either way of writing it.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its path below `formSchema`.
    pub fn read(schema: &Value) -> Result<Self, Vec<BadBody>> {
        let mut wrong = Wrong::default();
        let Some(map) = schema.as_object() else {
            return Err(vec![BadBody::field("formSchema", "应为对象")]);
        };
        if depth(schema, 0) > MAX_DEPTH {
            return Err(vec![BadBody::field("formSchema", format!("嵌套不能超过{MAX_DEPTH}层"))]);
        }
        if schema.to_string().len() > MAX_BYTES {
            return Err(vec![BadBody::field("formSchema", format!("不能超过{}KB", MAX_BYTES / 1024))]);
        }
        let read = match form_of(map) {
            Some(Form::Components(path)) => components::read(map, &path, &mut wrong),
            Some(Form::JsonSchema(map, path)) => json_schema::object(map, &path, &mut wrong),
            None => {
                wrong.add("formSchema", "应有components数组，或JSON Schema的properties");
                Self::default()
            }
        };
        if read.count() > MAX_FIELDS {
            wrong.add("formSchema", format!("字段不能超过{MAX_FIELDS}个"));
        }
        if wrong.0.is_empty() { Ok(read) } else { Err(wrong.0) }
    }

    /// A field by its name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    fn count(&self) -> usize {
        let within = |field: &Field| match &field.kind {
            Kind::Rows(schema) | Kind::Object(schema) => schema.count(),
            _ => 0,
        };
        self.fields.iter().map(|field| 1 + within(field)).sum()
    }
}

enum Form<'s> {
    Components(String),
    JsonSchema(&'s Map<String, Value>, String),
}

/// Which way it is written. Designers wrap the schema in `schema`, beside `form`.
fn form_of(map: &Map<String, Value>) -> Option<Form<'_>> {
    let is_schema = |map: &Map<String, Value>| {
        map.get("properties").is_some() || map.get("type").and_then(Value::as_str) == Some("object")
    };
    if map.contains_key("components") {
        return Some(Form::Components("formSchema".to_owned()));
    }
    if is_schema(map) {
        return Some(Form::JsonSchema(map, "formSchema".to_owned()));
    }
    let inner = map.get("schema")?.as_object()?;
    is_schema(inner).then(|| Form::JsonSchema(inner, "formSchema.schema".to_owned()))
}

fn depth(value: &Value, above: usize) -> usize {
    if above > MAX_DEPTH {
        return above;
    }
    match value {
        Value::Array(items) => items.iter().map(|item| depth(item, above + 1)).max().unwrap_or(above + 1),
        Value::Object(map) => map.values().map(|item| depth(item, above + 1)).max().unwrap_or(above + 1),
        _ => above,
    }
}

/// What is wrong with a schema.
#[derive(Debug, Default)]
pub(super) struct Wrong(pub Vec<BadBody>);

impl Wrong {
    pub fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        if self.0.len() < ENOUGH {
            self.0.push(BadBody::field(path, message));
        }
    }

    /// A name of a field, if it can be one and is the first of its kind.
    pub fn name(&mut self, name: &str, path: &str, seen: &mut HashSet<String>) {
        if name.is_empty() {
            self.add(path, "不能为空");
        } else if name.chars().count() > NAME || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
            self.add(path, format!("字段名应为1到{NAME}个字符，不含空白"));
        } else if !seen.insert(name.to_owned()) {
            self.add(path, format!("字段名{name}重复"));
        }
    }
}

/// The options of a field: texts, numbers, or objects of `value` with `label`.
pub(super) fn choices(options: &[Value], path: &str, wrong: &mut Wrong) -> Vec<Choice> {
    let mut all: Vec<Choice> = Vec::with_capacity(options.len());
    for (index, option) in options.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let choice = match option {
            Value::Object(map) => {
                let value = ["value", "key", "id"].iter().find_map(|name| map.get(*name));
                let label = ["label", "name", "text", "title"].iter().find_map(|name| map.get(*name));
                let value = value.or(label).filter(|value| is_scalar(value)).cloned();
                value.map(|value| Choice { label: label.map_or_else(|| plain(&value), plain), value })
            }
            value if is_scalar(value) => Some(Choice { label: plain(value), value: value.clone() }),
            _ => None,
        };
        match choice {
            None => wrong.add(path, "应为文本、数字，或含value、label的对象"),
            Some(choice) if all.iter().any(|known| known.value == choice.value) => wrong.add(path, "选项重复"),
            Some(choice) => all.push(choice),
        }
    }
    all
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

/// A value as people read it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => tenon_model::json::number::write(other),
    }
}
