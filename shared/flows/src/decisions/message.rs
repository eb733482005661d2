//! Work of the queue `approvals-write-back`.

use serde::{Deserialize, Serialize};
use tenon_model::link::{Acceptance, Shown};
use tenon_model::oa::{EventDecision, Outcome};
use tenon_model::{ConnectionId, FlowId, InstanceId};

/// Take one end of an instance back to the ERP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WriteBack {
    /// The OA connection.
    pub connection: ConnectionId,
    /// The instance.
    pub instance: InstanceId,
    /// The form's template, when the event named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// How the instance ended, as far as is known.
    pub outcome: Outcome,
    /// Epoch ms of the event, or of when we learned of it.
    pub at_ms: i64,
    /// Epoch ms of the end, when the vendor's event named it as such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    /// How we learned of it.
    pub source: EventSource,
    /// The remembered event, so that it can be ticked off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// What the event itself says of the decision, where an OA's events say it; then the instance is not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<EventDecision>,
    /// An operator's wish, which opens a decision that is on hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// The flow whose it is, where that is known and neither a link nor the form says it: a document that was pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowId>,
}

/// An operator's wish about a decision that is on hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operator {
    /// The change is accepted, and by whom; without it the document is looked at again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<Acceptance>,
    /// What the document was found to be when he looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Shown>,
}

/// How we learned of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventSource {
    /// Pushed to the callback URL.
    Callback,
    /// Read from the list of failed callbacks.
    FailedList,
    /// Found by looking the instance up.
    LookUp,
}
