//! What every connector shares, so that a connector is its vendor's facts: the way to the vendor with its
//! breaker and its limit of concurrent calls ([`Remote`]), the errors of calls ([`Vendor`]), the meanings of known
//! codes ([`meaning`]), a token for all processes ([`token`]), logins of which one is made at a time and refused
//! ones are remembered ([`login`]), and reports of checks.

pub(crate) mod check;
pub(crate) mod encode;
pub(crate) mod login;
pub(crate) mod meaning;
mod redact;
pub(crate) mod refusal;
mod remote;
pub(crate) mod token;
pub(crate) mod vendor;

pub(crate) use meaning::{KnownCode, Match, Meaning, Problem};
pub(crate) use redact::redact;
pub(crate) use remote::Remote;
pub(crate) use vendor::{Codes, Effect, Vendor};
