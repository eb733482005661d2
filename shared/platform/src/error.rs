//! The one error of shared code: what failed, where, whether trying again can help, and what to do.

use crate::text::{SHOWN, beginning, cut};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Longest text of a vendor's that is kept, in bytes.
const WHOLE: usize = 64 * 1024;
/// Longest vendor's code and longest operation, in bytes.
const NAME: usize = 300;

/// Shorthand.
pub type Result<T> = std::result::Result<T, Error>;

/// What trying again would do. Decided where the error arises, never by reading its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Trying again gives the same answer; a person has to act.
    Permanent,
    /// Trying again later may succeed; nothing was done.
    Transient,
    /// As transient, for so long since it first failed so; then a person has to act. For refusals that
    /// are a sick server's as often as a rule's.
    TransientFor(Duration),
    /// Not before this time has passed.
    RateLimited(Duration),
    /// The session or token is gone; renew it once and repeat.
    Session,
    /// The request was sent and its outcome is not known: look before doing it again.
    UnknownOutcome,
    /// The way is shut until a person acts (a refused login); keep the work and ask again later
    /// without a call to the vendor.
    Blocked(Duration),
    /// It was not begun, since it is not its turn: come again after this time, which is no attempt.
    PutOff(Duration),
}

impl Retry {
    /// The word used in run history and logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Transient | Self::TransientFor(_) => "transient",
            Self::RateLimited(_) => "rate-limited",
            Self::Session => "session",
            Self::UnknownOutcome => "unknown-outcome",
            Self::Blocked(_) => "blocked",
            Self::PutOff(_) => "put-off",
        }
    }
}

/// What code that goes on after an error asks it. Said where the error arises, as its retry class is, so that
/// no code is compared with a text and no list of codes stands elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorKind {
    /// The system says that there is no such thing (any more).
    NotFound,
    /// The thing is there already.
    Exists,
    /// The thing changed since it was read.
    Changed,
    /// A rule of the business, or the request's form: the same call is refused again, and did nothing. With an
    /// unknown outcome: the system answered so, and is known to have done it all the same.
    Refused,
    /// The answer is none of the system's: a page, a proxy, another version.
    Unintelligible,
    /// Another worker has it in hand.
    Busy,
    /// Another worker changed it in the meantime.
    Lost,
    /// Another transaction stands in the way.
    Contended,
    /// Others took what the table gives in a second.
    Throttled,
    /// Others kept changing the same record for as long as it was tried.
    Overtaken,
    /// A newer version wrote the record, and reads it.
    Newer,
    /// A stored secret is missing or does not open.
    SecretUnusable,
    /// A login was refused: a person has to act before another is tried.
    LoginRefused,
    /// What a login needs is out of order at the vendor's; it passes by itself.
    LoginOutage,
    /// The work's own time ends before a call could, so it was not begun.
    OutOfTime,
    /// The vendor, or the way to it, is out of order or shut, whatever is asked of it.
    Unreachable,
    /// Anything else.
    #[default]
    Other,
}

/// An error with a stable code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Stable, dotted, listed in `docs/ERRORS.md`: `b1.session`, `flow.busy`.
    pub code: &'static str,
    /// What code may ask.
    pub kind: ErrorKind,
    /// Whether trying again can help.
    pub retry: Retry,
    /// What is wrong and what to do, at most [`SHOWN`] bytes of it; never a secret.
    pub message: String,
    /// The message up to 64 KB, when it was longer than what is shown.
    pub whole: Option<Arc<String>>,
    /// What was being done: `b1 PATCH Drafts(16)`. Outer layers put theirs in front.
    pub operation: Box<str>,
    /// The vendor's own code, when it gave one.
    pub vendor_code: Option<Box<str>>,
    /// The vendor's HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// The vendor's own words, for callers who are told what it said.
    pub vendor_message: Option<Arc<String>>,
}

impl Error {
    /// An error of any class.
    pub fn new(code: &'static str, retry: Retry, message: impl Into<String>) -> Self {
        let mut message = message.into();
        let whole = (message.len() > SHOWN).then(|| Arc::new(beginning(&message, WHOLE).to_owned()));
        if whole.is_some() {
            message = cut(&message, SHOWN);
        }
        let kind = ErrorKind::Other;
        Self {
            code,
            kind,
            retry,
            message,
            whole,
            operation: Box::default(),
            vendor_code: None,
            status: None,
            vendor_message: None,
        }
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
        matches!(self.kind, ErrorKind::Contended | ErrorKind::Throttled | ErrorKind::Overtaken)
    }

    /// What code may ask.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the whole vendor cannot be asked just now, so that asking it for something else is vain.
    pub fn is_of_the_vendor(&self) -> bool {
        matches!(self.kind, ErrorKind::LoginRefused | ErrorKind::LoginOutage | ErrorKind::Unreachable)
    }

    /// Says what it is to code.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same under a code that says more.
    #[must_use]
    pub fn renamed(mut self, code: &'static str, message: impl Into<String>) -> Self {
        (self.code, self.message) = (code, message.into());
        self
    }

    /// Names what was being done.
    #[must_use]
    pub fn during(mut self, operation: impl fmt::Display) -> Self {
        let within = &self.operation;
        let operation = if within.is_empty() { operation.to_string() } else { format!("{operation}: {within}") };
        self.operation = cut(&operation, NAME).into();
        self
    }

    /// Adds the vendor's own code.
    #[must_use]
    pub fn with_vendor_code(mut self, code: impl Into<String>) -> Self {
        self.vendor_code = Some(cut(&code.into(), NAME).into());
        self
    }

    /// Takes over what the vendor answered in another error.
    #[must_use]
    pub fn with_answer_of(mut self, other: &Self) -> Self {
        (self.status, self.vendor_code, self.vendor_message) =
            (other.status, other.vendor_code.clone(), other.vendor_message.clone());
        self
    }

    /// Adds the vendor's own words.
    #[must_use]
    pub fn with_vendor_message(mut self, words: &str) -> Self {
        self.vendor_message = Some(Arc::new(cut(words, SHOWN)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_vendor_says_is_shown_in_part_and_kept_for_whoever_reads_it() {
        let said = "长".repeat(100_000);
        let error = Error::permanent("b1.refused", said.clone()).with_vendor_code(said.clone()).during(&said);
        assert!(error.to_string().len() < SHOWN + 3 * NAME, "{}", error.to_string().len());
        let whole = error.whole.unwrap();
        assert!(said.starts_with(whole.as_str()) && whole.len() > WHOLE - 4);
        assert_eq!(Error::permanent("b1.refused", "short").whole, None);
    }
}
