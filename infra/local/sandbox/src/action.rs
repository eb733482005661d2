//! What people do in the systems by hand, and why it may not be possible.

use serde::de::DeserializeOwned;
use std::fmt;

/// Why an action is not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionError {
    /// No such instance, draft, document or callback.
    NotFound(String),
    /// It is not in a state that allows it.
    NotNow(String),
    /// The input is not of the needed form.
    Invalid(String),
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(what) => write!(f, "no such {what} in the sandbox"),
            Self::NotNow(why) | Self::Invalid(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ActionError {}

/// A number in an action's path.
pub(crate) fn whole(text: &str) -> Result<i64, ActionError> {
    text.parse().map_err(|_| ActionError::Invalid(format!("{text} is no whole number")))
}

/// An action's body.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ActionError> {
    serde_json::from_slice(body).map_err(|e| ActionError::Invalid(format!("the body is not as needed: {e}")))
}
