//! A document that the OA pushes, answered with what became of it in the ERP.

use super::record::{self, LeasedRecord, Name};
use super::work::{Doing, Source};
use super::{MARK_LENGTH, fresh, run};
use serde_json::{Map, Value};
use std::time::Duration;
use tenon_connectors::erp;
use tenon_crypto::digest::sha256_hex;
use tenon_model::config::{DocumentFlow, Flow};
use tenon_model::document::{DocumentRecord, DocumentState};
use tenon_model::json::number;
use tenon_model::reply::ResultReply;
use tenon_model::{ConnectionId, FlowId, RunId, TenantId, code};
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::outbox::Entry;
use tenon_platform::{Context, Error, Rejection, Result, Retry};

/// A caller has its answer within this time.
pub const ANSWERED_WITHIN: Duration = Duration::from_secs(25);
/// Of it, what is kept for storing what became of the call.
const TO_STORE: Duration = Duration::from_secs(1);
/// How long a call has the record for itself: until its last call to the ERP can no longer be under way.
pub const LEASE: Duration = Duration::from_secs(45);
/// How often whoever waits for another call of the same request looks.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

fn no(error: &Error) -> ResultReply {
    ResultReply::failure(error.code, super::message_of(error))
}

/// What a record that is over says to a caller who pushed this.
fn of(record: &DocumentRecord, fingerprint: &str) -> ResultReply {
    let mut message = run::summary(record);
    if record.state != DocumentState::Created {
        return ResultReply::failure(record.code.as_deref().unwrap_or("flow.document-open"), message);
    }
    if record.fingerprint.as_deref().is_some_and(|created_of| created_of != fingerprint) {
        message.push_str("; it was created of what was pushed first, which this push differs from");
    }
    ResultReply { key: record.key.as_ref().map(ToString::to_string), ..ResultReply::success(message) }
}

/// Keeps what was pushed with its record.
pub(super) fn keep(record: &mut DocumentRecord, pushed: &Map<String, Value>) {
    let text = number::write(&Value::Object(pushed.clone()));
    let fingerprint = Some(sha256_hex(text.as_bytes()));
    if record.fingerprint != fingerprint {
        // What was corrected is not what is handed over now.
        record.corrected = None;
    }
    record.fingerprint = fingerprint;
    record.pushed = Some(text);
}

fn fingerprint(pushed: &Map<String, Value>) -> String {
    sha256_hex(number::write(&Value::Object(pushed.clone())).as_bytes())
}

/// Creates a pushed document in the ERP, once, and says what became of it within twenty-five seconds.
///
/// # Errors
/// What the request itself lacks; that there is no such flow for this connection; that the table failed. What the ERP
/// says, or does not say, is an answer.
pub async fn push(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    flow: &FlowId,
    pushed: Map<String, Value>,
) -> std::result::Result<ResultReply, Rejection> {
    let loaded = ctx.config.load(tenant).await?;
    let flow = match loaded.flow(flow) {
        Ok(Flow::Document(flow)) if flow.oa == *connection && flow.form.template.is_none() => flow,
        Err(error) if error.retry != Retry::Permanent => return Err(error.into()),
        _ => return Err(Rejection::not_found()),
    };
    let request = request_of(flow, &pushed)?;
    if !flow.enabled {
        let message = format!("flow {} is disabled; set enabled = true and apply the configuration", flow.id);
        return Ok(no(&Error::permanent("flow.disabled", message)));
    }
    let bounded = ctx.within_cut(ANSWERED_WITHIN - TO_STORE);
    let call = Push { ctx: &bounded, loaded: &loaded, flow, pushed: &pushed, fingerprint: fingerprint(&pushed) };
    let name = Name { tenant, oa: &flow.oa, flow: &flow.id, request: &request };
    let answer = call.answer(name).await;
    erp::release(ctx).await;
    Ok(answer?)
}

fn request_of(flow: &DocumentFlow, pushed: &Map<String, Value>) -> std::result::Result<String, Rejection> {
    let text = match pushed.get(&flow.request) {
        Some(Value::String(text)) => code::trim(text).to_owned(),
        Some(other) => number::text_of(other).map(Into::into).unwrap_or_default(),
        None => String::new(),
    };
    match text.encode_utf16().count() {
        0 => Err(Rejection::field(&flow.request, "不能为空：应为OA流程的请求ID")),
        1..=MARK_LENGTH => Ok(text),
        _ => Err(Rejection::field(&flow.request, format!("不能超过{MARK_LENGTH}个字符"))),
    }
}

/// One call.
struct Push<'a> {
    ctx: &'a Context,
    loaded: &'a Loaded,
    flow: &'a DocumentFlow,
    pushed: &'a Map<String, Value>,
    fingerprint: String,
}

/// Whose turn it is.
enum Turn {
    /// Ours.
    Ours(Box<LeasedRecord>),
    /// Nobody's any more; this is what came of it.
    Over(Box<DocumentRecord>),
    /// Another call's.
    Others,
}

impl Push<'_> {
    async fn answer(&self, name: Name<'_>) -> Result<ResultReply> {
        let mut waited_since = None;
        loop {
            match self.turn(name, waited_since).await? {
                Turn::Over(record) => return Ok(of(&record, &self.fingerprint)),
                Turn::Ours(held) => return Ok(self.work(*held).await),
                Turn::Others => {}
            }
            waited_since.get_or_insert_with(|| self.ctx.now_ms());
            if self.ctx.time_left().is_some_and(|left| left < LOOK_AGAIN * 2) {
                let message =
                    "another call of the same request is being worked on and is not done; push it again for its result";
                return Ok(no(&Error::transient("flow.busy", message)));
            }
            self.ctx.clock.sleep(self.ctx.entropy.jitter(LOOK_AGAIN)).await;
        }
    }

    async fn turn(&self, name: Name<'_>, waited_since: Option<i64>) -> Result<Turn> {
        let Some(stored) = record::get(self.ctx, name).await? else {
            let mut fresh = fresh(self.ctx, self.loaded, self.flow, name.request)?;
            keep(&mut fresh, self.pushed);
            let promised = self.promise(name, &fresh)?;
            let claimed = record::claim(self.ctx, name, fresh, LEASE, Some(promised)).await?;
            return Ok(claimed.map_or(Turn::Others, |held| Turn::Ours(Box::new(held))));
        };
        let found = &stored.data;
        let over = match found.state {
            DocumentState::Created | DocumentState::Closed => true,
            // What those who pushed the same at the same time are told.
            DocumentState::Failed => {
                waited_since.is_some_and(|since| found.changed_ms >= since)
                    && found.fingerprint.as_ref() == Some(&self.fingerprint)
            }
            _ => false,
        };
        if over && found.lease.is_none() {
            return Ok(Turn::Over(Box::new(stored.data)));
        }
        let (record, run) = (stored.data.clone(), RunId::new(self.ctx.entropy.id("r-", self.ctx.now_ms())?));
        let promised = if over { None } else { Some(self.promise(name, &record)?) };
        let begin = |record: &mut DocumentRecord| self.begin(record, over, run);
        let taken = record::take_promising(self.ctx, name.tenant, stored, LEASE, promised, begin).await?;
        Ok(match taken {
            Some(held) => Turn::Ours(Box::new(held)),
            None if over => Turn::Over(Box::new(record)),
            None => Turn::Others,
        })
    }

    /// The message that goes on with a document whose call dies, once the call is over in any case.
    fn promise(&self, name: Name<'_>, record: &DocumentRecord) -> Result<Entry> {
        let left_until = self.ctx.now_ms() + millis(LEASE);
        Ok(super::promise(self.ctx, name.tenant, record)?.left_until(left_until))
    }

    /// What failed begins anew with what is pushed now. What may have been created is looked for first.
    fn begin(&self, record: &mut DocumentRecord, over: bool, run: RunId) {
        match record.state {
            DocumentState::Failed if !over => {
                (record.state, record.attempt, record.run) = (DocumentState::Claimed, record.attempt + 1, run);
                (record.code, record.message, record.claimed_ms) = (None, None, self.ctx.now_ms());
                keep(record, self.pushed);
            }
            DocumentState::Claimed => keep(record, self.pushed),
            _ => {}
        }
    }

    async fn work(&self, held: LeasedRecord) -> ResultReply {
        let doing = Doing { ctx: self.ctx, loaded: self.loaded, flow: self.flow, is_awaited: true };
        let (record, outcome) = doing.ended(held, Source::Pushed(self.pushed)).await;
        match outcome {
            _ if record.state == DocumentState::Created => of(&record, &self.fingerprint),
            Err(error) => no(&error),
            Ok(_) => of(&record, &self.fingerprint),
        }
    }
}
