//! What people do in the two systems by hand: a B1 user adds a document for approval, an OA user
//! fills a form in, an approver presses a button.

use crate::b1::sql::SqlFunction;
use crate::core::{Sandbox, State};
use crate::dingtalk::instances::Ending;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;

/// A document that a B1 user adds and an approval procedure takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDraft {
    /// `1470000113` or `oPurchaseRequest`.
    pub object_code: String,
    /// Header fields; defaults fill the rest.
    #[serde(default)]
    pub fields: Map<String, Value>,
    /// `DocumentLines`; `LineNum` is filled in.
    #[serde(default)]
    pub lines: Vec<Value>,
    /// Internal keys of the approvers of each stage, any one of whom decides it. Empty: a draft
    /// under no approval procedure.
    #[serde(default = "one_stage")]
    pub stages: Vec<Vec<i64>>,
    /// Internal key of the user who adds it.
    #[serde(default = "originator")]
    pub originator: i64,
}

fn one_stage() -> Vec<Vec<i64>> {
    vec![vec![1]]
}

fn originator() -> i64 {
    2
}

impl NewDraft {
    /// A document of a kind with one stage, which the session's user decides.
    pub fn new(object_code: &str) -> Self {
        Self {
            object_code: object_code.to_owned(),
            fields: Map::new(),
            lines: Vec::new(),
            stages: one_stage(),
            originator: originator(),
        }
    }

    /// Adds a header field.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a line.
    #[must_use]
    pub fn line(mut self, line: Value) -> Self {
        self.lines.push(line);
        self
    }

    /// Sets the stages.
    #[must_use]
    pub fn stages(mut self, stages: &[&[i64]]) -> Self {
        self.stages = stages.iter().map(|s| s.to_vec()).collect();
        self
    }
}

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

/// Why a hand's move is not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandError {
    /// No such instance, draft, document or callback.
    NotFound(String),
    /// It is not in a state that allows it.
    NotNow(String),
    /// The input is not of the needed form.
    Invalid(String),
}

impl fmt::Display for HandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(what) => write!(f, "no such {what} in the sandbox"),
            Self::NotNow(why) | Self::Invalid(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for HandError {}

impl Sandbox {
    /// Stores a draft and its approval request. Returns the draft's `DocEntry` and the request's
    /// `Code`, if it has stages.
    ///
    /// # Errors
    /// [`HandError::NotFound`] for an approver who is no user.
    pub fn create_draft(&self, now_ms: i64, draft: NewDraft) -> Result<(i64, Option<i64>), HandError> {
        self.lock().b1.add_draft(now_ms, draft)
    }

    /// Stores a document or custom object; its numeric key is filled in when missing. Returns it as
    /// stored.
    ///
    /// # Errors
    /// [`HandError::NotFound`] for an entity set that is not registered, [`HandError::Invalid`] for
    /// something that is no object or lacks its key, [`HandError::NotNow`] for a key that is taken.
    pub fn create_document(&self, now_ms: i64, set: &str, fields: Value) -> Result<Value, HandError> {
        self.lock().b1.add_document(now_ms, set, fields)
    }

    /// A B1 user changes fields of a document or draft. Lines that are given replace the former ones.
    ///
    /// # Errors
    /// [`HandError::NotFound`] when there is no such document.
    pub fn change_document(&self, now_ms: i64, set: &str, key: i64, fields: Value) -> Result<(), HandError> {
        self.lock().b1.change_document(now_ms, set, key, fields)
    }

    /// A B1 user ends a waiting approval request: `arsNotApproved` refuses it, `arsCancelled` withdraws it.
    ///
    /// # Errors
    /// [`HandError::NotFound`], or [`HandError::NotNow`] for one that has ended.
    pub fn end_request(&self, request: i64, status: &str) -> Result<(), HandError> {
        self.lock().b1.end_request(request, status)
    }

    /// A B1 user hands a draft (of `Drafts` or `PaymentDrafts`) in again, which makes a request with a code of
    /// its own beside the former ones. Returns the code.
    ///
    /// # Errors
    /// [`HandError::NotFound`] when there is no such draft.
    pub fn hand_in_again(&self, now_ms: i64, set: &str, draft: i64) -> Result<i64, HandError> {
        self.lock().b1.hand_in_again(now_ms, set, draft)
    }

    /// An OA user hands a form in again by hand: a new instance with the same controls. `biz_action` is
    /// `REVOKE` where DingTalk says that it replaces the former one.
    ///
    /// # Errors
    /// [`HandError::NotFound`] when there is no such instance.
    pub fn resubmit(&self, now_ms: i64, instance: &str, biz_action: Option<&str>) -> Result<String, HandError> {
        self.lock().resubmit(now_ms, instance, biz_action)
    }

    /// Registers a custom object (UDO) or any other entity set. `key` is its key property; with
    /// `numeric` new ones are numbered.
    pub fn register_set(&self, set: &str, key: &str, numeric: bool) {
        self.lock().b1.register_set(set, key, numeric);
    }

    /// Makes a field unknown to an entity set, like a user field nobody added: reading or writing
    /// it answers `-1000`.
    pub fn remove_field(&self, set: &str, field: &str) {
        self.lock().b1.remove_field(set, field);
    }

    /// Gives B1 a user who can approve with a name and a password. Returns the internal key.
    pub fn add_user(&self, code: &str, name: &str, password: &str) -> i64 {
        self.lock().b1.add_user(code, name, password)
    }

    /// Answers SQL queries whose text contains `part` (any letter case) with the rows of a
    /// function. The latest registration that matches is asked.
    pub fn register_sql(&self, part: &str, function: SqlFunction) {
        self.lock().b1.sql.register(part, function);
    }

    /// Fills a form in; returns the instance id.
    ///
    /// # Errors
    /// [`HandError::NotFound`] for a form that is not registered, when the options name any.
    pub fn create_instance(&self, now_ms: i64, instance: NewInstance) -> Result<String, HandError> {
        self.lock().hand_create(now_ms, instance)
    }

    /// Approves the running task of `user`; an empty user is whoever's turn it is.
    ///
    /// # Errors
    /// [`HandError::NotFound`], or [`HandError::NotNow`] when the user has no running task.
    pub fn approve(&self, now_ms: i64, instance: &str, user: &str, remark: &str) -> Result<(), HandError> {
        self.lock().decide(now_ms, instance, user, remark, true)
    }

    /// Refuses the running task of `user`, which ends the instance.
    ///
    /// # Errors
    /// As [`Self::approve`].
    pub fn refuse(&self, now_ms: i64, instance: &str, user: &str, remark: &str) -> Result<(), HandError> {
        self.lock().decide(now_ms, instance, user, remark, false)
    }

    /// Hands the running task of `user` to `to`.
    ///
    /// # Errors
    /// As [`Self::approve`].
    pub fn redirect(&self, now_ms: i64, instance: &str, user: &str, to: &str) -> Result<(), HandError> {
        self.lock().redirect(now_ms, instance, user, to)
    }

    /// The originator withdraws the instance.
    ///
    /// # Errors
    /// [`HandError::NotFound`], or [`HandError::NotNow`] when it has ended.
    pub fn terminate(&self, now_ms: i64, instance: &str) -> Result<(), HandError> {
        self.lock().end(now_ms, instance, Ending::Terminated)
    }

    /// An administrator deletes the instance, running or ended.
    ///
    /// # Errors
    /// [`HandError::NotFound`].
    pub fn delete(&self, now_ms: i64, instance: &str) -> Result<(), HandError> {
        self.lock().end(now_ms, instance, Ending::Deleted)
    }

    /// Pushes the latest event again, with the same event id. Returns the delivery's id.
    ///
    /// # Errors
    /// [`HandError::NotFound`] when there was none, [`HandError::NotNow`] without a callback URL.
    pub fn replay_last_callback(&self, now_ms: i64) -> Result<u64, HandError> {
        let State { dingtalk, options, .. } = &mut *self.lock();
        dingtalk.callbacks.replay_last(now_ms, options.callback_url.is_some())
    }

    /// Pushes `check_url`, as saving the callback address in the console does. Returns the
    /// delivery's id.
    ///
    /// # Errors
    /// [`HandError::NotNow`] without a callback URL.
    pub fn check_url(&self, now_ms: i64) -> Result<u64, HandError> {
        self.lock().check_url(now_ms)
    }

    /// The address events are pushed to.
    pub fn callback_url(&self) -> Option<String> {
        self.lock().options.callback_url.clone()
    }

    /// Sets or removes the address events are pushed to.
    pub fn set_callback_url(&self, url: Option<String>) {
        self.lock().options.callback_url = url;
    }
}

impl State {
    pub(crate) fn check_url(&mut self, now_ms: i64) -> Result<u64, HandError> {
        if self.options.callback_url.is_none() {
            return Err(HandError::NotNow("the sandbox has no callback URL to check".into()));
        }
        Ok(self.dingtalk.callbacks.push(now_ms, serde_json::json!({"EventType": "check_url"}), true))
    }
}
