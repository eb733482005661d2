//! Why something was not stored.

use crate::check::Finding;
use crate::run::Refused;
use crate::words::Words;
use tenon_platform::Error;

/// Why nothing came of a call.
#[derive(Clone, Debug)]
pub enum Failure {
    /// It cannot be done as things stand: the caller is told.
    Refused(Refused),
    /// A definition is not sound: the caller is told each finding.
    Unsound(Vec<Finding>),
    /// We failed, or others were in the way.
    Failed(Error),
}

impl Failure {
    /// A refusal with its words in both languages.
    pub fn refused(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Refused(Refused { code, words: Words::new(zh, en) })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}
