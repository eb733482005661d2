//! Schemas as tables of fields.

use super::chinese;
use super::html::{escape, inline, table};
use serde_json::Value;

/// How deep fields within fields are shown.
const DEPTH: usize = 4;
/// Longest pattern shown; longer ones are described in words elsewhere.
const PATTERN: usize = 40;

/// One field.
struct Row {
    name: String,
    kind: String,
    needed: bool,
    text: String,
}

/// A table of the fields of a schema; several tables where it is one of several.
pub fn fields(document: &Value, schema: &Value) -> String {
    let schema = resolve(document, schema);
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array)
        && !schema.get("properties").is_some_and(Value::is_object)
    {
        let tables: Vec<String> = choices.iter().map(|choice| fields(document, choice)).collect();
        return tables.join("<p class=\"soft\">或 or</p>\n");
    }
    let mut rows = Vec::new();
    match schema.get("items") {
        Some(items) => collect(document, items, "[].", 0, &mut rows),
        None => collect(document, schema, "", 0, &mut rows),
    }
    if rows.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let needed = if row.needed { "是" } else { "" };
            vec![
                format!("<code>{}</code>", escape(&row.name)),
                row.kind.clone(),
                needed.to_owned(),
                inline(&chinese::or_as_is(&row.text)),
            ]
        })
        .collect();
    table(&["字段 Field", "类型 Type", "必有", "说明 Description"], &rows)
}

fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    let pointer = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    pointer.and_then(|p| document.pointer(p)).unwrap_or(schema)
}

/// The schema but for null.
fn substance<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    let schema = resolve(document, schema);
    let Some(any) = schema.get("anyOf").and_then(Value::as_array) else { return schema };
    let mut others = any.iter().filter(|s| s.get("type").and_then(Value::as_str) != Some("null"));
    match (others.next(), others.next()) {
        (Some(only), None) => resolve(document, only),
        _ => schema,
    }
}

fn collect(document: &Value, schema: &Value, prefix: &str, depth: usize, rows: &mut Vec<Row>) {
    let schema = substance(document, schema);
    let Some(fields) = schema.get("properties").and_then(Value::as_object) else { return };
    let needed: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort_by_key(|name| (!needed.contains(&name.as_str()), name.as_str()));
    for name in names {
        let Some(field) = fields.get(name) else { continue };
        let own = substance(document, field);
        let text = field.get("description").or_else(|| own.get("description")).and_then(Value::as_str);
        rows.push(Row {
            name: format!("{prefix}{name}"),
            kind: kind(document, field),
            needed: needed.contains(&name.as_str()),
            text: text.unwrap_or_default().to_owned(),
        });
        if depth < DEPTH {
            match own.get("items") {
                Some(items) => collect(document, items, &format!("{prefix}{name}[]."), depth + 1, rows),
                None => collect(document, own, &format!("{prefix}{name}."), depth + 1, rows),
            }
        }
    }
}

/// Type and limits in few words, as HTML.
fn kind(document: &Value, schema: &Value) -> String {
    let schema = resolve(document, schema);
    if let Some(constant) = schema.get("const") {
        return format!("<code>{}</code>", escape(&constant.to_string()));
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(any) = schema.get(choice).and_then(Value::as_array) {
            let kinds: Vec<String> = any.iter().map(|s| kind(document, s)).collect();
            return kinds.join(" | ");
        }
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<String> = words.iter().map(|w| format!("<code>{}</code>", escape(&plain(w)))).collect();
        return words.join(" | ");
    }
    let mut kind = match schema.get("type") {
        Some(Value::String(one)) => escape(one),
        Some(Value::Array(several)) => several.iter().map(|t| escape(&plain(t))).collect::<Vec<_>>().join(" | "),
        _ => "any".to_owned(),
    };
    for limit in limits(schema) {
        kind.push_str(&format!("<br><span class=\"soft\">{}</span>", escape(&limit)));
    }
    kind
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn limits(schema: &Value) -> Vec<String> {
    let number = |key: &str| schema.get(key).map(Value::to_string);
    let mut limits = Vec::new();
    for (least, most, unit) in
        [("minLength", "maxLength", " 字符"), ("minItems", "maxItems", " 项"), ("minimum", "maximum", "")]
    {
        match (number(least), number(most)) {
            (Some(least), Some(most)) => limits.push(format!("{least}–{most}{unit}")),
            (Some(least), None) => limits.push(format!("≥ {least}{unit}")),
            (None, Some(most)) => limits.push(format!("≤ {most}{unit}")),
            (None, None) => {}
        }
    }
    limits.extend(number("exclusiveMinimum").map(|least| format!("> {least}")));
    let pattern = schema.get("pattern").and_then(Value::as_str).filter(|p| p.chars().count() <= PATTERN);
    limits.extend(pattern.map(str::to_owned));
    limits
}
