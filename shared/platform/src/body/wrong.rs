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
    /// Another kind of value is wanted. Which one the reader says, that was asked for it; until then, and for a
    /// type with rules of its own, it is what the type calls itself.
    Kind(Option<Kind>, String),
    /// The value is of the right kind, and not one of those that are wanted.
    Wanted(String),
    /// What a type says itself.
    Custom(String),
}

impl Wrong {
    /// What is wrong with a value that was read as one of this kind. What is wrong inside of it has its kind already.
    pub(super) fn read_as(self, kind: Kind) -> Self {
        match self {
            Self::Kind(None, wanted) => Self::Kind(Some(kind), wanted),
            // A number too large for the type, or one with a fraction.
            Self::Wanted(_) if matches!(kind, Kind::Whole | Kind::Number) => Self::Kind(Some(kind), String::new()),
            other => other,
        }
    }

    /// What is wrong with a value whose type takes several kinds, and says so itself.
    pub(super) fn in_its_own_words(self) -> Self {
        match self {
            Self::Kind(None, wanted) => Self::Wanted(wanted),
            other => other,
        }
    }

    /// What is told of the field at this path.
    pub(super) fn bad_body(&self, field: &str) -> BadBody {
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
            Self::Kind(Some(kind), _) => BadBody::field(field, format!("应为{}", kind.word())),
            Self::Kind(None, wanted) | Self::Wanted(wanted) => BadBody::field(field, format!("应为{wanted}")),
            Self::Custom(message) if message.starts_with('应') => BadBody::field(field, message),
            Self::Custom(message) => BadBody::field(field, format!("不是有效的JSON：{message}")),
        }
    }
}

/// A kind of value that a type asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Whole,
    Number,
    Text,
    List,
    Truth,
    Object,
}

impl Kind {
    /// The callers' word for it.
    fn word(self) -> &'static str {
        match self {
            Self::Whole => "整数",
            Self::Number => "数字",
            Self::Text => "文本",
            Self::List => "数组",
            Self::Truth => "布尔值",
            Self::Object => "对象",
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bad_body("").fmt(f)
    }
}

impl std::error::Error for Wrong {}

impl Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::Kind(None, wanted.to_string())
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
