//! A tree as the reader of a type sees it.

use super::wrong::{Kind, Wrong};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

/// A value of the tree. An empty text is absent where the type knows absence. Where it is a value, in free-form
/// parts say, it stays one.
#[derive(Clone, Copy)]
pub(super) struct Reader<'de>(pub(super) &'de Value);

impl<'de> IntoDeserializer<'de, Wrong> for Reader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Reader<'de> {
    /// The value, whatever it is.
    fn visited<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.iter().map(Reader));
                let read = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(read)
            }
            Value::Object(fields) => visitor
                .visit_map(MapDeserializer::new(fields.iter().map(|(name, value)| (name.as_str(), Reader(value))))),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (None, Some(number), _) => visitor.visit_i64(number),
                (None, None, number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
            },
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Null => visitor.visit_unit(),
        }
    }
}

/// Each of these asks for a kind of value, which is what is said to be wanted where there is another.
macro_rules! kinds {
    ($($kind:ident: $($method:ident)*;)*) => {
        $($(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            self.visited(visitor).map_err(|wrong| wrong.read_as(Kind::$kind))
        })*)*
    };
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.visited(visitor).map_err(Wrong::in_its_own_words)
    }

    kinds! {
        Whole: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
            deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128;
        Number: deserialize_f32 deserialize_f64;
        Text: deserialize_char deserialize_str deserialize_string;
        List: deserialize_seq;
        Truth: deserialize_bool;
        Object: deserialize_map;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            Value::String(text) if text.is_empty() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        // A derived reader would take the fields from an array, by their order.
        let array = self.0.is_array().then(|| Wrong::Kind(Some(Kind::Object), String::new()));
        array.map_or_else(|| self.visited(visitor).map_err(|wrong| wrong.read_as(Kind::Object)), Err)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        // Parts that are kept as they stand announce themselves so.
        if name.starts_with("$serde_json::") {
            return self.0.deserialize_newtype_struct(name, visitor).map_err(Wrong::custom);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::String(word) => visitor.visit_enum(word.as_str().into_deserializer()),
            Value::Object(_) => self.0.deserialize_enum(name, variants, visitor).map_err(Wrong::custom),
            _ => Err(Wrong::unknown_variant("", variants)),
        }
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any }
}

#[cfg(test)]
mod tests {
    use crate::body::read;
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
        read(body.to_string().as_bytes()).map_err(|bad| (bad.field, bad.message))
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
        let twice = read::<Order>(br#"{"styleNo":"","quantity":1,"quantity":2}"#).unwrap_err();
        assert_eq!((twice.field, twice.message), wrong("quantity", "字段重复"));
    }

    #[test]
    fn a_mark_in_front_and_whole_numbers_with_a_point_are_read() {
        let found: Order = read("\u{feff}{\"styleNo\":\"x\",\"quantity\":500.0}".as_bytes()).unwrap();
        assert_eq!(found.quantity, 500);
        assert_eq!(read::<Order>("\u{feff}".as_bytes()).unwrap_err().message, "不能为空");
    }
}
