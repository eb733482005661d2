//! What people do in DingTalk by hand: fill a form in, press a button, withdraw, delete; and what an
//! administrator does in its console.

use super::DingTalk;
use super::instances::Ending;
use crate::action::{ActionError, read};
use crate::system::Handle;
use serde::Deserialize;
use serde_json::{Value, json};

/// A form that an OA user fills in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewInstance {
    /// The form.
    pub process_code: String,
    /// userId of who fills it in.
    #[serde(default = "oa_originator")]
    pub originator: String,
    /// Control names and value texts; a table is written as for the API.
    #[serde(default)]
    pub fields: Vec<(String, String)>,
    /// userIds of the approvers of each stage, any one of whom decides it; empty takes the
    /// options' default.
    #[serde(default)]
    pub stages: Vec<Vec<String>>,
    /// `NONE`, or `REVOKE` and `MODIFY` for an instance about another.
    #[serde(default)]
    pub biz_action: Option<String>,
    /// The instance it is about.
    #[serde(default)]
    pub main_instance: Option<String>,
}

fn oa_originator() -> String {
    "zhangsan".to_owned()
}

impl NewInstance {
    /// A form of a kind, filled in by the demo user.
    pub fn new(process_code: &str) -> Self {
        Self {
            process_code: process_code.to_owned(),
            originator: oa_originator(),
            fields: Vec::new(),
            stages: Vec::new(),
            biz_action: None,
            main_instance: None,
        }
    }

    /// Adds a control.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Handle<'_, DingTalk> {
    /// Files in the approval app's space.
    pub fn files(&self) -> Vec<super::DingTalkFile> {
        self.with(|s| s.space.files.clone())
    }

    /// An OA user hands a form in again by hand: a new instance with the same controls. `biz_action` is
    /// `REVOKE` where DingTalk says that it replaces the former one.
    ///
    /// # Errors
    /// [`ActionError::NotFound`] when there is no such instance.
    pub fn resubmit(&self, now_ms: i64, instance: &str, biz_action: Option<&str>) -> Result<String, ActionError> {
        self.with(|s| s.resubmit(now_ms, instance, biz_action))
    }

    /// Fills a form in; returns the instance id.
    ///
    /// # Errors
    /// [`ActionError::NotFound`] for a form that is not registered, when the options name any.
    pub fn create_instance(&self, now_ms: i64, instance: NewInstance) -> Result<String, ActionError> {
        self.with(|s| s.fill_in(now_ms, instance))
    }

    /// Approves the running task of `user`; an empty user is whoever's turn it is.
    ///
    /// # Errors
    /// [`ActionError::NotFound`], or [`ActionError::NotNow`] when the user has no running task.
    pub fn approve(&self, now_ms: i64, instance: &str, user: &str, remark: &str) -> Result<(), ActionError> {
        self.with(|s| s.decide(now_ms, instance, user, remark, true))
    }

    /// Refuses the running task of `user`, which ends the instance.
    ///
    /// # Errors
    /// As [`Self::approve`].
    pub fn refuse(&self, now_ms: i64, instance: &str, user: &str, remark: &str) -> Result<(), ActionError> {
        self.with(|s| s.decide(now_ms, instance, user, remark, false))
    }

    /// Hands the running task of `user` to `to`.
    ///
    /// # Errors
    /// As [`Self::approve`].
    pub fn redirect(&self, now_ms: i64, instance: &str, user: &str, to: &str) -> Result<(), ActionError> {
        self.with(|s| s.redirect(now_ms, instance, user, to))
    }

    /// The originator withdraws the instance.
    ///
    /// # Errors
    /// [`ActionError::NotFound`], or [`ActionError::NotNow`] when it has ended.
    pub fn terminate(&self, now_ms: i64, instance: &str) -> Result<(), ActionError> {
        self.with(|s| s.end(now_ms, instance, Ending::Terminated))
    }

    /// An administrator deletes the instance, running or ended.
    ///
    /// # Errors
    /// [`ActionError::NotFound`].
    pub fn delete(&self, now_ms: i64, instance: &str) -> Result<(), ActionError> {
        self.with(|s| s.end(now_ms, instance, Ending::Deleted))
    }

    /// Pushes the latest event again, with the same event id. Returns the delivery's id.
    ///
    /// # Errors
    /// [`ActionError::NotFound`] when there was none, [`ActionError::NotNow`] without a callback URL.
    pub fn replay_last_callback(&self, now_ms: i64) -> Result<u64, ActionError> {
        self.with(|s| s.replay_last(now_ms))
    }

    /// Pushes `check_url`, as saving the callback address in the console does. Returns the
    /// delivery's id.
    ///
    /// # Errors
    /// [`ActionError::NotNow`] without a callback URL.
    pub fn check_url(&self, now_ms: i64) -> Result<u64, ActionError> {
        self.with(|s| s.check_url(now_ms))
    }

    /// The address events are pushed to.
    pub fn callback_url(&self) -> Option<String> {
        self.with(|s| s.options.callback_url.clone())
    }

    /// Sets or removes the address events are pushed to.
    pub fn set_callback_url(&self, url: Option<String>) {
        self.with(|s| s.options.callback_url = url);
    }
}

impl DingTalk {
    fn replay_last(&mut self, now_ms: i64) -> Result<u64, ActionError> {
        self.callbacks.replay_last(now_ms, self.options.callback_url.is_some())
    }

    fn check_url(&mut self, now_ms: i64) -> Result<u64, ActionError> {
        if self.options.callback_url.is_none() {
            return Err(ActionError::NotNow("the sandbox has no callback URL to check".into()));
        }
        Ok(self.callbacks.push(now_ms, json!({"EventType": "check_url"}), true))
    }

    /// The same over `/_sandbox/…`:
    ///
    /// | call | does |
    /// |---|---|
    /// | `POST instances` | fills a form in |
    /// | `POST instances/{id}/approve`, `…/refuse` | `{"user","remark"}`, both optional |
    /// | `POST instances/{id}/redirect` | `{"user","to"}` |
    /// | `POST instances/{id}/terminate`, `…/delete` | withdrawn by the originator, deleted |
    /// | `POST instances/{id}/resubmit` | handed in again by hand; `{"biz_action"}` is optional |
    /// | `POST callbacks/replay`, `callbacks/check-url` | pushes again, pushes the address check |
    /// | `PUT callbacks/url` | `{"url"}`; null stops the pushing |
    pub(super) fn act_by_hand(
        &mut self,
        now_ms: i64,
        method: &str,
        parts: &[&str],
        body: &[u8],
    ) -> Option<Result<Value, ActionError>> {
        Some(match (method, parts) {
            ("POST", ["instances"]) => {
                read::<NewInstance>(body).and_then(|new| self.fill_in(now_ms, new)).map(|id| json!({"instanceId": id}))
            }
            ("POST", ["instances", id, action]) => self.act_on(now_ms, id, action, body),
            ("POST", ["callbacks", "replay"]) => self.replay_last(now_ms).map(|id| json!({"id": id})),
            ("POST", ["callbacks", "check-url"]) => self.check_url(now_ms).map(|id| json!({"id": id})),
            ("PUT", ["callbacks", "url"]) => read::<Value>(body).map(|input| {
                self.options.callback_url = input.get("url").and_then(Value::as_str).map(str::to_owned);
                json!({})
            }),
            _ => return None,
        })
    }

    fn act_on(&mut self, now_ms: i64, id: &str, action: &str, body: &[u8]) -> Result<Value, ActionError> {
        let input: Value = if body.is_empty() { Value::Null } else { read(body)? };
        let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or("");
        match action {
            "approve" => self.decide(now_ms, id, text("user"), text("remark"), true)?,
            "refuse" => self.decide(now_ms, id, text("user"), text("remark"), false)?,
            "redirect" => self.redirect(now_ms, id, text("user"), text("to"))?,
            "terminate" => self.end(now_ms, id, Ending::Terminated)?,
            "delete" => self.end(now_ms, id, Ending::Deleted)?,
            "resubmit" => {
                let new = self.resubmit(now_ms, id, input.get("biz_action").and_then(Value::as_str))?;
                return Ok(json!({"instanceId": new}));
            }
            other => return Err(ActionError::NotFound(format!("action {other}"))),
        }
        Ok(json!({}))
    }
}
