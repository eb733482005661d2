//! What an approval needs of B1, in as few calls as it can be had: reads that do not depend on each other
//! share a `$batch`, and so do a decision and its proof. Where a site's `$batch` is off, each call is made by
//! itself.
//!
//! A `$batch` with a change is used only after one of reads was answered: what becomes of a change behind a
//! gateway that swallows batches would have to be looked for each time.

use super::approvals::request_of;
use super::query::literal;
use super::{B1, Batch, BatchAnswer, Change, Entity, Query, WriteOptions};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use tenon_model::b1::ApprovalRequest;
use tenon_model::{ConnectionId, DocumentKey, TenantId};
use tenon_platform::error::{ErrorKind, Result, Retry};

/// How long it is doubted after a batch of reads was not answered.
const DOUBTED_MS: i64 = 60_000;
/// How long a site's `$batch` is taken to be off.
const OFF_MS: i64 = 3_600_000;
/// Pages of approval requests of a page's drafts that are read at most.
const MAX_PAGES: u32 = 20;
/// Rows asked for at once where every document asked for may have some.
const ROWS: u32 = 500;
/// Characters of one list of keys in a filter, well within what servers take of an address.
const LONGEST_LIST: usize = 1_500;
/// Between the names of a list.
const OR: &str = " or ";

#[derive(Clone, Copy, Debug)]
enum Known {
    Works,
    OffUntil(i64),
}

#[derive(Default)]
struct Batches(Mutex<HashMap<(TenantId, ConnectionId), Known>>);

/// Connections whose own user is not found among the users.
#[derive(Default)]
struct Nameless(Mutex<HashSet<(TenantId, ConnectionId)>>);

/// A draft and its approval requests, read together.
#[derive(Clone, Debug)]
pub(super) struct DraftReading {
    /// The draft with its ETag; `None` when it is gone.
    pub entity: Option<(Map<String, Value>, Option<String>)>,
    /// Its requests, oldest first; of other kinds of draft too, when they have the same number.
    pub requests: Vec<ApprovalRequest>,
}

/// What came of a decision.
#[derive(Debug)]
pub(super) struct Decided {
    /// The request as it reads afterwards, when that is known: `Some(None)` when B1 has deleted it, as it does
    /// when the draft is added.
    pub proof: Option<Option<ApprovalRequest>>,
    /// Whether the change that was to follow is made. If not, it is to be made by itself.
    pub also: bool,
}

impl B1<'_> {
    fn batches(&self) -> Option<Known> {
        let batches = self.remote.ctx.extensions.get_or_init::<Batches>();
        let known = batches.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(self.remote.tenant.clone(), self.connection.id.clone())).copied()
    }

    fn batch_is_off(&self) -> bool {
        matches!(self.batches(), Some(Known::OffUntil(until)) if self.remote.ctx.now_ms() < until)
    }

    fn learn(&self, known: Known) {
        let batches = self.remote.ctx.extensions.get_or_init::<Batches>();
        let mut map = batches.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.insert((self.remote.tenant.clone(), self.connection.id.clone()), known);
    }

    /// A batch of reads; `None` where the site's `$batch` cannot be used.
    async fn batch_of_reads(&self, batch: &Batch) -> Result<Option<Vec<BatchAnswer>>> {
        if self.batch_is_off() {
            return Ok(None);
        }
        match self.batch(batch).await {
            Ok(answers) => {
                self.learn(Known::Works);
                Ok(Some(answers))
            }
            // Not found, not allowed, not understood, or not B1's answer.
            Err(error) if error.retry == Retry::Permanent => {
                tracing::info!(b1.connection = %self.connection.id, error.code = error.code, error.message = %error, "B1 takes no batch; calls are made one by one");
                self.learn(Known::OffUntil(self.remote.ctx.now_ms() + OFF_MS));
                Ok(None)
            }
            // That this work's time ends says nothing of the site.
            Err(error) if error.kind == ErrorKind::OutOfTime => Err(error),
            // A gateway may swallow batches alone: by itself each call says whether B1 is there.
            Err(error) if error.retry == Retry::Transient => {
                self.learn(Known::OffUntil(self.remote.ctx.now_ms() + DOUBTED_MS));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads a draft and its approval requests in one call; `None` where that cannot be had.
    pub(super) async fn draft_with_requests(&self, entity: &Entity, draft: i64) -> Result<Option<DraftReading>> {
        let query = Query::new().filter(format!("DraftEntry eq {draft}")).order_by("Code");
        // The requests first: B1 stops at the first that fails, and a draft may be gone.
        let batch = Batch::new().read(&Entity::new("ApprovalRequests"), &query).read(entity, &Query::new());
        match self.batch_of_reads(&batch).await? {
            Some(answers) => read_draft(answers),
            None => Ok(None),
        }
    }

    /// Decides and reads the request back, and makes the change that is to follow, in one call. `None` where
    /// that cannot be had, and nothing was done. B1 stops at the first that fails, so the change is made after
    /// a decision that was accepted, or not at all.
    pub(super) async fn decide_in_batch(
        &self,
        code: i64,
        decision: &Value,
        also: Option<&(Entity, Value)>,
    ) -> Result<Option<Decided>> {
        if !matches!(self.batches(), Some(Known::Works)) {
            return Ok(None);
        }
        let request = Entity::new("ApprovalRequests").key(&DocumentKey::Number(code));
        let plain = WriteOptions::default();
        let mut batch = Batch::new().changes([Change::patch(&request, decision.clone(), &plain)]);
        batch = batch.read(&request, &Query::new());
        if let Some((entity, body)) = also {
            batch = batch.changes([Change::patch(entity, body.clone(), &plain)]);
        }
        match self.batch(&batch).await {
            Ok(answers) => decided(answers).map(Some),
            // The batch itself was refused: nothing of it was carried out.
            Err(error) if error.retry == Retry::Permanent => {
                self.learn(Known::OffUntil(self.remote.ctx.now_ms() + OFF_MS));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The internal key of the connection's own user, when B1 knows one of that code. Asked once.
    pub(super) async fn own_key(&self) -> Option<i64> {
        let nameless = self.remote.ctx.extensions.get_or_init::<Nameless>();
        let name = (self.remote.tenant.clone(), self.connection.id.clone());
        if nameless.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&name) {
            return None;
        }
        match self.user_key(&self.connection.username).await {
            Ok(key) => Some(key),
            Err(error) => {
                if error.retry == Retry::Permanent {
                    nameless.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
                }
                None
            }
        }
    }

    /// The approval requests of several drafts as B1 gives them, by draft, oldest first.
    pub async fn approval_requests_of_drafts(&self, drafts: &[i64]) -> Result<HashMap<i64, Vec<Value>>> {
        let keys: Vec<DocumentKey> = drafts.iter().map(|draft| DocumentKey::Number(*draft)).collect();
        let mut found: HashMap<i64, Vec<Value>> = HashMap::new();
        for filter in filters("DraftEntry", &keys) {
            let query = Query::new().filter(filter).order_by("Code").page_size(ROWS);
            for value in self.read_all("ApprovalRequests", &query, MAX_PAGES).await? {
                if let Some(draft) = value.get("DraftEntry").and_then(Value::as_i64) {
                    found.entry(draft).or_default().push(value);
                }
            }
        }
        Ok(found)
    }

    /// Entities of a set whose fields have these values, within a filter, with these fields; the first is the key.
    pub async fn matching(
        &self,
        set: &str,
        equal: &[(&str, &DocumentKey)],
        within: Option<&str>,
        select: &[&str],
    ) -> Result<Vec<Map<String, Value>>> {
        let within = within.map(|filter| format!("({filter})"));
        let conditions = equal.iter().map(|(field, value)| format!("{field} eq {}", literal(value)));
        let filter = within.into_iter().chain(conditions).collect::<Vec<_>>().join(" and ");
        let key = select.first().copied().unwrap_or_default();
        let query = Query::new().filter(filter).select(select.iter().copied()).order_by(key);
        let found = self.read_all(set, &query, MAX_PAGES).await?;
        Ok(found.into_iter().filter_map(|v| if let Value::Object(entity) = v { Some(entity) } else { None }).collect())
    }

    /// Whole entities of a set by their keys, each with its ETag where the list gives one. Those that are gone
    /// are left out.
    pub async fn entities(
        &self,
        set: &str,
        key: &str,
        keys: &[DocumentKey],
    ) -> Result<HashMap<DocumentKey, (Map<String, Value>, Option<String>)>> {
        self.entities_with(set, key, keys, &[]).await
    }

    /// The same with these fields alone, and then without ETags; with all of them when none is named.
    pub async fn entities_with(
        &self,
        set: &str,
        key: &str,
        keys: &[DocumentKey],
        select: &[&str],
    ) -> Result<HashMap<DocumentKey, (Map<String, Value>, Option<String>)>> {
        let mut found = HashMap::new();
        for filter in filters(key, keys) {
            let rows = u32::try_from(keys.len()).unwrap_or(ROWS).max(1);
            let query = Query::new().filter(filter).order_by(key).page_size(rows).select(select.iter().copied());
            for value in self.read_all(set, &query, MAX_PAGES).await? {
                let Value::Object(mut entity) = value else { continue };
                let etag = ["odata.etag", "@odata.etag"].iter().find_map(|name| entity.remove(*name));
                let etag = etag.and_then(|etag| etag.as_str().map(str::to_owned));
                // With a selection it is that of an older version.
                let etag = etag.filter(|_| select.is_empty());
                if let Some(key) = entity.get(key).and_then(DocumentKey::from_json) {
                    found.insert(key, (entity, etag));
                }
            }
        }
        Ok(found)
    }
}

/// Filters that together find these keys: a range where nearly all of it is asked for, lists otherwise.
fn filters(name: &str, keys: &[DocumentKey]) -> Vec<String> {
    let numbers: Option<Vec<i64>> =
        keys.iter().map(|key| if let DocumentKey::Number(n) = key { Some(*n) } else { None }).collect();
    if let Some(numbers) = numbers
        && let (Some(least), Some(most)) = (numbers.iter().min(), numbers.iter().max())
        && numbers.len() > 1
        && usize::try_from(most.saturating_sub(*least)).is_ok_and(|span| span < numbers.len() * 2)
    {
        return vec![format!("{name} ge {least} and {name} le {most}")];
    }
    let mut lists: Vec<String> = Vec::new();
    for key in keys {
        let one = format!("{name} eq {}", literal(key));
        match lists.last_mut() {
            Some(list) if list.len() + OR.len() + one.len() < LONGEST_LIST => {
                list.push_str(OR);
                list.push_str(&one);
            }
            _ => lists.push(one),
        }
    }
    lists
}

/// What came of a decision in a batch. An error of its own part is the decision's.
fn decided(answers: Vec<BatchAnswer>) -> Result<Decided> {
    let mut by_step: BTreeMap<usize, BatchAnswer> = answers.into_iter().map(|a| (a.step, a)).collect();
    match by_step.remove(&0) {
        Some(answer) => answer.result.map(|_| ())?,
        None => return Err(super::SERVICE_LAYER.unknown("the answer to a batch tells nothing of its decision")),
    }
    let proof = match by_step.remove(&1).map(|answer| answer.result) {
        Some(Ok(value)) => request_of(value).ok().map(Some),
        Some(Err(error)) if error.kind() == ErrorKind::NotFound => Some(None),
        // The decision is taken; its proof is read by itself.
        Some(Err(_)) | None => None,
    };
    let also = by_step.remove(&2).is_some_and(|answer| answer.result.is_ok());
    Ok(Decided { proof, also })
}

/// The reading of a batch; `None` when its second part says nothing.
fn read_draft(answers: Vec<BatchAnswer>) -> Result<Option<DraftReading>> {
    let mut by_step: BTreeMap<usize, BatchAnswer> = answers.into_iter().map(|a| (a.step, a)).collect();
    let (Some(requests), draft) = (by_step.remove(&0), by_step.remove(&1)) else { return Ok(None) };
    let requests = requests.result?;
    // More requests than a page is unheard of; they are then read page by page.
    let paged = ["odata.nextLink", "@odata.nextLink"].iter().any(|name| requests.get(*name).is_some());
    let (Some(Value::Array(values)), false) = (requests.get("value"), paged) else { return Ok(None) };
    let requests: Result<Vec<ApprovalRequest>> = values.iter().cloned().map(request_of).collect();
    let Some(draft) = draft else { return Ok(None) };
    let entity = match draft.result {
        Ok(Value::Object(mut entity)) => {
            // Trusted is the header of the part; the body's may be stale.
            entity.remove("odata.metadata");
            Some((entity, draft.etag))
        }
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    Ok(Some(DraftReading { entity, requests: requests? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_asked_for_as_a_range_and_others_by_name() {
        let numbers = |all: &[i64]| all.iter().map(|n| DocumentKey::Number(*n)).collect::<Vec<_>>();
        assert_eq!(filters("K", &numbers(&[3, 1, 2, 5])), ["K ge 1 and K le 5"]);
        assert_eq!(filters("K", &numbers(&[1, 900])), ["K eq 1 or K eq 900"]);
        assert_eq!(filters("K", &numbers(&[7])), ["K eq 7"]);
        assert_eq!(filters("K", &[DocumentKey::Text("a'b".into())]), ["K eq 'a''b'"]);
        let many: Vec<i64> = (0..400).map(|n| n * 1000).collect();
        let lists = filters("DraftEntry", &numbers(&many));
        assert!(lists.len() > 1 && lists.iter().all(|list| list.len() < LONGEST_LIST));
        assert_eq!(lists.iter().map(|list| list.matches(" eq ").count()).sum::<usize>(), 400);
        assert!(filters("K", &[]).is_empty());
    }
}
