//! A record as the engine keeps it: DynamoDB's JSON, each value an object of its kind.

use super::{Done, HandOn};
use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use tenon_platform::table::engine::Item;

/// How deep values lie in one another, at most; DynamoDB takes 32.
const DEEPEST: usize = 24;
/// Digits of a number, at most, as in DynamoDB.
const DIGITS: usize = 38;
/// The longest record, in bytes. DynamoDB reckons less for a record than its JSON has, and takes 400 KB.
const MAX_RECORD_BYTES: usize = 380 << 10;

/// A record in full.
pub(super) fn read(json: &str) -> Done<Item> {
    Ok(serde_json::from_str::<Fields>(json)?.0)
}

/// Of a record what stands under these names.
pub(super) fn read_some(json: &str, names: &[&str]) -> Done<Item> {
    let mut json = serde_json::Deserializer::from_str(json);
    Ok(Looked(names).deserialize(&mut json)?)
}

/// A record as it is kept, and its size as DynamoDB reckons it.
pub(super) fn written(item: &Item) -> Done<(String, i64)> {
    if !item.iter().all(|(name, value)| !name.is_empty() && is_plain(value, 0)) {
        return Err(HandOn);
    }
    let json = serde_json::to_string(&Written(item))?;
    let size = item.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>();
    if json.len() > MAX_RECORD_BYTES { Err(HandOn) } else { Ok((json, i64::try_from(size).unwrap_or(i64::MAX))) }
}

/// Whether the engine keeps a value as it is. Numbers of another form it brings to one of its own, and refuses some.
fn is_plain(value: &AttributeValue, depth: usize) -> bool {
    match value {
        AttributeValue::S(_) | AttributeValue::Bool(_) | AttributeValue::Null(_) => true,
        AttributeValue::N(number) => {
            let digits = number.strip_prefix('-').unwrap_or(number);
            let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
            let all = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
            digits.len() <= DIGITS && all(whole) && all(part)
        }
        AttributeValue::L(items) => depth < DEEPEST && items.iter().all(|item| is_plain(item, depth + 1)),
        AttributeValue::M(fields) => {
            let plain = |(name, value): (&String, &AttributeValue)| !name.is_empty() && is_plain(value, depth + 1);
            depth < DEEPEST && fields.iter().all(plain)
        }
        _ => false,
    }
}

fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::L(items) => 3 + items.iter().map(|item| 1 + size(item)).sum::<usize>(),
        AttributeValue::M(fields) => 3 + fields.iter().map(|(name, value)| 1 + name.len() + size(value)).sum::<usize>(),
        _ => 1,
    }
}

struct Written<'i>(&'i HashMap<String, AttributeValue>);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, OneWritten(value))))
    }
}

struct OneWritten<'v>(&'v AttributeValue);

impl Serialize for OneWritten<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self.0 {
            AttributeValue::S(text) => map.serialize_entry("S", text)?,
            AttributeValue::N(number) => map.serialize_entry("N", number)?,
            AttributeValue::Bool(flag) => map.serialize_entry("BOOL", flag)?,
            AttributeValue::Null(flag) => map.serialize_entry("NULL", flag)?,
            AttributeValue::L(items) => map.serialize_entry("L", &ManyWritten(items))?,
            AttributeValue::M(fields) => map.serialize_entry("M", &Written(fields))?,
            _ => return Err(S::Error::custom("a value of another kind")),
        }
        map.end()
    }
}

struct ManyWritten<'v>(&'v [AttributeValue]);

impl Serialize for ManyWritten<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(OneWritten))
    }
}

#[derive(Deserialize)]
enum Kind {
    S,
    N,
    #[serde(rename = "BOOL")]
    Bool,
    #[serde(rename = "NULL")]
    Null,
    L,
    M,
}

struct One(AttributeValue);

impl<'de> Deserialize<'de> for One {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneVisitor;
        impl<'de> Visitor<'de> for OneVisitor {
            type Value = One;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its kind")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<One, A::Error> {
                let kind = map.next_key::<Kind>()?.ok_or_else(|| A::Error::custom("a value without a kind"))?;
                let value = match kind {
                    Kind::S => AttributeValue::S(map.next_value()?),
                    Kind::N => AttributeValue::N(map.next_value()?),
                    Kind::Bool => AttributeValue::Bool(map.next_value()?),
                    Kind::Null => AttributeValue::Null(map.next_value()?),
                    Kind::L => AttributeValue::L(map.next_value::<Many>()?.0),
                    Kind::M => AttributeValue::M(map.next_value::<Fields>()?.0),
                };
                match map.next_key::<IgnoredAny>()? {
                    None => Ok(One(value)),
                    Some(_) => Err(A::Error::custom("a value of two kinds")),
                }
            }
        }
        deserializer.deserialize_map(OneVisitor)
    }
}

struct Many(Vec<AttributeValue>);

impl<'de> Deserialize<'de> for Many {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ManyVisitor;
        impl<'de> Visitor<'de> for ManyVisitor {
            type Value = Many;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of values")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Many, A::Error> {
                let mut items = Vec::new();
                while let Some(One(item)) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Many(items))
            }
        }
        deserializer.deserialize_seq(ManyVisitor)
    }
}

struct Fields(HashMap<String, AttributeValue>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("values by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = HashMap::new();
                while let Some((name, One(value))) = map.next_entry()? {
                    fields.insert(name, value);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// Reads what stands under some names, and passes over the rest.
struct Looked<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for Looked<'_> {
    type Value = Item;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Item, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Looked<'_> {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("values by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Item, A::Error> {
        let mut fields = Item::new();
        while let Some(name) = map.next_key_seed(Known(self.0))? {
            match name {
                Some(name) => _ = fields.insert(name.to_owned(), map.next_value::<One>()?.0),
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(fields)
    }
}

/// Reads a name, and gives it back where it is one of these.
struct Known<'n>(&'n [&'n str]);

impl<'de, 'n> DeserializeSeed<'de> for Known<'n> {
    type Value = Option<&'n str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'n> Visitor<'_> for Known<'n> {
    type Value = Option<&'n str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|known| **known == name).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> AttributeValue {
        AttributeValue::N(text.to_owned())
    }

    #[test]
    fn a_record_comes_back_as_it_was_written() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let deep = Item::from([
            ("列".to_owned(), AttributeValue::L(vec![text("a\"\u{1}"), number("-1.50"), AttributeValue::Null(true)])),
            ("none".to_owned(), AttributeValue::M(Item::new())),
            ("flag".to_owned(), AttributeValue::Bool(false)),
        ]);
        let item = Item::from([("pk".to_owned(), text("t#X")), ("data".to_owned(), AttributeValue::M(deep))]);
        let (json, size) = written(&item).unwrap();
        assert_eq!(read(&json).unwrap(), item);
        assert!(0 < size && size < i64::try_from(json.len()).unwrap(), "{size} of {json}");
        let some = read_some(&json, &["pk", "absent"]).unwrap();
        assert_eq!(some, Item::from([("pk".to_owned(), text("t#X"))]));
    }

    #[test]
    fn what_the_engine_would_bring_to_another_form_is_handed_on() {
        let one = |value| Item::from([("a".to_owned(), value)]);
        for plain in ["0", "-1", "12.50", "99999999999999999999999999999999999999"] {
            assert!(written(&one(number(plain))).is_ok(), "{plain}");
        }
        for other in ["", "-", "1e3", "+1", ".5", "1.", "1.2.3", "NaN", "999999999999999999999999999999999999999"] {
            assert_eq!(written(&one(number(other))), Err(HandOn), "{other}");
        }
        assert_eq!(written(&one(AttributeValue::Ss(vec!["a".to_owned()]))), Err(HandOn));
        assert_eq!(written(&one(AttributeValue::S("x".repeat(MAX_RECORD_BYTES)))), Err(HandOn));
        assert_eq!(written(&Item::from([(String::new(), number("1"))])), Err(HandOn));
        let deep = (0..DEEPEST + 1).fold(number("1"), |inner, _| AttributeValue::L(vec![inner]));
        assert_eq!(written(&one(deep)), Err(HandOn));
        for json in ["{}", "[]", r#"{"a":{}}"#, r#"{"a":{"S":"x","N":"1"}}"#, r#"{"a":{"SS":["x"]}}"#] {
            assert_eq!(read(json).is_ok(), json == "{}", "{json}");
        }
    }
}
