//! Schemas of JSON Schema's kind, as form designers write them.
//!
//! Read and checked: `type` (also a list with `null`), `properties`, `required` (names, or true beside one field),
//! `items` (one schema), `enum` (values, or `{label, value}`), `const`, `minLength`, `maxLength`, `pattern`, `minimum`,
//! `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `minItems`, `maxItems`, `additionalProperties` (true or false), and the
//! formats `date`, `date-time`, `time`. `type: "void"` is layout: its properties are fields of what is around it. Kept and
//! not looked at: `x-…`, names that begin with `_` or `$`, `title`, `description`, `default`, `examples`, other formats.
//! Whatever else would decide what is valid (`oneOf`, `$ref`, `if` and their like) is refused by name.

use super::schema::{Choice, Field, Kind, Rules, Schema, Wrong, choices};
use serde_json::{Map, Value};
use std::collections::HashSet;
use tenon_model::decimal::{self, Decimal};
use tenon_model::json::number;

/// Keywords that say nothing of what is valid, or that are read below.
const KNOWN: &[&str] = &[
    "type",
    "properties",
    "required",
    "items",
    "enum",
    "const",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "additionalProperties",
    "format",
    "title",
    "description",
    "default",
    "example",
    "examples",
    "name",
    "key",
    "readOnly",
    "writeOnly",
    "deprecated",
    "definitions",
    "version",
];

/// The fields of an object.
pub(super) fn object(map: &Map<String, Value>, path: &str, wrong: &mut Wrong) -> Schema {
    keywords(map, path, wrong);
    let (mut fields, mut seen) = (Vec::new(), HashSet::new());
    properties(map, path, (&mut fields, &mut seen), wrong);
    let open = match map.get("additionalProperties") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(open)) => *open,
        Some(_) => {
            wrong.add(format!("{path}.additionalProperties"), "应为true或false");
            true
        }
    };
    Schema { fields, open }
}

type Into<'f> = (&'f mut Vec<Field>, &'f mut HashSet<String>);

fn properties(map: &Map<String, Value>, path: &str, (fields, seen): Into<'_>, wrong: &mut Wrong) {
    let within = format!("{path}.properties");
    let properties = match map.get("properties") {
        None | Some(Value::Null) => return,
        Some(Value::Object(properties)) => properties,
        Some(_) => return wrong.add(within, "应为对象"),
    };
    let mut ordered: Vec<(&String, &Value)> = properties.iter().collect();
    // Designers say the order beside each field.
    ordered.sort_by_key(|(_, field)| field.get("x-index").and_then(Value::as_i64).unwrap_or(i64::MAX));
    for (name, schema) in ordered {
        let path = format!("{within}.{name}");
        let Some(schema) = schema.as_object() else {
            wrong.add(path, "应为对象");
            continue;
        };
        if schema.get("type").and_then(Value::as_str) == Some("void") {
            keywords(schema, &path, wrong);
            properties_of_layout(schema, &path, (fields, seen), wrong);
            continue;
        }
        wrong.name(name, &path, seen);
        fields.push(field(name, schema, &path, wrong));
    }
    names(map, path, fields, wrong);
}

fn properties_of_layout(map: &Map<String, Value>, path: &str, into: Into<'_>, wrong: &mut Wrong) {
    properties(map, path, into, wrong);
}

/// `required` as a list of names that there are.
fn names(map: &Map<String, Value>, path: &str, fields: &mut [Field], wrong: &mut Wrong) {
    let path = format!("{path}.required");
    let required = match map.get("required") {
        // Beside the object itself: it must be there.
        None | Some(Value::Null | Value::Bool(_)) => return,
        Some(Value::Array(required)) => required,
        Some(_) => return wrong.add(path, "应为字段名数组"),
    };
    for (index, name) in required.iter().enumerate() {
        let name = name.as_str().unwrap_or_default();
        match fields.iter_mut().find(|field| field.name == name) {
            Some(field) => field.required = true,
            None => wrong.add(format!("{path}[{index}]"), format!("没有字段{name}")),
        }
    }
}

fn keywords(map: &Map<String, Value>, path: &str, wrong: &mut Wrong) {
    for name in map.keys() {
        let kept = name.starts_with("x-") || name.starts_with('_') || (name.starts_with('$') && name != "$ref");
        if !kept && !KNOWN.contains(&name.as_str()) {
            wrong.add(format!("{path}.{name}"), "不支持的关键字");
        }
    }
}

fn field(name: &str, map: &Map<String, Value>, path: &str, wrong: &mut Wrong) -> Field {
    keywords(map, path, wrong);
    let label = map.get("title").and_then(Value::as_str).map(str::trim).filter(|title| !title.is_empty());
    Field {
        name: name.to_owned(),
        label: label.unwrap_or(name).to_owned(),
        kind: kind(map, path, wrong),
        required: map.get("required") == Some(&Value::Bool(true)),
        rules: rules(map, path, wrong),
    }
}

fn kind(map: &Map<String, Value>, path: &str, wrong: &mut Wrong) -> Kind {
    if let Some(value) = map.get("const") {
        let fixed = Choice { value: value.clone(), label: super::schema::plain(value) };
        return Kind::OneOf(vec![fixed]);
    }
    let word = type_of(map, path, wrong);
    if let Some(options) = options(map, path, wrong) {
        return if word == Some("array") { Kind::SomeOf(options) } else { Kind::OneOf(options) };
    }
    match word {
        Some("string") => match map.get("format").and_then(Value::as_str) {
            Some("date") => Kind::Date,
            Some("date-time") => Kind::Moment,
            Some("time") => Kind::Time,
            _ => Kind::Text { long: is_long(map) },
        },
        Some("number") => Kind::Number { whole: false, as_text: false },
        Some("integer") => Kind::Number { whole: true, as_text: false },
        Some("boolean") => Kind::Flag,
        Some("object") => Kind::Object(object(map, path, wrong)),
        Some("array") => array(map, path, wrong),
        _ if map.contains_key("properties") => Kind::Object(object(map, path, wrong)),
        _ => Kind::Any,
    }
}

/// The type; of several the first that is not `null`.
fn type_of<'m>(map: &'m Map<String, Value>, path: &str, wrong: &mut Wrong) -> Option<&'m str> {
    let words: Vec<&str> = match map.get("type")? {
        Value::String(word) => vec![word],
        Value::Array(words) => words.iter().filter_map(Value::as_str).filter(|word| *word != "null").collect(),
        _ => Vec::new(),
    };
    let known = ["string", "number", "integer", "boolean", "object", "array", "null", "date", "datetime"];
    match words.as_slice() {
        // Designers' own words for texts with a format.
        ["date" | "datetime"] => None,
        [word] if known.contains(word) => Some(word),
        _ => {
            wrong.add(format!("{path}.type"), "应为string、number、integer、boolean、object、array、void之一");
            None
        }
    }
}

fn options(map: &Map<String, Value>, path: &str, wrong: &mut Wrong) -> Option<Vec<Choice>> {
    let own = map.get("enum").map(|options| (options, format!("{path}.enum")));
    let of_items = || {
        let options = map.get("items")?.as_object()?.get("enum")?;
        Some((options, format!("{path}.items.enum")))
    };
    let (options, path) = own.or_else(of_items)?;
    match options.as_array() {
        // What a designer fills in while the form is shown.
        Some(options) if options.is_empty() => None,
        Some(options) => Some(choices(options, &path, wrong)),
        None => {
            wrong.add(path, "应为数组");
            None
        }
    }
}

fn array(map: &Map<String, Value>, path: &str, wrong: &mut Wrong) -> Kind {
    let path = format!("{path}.items");
    match map.get("items") {
        None | Some(Value::Null) => Kind::Any,
        Some(Value::Object(items)) => {
            let item = field("", items, &path, wrong);
            match item.kind {
                Kind::Object(schema) => Kind::Rows(schema),
                _ => Kind::List(Box::new(item)),
            }
        }
        Some(_) => {
            wrong.add(path, "应为一个对象");
            Kind::Any
        }
    }
}

fn is_long(map: &Map<String, Value>) -> bool {
    map.get("x-component").and_then(Value::as_str).is_some_and(|component| component.contains("TextArea"))
}

fn rules(map: &Map<String, Value>, path: &str, wrong: &mut Wrong) -> Rules {
    let mut count = |name: &str| {
        let value = map.get(name).filter(|value| !value.is_null())?;
        let read = value.as_u64().and_then(|count| usize::try_from(count).ok());
        if read.is_none() {
            wrong.add(format!("{path}.{name}"), "应为非负整数");
        }
        read
    };
    let (shortest, longest) = (count("minLength"), count("maxLength"));
    let (fewest, most) = (count("minItems"), count("maxItems"));
    let pattern = pattern(map, path, wrong);
    let least = limit(map, ("minimum", "exclusiveMinimum"), path, wrong);
    let greatest = limit(map, ("maximum", "exclusiveMaximum"), path, wrong);
    Rules { shortest, longest, least, greatest, fewest, most, pattern }
}

fn pattern(map: &Map<String, Value>, path: &str, wrong: &mut Wrong) -> Option<String> {
    let value = map.get("pattern").filter(|value| !value.is_null())?;
    let pattern = value.as_str().filter(|pattern| pattern.len() <= 500 && regex_lite::Regex::new(pattern).is_ok());
    if pattern.is_none() {
        wrong.add(format!("{path}.pattern"), "不是支持的正则表达式");
    }
    pattern.map(str::to_owned)
}

/// A limit, and whether it is out of reach itself. `exclusiveMinimum` is a number, in older schemas true.
fn limit(
    map: &Map<String, Value>,
    (within, beyond): (&str, &str),
    path: &str,
    wrong: &mut Wrong,
) -> Option<(Decimal, bool)> {
    let mut read = |name: &str| {
        let value = map.get(name).filter(|value| !value.is_null() && !value.is_boolean())?;
        let read = number::text_of(value).and_then(|text| decimal::parse_exact(&text));
        if read.is_none() {
            wrong.add(format!("{path}.{name}"), "应为数字");
        }
        read
    };
    if let Some(limit) = read(beyond) {
        return Some((limit, true));
    }
    let is_beyond = map.get(beyond) == Some(&Value::Bool(true));
    read(within).map(|limit| (limit, is_beyond))
}
