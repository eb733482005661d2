//! What is known of B1 before it is asked for. A reading that came with another (in a poll's page, in a
//! `$batch`) is kept for the one call that would have made it, and given to nobody a second time. It lives and
//! dies with the client, which is made anew for each piece of work.

use super::approvals::request_of;
use super::{B1, Entity};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tenon_model::DocumentKey;
use tenon_model::b1::ApprovalRequest;
use tenon_platform::error::{Error, ErrorKind, Result};

/// An entity with its ETag; `None` when it is gone.
type Reading = Option<(Value, Option<String>)>;

#[derive(Debug, Default)]
pub(super) struct Ahead(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    entities: HashMap<String, Reading>,
    requests: HashMap<i64, Vec<ApprovalRequest>>,
    proofs: HashMap<i64, Option<ApprovalRequest>>,
    pair: Option<(Entity, i64)>,
    /// What a page showed, for as long as the client lives.
    shown: HashMap<String, (Value, Option<String>)>,
    follow: Option<(Entity, Value)>,
    followed: Option<(String, Value)>,
    /// Requests as they were read last.
    seen: HashMap<i64, ApprovalRequest>,
}

impl Ahead {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn entity(&self, path: &str) -> Option<Reading> {
        self.lock().entities.remove(path)
    }

    pub(super) fn requests(&self, draft: i64) -> Option<Vec<ApprovalRequest>> {
        self.lock().requests.remove(&draft)
    }

    pub(super) fn proof(&self, code: i64) -> Option<Option<ApprovalRequest>> {
        self.lock().proofs.remove(&code)
    }

    pub(super) fn keep_proof(&self, code: i64, proof: Option<ApprovalRequest>) {
        self.lock().proofs.insert(code, proof);
    }

    pub(super) fn see(&self, requests: &[ApprovalRequest]) {
        self.lock().seen.extend(requests.iter().map(|r| (r.code, r.clone())));
    }

    /// The change that is to follow the decision on this request, if the decision cannot but be taken: B1
    /// accepts one of a user who is no approver of the current stage and does nothing.
    pub(super) fn takes_change(&self, code: i64) -> Option<ApprovalRequest> {
        let known = self.lock();
        known.follow.as_ref().and_then(|_| known.seen.get(&code).cloned())
    }

    pub(super) fn follow(&self) -> Option<(Entity, Value)> {
        self.lock().follow.take()
    }

    pub(super) fn keep_followed(&self, entity: &Entity, body: &Value) {
        self.lock().followed = Some((entity.path().to_owned(), body.clone()));
    }

    /// Whether this very change has been made.
    pub(super) fn is_made(&self, entity: &Entity, body: &Value) -> bool {
        let mut known = self.lock();
        let made = known.followed.as_ref().is_some_and(|(path, made)| path == entity.path() && made == body);
        if made {
            known.followed = None;
        }
        made
    }
}

impl B1<'_> {
    /// Gives what a page showed of a document to the next read of it, and its approval requests likewise.
    ///
    /// # Errors
    /// `b1.answer` when a request does not have the expected shape.
    pub fn expect(
        &self,
        entity: &Entity,
        shown: (Value, Option<String>),
        requests: Option<(i64, Vec<Value>)>,
    ) -> Result<()> {
        let requests = requests.map(|(draft, all)| {
            all.into_iter().map(request_of).collect::<Result<Vec<_>>>().map(|requests| (draft, requests))
        });
        let requests = requests.transpose()?;
        let mut known = self.ahead.lock();
        known.entities.insert(entity.path().to_owned(), Some(shown.clone()));
        known.shown.insert(entity.path().to_owned(), shown);
        known.requests.extend(requests);
        Ok(())
    }

    /// What a page showed of an entity, with its ETag.
    pub fn shown(&self, entity: &Entity) -> Option<(Value, Option<String>)> {
        self.ahead.lock().shown.get(entity.path()).cloned()
    }

    /// A draft and its approval requests will both be read: whichever is read first brings the other.
    pub fn pair(&self, entity: Entity, draft: i64) {
        self.ahead.lock().pair = Some((entity, draft));
    }

    /// After a decision this change will be made; if it can share the decision's call it is made with it, and
    /// the later [`change`](Self::change) makes no call.
    pub fn will_change(&self, entity: Entity, body: Value) {
        self.ahead.lock().follow = Some((entity, body));
    }

    /// Reads the pair, if it is the one that is wanted.
    pub(super) async fn read_pair(&self, wanted: impl FnOnce(&Entity, i64) -> bool) -> Result<()> {
        let pair = {
            let mut known = self.ahead.lock();
            if known.pair.as_ref().is_some_and(|(entity, draft)| wanted(entity, *draft)) {
                known.pair.take()
            } else {
                None
            }
        };
        let Some((entity, draft)) = pair else { return Ok(()) };
        let Some(reading) = self.draft_with_requests(&entity, draft).await? else { return Ok(()) };
        let mut known = self.ahead.lock();
        let shown = reading.entity.map(|(fields, etag)| (Value::Object(fields), etag));
        known.entities.insert(entity.path().to_owned(), shown);
        known.requests.insert(draft, reading.requests);
        Ok(())
    }
}

/// As B1 says it.
pub(super) fn gone(entity: &Entity) -> Error {
    Error::permanent("b1.not-found", "B1 has no such record")
        .with_kind(ErrorKind::NotFound)
        .with_status(404)
        .during(format!("b1 GET {entity}"))
}

/// The number of a draft.
pub fn draft_number(key: &DocumentKey) -> Option<i64> {
    match key {
        DocumentKey::Number(number) => Some(*number),
        DocumentKey::Text(_) => None,
    }
}
