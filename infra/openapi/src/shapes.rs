//! Schemas of single values, as the validators take them.

use serde_json::{Map, Value, json};

/// On one line and not blank.
pub const TEXT: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\u0000-\u001f\u007f-\u009f]*$";
/// On one line.
pub const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
/// On any number of lines.
pub const LINES: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";
/// `2026-02-11T14:30:00`.
pub const TIME: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$";
/// A time as it may be handed in: with a space for the `T`, without seconds, with an offset.
pub const TIME_IN: &str = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9])?$";
/// A local time, or a day.
pub const TIME_OR_DAY: &str =
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?)?$";
/// `2026-03-15`.
pub const DATE: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
/// A tenant's id.
pub const TENANT: &str = "^[A-Za-z0-9_-]{1,64}$";

/// A reference to a named schema.
pub fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A text without further rules, of at most so many characters.
pub fn text(most: u32) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": most, "pattern": TEXT })
}

/// A text that may be empty.
pub fn line(most: u32) -> Value {
    json!({ "type": "string", "maxLength": most, "pattern": LINE })
}

/// Any text.
pub fn string() -> Value {
    json!({ "type": "string" })
}

pub fn boolean() -> Value {
    json!({ "type": "boolean" })
}

/// A whole number within these bounds.
pub fn integer(least: i64, most: i64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

/// A whole number that counts something.
pub fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

/// A time as it is told.
pub fn time() -> Value {
    json!({ "type": "string", "pattern": TIME, "description": "Local time of Asia/Shanghai." })
}

/// Yuan as they are told.
pub fn yuan() -> Value {
    json!({ "type": "number", "description": "Yuan, at most two decimals." })
}

/// Yuan as they are taken: a number, or a text such as `"12.50"`.
pub fn yuan_in(least: &str, or_null: bool) -> Value {
    let bound = if least == "positive" { "exclusiveMinimum" } else { "minimum" };
    let mut number = json!({ "type": "number", "multipleOf": 0.01, "maximum": 10_000_000_000_i64 });
    let mut pattern = r"^0*([0-9]{1,10}(\.[0-9]{1,2})?|10000000000(\.0{1,2})?)$".to_owned();
    if least == "any" {
        pattern = pattern.replacen('^', "^-?", 1);
        set(&mut number, "minimum", json!(-10_000_000_000_i64));
    } else {
        set(&mut number, bound, json!(0));
    }
    let mut any = vec![number, json!({ "type": "string", "pattern": pattern })];
    if or_null {
        any.push(json!({ "type": "null" }));
    }
    json!({ "anyOf": any })
}

/// One of these words.
pub fn word(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// This, or null.
pub fn nullable(mut schema: Value) -> Value {
    if let Some(kind) = schema.get("type").and_then(Value::as_str).map(str::to_owned) {
        set(&mut schema, "type", json!([kind, "null"]));
        if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            words.push(Value::Null);
        }
        return schema;
    }
    if let Some(any) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        any.push(json!({ "type": "null" }));
        return schema;
    }
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// A list.
pub fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// With a description.
pub fn about(mut schema: Value, description: &str) -> Value {
    set(&mut schema, "description", json!(description));
    schema
}

/// An object that is answered: every field is there, null where nothing is known; further ones may come.
pub fn answer(fields: Value) -> Value {
    let required: Vec<&String> = fields.as_object().map(|f| f.keys().collect()).unwrap_or_default();
    json!({ "type": "object", "required": required, "properties": fields })
}

/// An object that is taken: no other fields than these.
pub fn body(required: &[&str], fields: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": fields, "additionalProperties": false })
}

/// Sets a key of an object.
pub fn set(schema: &mut Value, key: &str, value: Value) {
    if let Some(object) = schema.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

/// A path parameter.
pub fn in_path(name: &str, schema: Value, description: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": schema, "description": description })
}

/// A query parameter that may be left out.
pub fn in_query(name: &str, schema: Value, description: &str) -> Value {
    json!({ "name": name, "in": "query", "required": false, "schema": schema, "description": description })
}

/// Keys in one order, whatever the JSON library was built with.
pub fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<(String, Value)> = object.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().map(|(k, v)| (k, sorted(v))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
