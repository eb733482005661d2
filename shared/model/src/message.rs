//! What travels on the queues: an envelope, and in it the work, which is its domain's.

use crate::ids::TenantId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Submit {
        flow: String,
        key: i64,
    }

    fn submit() -> Submit {
        Submit { flow: "f".to_owned(), key: 16 }
    }

    #[test]
    fn a_message_names_its_job_and_is_read_by_no_other() {
        let envelope = Envelope::new("submit", "m1", &TenantId::operator(), submit());
        let text = serde_json::to_string(&envelope).unwrap();
        let read = Envelope::read(&text).unwrap();
        assert_eq!((read.job.as_str(), &read.body["key"]), ("submit", &json!(16)));
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
