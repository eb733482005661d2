//! Event deliveries: sealed envelopes, the vendor's retry times, the failed list.

use super::Call;
use super::DingTalk;
use super::FailedEntry;
use super::{AttemptRecord, CallbackRecord};
use crate::action::ActionError;
use crate::delivery::{CallbackDelivery, CallbackOutcome, DeliveryId};
use crate::ids::Ids;
use crate::registry::Vendor;
use crate::reply::{self, Reply};
use crate::url;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_crypto::envelope::Codec;

/// DingTalk drops a callback that is not answered within this time.
const ANSWER_WITHIN_MS: i64 = 1500;
/// Waits after the first and the second failure; a third moves the event to the failed list.
const RETRY_AFTER_MS: [i64; 2] = [10_000, 30_000];
/// Time until a failed event can be read from the list.
const LISTED_AFTER_MS: i64 = 180_000;
/// Failed events per read.
const LIST_PAGE: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Delivery {
    Pending { due_ms: i64 },
    InFlight { sent_ms: i64 },
    Delivered,
    Failed { listed_ms: i64 },
    Collected,
    Unsubscribed,
}

impl Delivery {
    fn name(&self) -> &'static str {
        match self {
            Self::Pending { .. } => "pending",
            Self::InFlight { .. } => "in-flight",
            Self::Delivered => "delivered",
            Self::Failed { .. } => "failed",
            Self::Collected => "collected",
            Self::Unsubscribed => "unsubscribed",
        }
    }
}

struct Callback {
    event: Value,
    delivery: Delivery,
    happened_ms: i64,
    attempts: Vec<AttemptRecord>,
}

impl Callback {
    /// Ends the attempt that is under way.
    fn settle(&mut self, now_ms: i64, result: Result<(), String>) {
        let failed = result.is_err();
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.result = result.err().unwrap_or_else(|| "success".to_owned());
        }
        let made = self.attempts.len();
        self.delivery = match made.checked_sub(1).and_then(|n| RETRY_AFTER_MS.get(n)) {
            _ if !failed => Delivery::Delivered,
            Some(wait) => Delivery::Pending { due_ms: now_ms + wait },
            None => Delivery::Failed { listed_ms: now_ms + LISTED_AFTER_MS },
        };
    }
}

/// All events; an event's id is its place plus one.
#[derive(Default)]
pub(crate) struct Callbacks(Vec<Callback>);

impl Callbacks {
    /// Adds an event; pushed at once, or only recorded when nobody subscribed.
    pub(crate) fn push(&mut self, now_ms: i64, event: Value, subscribed: bool) -> u64 {
        let delivery = if subscribed { Delivery::Pending { due_ms: now_ms } } else { Delivery::Unsubscribed };
        self.0.push(Callback { event, delivery, happened_ms: now_ms, attempts: Vec::new() });
        self.0.len() as u64
    }

    pub(crate) fn replay_last(&mut self, now_ms: i64, subscribed: bool) -> Result<u64, ActionError> {
        let event = self.0.last().map(|c| c.event.clone()).ok_or_else(|| ActionError::NotFound("callback".into()))?;
        if !subscribed {
            return Err(ActionError::NotNow("the sandbox has no callback URL to push to".into()));
        }
        Ok(self.push(now_ms, event, true))
    }

    pub(crate) fn records(&self) -> Vec<CallbackRecord> {
        let record = |(id, c): (u64, &Callback)| CallbackRecord {
            id,
            event: c.event.clone(),
            state: c.delivery.name().to_owned(),
            attempts: c.attempts.clone(),
        };
        (1..).zip(&self.0).map(record).collect()
    }

    /// Whether nothing is left to tell: every event is delivered, collected or nobody's.
    pub(crate) fn are_settled(&self) -> bool {
        self.0.iter().all(|c| ["delivered", "collected", "unsubscribed"].contains(&c.delivery.name()))
    }

    fn get_mut(&mut self, id: u64) -> Option<&mut Callback> {
        usize::try_from(id).ok()?.checked_sub(1).and_then(|place| self.0.get_mut(place))
    }
}

impl DingTalk {
    pub(super) fn due_events(&mut self, now_ms: i64) -> Vec<CallbackDelivery> {
        let Self { callbacks, options, ids, codec, .. } = self;
        let (Some(address), Some(codec)) = (&options.callback_url, codec) else {
            return Vec::new();
        };
        let mut due = Vec::new();
        for (number, callback) in (1..).zip(&mut callbacks.0) {
            if let Delivery::InFlight { sent_ms } = callback.delivery
                && sent_ms + ANSWER_WITHIN_MS < now_ms
            {
                callback.settle(sent_ms + ANSWER_WITHIN_MS, Err("no answer".into()));
            }
            if !matches!(callback.delivery, Delivery::Pending { due_ms } if due_ms <= now_ms) {
                continue;
            }
            callback.delivery = Delivery::InFlight { sent_ms: now_ms };
            callback.attempts.push(AttemptRecord { at_ms: now_ms, result: "in flight".into() });
            due.push(sealed(number, &callback.event, address, codec, now_ms, ids));
        }
        due
    }

    /// Delivered is HTTP 200 and a JSON object whose four fields verify and decrypt to `success`.
    pub(super) fn settle_event(&mut self, now_ms: i64, number: u64, outcome: CallbackOutcome) -> bool {
        let Some(callback) = self.callbacks.get_mut(number) else { return false };
        if !matches!(callback.delivery, Delivery::InFlight { .. }) {
            return false;
        }
        let result = match (outcome, &self.codec) {
            (CallbackOutcome::NoAnswer, _) => Err("no answer".to_owned()),
            (CallbackOutcome::Answered { status: 200, body }, Some(codec)) => judge(codec, &body),
            (CallbackOutcome::Answered { status, .. }, _) => Err(format!("status {status}")),
        };
        let delivered = result.is_ok();
        callback.settle(now_ms, result);
        delivered
    }

    pub(super) fn next_event_at(&self) -> Option<i64> {
        self.options.callback_url.as_ref()?;
        let due = |c: &Callback| match c.delivery {
            Delivery::Pending { due_ms } => Some(due_ms),
            Delivery::InFlight { sent_ms } => Some(sent_ms + ANSWER_WITHIN_MS + 1),
            _ => None,
        };
        self.callbacks.0.iter().filter_map(due).min()
    }
}

/// `{"encrypt":"…"}`, with `signature`, `msg_signature`, `timestamp` and `nonce` in the query.
fn sealed(number: u64, event: &Value, address: &str, codec: &Codec, now_ms: i64, ids: &mut Ids) -> CallbackDelivery {
    let timestamp = now_ms.to_string();
    let nonce = ids.token().chars().take(8).collect::<String>();
    let sealed = codec.seal(&event.to_string(), &timestamp, &nonce, ids.bytes16());
    let join = if address.contains('?') { '&' } else { '?' };
    let signature = url::encode(&sealed.signature);
    CallbackDelivery {
        id: DeliveryId { vendor: Vendor::DingTalk, number },
        url: format!(
            "{address}{join}signature={signature}&msg_signature={signature}&timestamp={timestamp}&nonce={nonce}"
        ),
        headers: vec![("content-type", "application/json".to_owned())],
        body: json!({"encrypt": sealed.encrypt}).to_string(),
        answer_within: Duration::from_millis(ANSWER_WITHIN_MS.unsigned_abs()),
    }
}

fn judge(codec: &Codec, body: &[u8]) -> Result<(), String> {
    let reply: Value = serde_json::from_slice(body).map_err(|_| "reply is not JSON".to_owned())?;
    let text =
        |name: &str| reply.get(name).and_then(Value::as_str).ok_or_else(|| format!("reply has no text field {name}"));
    let (signature, timestamp, nonce, encrypt) =
        (text("msg_signature")?, text("timeStamp")?, text("nonce")?, text("encrypt")?);
    match codec.open(signature, timestamp, nonce, encrypt) {
        Ok(word) if word == "success" => Ok(()),
        Ok(_) => Err("reply does not decrypt to success".into()),
        Err(error) => Err(format!("reply: {}", error.name())),
    }
}

/// `GET /call_back/get_call_back_failed_result`: what it returns it forgets.
pub(crate) fn failed_result(dingtalk: &mut DingTalk, call: &Call<'_>) -> Reply {
    let listed = |c: &&mut Callback| matches!(c.delivery, Delivery::Failed { listed_ms } if listed_ms <= call.now_ms);
    let mut waiting = dingtalk.callbacks.0.iter_mut().filter(listed);
    let mut list = Vec::new();
    for callback in waiting.by_ref().take(LIST_PAGE) {
        callback.delivery = Delivery::Collected;
        let tag = callback.event.get("EventType").and_then(Value::as_str).unwrap_or("").to_owned();
        let mut body = callback.event.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("corpid".into(), json!(dingtalk.options.corp_id));
        }
        let entry = match dingtalk.options.failed_entry {
            FailedEntry::Nested => json!({"corpid": dingtalk.options.corp_id, "bpmsCallBackData": callback.event}),
            FailedEntry::NestedText => {
                json!({"corpid": dingtalk.options.corp_id, "bpmsCallBackData": callback.event.to_string()})
            }
            FailedEntry::Flat => body,
        };
        list.push(json!({"call_back_tag": tag, "event_time": callback.happened_ms, tag.as_str(): entry}));
    }
    let has_more = waiting.next().is_some();
    reply::json(200, &json!({"errcode": 0, "errmsg": "ok", "has_more": has_more, "failed_list": list}))
}
