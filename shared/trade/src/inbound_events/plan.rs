//! What an event leads to.

use crate::error::Result;
use crate::time;
use serde::Serialize;
use tenon_model::EventKind;
use tenon_model::openapi::PushBody;
use tenon_platform::Error;
use tenon_platform::table::Write;

/// The records an event changes, and the bytes that are pushed for it.
pub(super) struct Plan {
    pub writes: Vec<Write>,
    pub body: String,
}

impl Plan {
    /// The body is written here, once; every push of it, and every repeat, sends these bytes.
    pub fn new<T: Serialize>(kind: EventKind, data: T, writes: Vec<Write>, now_ms: i64) -> Result<Self> {
        let body = PushBody { event: kind, timestamp: time::text(now_ms), data };
        let body = serde_json::to_string(&body).map_err(|e| Error::permanent("platform.message", e.to_string()))?;
        Ok(Self { writes, body })
    }
}
