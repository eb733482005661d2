//! The Service Layer's errors and their two bodies.

use super::Version;
use crate::reply::{self, Reply};
use serde_json::json;

/// One refusal.
#[derive(Debug)]
pub(crate) struct B1Error {
    pub status: u16,
    pub code: i64,
    pub message: String,
}

pub(crate) type Result<T> = std::result::Result<T, B1Error>;

impl B1Error {
    pub(crate) fn new(status: u16, code: i64, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// No such key.
    pub(crate) fn not_found() -> Self {
        Self::new(404, -2028, "No matching records found (ODBC -2028)")
    }

    /// The key is taken.
    pub(crate) fn exists() -> Self {
        Self::new(400, -2035, "This entry already exists in the following tables (ODBC -2035)")
    }

    /// A rule of the business refuses it.
    pub(crate) fn business(message: impl Into<String>) -> Self {
        Self::new(400, -10, message)
    }

    /// A field's value is refused.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, -5002, message)
    }

    /// The request itself is malformed.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(400, -1000, message)
    }

    /// A property that the entity does not have.
    pub(crate) fn unknown_property(set: &str, name: &str) -> Self {
        Self::malformed(format!("Property '{name}' of '{set}' is invalid"))
    }

    /// The body of a PATCH does not make sense.
    pub(crate) fn bad_patch() -> Self {
        Self::new(400, 206, "Bad patch content.")
    }

    /// The operation does not exist for the entity.
    pub(crate) fn not_supported() -> Self {
        Self::new(400, -5006, "The requested action is not supported for this object.")
    }

    /// No session, or one that ended.
    pub(crate) fn no_session() -> Self {
        Self::new(401, 301, "Invalid session or session already timeout.")
    }

    /// The same with another HTTP status.
    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn reply(&self, version: Version) -> Reply {
        let body = match version {
            Version::V1 => {
                json!({"error": {"code": self.code, "message": {"lang": "en-us", "value": self.message}}})
            }
            Version::V2 => json!({"error": {"code": self.code.to_string(), "message": self.message}}),
        };
        reply::json(self.status, &body)
    }
}
