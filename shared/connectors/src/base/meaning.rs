//! Known codes of a vendor and what each means. A code decides, and not the HTTP status: creations have been
//! answered 400 and carried out. A code that no table knows is no refusal.

use super::vendor::{Effect, Vendor};
use std::time::Duration;
use tenon_platform::error::Error;

/// What a known code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The token or session is not accepted (any more), and nothing was executed: renew it and repeat.
    Credential,
    /// The credentials are wrong.
    Login,
    /// Not before this time.
    Limit(Duration),
    /// A permission is missing, or our address is in no list.
    Forbidden,
    /// A rule of the business, or the request's form: the same call is refused again, and did nothing.
    Refused,
    /// There is no such thing (any more).
    NotFound,
}

/// How a code is compared with a known one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// Whole.
    Is,
    /// By its beginning.
    Starts,
    /// By a part.
    Contains,
}

impl Match {
    fn fits(self, code: &str, known: &str) -> bool {
        match self {
            Self::Is => code == known,
            Self::Starts => code.starts_with(known),
            Self::Contains => code.contains(known),
        }
    }
}

/// A row of a vendor's table.
pub(crate) type KnownCode = (Match, &'static str, Meaning);

/// What the first row that fits says.
pub(crate) fn meaning(table: &[KnownCode], code: &str) -> Option<Meaning> {
    table.iter().find(|(how, known, _)| how.fits(code, known)).map(|(_, _, meaning)| *meaning)
}

/// What is wrong with an answer.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The token or session is not accepted; nothing was executed.
    Credential,
    /// Anything else.
    Other(Box<Error>),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Other(Box::new(error))
    }
}

impl Problem {
    /// Adds the HTTP status and the vendor's code.
    pub fn with_codes(self, status: u16, code: impl Into<String>) -> Self {
        match self {
            Self::Credential => Self::Credential,
            Self::Other(error) => error.with_status(status).with_vendor_code(code).into(),
        }
    }

    /// As an error of a login, where a credential that is not accepted is a refusal.
    pub fn of_login(self, vendor: &Vendor, status: u16) -> Error {
        match self {
            Self::Credential => vendor.login_refused("the credentials are not accepted").with_status(status),
            Self::Other(error) => *error,
        }
    }
}

impl Vendor {
    /// What a code with this meaning, or with none, is for a call with this effect. `asked` is the pause that the
    /// answer itself asks for; `remedy` is for a missing permission.
    pub fn problem(
        &self,
        meaning: Option<Meaning>,
        effect: Effect,
        text: &str,
        retry_after: Option<Duration>,
        remedy: &str,
    ) -> Problem {
        let error = match meaning {
            Some(Meaning::Credential) => return Problem::Credential,
            Some(Meaning::Login) => self.login_refused(text),
            Some(Meaning::Limit(wait)) => self.rate_limited(retry_after.unwrap_or(wait).max(wait), text),
            Some(Meaning::Forbidden) => self.forbidden(text, remedy),
            Some(Meaning::Refused) => self.refused(text),
            Some(Meaning::NotFound) => self.not_found(text),
            None => self.failed(effect, text),
        };
        error.into()
    }
}
