//! Why a text is refused.

use std::fmt;

/// A refusal: a stable code, and words for whoever wrote the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Listed in `docs/ERRORS.md`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A clause, an expression or a form that is not let through.
    pub(crate) fn construct(what: impl fmt::Display) -> Self {
        Self::new("sql.construct", format!("不支持的写法：{what}；未执行"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Refusal {}
