//! A JSON text as a tree in which no object has two fields of one name, at any depth. Readers of maps keep the
//! last of two values, readers of other languages the first: what was meant cannot be known, so nothing of it is
//! believed.

use super::{BadBody, field_of};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};
use serde_path_to_error::Track;
use std::cell::RefCell;
use std::fmt;

/// Reads a text.
pub(super) fn read(bytes: &[u8]) -> Result<Value, BadBody> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let (mut track, twice) = (Track::new(), RefCell::new(None));
    let read = Tree { twice: &twice }.deserialize(serde_path_to_error::Deserializer::new(&mut reader, &mut track));
    let value = read.map_err(|error| match twice.take() {
        Some(name) => BadBody::field(beneath(&field_of(&track.path()), &name), "字段重复"),
        None => BadBody::field(field_of(&track.path()), syntax(&error)),
    })?;
    reader.end().map_err(|_| BadBody::field("", "不是有效的JSON：结尾之后还有内容"))?;
    Ok(value)
}

/// The path of a field of this name; the path may have come to it already.
fn beneath(path: &str, name: &str) -> String {
    if path == name || path.ends_with(&format!(".{name}")) {
        path.to_owned()
    } else if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// What is wrong with the text, and where. The parser knows more only in its own words.
fn syntax(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Eof => "不是有效的JSON：内容不完整".to_owned(),
        _ => format!("不是有效的JSON：第{}行第{}个字节处有误", error.line(), error.column()),
    }
}

/// Reads a value of the tree.
#[derive(Clone, Copy)]
struct Tree<'t> {
    /// The name of a field that came twice.
    twice: &'t RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if fields.contains_key(&name) {
                *self.twice.borrow_mut() = Some(name);
                return Err(A::Error::custom("a field is named twice"));
            }
            fields.insert(name, map.next_value_seed(self)?);
        }
        Ok(Value::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}
