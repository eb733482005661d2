//! What a reader of a type finds wrong, as it says it and not as a text.

use super::BadBody;
use serde::de::{Error, Expected, Unexpected};
use std::fmt;

/// What is wrong with one value.
#[derive(Debug)]
pub(super) enum Wrong {
    /// A field that must be there is not.
    Missing(&'static str),
    /// A field that does not exist.
    Unknown(String),
    /// A field that is named twice.
    Twice(&'static str),
    /// Another kind of value is wanted, as the type calls it.
    Wanted(String),
    /// What a type says itself.
    Said(String),
}

impl Wrong {
    /// What is told of the field at this path.
    pub(super) fn told(&self, field: &str) -> BadBody {
        let beneath = |name: &str| if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
        // With a field's name the path may end there already.
        let at = |name: &str| {
            let named = field == name || field.ends_with(&format!(".{name}"));
            if named { field.to_owned() } else { beneath(name) }
        };
        match self {
            Self::Missing(name) => BadBody::field(beneath(name), "不能为空"),
            Self::Unknown(name) => BadBody::field(at(name), "未知字段"),
            Self::Twice(name) => BadBody::field(at(name), "字段重复"),
            Self::Wanted(kind) => BadBody::field(field, format!("应为{}", kind_of(kind))),
            Self::Said(message) if message.starts_with('应') => BadBody::field(field, message),
            Self::Said(message) => BadBody::field(field, format!("不是有效的JSON：{message}")),
        }
    }
}

/// The callers' word for what a type calls itself.
fn kind_of(kind: &str) -> &str {
    match kind {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "整数",
        "f32" | "f64" => "数字",
        "a string" => "文本",
        "a sequence" => "数组",
        "a boolean" => "布尔值",
        "a map" | "struct" => "对象",
        own if own.starts_with("struct ") => "对象",
        own => own,
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told("").fmt(f)
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Said(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::Wanted(wanted.to_string())
    }

    fn invalid_value(_: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::Wanted(wanted.to_string())
    }

    fn invalid_length(_: usize, wanted: &dyn Expected) -> Self {
        Self::Wanted(wanted.to_string())
    }

    fn unknown_variant(_: &str, words: &'static [&'static str]) -> Self {
        let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        Self::Wanted(match quoted.as_slice() {
            [one, other] => format!("{one} or {other}"),
            all => all.join(", "),
        })
    }

    fn unknown_field(name: &str, _: &'static [&'static str]) -> Self {
        Self::Unknown(name.to_owned())
    }

    fn missing_field(name: &'static str) -> Self {
        Self::Missing(name)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::Twice(name)
    }
}
