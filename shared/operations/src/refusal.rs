//! What an operator is told of an error: that there is no such thing, that it cannot be done as things stand, what an
//! outside system said. What failed here is for the log.

use std::borrow::Cow;
use tenon_platform::{Error, Rejection, Retry};

/// Codes that say that what was named is not there.
const MISSING: [&str; 4] = ["run.unknown", "config.flow", "config.connection", "flow.document"];
/// Families of codes that are ours: what they say is for the log.
const OURS: [&str; 3] = ["platform.", "tenants.", "engine."];

/// The rejection of an error.
pub fn of(error: Error) -> Rejection {
    if error.is_contention() || OURS.iter().any(|family| error.code.starts_with(family)) {
        return error.into();
    }
    let text = format!("{error} ({})", error.code);
    if MISSING.contains(&error.code) {
        return Rejection::NotFound(Cow::Owned(text));
    }
    let own = ["run.", "flow.", "config.", "data-sync."].iter().any(|family| error.code.starts_with(family));
    match error.retry {
        _ if own => Rejection::NotSupported(Cow::Owned(text)),
        Retry::Permanent => Rejection::Upstream { message: text, after_s: None },
        _ => Rejection::Upstream { message: text, after_s: Some(30) },
    }
}
