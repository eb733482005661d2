//! What people do in the OA by hand, and looks at its state.

use super::files::WeaverFile;
use super::options::WeaverWorkflow;
use super::requests::Act;
use super::{Weaver, WeaverPush, WeaverPushed};
use crate::action::{ActionError, read};
use crate::system::Handle;
use serde::Serialize;
use serde_json::{Value, json};

/// What the OA holds.
#[derive(Clone, Debug, Serialize)]
pub struct WeaverSnapshot {
    /// Tokens that were issued.
    pub tokens_issued: u64,
    /// Requests in the order of their creation, deleted ones too.
    pub requests: Vec<Value>,
    /// Pushes of results.
    pub pushes: Vec<WeaverPushed>,
}

impl Handle<'_, Weaver> {
    /// The last approver agrees: the request is archived and its result pushed.
    ///
    /// # Errors
    /// [`ActionError::NotFound`], or [`ActionError::NotNow`] when it is archived.
    pub fn approve(&self, now_ms: i64, id: &str, user: &str, words: &str) -> Result<(), ActionError> {
        self.with(|s| s.move_on(now_ms, id, Act::Approve, user, words))
    }

    /// An approver refuses: the result is pushed, and the request goes back to its creator.
    ///
    /// # Errors
    /// As [`Self::approve`].
    pub fn refuse(&self, now_ms: i64, id: &str, user: &str, words: &str) -> Result<(), ActionError> {
        self.with(|s| s.move_on(now_ms, id, Act::Refuse, user, words))
    }

    /// An approver who is not the last agrees; the step pushes too.
    ///
    /// # Errors
    /// As [`Self::approve`].
    pub fn step(&self, now_ms: i64, id: &str, user: &str) -> Result<(), ActionError> {
        self.with(|s| s.move_on(now_ms, id, Act::Step, user, ""))
    }

    /// It goes back to its creator, taken back or returned, and nothing is pushed.
    ///
    /// # Errors
    /// As [`Self::approve`].
    pub fn give_back(&self, now_ms: i64, id: &str) -> Result<(), ActionError> {
        self.with(|s| s.move_on(now_ms, id, Act::Return, "", ""))
    }

    /// An administrator archives it, and nothing is pushed.
    ///
    /// # Errors
    /// As [`Self::approve`].
    pub fn archive(&self, now_ms: i64, id: &str) -> Result<(), ActionError> {
        self.with(|s| s.move_on(now_ms, id, Act::Archive, "", ""))
    }

    /// It is deleted.
    ///
    /// # Errors
    /// [`ActionError::NotFound`].
    pub fn delete(&self, now_ms: i64, id: &str) -> Result<(), ActionError> {
        self.with(|s| s.move_on(now_ms, id, Act::Delete, "", ""))
    }

    /// Posts the latest result again, as if somebody pressed submit once more; `false` when there was none.
    pub fn push_again(&self, now_ms: i64) -> bool {
        self.with(|s| s.pushes.again(now_ms))
    }

    /// An administrator changes a workflow's form.
    pub fn set_workflow(&self, id: &str, workflow: WeaverWorkflow) {
        self.with(|s| s.options.workflows.insert(id.to_owned(), workflow));
    }

    /// Sets or removes the outgoing action.
    pub fn set_push(&self, push: Option<WeaverPush>) {
        self.with(|s| s.options.push = push);
    }

    /// Whether an app may list a user's requests.
    pub fn set_lists_requests(&self, may: bool) {
        self.with(|s| s.options.lists_requests = may);
    }

    /// How many requests were made, deleted ones too.
    pub fn request_count(&self) -> usize {
        self.with(|s| s.requests.0.len())
    }

    /// Requests in the order of their creation: `id`, `title`, `workflow`, `creator`, `main`, `tables`, `node`.
    pub fn requests(&self) -> Vec<Value> {
        self.with(|s| s.requests.shown())
    }

    /// Files that came with a request.
    pub fn files(&self, id: &str) -> Vec<WeaverFile> {
        self.with(|s| s.requests.get(id).map(|made| made.files.clone()).unwrap_or_default())
    }

    /// Pushes of results.
    pub fn pushes(&self) -> Vec<WeaverPushed> {
        self.with(|s| s.pushes.list().to_vec())
    }

    /// Tokens that were issued.
    pub fn tokens_issued(&self) -> u64 {
        self.with(|s| s.tokens_issued)
    }
}

impl Weaver {
    pub(super) fn snapshot_of(&self) -> WeaverSnapshot {
        WeaverSnapshot {
            tokens_issued: self.tokens_issued,
            requests: self.requests.shown(),
            pushes: self.pushes.list().to_vec(),
        }
    }

    /// The same over `/_sandbox/weaver/…`:
    ///
    /// | call | does |
    /// |---|---|
    /// | `POST weaver/requests/{id}/approve`, `…/refuse`, `…/step` | `{"user","words"}`, both optional |
    /// | `POST weaver/requests/{id}/return`, `…/archive`, `…/delete` | without a push |
    /// | `POST weaver/pushes/again` | posts the latest result again |
    pub(super) fn act_by_hand(
        &mut self,
        now_ms: i64,
        method: &str,
        parts: &[&str],
        body: &[u8],
    ) -> Option<Result<Value, ActionError>> {
        let done = match (method, parts) {
            ("POST", ["requests", id, action]) => self.act_on(now_ms, id, action, body),
            ("POST", ["pushes", "again"]) => {
                self.pushes.again(now_ms);
                Ok(())
            }
            _ => return None,
        };
        Some(done.map(|()| json!({})))
    }

    fn act_on(&mut self, now_ms: i64, id: &str, action: &str, body: &[u8]) -> Result<(), ActionError> {
        let input: Value = if body.is_empty() { Value::Null } else { read(body)? };
        let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or("");
        let act = match action {
            "approve" => Act::Approve,
            "refuse" => Act::Refuse,
            "step" => Act::Step,
            "return" => Act::Return,
            "archive" => Act::Archive,
            "delete" => Act::Delete,
            other => return Err(ActionError::NotFound(format!("action {other}"))),
        };
        self.move_on(now_ms, id, act, text("user"), text("words"))
    }
}
