//! What is heard of an instance, and what a lost one is looked for by.

use super::Outcome;
use crate::ids::InstanceId;
use serde::{Deserialize, Serialize};

/// An event of an OA, however it came: pushed, or read from a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceEvent {
    /// What tells it from every other event; the same for each delivery of one.
    pub identity: String,
    /// The instance, unless the event is not about one.
    pub instance: Option<InstanceId>,
    /// The form's template, when the event names it.
    pub template: Option<String>,
    /// How the instance ended, if this is its end.
    pub outcome: Option<Outcome>,
    /// Epoch ms of the event, by the OA's clock.
    pub at_ms: Option<i64>,
    /// Epoch ms of the end, when the event names it as such.
    pub ended_ms: Option<i64>,
    /// What it says of the decision besides, where an OA's events say it and not only announce it.
    pub told: Option<EventDecision>,
}

/// What an event itself says of a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventDecision {
    /// Who decided, as the OA writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
}

/// What the instance of a create whose answer was lost is looked for by. No OA takes a key of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LostCreate {
    /// The form's template.
    pub template: String,
    /// The title that the create gave it.
    pub title: Option<String>,
    /// OA user id that the create named.
    pub originator: Option<String>,
    /// Epoch ms from which it may have been created.
    pub from_ms: i64,
    /// Epoch ms until which it may.
    pub to_ms: i64,
}
