//! What people do in WeCom by hand, and looks at its state.

use super::instances::Ending;
use super::options::WecomTemplate;
use super::{WeCom, WecomCallback, WecomMedia, WecomMessage, read as reading};
use crate::action::{ActionError, read};
use crate::system::Handle;
use serde::Serialize;
use serde_json::{Value, json};

/// What WeCom holds.
#[derive(Clone, Debug, Serialize)]
pub struct WecomSnapshot {
    /// Approvals in the order of their creation, in the shape they are read.
    pub instances: Vec<Value>,
    /// Events and their deliveries.
    pub callbacks: Vec<WecomCallback>,
    /// Messages to members.
    pub messages: Vec<WecomMessage>,
    /// Tokens that were issued anew.
    pub tokens_issued: u64,
}

impl Handle<'_, WeCom> {
    /// Messages to members.
    pub fn messages(&self) -> Vec<WecomMessage> {
        self.with(|s| s.messages.clone())
    }

    /// Somebody fills a form in by hand: texts by the ids of their controls. Returns its number.
    pub fn hand_in(&self, now_ms: i64, template: &str, creator: &str, texts: &[(&str, &str)]) -> String {
        self.with(|s| s.hand_in(now_ms, template, creator, texts))
    }

    /// An approver agrees; an empty user is whoever's turn it is.
    ///
    /// # Errors
    /// [`ActionError::NotFound`], or [`ActionError::NotNow`] when nothing waits for the user.
    pub fn approve(&self, now_ms: i64, number: &str, user: &str, speech: &str) -> Result<(), ActionError> {
        self.with(|s| s.decide(now_ms, number, user, speech, true))
    }

    /// An approver refuses, which ends the approval.
    ///
    /// # Errors
    /// As [`Self::approve`].
    pub fn refuse(&self, now_ms: i64, number: &str, user: &str, speech: &str) -> Result<(), ActionError> {
        self.with(|s| s.decide(now_ms, number, user, speech, false))
    }

    /// The originator withdraws it, also after it was agreed to.
    ///
    /// # Errors
    /// [`ActionError::NotFound`], or [`ActionError::NotNow`] when it has ended otherwise.
    pub fn withdraw(&self, now_ms: i64, number: &str) -> Result<(), ActionError> {
        self.with(|s| s.end(now_ms, number, Ending::Withdrawn))
    }

    /// It is deleted.
    ///
    /// # Errors
    /// [`ActionError::NotFound`].
    pub fn delete(&self, now_ms: i64, number: &str) -> Result<(), ActionError> {
        self.with(|s| s.end(now_ms, number, Ending::Deleted))
    }

    /// Somebody comments, also after the end.
    ///
    /// # Errors
    /// [`ActionError::NotFound`].
    pub fn comment(&self, now_ms: i64, number: &str, text: &str) -> Result<(), ActionError> {
        self.with(|s| s.comment(now_ms, number, text))
    }

    /// Pushes the latest event again; `false` when there was none.
    pub fn replay_last_callback(&self, now_ms: i64) -> bool {
        self.with(|s| s.callbacks.replay(now_ms))
    }

    /// An administrator changes a form.
    pub fn set_template(&self, id: &str, template: WecomTemplate) {
        self.with(|s| s.options.templates.insert(id.to_owned(), template));
    }

    /// Sets or removes the address events are pushed to.
    pub fn set_callback_url(&self, url: Option<String>) {
        self.with(|s| s.options.callback_url = url);
    }

    /// How many approvals there are, deleted ones too.
    pub fn instance_count(&self) -> usize {
        self.with(|s| s.instances.count())
    }

    /// Approvals, in the shape they are read.
    pub fn instances(&self) -> Vec<Value> {
        self.with(|s| s.shown())
    }

    /// Files that were uploaded.
    pub fn media(&self) -> Vec<WecomMedia> {
        self.with(|s| s.media.clone())
    }

    /// Events and their deliveries.
    pub fn callbacks(&self) -> Vec<WecomCallback> {
        self.with(|s| s.callbacks.list().to_vec())
    }

    /// Whether no event is left to tell.
    pub fn callbacks_are_settled(&self) -> bool {
        self.with(|s| s.callbacks.next_at().is_none())
    }
}

impl WeCom {
    fn shown(&self) -> Vec<Value> {
        self.instances.list().map(|i| reading::shown(&self.options, i)).collect()
    }

    pub(super) fn snapshot_of(&self) -> WecomSnapshot {
        WecomSnapshot {
            instances: self.shown(),
            callbacks: self.callbacks.list().to_vec(),
            messages: self.messages.clone(),
            tokens_issued: self.tokens_issued,
        }
    }

    /// The same over `/_sandbox/wecom/…`:
    ///
    /// | call | does |
    /// |---|---|
    /// | `POST wecom/approvals/{number}/approve`, `…/refuse` | `{"user","speech"}`, both optional |
    /// | `POST wecom/approvals/{number}/withdraw`, `…/delete` | taken back, deleted |
    /// | `POST wecom/approvals/{number}/comment` | `{"text"}` |
    /// | `POST wecom/events/replay` | pushes the latest event again |
    pub(super) fn act_by_hand(
        &mut self,
        now_ms: i64,
        method: &str,
        parts: &[&str],
        body: &[u8],
    ) -> Option<Result<Value, ActionError>> {
        let done = match (method, parts) {
            ("POST", ["approvals", number, action]) => self.act_on(now_ms, number, action, body),
            ("POST", ["events", "replay"]) => {
                self.callbacks.replay(now_ms);
                Ok(())
            }
            _ => return None,
        };
        Some(done.map(|()| json!({})))
    }

    fn act_on(&mut self, now_ms: i64, number: &str, action: &str, body: &[u8]) -> Result<(), ActionError> {
        let input: Value = if body.is_empty() { Value::Null } else { read(body)? };
        let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or("");
        match action {
            "approve" => self.decide(now_ms, number, text("user"), text("speech"), true),
            "refuse" => self.decide(now_ms, number, text("user"), text("speech"), false),
            "withdraw" => self.end(now_ms, number, Ending::Withdrawn),
            "delete" => self.end(now_ms, number, Ending::Deleted),
            "comment" => self.comment(now_ms, number, text("text")),
            other => Err(ActionError::NotFound(format!("action {other}"))),
        }
    }
}
