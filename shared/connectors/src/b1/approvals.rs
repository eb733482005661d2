//! Approval requests, decisions, and the users who decide.

use super::{B1, Entity, Query, WriteOptions, literal};
use crate::base::Effect;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tenon_model::b1::{ApprovalDecision, ApprovalRequest, cut_remarks};
use tenon_model::{DocumentKey, code, decimal};
use tenon_platform::error::{Error, Result};
use tenon_platform::table::{Expect, Key, RecordKind, Write};

/// Pages of approval requests of one draft that are read at most.
const MAX_PAGES: u32 = 20;
/// How long a user's internal key is believed, in ms.
const USER_KEPT_MS: i64 = 86_400_000;

/// The kinds of records there are of users.
pub(super) const KINDS: [RecordKind; 2] =
    [RecordKind::of::<UserRecord>("B1USER"), RecordKind::of::<FaxRecord>("B1USER-FAX")];

#[derive(Debug, Serialize, Deserialize)]
struct UserRecord {
    internal_key: i64,
    read_ms: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct FaxRecord {
    fax: String,
    read_ms: i64,
}

impl B1<'_> {
    /// The approval requests of a draft, oldest first. A draft that was converted has none on sites
    /// where the conversion deletes the request.
    pub async fn approval_requests_of_draft(&self, draft: i64) -> Result<Vec<ApprovalRequest>> {
        Box::pin(self.read_pair(|_, paired| paired == draft)).await?;
        let requests = match self.ahead.requests(draft) {
            Some(known) => known,
            None => {
                let query = Query::new().filter(format!("DraftEntry eq {draft}")).order_by("Code");
                let values = self.read_all("ApprovalRequests", &query, MAX_PAGES).await?;
                values.into_iter().map(request_of).collect::<Result<_>>()?
            }
        };
        self.ahead.see(&requests);
        Ok(requests)
    }

    /// One approval request, or `None` when there is none.
    pub async fn approval_request(&self, code: i64) -> Result<Option<ApprovalRequest>> {
        if let Some(known) = self.ahead.proof(code) {
            return Ok(known);
        }
        let entity = Entity::new("ApprovalRequests").key(&DocumentKey::Number(code));
        self.read_optional(&entity, &Query::new()).await?.map(request_of).transpose()
    }

    /// Decides as the session's user, who must be an approver of the current stage. The remarks are
    /// cut to B1's 200 characters: one more and it refuses the whole decision. Not repeated here
    /// when the outcome is not known; a refused decision leaves the request pending.
    pub async fn decide(&self, code: i64, decision: ApprovalDecision, remarks: &str) -> Result<()> {
        let entity = Entity::new("ApprovalRequests").key(&DocumentKey::Number(code));
        let decision = Self::decision(decision, remarks);
        // A change that follows is made with it only when its user is one who is asked, so that no document
        // names who decided before B1 shows the decision.
        let requested = match self.ahead.takes_change(code) {
            Some(request) => Box::pin(self.own_key()).await.is_some_and(|user| request.waiting_line(user).is_some()),
            None => false,
        };
        let also = self.ahead.follow().filter(|_| requested);
        let in_batch = Box::pin(self.decide_in_batch(code, &decision, also.as_ref()));
        let Some(decided) = in_batch.await? else {
            return self.change(&entity, &decision, WriteOptions::default()).await;
        };
        if let Some(proof) = decided.proof {
            self.ahead.keep_proof(code, proof);
        }
        if let Some((entity, body)) = also.filter(|_| decided.also) {
            self.ahead.keep_followed(&entity, &body);
        }
        Ok(())
    }

    /// The body of a decision.
    pub(super) fn decision(decision: ApprovalDecision, remarks: &str) -> Value {
        // B1 takes an absent field and not always a null one.
        let decision = match cut_remarks(remarks.trim()).trim_end() {
            "" => json!({"Status": decision.word()}),
            remarks => json!({"Status": decision.word(), "Remarks": remarks}),
        };
        json!({"ApprovalRequestDecisions": [decision]})
    }

    /// The internal key of a user: a number stays what it is, a user code is looked up and
    /// remembered for a day.
    ///
    /// # Errors
    /// `b1.no-user` when there is no such user code.
    pub async fn user_key(&self, user: &str) -> Result<i64> {
        let user = code::trim(user);
        if let Some(number) = decimal::whole(user) {
            return Ok(number);
        }
        let now = self.remote.ctx.now_ms();
        let key = Key::new(&self.remote.tenant, "B1USER", &[self.connection.id.as_str()], user);
        let known = self.remote.ctx.extensions.get_or_init::<Users>();
        if let Some(internal_key) = known.get(&key, now) {
            return Ok(internal_key);
        }
        if let Some(stored) = self.remote.ctx.table.get::<UserRecord>(&key).await?
            && now - stored.data.read_ms < USER_KEPT_MS
        {
            known.keep(key, &stored.data);
            return Ok(stored.data.internal_key);
        }
        let filter = format!("UserCode eq {}", literal(&DocumentKey::Text(user.to_owned())));
        let query = Query::new().filter(filter).select(["InternalKey", "UserCode"]).order_by("InternalKey");
        let page = self.page("Users", &query, None).await?;
        let found = page.values.first().and_then(|v| v.get("InternalKey")?.as_i64());
        let internal_key = found.ok_or_else(|| {
            Error::permanent(
                "b1.no-user",
                format!("B1 has no user with the code {user}; correct approver, or give the user's number"),
            )
        })?;
        let record = UserRecord { internal_key, read_ms: now };
        known.keep(key.clone(), &record);
        let expires = Some((now + USER_KEPT_MS) / 1000);
        self.remote.ctx.table.write(Write::put(key, &record, Expect::Anything)?.expiring(expires)).await?;
        Ok(internal_key)
    }
}

/// Numbers of users as this process has read them, for as long as they are remembered in the table.
#[derive(Default)]
struct Users(Mutex<HashMap<Key, (i64, i64)>>);

impl Users {
    fn get(&self, key: &Key, now_ms: i64) -> Option<i64> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(_, read_ms)| now_ms - read_ms < USER_KEPT_MS).map(|(internal_key, _)| *internal_key)
    }

    fn keep(&self, key: Key, record: &UserRecord) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, (record.internal_key, record.read_ms));
    }
}

impl B1<'_> {
    /// The fax number (传真名) of a user, in which sites keep the user's id in the OA; remembered for a day.
    pub async fn user_fax(&self, internal_key: i64) -> Result<Option<String>> {
        let now = self.remote.ctx.now_ms();
        let key = Key::new(&self.remote.tenant, "B1USER-FAX", &[self.connection.id.as_str()], internal_key.to_string());
        if let Some(stored) = self.remote.ctx.table.get::<FaxRecord>(&key).await?
            && now - stored.data.read_ms < USER_KEPT_MS
        {
            return Ok(Some(stored.data.fax));
        }
        let entity = Entity::new("Users").key(&DocumentKey::Number(internal_key));
        let query = Query::new().select(["InternalKey", "FaxNumber"]);
        let user = self.read_optional(&entity, &query).await?;
        let fax = user.as_ref().and_then(|u| u.get("FaxNumber")?.as_str()).map(code::trim).filter(|f| !f.is_empty());
        // One that is missing is looked for again, for somebody may just be filling it in.
        let Some(fax) = fax else { return Ok(None) };
        let record = FaxRecord { fax: fax.to_owned(), read_ms: now };
        let expires = Some((now + USER_KEPT_MS) / 1000);
        self.remote.ctx.table.write(Write::put(key, &record, Expect::Anything)?.expiring(expires)).await?;
        Ok(Some(record.fax))
    }
}

pub(super) fn request_of(value: Value) -> Result<ApprovalRequest> {
    serde_json::from_value(value).map_err(|e| {
        let error = super::error::unreadable(Effect::Read, 200);
        Error { message: format!("an approval request does not have the expected shape: {e}"), status: None, ..error }
            .during("b1 GET ApprovalRequests")
    })
}
