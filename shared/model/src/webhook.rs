//! Events to push, and what travels on the queues of their delivery.

use crate::ids::AppId;
use crate::module::EventKind;
use serde::{Deserialize, Serialize};

/// A business event as stored, until it has been fanned out and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebhookEvent {
    /// Its id within the tenant.
    pub id: String,
    /// Kind.
    pub kind: EventKind,
    /// Epoch ms at which we learned of it.
    pub at_ms: i64,
    /// The exact bytes of every push: `{"event":…,"timestamp":…,"data":…}`.
    pub body: String,
    /// SHA-256 of what was handed in, so that a repeat with other content is noticed.
    pub payload_hash: String,
    /// Whether a delivery exists for every app that receives it.
    #[serde(default)]
    pub fanned_out: bool,
    /// Apps that would have received it and whose endpoint was off when it was fanned out: each has a
    /// skipped delivery, which can be sent later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<AppId>,
}

/// Make a delivery of an event for every app that receives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FanOut {
    /// The event.
    pub event: String,
}

/// Push one delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deliver {
    /// The app.
    pub app: AppId,
    /// The delivery.
    pub delivery: String,
    /// The attempt this message is for, counted from 1; a message for another one is out of date.
    pub attempt: u32,
}

/// Push again what an app was sent in a range of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resend {
    /// The app.
    pub app: AppId,
    /// The job.
    pub job: String,
}
