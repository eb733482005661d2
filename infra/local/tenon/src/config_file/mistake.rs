//! What the reading of a type finds wrong, as it says it and not as a text.

use serde::de::{Error, Expected, Unexpected};
use std::fmt;
use std::ops::Range;

/// One mistake in a file.
#[derive(Debug)]
pub struct Mistake {
    /// What is wrong.
    pub kind: MistakeKind,
    /// Where, as bytes of the file.
    pub span: Option<Range<usize>>,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MistakeKind {
    /// The file is no TOML; what its parser says of it.
    Syntax(String),
    /// A key that there is not.
    UnknownKey {
        /// The key.
        key: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A word that is none of those that may stand there.
    UnknownWord {
        /// The word.
        word: String,
        /// Those that may.
        known: Vec<String>,
    },
    /// A key that must be there is not.
    MissingKey {
        /// The key.
        key: String,
        /// What it may be, where that is a word.
        known: Vec<String>,
    },
    /// A key that is given twice.
    TwiceGiven(String),
    /// Another kind of value is wanted.
    Kind {
        /// What is wanted.
        wanted: String,
        /// What is there: a secret's value is never told.
        found: String,
    },
    /// What the configuration itself says of a value.
    Custom(String),
}

impl Mistake {
    /// A mistake at a byte range of the file.
    pub fn new(span: Range<usize>, kind: MistakeKind) -> Self {
        Self { kind, span: Some(span) }
    }

    /// A mistake in the configuration's own words.
    pub fn custom(span: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(span, MistakeKind::Custom(message.into()))
    }

    /// The mistake with its place, unless a nearer one is known.
    #[must_use]
    pub fn at(mut self, span: Range<usize>) -> Self {
        self.span.get_or_insert(span);
        self
    }

    fn of(kind: MistakeKind) -> Self {
        Self { kind, span: None }
    }
}

impl From<toml::de::Error> for Mistake {
    fn from(error: toml::de::Error) -> Self {
        Self { kind: MistakeKind::Syntax(error.message().to_owned()), span: error.span() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl std::error::Error for Mistake {}

fn owned(names: &'static [&'static str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What stands in the file, in its reader's words.
fn found(value: Unexpected<'_>) -> String {
    match value {
        Unexpected::Bool(value) => value.to_string(),
        Unexpected::Unsigned(value) => value.to_string(),
        Unexpected::Signed(value) => value.to_string(),
        Unexpected::Float(value) => value.to_string(),
        Unexpected::Str(text) => format!("the text {text:?}"),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}

impl Error for Mistake {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::of(MistakeKind::Custom(message.to_string()))
    }

    fn invalid_type(value: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::of(MistakeKind::Kind { wanted: wanted.to_string(), found: found(value) })
    }

    fn invalid_value(value: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_type(value, wanted)
    }

    fn invalid_length(length: usize, wanted: &dyn Expected) -> Self {
        Self::of(MistakeKind::Kind { wanted: wanted.to_string(), found: format!("a list of {length}") })
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Self::of(MistakeKind::UnknownWord { word: word.to_owned(), known: owned(known) })
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Self {
        Self::of(MistakeKind::UnknownKey { key: key.to_owned(), known: owned(known) })
    }

    fn missing_field(key: &'static str) -> Self {
        Self::of(MistakeKind::MissingKey { key: key.to_owned(), known: Vec::new() })
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::of(MistakeKind::TwiceGiven(key.to_owned()))
    }
}
