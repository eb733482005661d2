//! Reply envelopes of our own HTTP paths that no document prescribes.

use serde::Serialize;

/// The answer to a request that cannot be served, where no document prescribes another shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorReply<'a> {
    /// Stable code, see `docs/ERRORS.md`.
    pub code: &'a str,
    /// What is wrong and what to do.
    pub message: &'a str,
    /// Finds the request in the logs.
    pub request_id: &'a str,
}
