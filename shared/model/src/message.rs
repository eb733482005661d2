//! What travels on the queues.

use crate::call::CallRecord;
use crate::ids::{ConnectionId, DocumentKey, FlowId, InstanceId, RunId, TenantId};
use crate::link::{Acceptance, Shown};
use crate::oa::Outcome;
use crate::webhook::{Deliver, FanOut, Resend};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The newest envelope version this code writes and reads.
pub const VERSION: u32 = 1;

/// The envelope of every message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Envelope version.
    pub v: u32,
    /// Identifies the work; a re-delayed copy keeps it.
    pub id: String,
    /// Whose work it is.
    #[serde(default)]
    pub tenant: TenantId,
    /// How often handling has failed.
    #[serde(default)]
    pub attempt: u32,
    /// Epoch ms before which the message must not be handled; carries delays beyond the queue's
    /// fifteen minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
    /// Whose turn it takes where turns are fair: the connection it will call. SQS gives messages of groups
    /// that keep its consumers busy after those of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Why handling failed last, or why the message lies in the dead-letter queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The work.
    pub body: Work,
}

/// Why a message failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable code, see `docs/ERRORS.md`.
    pub code: String,
    /// What went wrong and what to do.
    pub message: String,
    /// Epoch ms.
    pub at_ms: i64,
    /// Epoch ms since when every attempt failed with this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
}

/// The kinds of work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Work {
    /// Take one ERP document to the OA.
    Submit(Submit),
    /// Take one end of an instance back to the ERP.
    WriteBack(WriteBack),
    /// Enter one call in the call log.
    LogCall(Box<CallRecord>),
    /// Make the deliveries of one event.
    FanOut(FanOut),
    /// Push one delivery.
    Deliver(Deliver),
    /// Go on with a job that pushes again.
    Resend(Resend),
}

/// Take one ERP document to the OA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submit {
    /// The flow.
    pub flow: FlowId,
    /// The document.
    pub key: DocumentKey,
    /// The main row, when the source is SQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<Map<String, Value>>,
    /// The run that tells of it, named when the work is queued, so that a message which comes twice tells of
    /// one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// What the poll's page showed of it, while that is small.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
}

/// A document as a page showed it. As texts, so that they are what B1 wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The whole entity, JSON.
    pub document: String,
    /// Its ETag, where the list gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// A draft's approval requests, a JSON list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
    /// Epoch ms of the reading.
    pub read_ms: i64,
}

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
    /// An operator's wish, which opens a decision that is on hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_names_its_kind() {
        let envelope = Envelope {
            v: VERSION,
            id: "m1".into(),
            tenant: TenantId::operator(),
            attempt: 0,
            due: None,
            group: None,
            reason: None,
            body: Work::Submit(Submit {
                flow: FlowId::new("f"),
                key: DocumentKey::Number(16),
                row: None,
                run: None,
                page: None,
            }),
        };
        let json = serde_json::to_value(&envelope).unwrap();
        assert_eq!(json["body"]["kind"], "submit");
        assert_eq!(json["body"]["key"], 16);
        assert_eq!(serde_json::from_value::<Envelope>(json).unwrap(), envelope);
    }
}
