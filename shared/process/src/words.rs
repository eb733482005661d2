//! What people are told, in both languages.

use serde::{Deserialize, Serialize};
use tenon_model::Language;

/// A text in Chinese and English.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Words {
    /// A text in both.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// It in one of them.
    pub fn of(&self, language: Language) -> &str {
        language.of(&self.zh, &self.en)
    }
}
