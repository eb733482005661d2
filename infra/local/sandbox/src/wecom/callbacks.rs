//! Event deliveries: sealed XML, three tries of five seconds each, and then never again.

use super::WeCom;
use super::instances::Instance;
use super::options::WecomOptions;
use crate::delivery::{CallbackDelivery, CallbackOutcome, DeliveryId};
use crate::registry::Vendor;
use crate::url;
use serde::Serialize;
use std::time::Duration;

/// WeCom cuts a callback off that is not answered within this time.
const ANSWER_WITHIN_MS: i64 = 5_000;
/// Waits after the first and the second failure; there is no fourth try.
const RETRY_AFTER_MS: [i64; 2] = [5_000, 10_000];

/// One event and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct WecomCallback {
    /// The event in clear: XML.
    pub event: String,
    /// `pending`, `in-flight`, `delivered`, `failed`, `unsubscribed` (no callback URL when it happened).
    pub state: &'static str,
    /// Deliveries so far.
    pub attempts: usize,
    #[serde(skip)]
    due_ms: i64,
}

/// All events; an event's id is its place plus one.
#[derive(Default)]
pub(super) struct Callbacks(Vec<WecomCallback>);

impl Callbacks {
    pub fn push(&mut self, now_ms: i64, event: String, subscribed: bool) {
        let state = if subscribed { "pending" } else { "unsubscribed" };
        self.0.push(WecomCallback { event, state, attempts: 0, due_ms: now_ms });
    }

    /// Pushes the latest event again.
    pub fn replay(&mut self, now_ms: i64) -> bool {
        let Some(last) = self.0.last().map(|c| c.event.clone()) else { return false };
        self.push(now_ms, last, true);
        true
    }

    pub fn list(&self) -> &[WecomCallback] {
        &self.0
    }

    /// Delivered is HTTP 200, whatever the body.
    pub fn settle(&mut self, now_ms: i64, number: u64, outcome: &CallbackOutcome) -> bool {
        let place = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
        let Some(callback) = place.and_then(|place| self.0.get_mut(place)) else { return false };
        if callback.state != "in-flight" {
            return false;
        }
        let delivered = matches!(outcome, CallbackOutcome::Answered { status: 200, .. });
        if delivered {
            callback.state = "delivered";
        } else {
            callback.failed(now_ms);
        }
        delivered
    }

    pub fn next_at(&self) -> Option<i64> {
        self.0.iter().filter(|c| matches!(c.state, "pending" | "in-flight")).map(|c| c.due_ms).min()
    }
}

impl WecomCallback {
    fn failed(&mut self, now_ms: i64) {
        match self.attempts.checked_sub(1).and_then(|n| RETRY_AFTER_MS.get(n)) {
            Some(wait) => (self.state, self.due_ms) = ("pending", now_ms + wait),
            None => self.state = "failed",
        }
    }
}

impl WeCom {
    pub(super) fn due_events(&mut self, now_ms: i64) -> Vec<CallbackDelivery> {
        let Self { callbacks, options, ids, codec, .. } = self;
        let (Some(address), Some(codec)) = (&options.callback_url, codec) else { return Vec::new() };
        let mut due = Vec::new();
        for (number, callback) in (1..).zip(&mut callbacks.0) {
            if callback.state == "in-flight" && callback.due_ms < now_ms {
                callback.failed(callback.due_ms);
            }
            if callback.state != "pending" || callback.due_ms > now_ms {
                continue;
            }
            (callback.state, callback.due_ms) = ("in-flight", now_ms + ANSWER_WITHIN_MS);
            callback.attempts += 1;
            let timestamp = now_ms.div_euclid(1000).to_string();
            let nonce = (ids.next() % 10_000_000_000).to_string();
            let sealed = codec.seal(&callback.event, &timestamp, &nonce, ids.bytes16());
            let corp = &options.corp_id;
            let query = format!("msg_signature={}&timestamp={timestamp}&nonce={nonce}", url::encode(&sealed.signature));
            let body = format!(
                "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><AgentID><![CDATA[]]></AgentID><Encrypt><![CDATA[{}]]></Encrypt></xml>",
                sealed.encrypt
            );
            due.push(CallbackDelivery {
                id: DeliveryId { vendor: Vendor::WeCom, number },
                url: format!("{address}{}{query}", if address.contains('?') { '&' } else { '?' }),
                headers: vec![("content-type", "text/xml".to_owned())],
                body,
                answer_within: Duration::from_millis(ANSWER_WITHIN_MS.unsigned_abs()),
            });
        }
        due
    }
}

/// `sys_approval_change`.
pub(super) fn event(options: &WecomOptions, instance: &Instance, change: i64, now_ms: i64) -> String {
    let seconds = |ms: i64| ms.div_euclid(1000);
    let cdata = |text: &str| format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"));
    let text =
        if options.number_as_text { format!("<SpNoStr>{}</SpNoStr>", cdata(&instance.number)) } else { String::new() };
    let detail = |act: &super::instances::Act| {
        format!(
            "<Details><Approver><UserId>{}</UserId></Approver><Speech>{}</Speech><SpStatus>{}</SpStatus><SpTime>{}</SpTime></Details>",
            cdata(&act.user),
            cdata(&act.speech),
            act.state,
            act.at_ms.map_or(0, seconds)
        )
    };
    let comments: String = instance
        .comments
        .iter()
        .enumerate()
        .map(|(id, (text, at))| {
            format!(
                "<Comments><CommentUserInfo><UserId>a</UserId></CommentUserInfo><CommentTime>{}</CommentTime><CommentContent>{}</CommentContent><CommentId>{id}</CommentId></Comments>",
                seconds(*at),
                cdata(text)
            )
        })
        .collect();
    format!(
        "<xml><ToUserName>{}</ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>{}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[sys_approval_change]]></Event><AgentID>3010040</AgentID><ApprovalInfo>{text}<SpNo>{}</SpNo><SpName>{}</SpName><SpStatus>{}</SpStatus><TemplateId>{}</TemplateId><ApplyTime>{}</ApplyTime><Applyer><UserId>{}</UserId><Party><![CDATA[2]]></Party></Applyer><SpRecord><SpStatus>{}</SpStatus><ApproverAttr>1</ApproverAttr>{}</SpRecord>{comments}<StatuChangeEvent>{change}</StatuChangeEvent></ApprovalInfo></xml>",
        cdata(&options.corp_id),
        seconds(now_ms),
        instance.number,
        cdata(&instance.name),
        instance.status,
        cdata(&instance.template),
        seconds(instance.created_ms),
        cdata(&instance.creator),
        instance.status,
        instance.acts.iter().map(detail).collect::<String>(),
    )
}
