//! Schemas that list components.

use super::schema::{Choice, Field, Kind, Rules, Schema, Wrong, choices};
use serde_json::{Map, Value};
use std::collections::HashSet;
use tenon_model::decimal::Decimal;
use tenon_model::json::number;

/// What a component is, by its type.
enum Component {
    Text {
        long: bool,
    },
    Number {
        whole: bool,
    },
    Flag,
    Date,
    Moment,
    Time,
    DateRange,
    OneOf,
    SomeOf,
    Codes,
    Rows,
    Any,
    /// What holds others, or only says something.
    Layout,
}

/// Names of types, in lower case without dashes and underscores.
const TYPES: &[(&[&str], Component)] = &[
    (&["input", "text", "string", "phone", "mobile", "tel", "email", "idcard", "url", "link"], TEXT),
    (&["serial", "serialnumber", "location", "address", "password"], TEXT),
    (&["textarea", "longtext", "richtext", "editor"], Component::Text { long: true }),
    (&["number", "inputnumber", "numberpicker", "money", "amount", "currency", "percent", "decimal"], NUMBER),
    (&["rate", "slider"], NUMBER),
    (&["integer", "int"], Component::Number { whole: true }),
    (&["switch", "boolean", "bool"], Component::Flag),
    (&["date", "datepicker"], Component::Date),
    (&["datetime", "datetimepicker"], Component::Moment),
    (&["time", "timepicker"], Component::Time),
    (&["daterange", "datetimerange", "daterangepicker"], Component::DateRange),
    (&["select", "radio", "radiogroup", "dropdown"], Component::OneOf),
    (&["multiselect", "checkbox", "checkboxgroup"], Component::SomeOf),
    (&["user", "users", "userselect", "member", "employee", "person"], Component::Codes),
    (&["dept", "depts", "deptselect", "department"], Component::Codes),
    (&["table", "subtable", "subform", "detail", "arraytable", "list"], Component::Rows),
    (&["file", "upload", "attachment", "image", "picture", "signature"], Component::Any),
    (&["cascader", "treeselect", "relation", "reference"], Component::Any),
    (&["group", "card", "fieldset", "section", "row", "col", "column", "grid", "tabs", "tab", "panel"], LAYOUT),
    (&["divider", "title", "label", "description", "static", "html", "button", "space"], LAYOUT),
];
const TEXT: Component = Component::Text { long: false };
const NUMBER: Component = Component::Number { whole: false };
const LAYOUT: Component = Component::Layout;
/// The types that are told when one is not known.
const KNOWN_TYPES: &str = "input、textarea、number、integer、money、switch、date、datetime、time、daterange、select、radio、checkbox、multiselect、user、dept、table、file、image、group";
/// Where the components of one that holds others stand.
const WITHIN: [&str; 3] = ["components", "children", "columns"];

/// The fields of `components`.
pub(super) fn read(map: &Map<String, Value>, path: &str, wrong: &mut Wrong) -> Schema {
    let (mut fields, mut seen) = (Vec::new(), HashSet::new());
    list(map.get("components"), &format!("{path}.components"), (&mut fields, &mut seen), wrong);
    if let Some(required) = map.get("required").filter(|required| !required.is_null()) {
        mark(required, &format!("{path}.required"), &mut fields, wrong);
    }
    if fields.is_empty() && wrong.0.is_empty() {
        wrong.add(format!("{path}.components"), "至少要有一个字段");
    }
    Schema { fields, open: false }
}

/// `required` of the whole: names of fields that there are.
fn mark(required: &Value, path: &str, fields: &mut [Field], wrong: &mut Wrong) {
    let Some(names) = required.as_array() else { return wrong.add(path, "应为字段名数组") };
    for (index, name) in names.iter().enumerate() {
        let name = name.as_str().unwrap_or_default();
        match fields.iter_mut().find(|field| field.name == name) {
            Some(field) => field.required = true,
            None => wrong.add(format!("{path}[{index}]"), format!("没有字段{name}")),
        }
    }
}

type Into<'f> = (&'f mut Vec<Field>, &'f mut HashSet<String>);

fn list(components: Option<&Value>, path: &str, (fields, seen): Into<'_>, wrong: &mut Wrong) {
    let Some(items) = components.and_then(Value::as_array) else { return wrong.add(path, "应为数组") };
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}[{index}]");
        match item.as_object() {
            Some(map) => component(map, &path, (fields, seen), wrong),
            None => wrong.add(path, "应为对象"),
        }
    }
}

fn component(map: &Map<String, Value>, path: &str, (fields, seen): Into<'_>, wrong: &mut Wrong) {
    let given = map.get("type").and_then(Value::as_str).unwrap_or_default().trim();
    let word: String = given.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect();
    let known = TYPES.iter().find(|(names, _)| names.contains(&word.as_str())).map(|(_, component)| component);
    let Some(known) = known else {
        let message = match given {
            "" => "不能为空".to_owned(),
            given => format!("不支持的组件类型{given}，可用：{KNOWN_TYPES}"),
        };
        return wrong.add(format!("{path}.type"), message);
    };
    if matches!(known, Component::Layout) {
        if let Some(within) = WITHIN.iter().find(|name| map.contains_key(**name)) {
            list(map.get(*within), &format!("{path}.{within}"), (fields, seen), wrong);
        }
        return;
    }
    let name = map.get("name").or_else(|| map.get("field")).and_then(Value::as_str).unwrap_or_default().trim();
    wrong.name(name, &format!("{path}.name"), seen);
    let label = label(map, path, wrong);
    let required = flag(map, "required", path, wrong);
    let kind = kind(known, map, path, wrong);
    let rules = rules(map, path, wrong);
    fields.push(Field { name: name.to_owned(), label, kind, required, rules });
}

fn label(map: &Map<String, Value>, path: &str, wrong: &mut Wrong) -> String {
    let label = ["label", "title"].iter().find_map(|name| map.get(*name)).and_then(Value::as_str);
    let label = label.unwrap_or_default().trim();
    if label.is_empty() {
        wrong.add(format!("{path}.label"), "不能为空");
    }
    label.to_owned()
}

fn flag(map: &Map<String, Value>, name: &str, path: &str, wrong: &mut Wrong) -> bool {
    match map.get(name) {
        None | Some(Value::Null) => false,
        Some(Value::Bool(is)) => *is,
        Some(_) => {
            wrong.add(format!("{path}.{name}"), "应为true或false");
            false
        }
    }
}

fn kind(component: &Component, map: &Map<String, Value>, path: &str, wrong: &mut Wrong) -> Kind {
    match component {
        Component::Text { long } => Kind::Text { long: *long },
        Component::Number { whole } => Kind::Number { whole: *whole, as_text: true },
        Component::Flag => Kind::Flag,
        Component::Date => Kind::Date,
        Component::Moment => Kind::Moment,
        Component::Time => Kind::Time,
        Component::DateRange => Kind::DateRange,
        Component::Codes => Kind::Codes,
        Component::Any | Component::Layout => Kind::Any,
        Component::OneOf => match flag(map, "multiple", path, wrong) {
            true => Kind::SomeOf(options(map, path, wrong)),
            false => Kind::OneOf(options(map, path, wrong)),
        },
        Component::SomeOf => Kind::SomeOf(options(map, path, wrong)),
        Component::Rows => {
            let (mut fields, mut seen) = (Vec::new(), HashSet::new());
            let within = WITHIN.iter().find(|name| map.contains_key(**name)).copied().unwrap_or("columns");
            list(map.get(within), &format!("{path}.{within}"), (&mut fields, &mut seen), wrong);
            Kind::Rows(Schema { fields, open: false })
        }
    }
}

fn options(map: &Map<String, Value>, path: &str, wrong: &mut Wrong) -> Vec<Choice> {
    let path = format!("{path}.options");
    match map.get("options").and_then(Value::as_array) {
        Some(options) if !options.is_empty() => choices(options, &path, wrong),
        _ => {
            wrong.add(path, "选择类组件必须有选项");
            Vec::new()
        }
    }
}

fn rules(map: &Map<String, Value>, path: &str, wrong: &mut Wrong) -> Rules {
    let count = |name: &str, wrong: &mut Wrong| match map.get(name) {
        None | Some(Value::Null) => None,
        Some(value) => match value.as_u64().and_then(|count| usize::try_from(count).ok()) {
            Some(count) => Some(count),
            None => {
                wrong.add(format!("{path}.{name}"), "应为非负整数");
                None
            }
        },
    };
    let (shortest, longest) = (count("minLength", wrong), count("maxLength", wrong));
    let (least, greatest) = (limit(map, "min", path, wrong), limit(map, "max", path, wrong));
    Rules { shortest, longest, least, greatest, ..Rules::default() }
}

fn limit(map: &Map<String, Value>, name: &str, path: &str, wrong: &mut Wrong) -> Option<(Decimal, bool)> {
    let value = map.get(name).filter(|value| !value.is_null())?;
    let read = number::text_of(value).and_then(|text| tenon_model::decimal::parse_exact(&text));
    if read.is_none() {
        wrong.add(format!("{path}.{name}"), "应为数字");
    }
    read.map(|limit| (limit, false))
}
