//! Outgoing HTTP that is watched: which B1 calls were made, how many at once, how long they took, and
//! which instances DingTalk created.

use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tenon_platform::http::{Answer, Call, Failure, Http};
use tenon_platform::http_client::HttpClient;
use tokio::sync::mpsc;

/// The watching client.
pub struct Watched {
    inner: HttpClient,
    seen: Mutex<Seen>,
    created: mpsc::UnboundedSender<String>,
}

/// What was seen of B1.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Calls that were answered with 2xx, by method and entity set: `PATCH Drafts`.
    pub answered: BTreeMap<String, u64>,
    /// Calls that were not, by the same.
    pub failed: BTreeMap<String, u64>,
    /// Most calls under way at the same time, which is the most sessions in use.
    pub most_at_once: usize,
    /// Time of all calls together.
    pub in_calls: Duration,
    /// When the newest answer came.
    pub last: Option<Instant>,
    under_way: usize,
}

impl Seen {
    /// Calls with and without success.
    pub fn calls(&self) -> u64 {
        self.answered.values().chain(self.failed.values()).sum()
    }

    /// Calls of one kind that were answered.
    pub fn of(&self, label: &str) -> u64 {
        self.answered.get(label).copied().unwrap_or(0)
    }
}

impl Watched {
    /// A client, and the ids of the instances it will see created.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<String>) {
        let (created, ids) = mpsc::unbounded_channel();
        (Self { inner: HttpClient::new(), seen: Mutex::default(), created }, ids)
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        self.lock().clone()
    }

    /// Forgets what was seen.
    pub fn reset(&self) {
        *self.lock() = Seen::default();
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_instance(&self, answer: &Answer) {
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let named = body.get("instanceId").or_else(|| body.get("sp_no"));
        let number = body.pointer("/data/requestid").map(ToString::to_string);
        if let Some(id) = named.and_then(serde_json::Value::as_str).map(str::to_owned).or(number) {
            // Nobody listens any more when the measurement ends.
            let _ = self.created.send(id);
        }
    }
}

#[async_trait]
impl Http for Watched {
    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        let Some(label) = b1_label(&call) else {
            let creates = call.method == http::Method::POST
                && (call.url.ends_with("/processInstances")
                    || call.url.contains("/oa/applyevent?")
                    || call.url.ends_with("/doCreateRequest"));
            let answer = self.inner.call(call).await;
            if let (true, Ok(answer)) = (creates, &answer) {
                self.note_instance(answer);
            }
            return answer;
        };
        {
            let mut seen = self.lock();
            seen.under_way += 1;
            seen.most_at_once = seen.most_at_once.max(seen.under_way);
        }
        let begun = Instant::now();
        let answer = self.inner.call(call).await;
        let mut seen = self.lock();
        seen.under_way = seen.under_way.saturating_sub(1);
        seen.in_calls += begun.elapsed();
        seen.last = Some(Instant::now());
        let good = answer.as_ref().is_ok_and(|a| (200..300).contains(&a.status));
        let counts = if good { &mut seen.answered } else { &mut seen.failed };
        *counts.entry(label).or_default() += 1;
        drop(seen);
        answer
    }
}

/// `PATCH Drafts` for a call to the Service Layer.
fn b1_label(call: &Call) -> Option<String> {
    let (_, path) = call.url.split_once("/b1s/v1/")?;
    let entity: String = path.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '$' || *c == '_').collect();
    Some(format!("{} {entity}", call.method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b1_calls_are_told_by_method_and_entity() {
        let label = |url: &str| b1_label(&Call::new(http::Method::PATCH, url));
        assert_eq!(label("http://h:1/b1s/v1/Drafts(16)").as_deref(), Some("PATCH Drafts"));
        assert_eq!(label("http://h/b1s/v1/Drafts?$filter=a").as_deref(), Some("PATCH Drafts"));
        assert_eq!(label("http://h/v1.0/workflow/processInstances"), None);
    }
}
