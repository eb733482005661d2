//! The one error of shared code: what failed, where, whether trying again can help, and what to do.

use std::fmt;
use std::time::Duration;

/// Shorthand.
pub type Result<T> = std::result::Result<T, Error>;

/// What trying again would do. Decided where the error arises, never by reading its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Trying again gives the same answer; a person has to act.
    Permanent,
    /// Trying again later may succeed; nothing was done.
    Transient,
    /// Not before this time has passed.
    RateLimited(Duration),
    /// The session or token is gone; renew it once and repeat.
    Session,
    /// The request was sent and its outcome is not known: look before doing it again.
    UnknownOutcome,
    /// The way is shut until a person acts (a refused login); keep the work and ask again later
    /// without knocking at the vendor's door.
    Blocked(Duration),
    /// It was not begun, since it is not its turn: come again after this time, which is no attempt.
    PutOff(Duration),
}

impl Retry {
    /// The word used in run history and logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Transient => "transient",
            Self::RateLimited(_) => "rate-limited",
            Self::Session => "session",
            Self::UnknownOutcome => "unknown-outcome",
            Self::Blocked(_) => "blocked",
            Self::PutOff(_) => "put-off",
        }
    }
}

/// An error with a stable code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Stable, dotted, listed in `docs/ERRORS.md`: `b1.session`, `dingtalk.rate-limited`.
    pub code: &'static str,
    /// Whether trying again can help.
    pub retry: Retry,
    /// What is wrong and what to do; never a secret.
    pub message: String,
    /// What was being done: `b1 PATCH Drafts(16)`. Outer layers put theirs in front.
    pub operation: String,
    /// The vendor's own code, when it gave one.
    pub vendor_code: Option<String>,
    /// The vendor's HTTP status, when there was an answer.
    pub status: Option<u16>,
}

impl Error {
    /// An error of any class.
    pub fn new(code: &'static str, retry: Retry, message: impl Into<String>) -> Self {
        Self { code, retry, message: message.into(), operation: String::new(), vendor_code: None, status: None }
    }

    /// Trying again gives the same answer.
    pub fn permanent(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Retry::Permanent, message)
    }

    /// Trying again later may succeed.
    pub fn transient(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Retry::Transient, message)
    }

    /// Whether others kept changing the same record until patience ran out. Nothing was done, and whoever
    /// asked may simply ask again: that is not a failure of ours.
    pub fn is_contention(&self) -> bool {
        ["platform.table-contended", "tenants.busy", "trade.busy", "webhook.contended"].contains(&self.code)
    }

    /// Names what was being done.
    #[must_use]
    pub fn during(mut self, operation: impl fmt::Display) -> Self {
        self.operation =
            if self.operation.is_empty() { operation.to_string() } else { format!("{operation}: {}", self.operation) };
        self
    }

    /// Adds the vendor's own code.
    #[must_use]
    pub fn with_vendor_code(mut self, code: impl Into<String>) -> Self {
        self.vendor_code = Some(code.into());
        self
    }

    /// Adds the vendor's HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(f, "{}: ", self.operation)?;
        }
        f.write_str(&self.message)?;
        match (&self.vendor_code, self.status) {
            (Some(code), Some(status)) => write!(f, " (HTTP {status}, code {code})"),
            (Some(code), None) => write!(f, " (code {code})"),
            (None, Some(status)) => write!(f, " (HTTP {status})"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
