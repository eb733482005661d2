//! What B1's users do by hand: add a document for approval, change it, hand it in again, end a request.

use super::production::{StockPut, postings};
use super::target::KeyPart;
use super::{B1, B1Options, ServiceLayer, SqlFunction};
use crate::action::{ActionError, read, whole};
use crate::system::Handle;
use serde::Deserialize;
use serde_json::{Map, Value, json};

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

impl Handle<'_, ServiceLayer> {
    /// Stores a draft and its approval request. Returns the draft's `DocEntry` and the request's
    /// `Code`, if it has stages.
    ///
    /// # Errors
    /// [`ActionError::NotFound`] for an approver who is no user.
    pub fn create_draft(&self, now_ms: i64, draft: NewDraft) -> Result<(i64, Option<i64>), ActionError> {
        self.with(|s| s.b1.add_draft(now_ms, draft))
    }

    /// Stores a document or custom object; its numeric key is filled in when missing. Returns it as
    /// stored.
    ///
    /// # Errors
    /// [`ActionError::NotFound`] for an entity set that is not registered, [`ActionError::Invalid`] for
    /// something that is no object or lacks its key, [`ActionError::NotNow`] for a key that is taken.
    pub fn create_document(&self, now_ms: i64, set: &str, fields: Value) -> Result<Value, ActionError> {
        self.with(|s| s.b1.add_document(now_ms, set, fields))
    }

    /// A B1 user changes fields of a document or draft. Lines that are given replace the former ones.
    ///
    /// # Errors
    /// [`ActionError::NotFound`] when there is no such document.
    pub fn change_document(&self, now_ms: i64, set: &str, key: i64, fields: Value) -> Result<(), ActionError> {
        self.with(|s| s.b1.change_document(&s.options, now_ms, set, key, fields))
    }

    /// A B1 user changes fields of a record whose key is a text.
    ///
    /// # Errors
    /// [`ActionError::NotFound`] when there is no such record.
    pub fn change_record(&self, now_ms: i64, set: &str, key: &str, fields: Value) -> Result<(), ActionError> {
        self.with(|s| s.b1.change_row(&s.options, now_ms, set, KeyPart::Text(key.to_owned()), fields))
    }

    /// A record whose key is a number goes, as by DTW or a cleaning of the company.
    pub fn remove(&self, set: &str, key: i64) {
        self.with(|s| s.b1.remove_row(set, key));
    }

    /// A B1 user ends a waiting approval request: `arsNotApproved` refuses it, `arsCancelled` withdraws it.
    ///
    /// # Errors
    /// [`ActionError::NotFound`], or [`ActionError::NotNow`] for one that has ended.
    pub fn end_request(&self, request: i64, status: &str) -> Result<(), ActionError> {
        self.with(|s| s.b1.end_request(request, status))
    }

    /// A B1 user hands a draft (of `Drafts` or `PaymentDrafts`) in again, which makes a request with a code of
    /// its own beside the former ones. Returns the code.
    ///
    /// # Errors
    /// [`ActionError::NotFound`] when there is no such draft.
    pub fn hand_in_again(&self, now_ms: i64, set: &str, draft: i64) -> Result<i64, ActionError> {
        self.hand_in_again_to(now_ms, set, draft, &[&[1]])
    }

    /// The same, with the approvers of each stage.
    ///
    /// # Errors
    /// As [`Self::hand_in_again`].
    pub fn hand_in_again_to(&self, now_ms: i64, set: &str, draft: i64, stages: &[&[i64]]) -> Result<i64, ActionError> {
        let stages: Vec<Vec<i64>> = stages.iter().map(|stage| stage.to_vec()).collect();
        self.with(|s| s.b1.hand_in_again(now_ms, set, draft, &stages))
    }

    /// Registers a custom object (UDO) or any other entity set. `key` is its key property; with
    /// `numeric` new ones are numbered.
    pub fn register_set(&self, set: &str, key: &str, numeric: bool) {
        self.with(|s| s.b1.register_set(set, key, numeric));
    }

    /// Makes a field unknown to an entity set, like a user field nobody added: reading or writing
    /// it answers `-1000`.
    pub fn remove_field(&self, set: &str, field: &str) {
        self.with(|s| s.b1.remove_field(set, field));
    }

    /// Gives B1 a user who can approve with a name and a password. Returns the internal key.
    pub fn add_user(&self, code: &str, name: &str, password: &str) -> i64 {
        self.with(|s| s.b1.add_user(code, name, password))
    }

    /// Answers SQL queries whose text contains `part` (any letter case) with the rows of a
    /// function. The latest registration that matches is asked.
    pub fn register_sql(&self, part: &str, function: SqlFunction) {
        self.with(|s| s.b1.sql.register(part, function));
    }
}

/// The same over `/_sandbox/…`:
///
/// | call | does |
/// |---|---|
/// | `POST drafts` | adds a document for approval |
/// | `POST documents/{set}` | a document or custom object appears |
/// | `POST documents/{set}/{number}` | changes fields of a document or draft |
/// | `POST documents/{set}/{number}/hand-in` | hands a draft in again: a new approval request |
/// | `POST requests/{code}` | `{"status"}`: an approval request is refused (`arsNotApproved`) or cancelled |
/// | `POST stock` | puts `{"item","warehouse","batch","bin","quantity"}` into stock without a document |
/// | `GET postings` | the booked lines of goods receipts and issues |
/// | `POST sets` | registers an entity set: `{"name","key","numeric"}` |
pub(super) fn act(
    b1: &mut B1,
    options: &B1Options,
    now_ms: i64,
    method: &str,
    parts: &[&str],
    body: &[u8],
) -> Option<Result<Value, ActionError>> {
    if let ("GET", ["postings"]) = (method, parts) {
        return Some(serde_json::to_value(postings(b1)).map_err(|e| ActionError::Invalid(e.to_string())));
    }
    if method != "POST" {
        return None;
    }
    Some(match parts {
        ["stock"] => read::<StockPut>(body).and_then(|put| b1.put_stock(put)).map(|()| json!({})),
        ["drafts"] => read::<NewDraft>(body)
            .and_then(|draft| b1.add_draft(now_ms, draft))
            .map(|(entry, request)| json!({"DocEntry": entry, "ApprovalRequest": request})),
        ["documents", set] => read(body).and_then(|fields| b1.add_document(now_ms, set, fields)),
        ["documents", set, number] => change(b1, options, now_ms, set, number, body),
        ["documents", set, number, "hand-in"] => whole(number)
            .and_then(|draft| b1.hand_in_again(now_ms, set, draft, &[vec![1]]))
            .map(|code| json!({"ApprovalRequest": code})),
        ["requests", code] => end(b1, code, body),
        ["sets"] => register(b1, body),
        _ => return None,
    })
}

fn change(
    b1: &mut B1,
    options: &B1Options,
    now_ms: i64,
    set: &str,
    number: &str,
    body: &[u8],
) -> Result<Value, ActionError> {
    b1.change_document(options, now_ms, set, whole(number)?, read(body)?)?;
    Ok(json!({}))
}

fn end(b1: &mut B1, code: &str, body: &[u8]) -> Result<Value, ActionError> {
    let input: Value = read(body)?;
    b1.end_request(whole(code)?, input.get("status").and_then(Value::as_str).unwrap_or(""))?;
    Ok(json!({}))
}

fn register(b1: &mut B1, body: &[u8]) -> Result<Value, ActionError> {
    let set: Value = read(body)?;
    let text = |name: &str| {
        let found = set.get(name).and_then(Value::as_str);
        found.ok_or_else(|| ActionError::Invalid(format!("{name} is missing or no text")))
    };
    let numeric = set.get("numeric").and_then(Value::as_bool).unwrap_or(false);
    b1.register_set(text("name")?, text("key")?, numeric);
    Ok(json!({}))
}
