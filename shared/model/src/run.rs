//! Run history: what ran, what it did step by step, and how it ended.

use crate::ids::{DocumentKey, FlowId, RunId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Work is under way or waits for the OA.
    Running,
    /// Done.
    Succeeded,
    /// A step failed and will be tried again by itself.
    Retrying,
    /// A step failed and waits for an operator.
    Failed,
    /// Nothing was to be done, or the instance was withdrawn.
    Ended,
}

impl RunStatus {
    /// Every status; the last three are those a run stays in.
    pub const ALL: [Self; 5] = [Self::Running, Self::Retrying, Self::Succeeded, Self::Failed, Self::Ended];

    /// The status of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// The word shown to people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Retrying => "retrying",
            Self::Failed => "failed",
            Self::Ended => "ended",
        }
    }
}

/// What started a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The schedule.
    Schedule,
    /// An operator.
    Operator,
    /// A callback of the OA.
    Callback,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The flow.
    pub flow: FlowId,
    /// The document, when the run is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentKey>,
    /// The instance, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// What started it.
    pub trigger: Trigger,
    /// How it stands.
    pub status: RunStatus,
    /// Epoch ms.
    pub started_ms: i64,
    /// Epoch ms; absent while it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    /// One sentence for the operator.
    pub message: String,
    /// Stable code of the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Documents found, queued and so on, for a poll.
    #[serde(default)]
    pub counts: std::collections::BTreeMap<String, u64>,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The run.
    pub run: RunId,
    /// What was done: `read document`, `create instance`.
    pub name: String,
    /// Epoch ms.
    pub started_ms: i64,
    /// Milliseconds.
    pub duration_ms: i64,
    /// What went in, redacted, at most 16 KB.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub input: Value,
    /// What came out, redacted, at most 16 KB.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub output: Value,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
