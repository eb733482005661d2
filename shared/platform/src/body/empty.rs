//! Empty texts in the place of absent values: forms and spreadsheets send `""` for what was not filled in.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};
use serde_path_to_error::{Path, Segment};

/// Reads a body in which `""` is absent wherever the field may be: as `null` where the type knows absence, else
/// as a field that was left out. Where an empty text is a value, in free-form parts say, it stays one.
pub(super) fn read<T: DeserializeOwned>(mut body: Value) -> Result<T, serde_path_to_error::Error<Error>> {
    loop {
        match serde_path_to_error::deserialize(Body(body.clone())) {
            Ok(value) => return Ok(value),
            // Each turn takes one field away, so there is an end.
            Err(error) if !is_unknown(&error) && leave_out(&mut body, error.path()) => {}
            Err(error) => return Err(error),
        }
    }
}

/// A field that does not exist is wrong whatever it holds.
fn is_unknown(error: &serde_path_to_error::Error<Error>) -> bool {
    error.inner().to_string().starts_with("unknown field")
}

/// Takes the field at this path away when it is an empty text.
fn leave_out(body: &mut Value, path: &Path) -> bool {
    let mut place = body;
    let mut segments = path.iter().peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match (segment, place) {
            (Segment::Map { key }, Value::Object(fields)) if last => {
                return fields.get(key) == Some(&Value::from("")) && fields.remove(key).is_some();
            }
            (Segment::Map { key }, Value::Object(fields)) => match fields.get_mut(key) {
                Some(found) => place = found,
                None => return false,
            },
            (Segment::Seq { index }, Value::Array(items)) => match items.get_mut(*index) {
                Some(found) => place = found,
                None => return false,
            },
            _ => return false,
        }
    }
    false
}

struct Body(Value);

impl<'de> IntoDeserializer<'de, Error> for Body {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Body {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Body))),
            Value::Object(fields) => {
                visitor.visit_map(MapDeserializer::new(fields.into_iter().map(|(name, value)| (name, Body(value)))))
            }
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.0 {
            Value::Null => visitor.visit_none(),
            Value::String(text) if text.is_empty() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        // Parts that are kept as they stand announce themselves so.
        if name.starts_with("$serde_json::") {
            return self.0.deserialize_newtype_struct(name, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use serde::Deserialize;
    use serde_json::{Map, Value, json};

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Order {
        style_no: String,
        quantity: u32,
        #[serde(default)]
        remark: Option<String>,
        #[serde(default)]
        page: Option<u32>,
        #[serde(default)]
        hours: u32,
        #[serde(default)]
        colors: Vec<String>,
        #[serde(default)]
        state: Option<State>,
        #[serde(default)]
        free: Map<String, Value>,
        #[serde(default)]
        lines: Vec<Line>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum State {
        Active,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Line {
        #[serde(default)]
        size: Option<i64>,
    }

    fn order(body: &Value) -> Result<Order, (String, String)> {
        read(body.to_string().as_bytes(), 1024).map_err(|bad| (bad.field, bad.message))
    }

    #[test]
    fn an_empty_text_is_absent_wherever_the_field_may_be() {
        let plain = json!({ "styleNo": "", "quantity": 5, "free": { "a": "", "b": [""] }, "lines": [{}] });
        let empty = json!({ "styleNo": "", "quantity": 5, "remark": "", "page": "", "hours": "", "colors": "", "state": "",
            "free": { "a": "", "b": [""] }, "lines": [{ "size": "" }] });
        assert_eq!(order(&empty), order(&plain));
        assert_eq!(order(&plain).unwrap().free["a"], "");
    }

    #[test]
    fn what_must_be_there_is_missed_by_name_and_other_mistakes_are_told_as_ever() {
        let refused = |body: Value| order(&body).unwrap_err();
        let wrong = |field: &str, message: &str| (field.to_owned(), message.to_owned());
        assert_eq!(refused(json!({ "styleNo": "x", "quantity": "" })), wrong("quantity", "不能为空"));
        assert_eq!(refused(json!({ "styleNo": "x", "quantity": "5", "remark": "" })), wrong("quantity", "应为整数"));
        assert_eq!(refused(json!({ "styleNo": "x", "quantity": 5, "sise": "" })), wrong("sise", "未知字段"));
        let twice = read::<Order>(br#"{"styleNo":"","quantity":1,"quantity":2}"#, 1024).unwrap_err();
        assert_eq!((twice.field, twice.message), wrong("quantity", "字段重复"));
    }

    #[test]
    fn a_mark_in_front_and_whole_numbers_with_a_point_are_read() {
        let found: Order = read("\u{feff}{\"styleNo\":\"x\",\"quantity\":500.0}".as_bytes(), 1024).unwrap();
        assert_eq!(found.quantity, 500);
        assert_eq!(read::<Order>("\u{feff}".as_bytes(), 1024).unwrap_err().message, "不能为空");
    }
}
