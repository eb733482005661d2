//! What a person is to be told.

use serde::{Deserialize, Serialize};
use tenon_model::Language;

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Recipient {
    /// A person of the directory.
    Person {
        /// The person's id.
        id: String,
    },
    /// Whoever an enterprise's code stands for when the notice is sent.
    External {
        /// The enterprise.
        enterprise: String,
        /// Its code of the person.
        code: String,
    },
}

impl Recipient {
    /// A person of the directory.
    pub fn person(id: impl Into<String>) -> Self {
        Self::Person { id: id.into() }
    }

    /// Whoever an enterprise's code stands for.
    pub fn external(enterprise: impl Into<String>, code: impl Into<String>) -> Self {
        Self::External { enterprise: enterprise.into(), code: code.into() }
    }

    /// Names the recipient in keys and in what people read.
    pub fn shown(&self) -> String {
        match self {
            Self::Person { id } => format!("p:{id}"),
            Self::External { enterprise, code } => format!("e:{enterprise}/{code}"),
        }
    }
}

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// A text in both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// A name or number, which is the same in both.
    pub fn same(text: impl Into<String>) -> Self {
        let zh = text.into();
        Self { en: zh.clone(), zh }
    }

    /// It in a language; in the other where that one is empty.
    pub fn of(&self, language: Language) -> &str {
        let (wanted, other) = language.of((&self.zh, &self.en), (&self.en, &self.zh));
        if wanted.trim().is_empty() { other } else { wanted }
    }
}

/// A line of a notice: what, and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What: `截止时间`, `Deadline`.
    pub label: Text,
    /// Its value.
    pub value: Text,
}

impl Line {
    /// A line.
    pub fn new(label: Text, value: Text) -> Self {
        Self { label, value }
    }
}

/// Where a notice leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The page for desks.
    pub web: String,
    /// The page for phones.
    pub h5: String,
}

/// One notice to one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Who is told.
    pub recipient: Recipient,
    /// What it is about, in a few words.
    pub title: Text,
    /// A sentence; may be empty.
    #[serde(default)]
    pub text: Text,
    /// What else is to be known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// Where it leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// What stands on the button; 处理 and Open without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<Text>,
    /// Names what is told: a person is told once of each key.
    pub key: String,
}
