//! The outgoing action: a result is posted and waited for; what is not answered with success comes again, as a site
//! sets its action up, three times in all.

use super::options::WeaverPush;
use crate::delivery::{CallbackDelivery, CallbackOutcome, DeliveryId};
use crate::registry::Vendor;
use crate::url;
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// An action waits this long.
const ANSWER_WITHIN_MS: i64 = 60_000;
/// Between two tries.
const AGAIN_MS: i64 = 60_000;
const TRIES: usize = 3;

/// What a push says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Result {
    Approved,
    Refused,
    Step,
}

/// One push and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct WeaverPushed {
    /// The request.
    pub request: i64,
    #[serde(rename = "result")]
    kind: Result,
    /// Who decided.
    pub user: String,
    /// The words.
    pub words: String,
    /// `pending`, `in-flight`, `delivered`, `failed`, `off` (no action when it happened).
    pub state: &'static str,
    /// Posts so far.
    pub attempts: usize,
    /// What was answered last.
    pub answer: Value,
    #[serde(skip)]
    due_ms: i64,
}

/// All pushes; a push's number is its place plus one.
#[derive(Default)]
pub(super) struct Pushes(Vec<WeaverPushed>);

impl Pushes {
    pub fn push(&mut self, now_ms: i64, request: i64, kind: Result, (user, words): (&str, &str), subscribed: bool) {
        self.0.push(WeaverPushed {
            request,
            kind,
            user: user.to_owned(),
            words: words.to_owned(),
            state: if subscribed { "pending" } else { "off" },
            attempts: 0,
            answer: Value::Null,
            due_ms: now_ms,
        });
    }

    /// The latest push again, as a person who presses submit once more.
    pub fn again(&mut self, now_ms: i64) -> bool {
        let Some(last) = self.0.last().cloned() else { return false };
        self.0.push(WeaverPushed { state: "pending", attempts: 0, answer: Value::Null, due_ms: now_ms, ..last });
        true
    }

    pub fn list(&self) -> &[WeaverPushed] {
        &self.0
    }

    pub fn due(&mut self, now_ms: i64, push: Option<&WeaverPush>) -> Vec<CallbackDelivery> {
        let Some(push) = push else { return Vec::new() };
        let mut due = Vec::new();
        for (number, pushed) in (1..).zip(&mut self.0) {
            if pushed.state == "in-flight" && pushed.due_ms < now_ms {
                pushed.failed(pushed.due_ms);
            }
            if pushed.state != "pending" || pushed.due_ms > now_ms {
                continue;
            }
            (pushed.state, pushed.due_ms) = ("in-flight", now_ms + ANSWER_WITHIN_MS);
            pushed.attempts += 1;
            due.push(delivery(number, push, pushed));
        }
        due
    }

    /// Delivered is HTTP 200 with a body that says so.
    pub fn settle(&mut self, now_ms: i64, number: u64, outcome: &CallbackOutcome) -> bool {
        let place = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
        let Some(pushed) = place.and_then(|place| self.0.get_mut(place)) else { return false };
        if pushed.state != "in-flight" {
            return false;
        }
        let mut delivered = false;
        if let CallbackOutcome::Answered { status, body } = outcome {
            pushed.answer = serde_json::from_slice(body).unwrap_or_default();
            delivered = *status == 200 && pushed.answer.get("success") == Some(&json!("Y"));
        }
        if delivered {
            pushed.state = "delivered";
        } else {
            pushed.failed(now_ms);
        }
        delivered
    }

    pub fn next_at(&self) -> Option<i64> {
        self.0.iter().filter(|p| matches!(p.state, "pending" | "in-flight")).map(|p| p.due_ms).min()
    }
}

impl WeaverPushed {
    fn failed(&mut self, now_ms: i64) {
        if self.attempts < TRIES {
            (self.state, self.due_ms) = ("pending", now_ms + AGAIN_MS);
        } else {
            self.state = "failed";
        }
    }
}

fn delivery(number: u64, push: &WeaverPush, pushed: &WeaverPushed) -> CallbackDelivery {
    let [approved, refused, step] = &push.words;
    let status = match pushed.kind {
        Result::Approved => approved,
        Result::Refused => refused,
        Result::Step => step,
    };
    let (kind, body) = if push.form_body {
        let pairs = [
            ("requestid", pushed.request.to_string()),
            ("status", status.clone()),
            ("approver", pushed.user.clone()),
            ("remark", pushed.words.clone()),
        ];
        let pairs = pairs.map(|(name, value)| format!("{name}={}", url::encode(&value)));
        ("application/x-www-form-urlencoded", pairs.join("&"))
    } else {
        let body = json!({
            "requestid": pushed.request, "status": status, "approver": pushed.user, "remark": pushed.words,
        });
        ("application/json", body.to_string())
    };
    CallbackDelivery {
        id: DeliveryId { vendor: Vendor::Weaver, number },
        url: push.url.clone(),
        headers: vec![("content-type", kind.to_owned()), ("x-apig-appcode", push.app_code.clone())],
        body,
        answer_within: Duration::from_millis(ANSWER_WITHIN_MS.unsigned_abs()),
    }
}
