//! Events, sealed under the content secret and posted. How often the vendor tries is not known: three times here, a minute
//! apart, and it waits five seconds.

use super::Blacklake;
use crate::delivery::{CallbackDelivery, CallbackOutcome, DeliveryId};
use crate::registry::Vendor;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_crypto::blacklake::Secret;

const ANSWER_WITHIN_MS: i64 = 5_000;
const AGAIN_MS: i64 = 60_000;
const TRIES: usize = 3;

/// One event and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct BlacklakeEvent {
    /// The event in clear.
    pub event: Value,
    /// `pending`, `in-flight`, `delivered`, `failed`, `unsubscribed` (no callback URL when it happened).
    pub state: &'static str,
    /// Posts so far.
    pub attempts: usize,
    /// What was answered last.
    pub answer: Value,
    #[serde(skip)]
    due_ms: i64,
}

/// All events; an event's number is its place plus one.
#[derive(Default)]
pub(super) struct Events(Vec<BlacklakeEvent>);

impl Events {
    pub fn push(&mut self, now_ms: i64, event: Value, subscribed: bool) {
        let state = if subscribed { "pending" } else { "unsubscribed" };
        self.0.push(BlacklakeEvent { event, state, attempts: 0, answer: Value::Null, due_ms: now_ms });
    }

    /// Posts the latest event again as it was.
    pub fn replay(&mut self, now_ms: i64) -> bool {
        let Some(last) = self.0.last().map(|event| event.event.clone()) else { return false };
        self.push(now_ms, last, true);
        true
    }

    pub fn list(&self) -> &[BlacklakeEvent] {
        &self.0
    }

    /// Delivered is HTTP 200.
    pub fn settle(&mut self, now_ms: i64, number: u64, outcome: &CallbackOutcome) -> bool {
        let place = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
        let Some(event) = place.and_then(|place| self.0.get_mut(place)) else { return false };
        if event.state != "in-flight" {
            return false;
        }
        if let CallbackOutcome::Answered { body, .. } = outcome {
            event.answer = serde_json::from_slice(body).unwrap_or_default();
        }
        let delivered = matches!(outcome, CallbackOutcome::Answered { status: 200, .. });
        if delivered {
            event.state = "delivered";
        } else {
            event.failed(now_ms);
        }
        delivered
    }

    pub fn next_at(&self) -> Option<i64> {
        self.0.iter().filter(|e| matches!(e.state, "pending" | "in-flight")).map(|e| e.due_ms).min()
    }
}

impl BlacklakeEvent {
    fn failed(&mut self, now_ms: i64) {
        if self.attempts < TRIES {
            (self.state, self.due_ms) = ("pending", now_ms + AGAIN_MS);
        } else {
            self.state = "failed";
        }
    }
}

impl Blacklake {
    /// Something happened that somebody may have subscribed to.
    pub(super) fn publish(&mut self, now_ms: i64, event_type: &str, data: Value) {
        let request = self.ids.token();
        let event = json!({ "header": { "requestId": request, "eventType": event_type }, "data": data });
        self.events.push(now_ms, event, self.options.callback_url.is_some());
    }

    pub(super) fn due_events(&mut self, now_ms: i64) -> Vec<CallbackDelivery> {
        let Self { events, options, .. } = self;
        let Some(address) = &options.callback_url else { return Vec::new() };
        let secret = options.callback_secret.as_deref().map(Secret::new);
        let mut due = Vec::new();
        for (number, event) in (1..).zip(&mut events.0) {
            if event.state == "in-flight" && event.due_ms < now_ms {
                event.failed(event.due_ms);
            }
            if event.state != "pending" || event.due_ms > now_ms {
                continue;
            }
            (event.state, event.due_ms) = ("in-flight", now_ms + ANSWER_WITHIN_MS);
            event.attempts += 1;
            let plain = event.event.to_string();
            let body = match &secret {
                Some(secret) => json!({ "encrypt": secret.seal(&plain) }).to_string(),
                None => plain,
            };
            due.push(CallbackDelivery {
                id: DeliveryId { vendor: Vendor::Blacklake, number },
                url: address.clone(),
                headers: vec![("content-type", "application/json".to_owned())],
                body,
                answer_within: Duration::from_millis(ANSWER_WITHIN_MS.unsigned_abs()),
            });
        }
        due
    }
}
