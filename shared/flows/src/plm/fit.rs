//! From a pushed record to the fields that are to be written. Pure: what can be said of a record without the ERP.

use super::body::Pushed;
use super::trees::Tree;
use super::{LONGEST_RECORD, components};
use crate::map::{self, Problem};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use tenon_model::config::{PlmFlow, Receives};
use tenon_model::json::number;
use tenon_model::{DocumentKey, code, decimal};
use tenon_platform::Error;

/// Longest key, in UTF-16 units, of items, trees and custom objects.
const LONGEST_KEY: usize = 50;
/// Keys that B1 gives, which are numbers.
const NUMBERED: [&str; 4] = ["DocEntry", "AbsEntry", "AbsoluteEntry", "DocNum"];

/// Whether the key is one that B1 gives: what is made under such a key gets another, and could not be found again.
pub fn is_numbered(flow: &PlmFlow) -> bool {
    NUMBERED.contains(&flow.key_field())
}

/// A record that can be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Its place in the push, from 0.
    pub place: usize,
    /// Its key.
    pub key: DocumentKey,
    /// Its fields by the ERP's names, the key among them.
    pub fields: Map<String, Value>,
    /// What its sender is told besides.
    pub warnings: Vec<String>,
}

/// A record that cannot.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfit {
    /// Its place in the push, from 0.
    pub place: usize,
    /// Its key as it was pushed; empty when it has none.
    pub shown: String,
    /// Why; none when it is left out because the flow says so.
    pub error: Option<Box<Error>>,
    /// What its sender is told besides.
    pub warnings: Vec<String>,
}

impl Fit {
    /// It as one of the trees of a push.
    pub fn tree(&self) -> Tree<'_> {
        let code = match &self.key {
            DocumentKey::Text(text) => text.as_str(),
            DocumentKey::Number(_) => "",
        };
        Tree { code, components: components::codes(&self.fields).collect() }
    }
}

/// Every record of a push, in its order.
pub fn all(flow: &PlmFlow, pushed: &[Pushed]) -> Vec<Result<Fit, Unfit>> {
    pushed.iter().enumerate().map(|(place, record)| one(flow, place, record)).collect()
}

fn one(flow: &PlmFlow, place: usize, pushed: &Pushed) -> Result<Fit, Unfit> {
    let unfit = |shown: &str, error: Option<Error>| Unfit {
        place,
        shown: shown.to_owned(),
        error: error.map(Box::new),
        warnings: Vec::new(),
    };
    let pushed = match pushed {
        Ok(pushed) => pushed,
        Err(why) => return Err(unfit("", Some(Error::permanent("plm.record", *why)))),
    };
    let shown = shown_key(flow, pushed);
    let refuse = |error| unfit(&shown, Some(error));
    if number::write(&Value::Object(pushed.clone())).len() > LONGEST_RECORD {
        let message = format!("记录超过{}KB", LONGEST_RECORD / 1024);
        return Err(refuse(Error::permanent("plm.record", message)));
    }
    let mut warnings = Vec::new();
    let mut pushed = pushed.clone();
    if flow.receives == Receives::Boms {
        match components::without_substitutes(flow, &mut pushed, &mut warnings) {
            Ok(true) => {}
            Ok(false) => return Err(Unfit { warnings, ..unfit(&shown, None) }),
            Err(error) => return Err(refuse(error)),
        }
    }
    let mut fields = named(flow, &pushed, &mut warnings).map_err(refuse)?;
    let key = key_of(flow, &mut fields).map_err(refuse)?;
    if flow.receives == Receives::Boms {
        components::settle(flow, &mut fields).map_err(refuse)?;
    } else if let Some(error) = no_collection(flow, &fields) {
        return Err(refuse(error));
    }
    Ok(Fit { place, key, fields, warnings })
}

/// The key as it was pushed, for whoever reads the answer.
fn shown_key(flow: &PlmFlow, pushed: &Map<String, Value>) -> String {
    let mapped = flow.form.fields.iter().find(|field| field.to == flow.key_field());
    let name = mapped.map_or(flow.key_field(), |field| field.from.as_str());
    match map::find(pushed, name) {
        Some(Value::String(text)) => code::trim(text).to_owned(),
        Some(other) => number::text_of(other).map(Into::into).unwrap_or_default(),
        None => String::new(),
    }
}

/// The fields by the ERP's names, of the types that it wants.
fn named(flow: &PlmFlow, pushed: &Map<String, Value>, warnings: &mut Vec<String>) -> Result<Map<String, Value>, Error> {
    let mut fields = if flow.form.maps() { mapped(flow, pushed, warnings)? } else { pushed.clone() };
    if !flow.send_nulls {
        without_nulls(&mut fields);
    }
    map::tidy(&mut fields);
    Ok(fields)
}

fn mapped(
    flow: &PlmFlow,
    pushed: &Map<String, Value>,
    warnings: &mut Vec<String>,
) -> Result<Map<String, Value>, Error> {
    let (mut fields, mut problems): (Map<String, Value>, Vec<Problem>) = (Map::new(), Vec::new());
    map::cells(pushed, &flow.form.fields, "", &mut fields, &mut problems);
    let cleared = |field: &&tenon_model::config::Field| map::find(pushed, &field.from) == Some(&Value::Null);
    for field in flow.form.fields.iter().filter(cleared) {
        fields.entry(field.to.as_str()).or_insert(Value::Null);
    }
    for lines in &flow.form.lines {
        if let Some(found) = map::find(pushed, &lines.from) {
            let rows = map::table_rows(pushed, lines, &mut problems);
            if !rows.is_empty() || found.as_array().is_some_and(Vec::is_empty) {
                fields.insert(flow.collection_of(lines).to_owned(), Value::Array(rows));
            }
        }
    }
    if !problems.is_empty() {
        return Err(Error::permanent("plm.mapping", map::join(&problems)));
    }
    let known: BTreeSet<&str> = flow.form.fields.iter().map(|field| field.from.as_str()).collect();
    let lists: BTreeSet<&str> = flow.form.lines.iter().map(|lines| lines.from.as_str()).collect();
    let is_known = |name: &str| known.contains(name) || lists.contains(name);
    let left_out: Vec<&str> = pushed.keys().map(String::as_str).filter(|name| !is_known(name)).collect();
    if !left_out.is_empty() {
        warnings.push(format!("未在映射中，未发送：{}", left_out.join("、")));
    }
    Ok(fields)
}

fn without_nulls(fields: &mut Map<String, Value>) {
    fields.retain(|_, value| !value.is_null());
    for value in fields.values_mut() {
        match value {
            Value::Array(rows) => rows.iter_mut().filter_map(Value::as_object_mut).for_each(without_nulls),
            Value::Object(parts) => without_nulls(parts),
            _ => {}
        }
    }
}

/// The key, which then stands among the fields as it is written. Blanks around it go; nothing else of it is changed.
fn key_of(flow: &PlmFlow, fields: &mut Map<String, Value>) -> Result<DocumentKey, Error> {
    let name = flow.key_field();
    let refuse = |why: &str| Error::permanent("plm.key", format!("{name} {why}"));
    let of_routing = flow.receives == Receives::Routings;
    let key = match fields.get(name) {
        None | Some(Value::Null) => return Err(refuse("为空")),
        Some(Value::String(text)) => text_key(name, text)?,
        Some(other) => match number::text_of(other) {
            Some(text) if of_routing => {
                DocumentKey::Number(decimal::whole(&text).ok_or_else(|| refuse("应为整数或文本"))?)
            }
            Some(text) => DocumentKey::Text(text.into_owned()),
            None => return Err(refuse("应为文本")),
        },
    };
    let key = match key {
        DocumentKey::Text(text) if of_routing && NUMBERED.contains(&name) => {
            DocumentKey::Number(decimal::whole(&text).ok_or_else(|| refuse("应为整数"))?)
        }
        other => other,
    };
    let written = match &key {
        DocumentKey::Number(number) => Value::from(*number),
        DocumentKey::Text(text) => Value::from(text.as_str()),
    };
    fields.insert(name.to_owned(), written);
    Ok(key)
}

fn text_key(name: &str, text: &str) -> Result<DocumentKey, Error> {
    let text = code::trim(text);
    let refuse = |why: String| Error::permanent("plm.key", format!("{name} {why}"));
    if text.is_empty() {
        return Err(refuse("为空".to_owned()));
    }
    if text.chars().any(char::is_control) {
        return Err(refuse("含有控制字符（如换行、制表符），B1的编码不能有".to_owned()));
    }
    match text.encode_utf16().count() {
        ..=LONGEST_KEY => Ok(DocumentKey::Text(text.to_owned())),
        long => Err(refuse(format!("有{long}个字符，超过{LONGEST_KEY}个"))),
    }
}

/// A list of objects that is none of the flow's collections.
fn no_collection(flow: &PlmFlow, fields: &Map<String, Value>) -> Option<Error> {
    let is_list = |value: &Value| value.as_array().is_some_and(|rows| rows.iter().any(Value::is_object));
    let unknown = |(name, value): &(&String, &Value)| is_list(value) && !flow.collections.contains(name);
    if flow.collections.is_empty() {
        return None;
    }
    let (name, _) = fields.iter().find(unknown)?;
    let known = flow.collections.join("、");
    Some(Error::permanent("plm.lines", format!("{name} 不是该流程的子表；子表为：{known}")))
}

#[cfg(test)]
mod tests;
