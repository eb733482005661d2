//! Actions over HTTP: `/_sandbox/…`, JSON in and out. Each system has its own, beside these; a first segment
//! `b1`, `dingtalk`, … says whose is meant where two have one of the same name.
//!
//! | call | does |
//! |---|---|
//! | `GET snapshot` | all systems |
//! | `POST faults`, `DELETE faults` | injects one fault, clears all |

use crate::action::{ActionError, read};
use crate::faults::Fault;
use crate::reply::{self, Reply};
use crate::sandbox::State;
use serde_json::{Value, json};

/// Carries one action out.
pub(crate) fn run(state: &mut State, now_ms: i64, method: &str, action: &str, body: &[u8]) -> Reply {
    match act(state, now_ms, method, action, body) {
        Ok(value) => reply::json(200, &value),
        Err(error) => {
            let status = match error {
                ActionError::NotFound(_) => 404,
                ActionError::NotNow(_) => 409,
                ActionError::Invalid(_) => 400,
            };
            reply::json(status, &json!({"error": error.to_string()}))
        }
    }
}

fn act(state: &mut State, now_ms: i64, method: &str, action: &str, body: &[u8]) -> Result<Value, ActionError> {
    let parts: Vec<&str> = action.split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", ["snapshot"]) => {
            return serde_json::to_value(state.snapshot()).map_err(|e| ActionError::Invalid(e.to_string()));
        }
        ("POST", ["faults"]) => state.faults.inject(read::<Fault>(body)?),
        ("DELETE", ["faults"]) => state.faults.clear(),
        _ => return state.systems.act(now_ms, method, &parts, body),
    }
    Ok(json!({}))
}
