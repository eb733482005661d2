//! Which fields of the form may be changed with a user task's decision, as files say it: a list of names, permissions by field,
//! or the form properties of other engines ([`crate::bpmn`] gathers those into the lists).

use super::finding::Findings;
use super::nodes::Checking;
use crate::bpmn::{EDITABLE, Element, HIDDEN, REQUIRED};
use crate::definition::Editable;
use serde_json::Value;

/// Names under which permissions by field are written.
const PERMISSIONS: [&str; 4] = ["fieldPermissions", "formPermissions", "fieldPermission", "formPermission"];

/// What may be done with a field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum May {
    Hidden,
    Read,
    Change,
    Must,
}

impl May {
    fn of(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "edit" | "editable" | "write" | "writable" | "w" | "rw" | "编辑" | "可编辑" => Self::Change,
            "required" | "must" | "必填" => Self::Must,
            "read" | "readonly" | "read-only" | "readable" | "view" | "r" | "disabled" | "只读" => Self::Read,
            "hidden" | "hide" | "none" | "invisible" | "隐藏" => Self::Hidden,
            _ => return None,
        })
    }

    /// A word, or truth values by word: `{"write": true, "required": true}`.
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(word) => Self::of(word),
            Value::Object(members) => {
                if let Some(word) = ["permission", "access", "mode"].iter().find_map(|name| members.get(*name)) {
                    return Self::read(word);
                }
                let true_ones = members.iter().filter(|(_, value)| value.as_bool() == Some(true));
                Some(true_ones.filter_map(|(word, _)| Self::of(word)).max().unwrap_or(Self::Read))
            }
            _ => None,
        }
    }
}

/// The fields that may be changed.
pub(super) fn read(checking: &Checking<'_, '_>, element: &Element, at: usize, found: &mut Findings) -> Vec<Editable> {
    let mut all: Vec<(String, May)> = Vec::new();
    for (setting, may) in [(EDITABLE, May::Change), (REQUIRED, May::Must), (HIDDEN, May::Hidden)] {
        let names = element.settings.get(setting).unwrap_or_default();
        let names = names.split([',', '，', ';', '；']).map(str::trim).filter(|name| !name.is_empty());
        all.extend(names.map(|name| (name.to_owned(), may)));
    }
    for (name, value) in permissions(element) {
        match May::read(&value) {
            Some(may) => all.push((name, may)),
            None => found.blocking(
                "field-permission",
                checking.graph.at(at),
                format!("字段{name}的权限应为edit、required、read、hidden之一，实际为{value}"),
                format!("what may be done with the field {name} is edit, required, read or hidden, and not {value}"),
            ),
        }
    }
    let mut editable: Vec<Editable> = Vec::new();
    for (name, may) in all {
        if may == May::Hidden {
            found.warning(
                "field-hidden",
                checking.graph.at(at),
                format!("字段{name}的隐藏设置不生效，处理人可以看到整个表单"),
                format!("the field {name} is not hidden: whoever does a task sees the whole form"),
            );
        } else if !checking.options.fields.contains(&name) {
            found.warning(
                "field-unknown",
                checking.graph.at(at),
                format!("表单没有字段{name}，其权限不生效"),
                format!("the form has no field {name}; what is said of it is passed over"),
            );
        } else if may >= May::Change {
            match editable.iter_mut().find(|known| known.name == name) {
                Some(known) => known.required |= may == May::Must,
                None => editable.push(Editable { name, required: may == May::Must }),
            }
        }
    }
    editable
}

/// Permissions by field: an object of them, or a list of objects that name the field.
fn permissions(element: &Element) -> Vec<(String, Value)> {
    let text = element.settings.first(&PERMISSIONS).unwrap_or_default();
    let name_of = |value: &Value| {
        ["field", "name", "id", "fieldId"].iter().find_map(|name| value.get(*name)?.as_str()).map(str::to_owned)
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => members.into_iter().collect(),
        Ok(Value::Array(items)) => {
            items.into_iter().filter_map(|value| name_of(&value).map(|name| (name, value))).collect()
        }
        _ => Vec::new(),
    }
}
