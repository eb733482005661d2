//! What a call does, and the errors that calls end in. Which it is decides what may be repeated, and is decided
//! here, once for all vendors.

use super::refusal::RECHECK_AFTER;
use std::time::Duration;
use tenon_platform::error::{Error, ErrorKind, Retry};
use tenon_platform::http::Failure;

/// How long a change that was not carried out is tried again before a person has to look.
pub(crate) const FOR_A_WHILE: Duration = Duration::from_secs(3600);

/// What a call does at the vendor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing: it may always be repeated.
    Read,
    /// A new thing: done twice, there are two.
    Create,
    /// A change of something that is there.
    Change,
}

/// A vendor's stable error codes. Each is listed in `docs/ERRORS.md`.
pub(crate) struct Codes {
    /// Nothing reached the vendor.
    pub unreachable: &'static str,
    /// A read was not answered.
    pub no_answer: &'static str,
    /// Whether it was carried out is not known.
    pub unknown_outcome: &'static str,
    /// The vendor, or what stands in front of it, is in trouble.
    pub unavailable: &'static str,
    /// The answer is none of the vendor's, or not of the expected shape.
    pub answer: &'static str,
    /// Too many calls.
    pub rate_limited: &'static str,
    /// A token or session that was just issued is not accepted.
    pub session: &'static str,
    /// Another process is logging in and has not finished.
    pub login_busy: &'static str,
    /// The credentials are wrong.
    pub login_refused: &'static str,
    /// What a login needs is out of order at the vendor's. The same as `login_refused` where that never happens.
    pub login_outage: &'static str,
    /// A permission is missing, or our address is in no list.
    pub forbidden: &'static str,
    /// A rule of the business, or the request's form.
    pub refused: &'static str,
    /// There is no such thing (any more).
    pub not_found: &'static str,
}

/// A vendor: its codes, and its name and keys for what people are told.
pub(crate) struct Vendor {
    /// As in connection kinds, codes and logs.
    pub name: &'static str,
    /// As in sentences.
    pub shown: &'static str,
    /// What to look at when it cannot be reached.
    pub address: &'static str,
    /// The keys that a login uses.
    pub credentials: &'static str,
    /// Calls of one process that may be under way at once; `None` where sessions limit them.
    pub concurrent_calls: Option<usize>,
    /// Its codes.
    pub codes: Codes,
}

impl Vendor {
    /// Why there is no answer.
    pub fn no_answer(&self, effect: Effect, failure: &Failure) -> Error {
        match (failure, effect) {
            (Failure::NotSent(why), _) => Error::transient(
                self.codes.unreachable,
                format!("{} cannot be reached: {why}; check {}", self.shown, self.address),
            )
            .with_kind(ErrorKind::Unreachable),
            (Failure::NoAnswer(why), Effect::Read) => {
                Error::transient(self.codes.no_answer, format!("{} did not answer: {why}", self.shown))
                    .with_kind(ErrorKind::Unreachable)
            }
            (Failure::NoAnswer(why), _) => self.unknown(format!("the request was sent and no answer came: {why}")),
        }
    }

    /// An outcome nobody told.
    pub fn unknown(&self, why: impl AsRef<str>) -> Error {
        let (why, shown) = (why.as_ref(), self.shown);
        let message = format!("{why}; whether {shown} carried it out must be looked up before it is tried again");
        Error::new(self.codes.unknown_outcome, Retry::UnknownOutcome, message)
    }

    /// Trouble at the vendor's, or in front of it: a read is made again, anything else may have been done.
    pub fn failed(&self, effect: Effect, why: &str) -> Error {
        match effect {
            Effect::Read => Error::transient(self.codes.unavailable, format!("{} failed: {why}", self.shown)),
            Effect::Create | Effect::Change => self.unknown(format!("{} failed: {why}", self.shown)),
        }
    }

    /// An answer that is not what a read promises.
    pub fn unintelligible(&self, why: impl Into<String>) -> Error {
        Error::transient(self.codes.answer, why).with_kind(ErrorKind::Unintelligible)
    }

    /// Not before this time.
    pub fn rate_limited(&self, wait: Duration, why: impl Into<String>) -> Error {
        Error::new(self.codes.rate_limited, Retry::RateLimited(wait), why).with_kind(ErrorKind::Unreachable)
    }

    /// A token or session that was just issued and is not accepted.
    pub fn session(&self) -> Error {
        let message = format!("{} does not accept the token or session it has just issued", self.shown);
        Error::new(self.codes.session, Retry::Session, message).with_kind(ErrorKind::Unreachable)
    }

    /// Another process logs in and has not finished.
    pub fn login_busy(&self) -> Error {
        Error::transient(self.codes.login_busy, "another process is logging in and has not finished")
            .with_kind(ErrorKind::Unreachable)
    }

    /// Wrong credentials.
    pub fn login_refused(&self, text: &str) -> Error {
        let (shown, keys) = (self.shown, self.credentials);
        let message =
            format!("{shown} refused the login: {text}; correct {keys}, apply the configuration and run check");
        Error::new(self.codes.login_refused, Retry::Blocked(RECHECK_AFTER), message).with_kind(ErrorKind::LoginRefused)
    }

    /// A missing permission, with what to do about it.
    pub fn forbidden(&self, text: &str, remedy: &str) -> Error {
        Error::permanent(self.codes.forbidden, format!("{} forbids this call: {text}; {remedy}", self.shown))
            .with_kind(ErrorKind::Unreachable)
    }

    /// A refusal that stays one.
    pub fn refused(&self, text: &str) -> Error {
        Error::permanent(self.codes.refused, format!("{} refused: {text}", self.shown)).with_kind(ErrorKind::Refused)
    }

    /// No such thing.
    pub fn not_found(&self, text: &str) -> Error {
        Error::permanent(self.codes.not_found, format!("{} has no such record: {text}", self.shown))
            .with_kind(ErrorKind::NotFound)
    }
}
