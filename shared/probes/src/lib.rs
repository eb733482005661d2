//! What works beside the connections: the login server of `[sso]`, each SQL database, the queries of `[oa_integration]`.
//! The operators' API, the pages and `tenon check` look at them here, in functions of their own: those that list
//! connections have no driver for databases and may call no login server.

pub mod database;
pub mod login_server;
pub mod oa_integration;

use std::time::Duration;
use tenon_operations::At;
use tenon_operations::beside::{self, Beside};
use tenon_operations::connections::Check;
use tenon_platform::{Rejection, Result};

/// Of the time there is for an answer, what is kept for storing and telling what came of it.
const TO_ANSWER: Duration = Duration::from_secs(4);

/// What came of a check, in words: what answered, or what is wrong, with its code.
type Outcome = std::result::Result<String, (String, Option<String>)>;

/// Keeps what came of a check that began then.
async fn keep(at: &At<'_>, of: &Beside, began_ms: i64, outcome: Outcome) -> std::result::Result<Check, Rejection> {
    let at_ms = at.ctx.now_ms();
    let (answered, error, code) = match outcome {
        Ok(answered) => (Some(answered), None, None),
        Err((error, code)) => (None, Some(error), code),
    };
    let (by, took_ms) = (at.by.name.clone(), at_ms - began_ms);
    let check = Check { at_ms, by, ok: error.is_none(), answered, error, code, took_ms };
    beside::keep(at, of, &check).await?;
    Ok(check)
}

/// Problems as one text, under the code that says what to do about them.
fn problems(all: &[String], code: &str) -> Option<(String, Option<String>)> {
    (!all.is_empty()).then(|| (all.join("; "), Some(code.to_owned())))
}

/// The time that calls may take, where somebody waits for an answer.
fn time(at: &At<'_>) -> Option<Duration> {
    at.ctx.time_left().map(|left| left.saturating_sub(TO_ANSWER))
}

/// What a setting says that cannot be used.
fn unusable<T>(read: Result<T>) -> std::result::Result<T, (String, String)> {
    read.map_err(|error| (error.to_string(), error.code.to_owned()))
}
