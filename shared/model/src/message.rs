//! What travels on the queues.

use crate::ids::{ConnectionId, DocumentKey, FlowId, InstanceId, RunId, TenantId};
use crate::link::{Acceptance, Shown};
use crate::oa::{Outcome, Told};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The envelope version this code writes. It reads the one before too, so that processes of two versions may run
/// side by side while a deployment goes on.
pub const VERSION: u32 = 2;

/// The envelope of every message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope<T = Value> {
    /// Envelope version.
    pub v: u32,
    /// The kind of work: the name of its job.
    #[serde(default)]
    pub job: String,
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
    pub body: T,
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

/// Why a message cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It was written by a newer version, which can read it.
    Newer(u32),
    /// Nobody can; what is wrong with it.
    Never(String),
}

impl<T> Envelope<T> {
    /// A new message.
    pub fn new(job: &str, id: impl Into<String>, tenant: &TenantId, body: T) -> Self {
        Self {
            v: VERSION,
            job: job.to_owned(),
            id: id.into(),
            tenant: tenant.clone(),
            attempt: 0,
            due: None,
            group: None,
            reason: None,
            body,
        }
    }

    /// The same message with another body.
    fn with<U>(&self, body: U) -> Envelope<U> {
        Envelope {
            v: self.v,
            job: self.job.clone(),
            id: self.id.clone(),
            tenant: self.tenant.clone(),
            attempt: self.attempt,
            due: self.due,
            group: self.group.clone(),
            reason: self.reason.clone(),
            body,
        }
    }
}

impl Envelope {
    /// Reads a message of this version or the one before, which had the name of its job in its body.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        #[derive(Deserialize)]
        struct Head {
            v: u32,
        }
        let never = |error: serde_json::Error| Unreadable::Never(format!("the message cannot be read: {error}"));
        // What a newer version has changed is not known, so its version is read alone.
        let Head { v } = serde_json::from_str(text).map_err(never)?;
        if v > VERSION {
            return Err(Unreadable::Newer(v));
        }
        if v + 1 < VERSION {
            let why = format!("the message has version {v}, and this function reads {} and {VERSION}", VERSION - 1);
            return Err(Unreadable::Never(why));
        }
        let mut envelope: Self = serde_json::from_str(text).map_err(never)?;
        if v < VERSION {
            let kind = envelope.body.as_object_mut().and_then(|body| body.remove("kind"));
            if let Some(Value::String(kind)) = kind {
                envelope.job = kind;
            }
            envelope.v = VERSION;
        }
        Ok(envelope)
    }

    /// The work itself.
    ///
    /// # Errors
    /// When it is of another job, or not of its form.
    pub fn of<T: serde::de::DeserializeOwned>(&self, job: &str) -> Result<Envelope<T>, String> {
        if self.job != job {
            return Err(format!("work of the job {} lies where the job {job} is done", self.job));
        }
        let body =
            T::deserialize(&self.body).map_err(|error| format!("work of the job {job} cannot be read: {error}"))?;
        Ok(self.with(body))
    }
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

/// Take records of base data to the system that keeps rows of them, in one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SendRecords {
    /// The flow.
    pub flow: FlowId,
    /// The records.
    pub records: Vec<SendRecord>,
}

/// One record of base data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SendRecord {
    /// Its key.
    pub key: DocumentKey,
    /// The run that tells of it.
    pub run: RunId,
    /// What the poll's page showed of it, while that is small.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<RecordPage>,
    /// An operator's word that a saving whose answer was lost did not happen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accept: bool,
}

/// A record as a page showed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordPage {
    /// The fields that are mapped, JSON, as the ERP wrote them.
    pub fields: String,
    /// Fingerprint of all fields that were read.
    pub fingerprint: String,
    /// Its version, where the page gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
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
    /// What the event itself says of the decision, where an OA's events say it; then the instance is not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn submit() -> Submit {
        Submit { flow: FlowId::new("f"), key: DocumentKey::Number(16), row: None, run: None, page: None }
    }

    #[test]
    fn a_message_names_its_job_and_is_read_by_no_other() {
        let envelope = Envelope::new("submit", "m1", &TenantId::operator(), submit());
        let text = serde_json::to_string(&envelope).unwrap();
        let read = Envelope::read(&text).unwrap();
        assert_eq!((read.job.as_str(), &read.body["key"]), ("submit", &Value::from(16)));
        assert_eq!(read.of::<Submit>("submit"), Ok(envelope));
        let other = read.of::<Submit>("write-back").unwrap_err();
        assert_eq!(other, "work of the job submit lies where the job write-back is done");
        assert!(Envelope::new("submit", "m1", &TenantId::operator(), Value::Null).of::<Submit>("submit").is_err());
    }

    #[test]
    fn processes_of_two_versions_run_side_by_side() {
        // As the version before wrote it.
        let before = r#"{"v":1,"id":"m1","tenant":"default","attempt":3,"body":{"kind":"submit","flow":"f","key":16}}"#;
        let read = Envelope::read(before).unwrap();
        assert_eq!((read.v, read.attempt), (VERSION, 3));
        assert_eq!(read.of::<Submit>("submit").unwrap().body, submit());
        // What it is sent on as is of this version.
        assert_eq!(Envelope::read(&serde_json::to_string(&read).unwrap()), Ok(read));
        // As the version after will, in whatever form: it is for a process that reads it.
        assert_eq!(Envelope::read(r#"{"v":3,"work":[]}"#), Err(Unreadable::Newer(3)));
        for text in [r#"{"v":0,"id":"m1","body":{}}"#, "{}", "no JSON", r#"{"v":2,"body":{}}"#] {
            assert!(matches!(Envelope::read(text), Err(Unreadable::Never(_))), "{text}");
        }
    }
}
