//! Reads types from the values of a TOML file. It knows which kind of value each type asks for, and where in the file each
//! value stands; so what is wrong is told by [`Mistake`] alone, and by no library's words.

use super::mistake::{Mistake, MistakeKind};
use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use std::fmt::Display;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

type Result<T> = std::result::Result<T, Mistake>;

/// Reads one value.
pub struct Reader<'i>(pub Spanned<DeValue<'i>>);

/// Reads a whole number of this type.
macro_rules! whole {
    ($($method:ident $visit:ident $number:ty),* $(,)?) => {$(
        fn $method<V: Visitor<'i>>(self, visitor: V) -> Result<V::Value> {
            let Reader(value) = self;
            let span = value.span();
            let number = match value.get_ref() {
                DeValue::Integer(number) => of_text(number).and_then(|number| <$number>::try_from(number).ok()),
                _ => None,
            };
            let wanted = || format!("a whole number from {} to {}", <$number>::MIN, <$number>::MAX);
            let found = match (number, value.get_ref()) {
                (Some(number), _) => visitor.$visit(number),
                (None, DeValue::Integer(number)) => Err(wrong(&wanted(), number.to_string())),
                (None, other) => Err(wrong("a whole number", kind_of(other))),
            };
            found.map_err(|mistake| mistake.at(span))
        }
    )*};
}

impl<'i> Deserializer<'i> for Reader<'i> {
    type Error = Mistake;

    whole! {
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64,
    }

    fn deserialize_any<V: Visitor<'i>>(self, visitor: V) -> Result<V::Value> {
        let span = self.0.span();
        let read = match self.0.into_inner() {
            DeValue::String(text) => visitor.visit_string(text.into_owned()),
            DeValue::Integer(number) => match of_text(&number) {
                Some(whole) => match (i64::try_from(whole), u64::try_from(whole)) {
                    (Ok(whole), _) => visitor.visit_i64(whole),
                    (_, Ok(whole)) => visitor.visit_u64(whole),
                    _ => Err(wrong("a whole number of 64 bits", number.to_string())),
                },
                None => Err(wrong("a whole number of 64 bits", number.to_string())),
            },
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => visitor.visit_f64(number),
                Err(_) => Err(wrong("a number", number.to_string())),
            },
            DeValue::Boolean(value) => visitor.visit_bool(value),
            DeValue::Datetime(moment) => visitor.visit_string(moment.to_string()),
            DeValue::Array(elements) => visitor.visit_seq(Elements(elements.into_iter())),
            DeValue::Table(table) => visitor.visit_map(Entries::of(table)),
        };
        read.map_err(|mistake| mistake.at(span))
    }

    fn deserialize_bool<V: Visitor<'i>>(self, visitor: V) -> Result<V::Value> {
        let fits = self.0.get_ref().is_bool();
        self.read_if(fits, "true or false", visitor)
    }

    fn deserialize_f32<V: Visitor<'i>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'i>>(self, visitor: V) -> Result<V::Value> {
        let fits = self.0.get_ref().is_float() || self.0.get_ref().is_integer();
        self.read_if(fits, "a number", visitor)
    }

    fn deserialize_str<V: Visitor<'i>>(self, visitor: V) -> Result<V::Value> {
        let fits = self.0.get_ref().is_str();
        self.read_if(fits, "a text in quotes", visitor)
    }

    fn deserialize_string<V: Visitor<'i>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'i>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'i>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'i>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'i>>(self, visitor: V) -> Result<V::Value> {
        let fits = matches!(self.0.get_ref(), DeValue::Array(_));
        self.read_if(fits, "a list in [ ]", visitor)
    }

    fn deserialize_tuple<V: Visitor<'i>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'i>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'i>>(self, visitor: V) -> Result<V::Value> {
        let fits = matches!(self.0.get_ref(), DeValue::Table(_));
        self.read_if(fits, "a table", visitor)
    }

    fn deserialize_struct<V: Visitor<'i>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'i>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let span = self.0.span();
        let read = match self.0.into_inner() {
            DeValue::String(word) => {
                visitor.visit_enum(IntoDeserializer::<Mistake>::into_deserializer(word.into_owned()))
            }
            DeValue::Table(table) => visitor.visit_enum(MapAccessDeserializer::new(Entries::of(table))),
            other => Err(wrong(&format!("one of {}", words.join(", ")), kind_of(&other))),
        };
        read.map_err(|mistake| mistake.at(span))
    }

    serde::forward_to_deserialize_any! { <V: Visitor<'i>> i128 u128 bytes byte_buf unit unit_struct identifier ignored_any }
}

impl<'i> Reader<'i> {
    fn read_if<V: Visitor<'i>>(self, fits: bool, wanted: &str, visitor: V) -> Result<V::Value> {
        if fits {
            return self.deserialize_any(visitor);
        }
        Err(wrong(wanted, kind_of(self.0.get_ref())).at(self.0.span()))
    }
}

fn wrong(wanted: &str, found: impl Display) -> Mistake {
    let kind = MistakeKind::Kind { wanted: wanted.to_owned(), found: found.to_string() };
    Mistake { kind, span: None }
}

fn of_text(number: &DeInteger<'_>) -> Option<i128> {
    i128::from_str_radix(number.as_str(), number.radix()).ok()
}

/// What stands there, for whoever wanted something else.
fn kind_of(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

struct Elements<'i>(<toml::de::DeArray<'i> as IntoIterator>::IntoIter);

impl<'i> SeqAccess<'i> for Elements<'i> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'i>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        self.0.next().map(|element| seed.deserialize(Reader(element))).transpose()
    }
}

struct Entries<'i> {
    entries: <DeTable<'i> as IntoIterator>::IntoIter,
    value: Option<Spanned<DeValue<'i>>>,
}

impl<'i> Entries<'i> {
    fn of(table: DeTable<'i>) -> Self {
        Self { entries: table.into_iter(), value: None }
    }
}

impl<'i> MapAccess<'i> for Entries<'i> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'i>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        let span = key.span();
        self.value = Some(value);
        let key: StringDeserializer<Mistake> = key.into_inner().into_owned().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|mistake| mistake.at(span))
    }

    fn next_value_seed<V: DeserializeSeed<'i>>(&mut self, seed: V) -> Result<V::Value> {
        match self.value.take() {
            Some(value) => {
                let span = value.span();
                seed.deserialize(Reader(value)).map_err(|mistake| mistake.at(span))
            }
            None => Err(serde::de::Error::invalid_type(Unexpected::Unit, &"a value")),
        }
    }
}
