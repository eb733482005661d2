//! A save, answered with what became of it in B1, and done once however often it is sent.

use super::answer::{CallFailure, CallOutcome, Done};
use super::post::{self, Failed, Post};
use super::record::{self, LeasedSave, Name};
use super::request::Request;
use super::{ANSWERED_WITHIN, CompanyCall, TO_STORE, run};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenon_connectors::erp;
use tenon_crypto::digest::sha256_hex;
use tenon_model::RunId;
use tenon_model::barcode::{Posted, SaveRecord, SaveState};
use tenon_model::json::number;
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error, ErrorKind, Result, breaker};

/// How long a call has the record for itself: until its last call to B1 can no longer be under way.
pub const LEASE: Duration = Duration::from_secs(45);
/// How often whoever waits for another call of the same request looks.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Longest key that a caller may give.
const LONGEST_KEY: usize = 255;

/// Posts what was sent to B1, once, and says what became of it within twenty-five seconds. `key` is the caller's own
/// name for the save, when it has one.
///
/// # Errors
/// What the caller is told when nothing, or not all of it, was posted.
pub async fn save(call: &CompanyCall<'_>, key: Option<&str>, body: &[u8]) -> CallOutcome {
    let sent = match tenon_model::json::from_slice(body) {
        Ok(Value::Object(sent)) => sent,
        Ok(_) => return Err(CallFailure::at("", "请求体应为 JSON 对象")),
        Err(error) => return Err(CallFailure::at("", format!("请求体不是 JSON：{error}"))),
    };
    let request = Request::read(call.barcode, &sent)?;
    let key = key.or(request.named.as_deref());
    if key.is_some_and(|key| key.is_empty() || key.len() > LONGEST_KEY) {
        return Err(CallFailure::at("Idempotency-Key", format!("须为 1 至 {LONGEST_KEY} 个字符")));
    }
    let bounded = call.ctx.within_cut(ANSWERED_WITHIN - TO_STORE);
    let text = number::write(&Value::Object(sent.clone()));
    let saving = Saving {
        call,
        ctx: &bounded,
        request: &request,
        sent: &sent,
        hash: record::hash(call.app, key, &text),
        body: sha256_hex(text.as_bytes()),
    };
    let outcome = saving.answer().await.unwrap_or_else(|error| Err(saving.not_done(&error)));
    erp::release(call.ctx).await;
    outcome
}

/// One call.
struct Saving<'a> {
    call: &'a CompanyCall<'a>,
    ctx: &'a Context,
    request: &'a Request,
    sent: &'a Map<String, Value>,
    hash: String,
    body: String,
}

/// Whose turn it is.
enum Turn {
    /// Ours.
    Ours(Box<LeasedSave>),
    /// Nobody's any more; this is what came of it.
    Over(Box<SaveRecord>),
    /// Another call's.
    Others,
    /// Of another body.
    Reused,
}

impl Saving<'_> {
    async fn answer(&self) -> Result<CallOutcome> {
        let mut waited_since = None;
        loop {
            match self.turn(waited_since).await? {
                Turn::Over(record) => return Ok(of(&record, true)),
                Turn::Ours(held) => return Ok(self.work(*held).await),
                Turn::Reused => {
                    let message = "该请求号已用于内容不同的请求；请换一个请求号";
                    return Ok(Err(CallFailure::new("barcode.key-reused", message)));
                }
                Turn::Others => {}
            }
            waited_since.get_or_insert_with(|| self.ctx.now_ms());
            if self.ctx.time_left().is_some_and(|left| left < LOOK_AGAIN * 2) {
                let message = "相同的请求正在处理，尚未完成；请稍后重发以取得结果";
                return Ok(Err(CallFailure::new("barcode.in-progress", message)));
            }
            self.ctx.clock.sleep(self.ctx.entropy.jitter(LOOK_AGAIN)).await;
        }
    }

    fn name(&self) -> Name<'_> {
        Name { tenant: self.call.tenant, connection: &self.call.barcode.connection, hash: &self.hash }
    }

    async fn turn(&self, waited_since: Option<i64>) -> Result<Turn> {
        let Some(stored) = record::get(self.ctx, self.name()).await? else {
            let claimed = record::claim(self.ctx, self.name(), self.fresh()?, LEASE).await?;
            return Ok(claimed.map_or(Turn::Others, |held| Turn::Ours(Box::new(held))));
        };
        let found = &stored.data;
        // What failed posted nothing, so its name is free for what was meant.
        if found.body != self.body && found.state != SaveState::Failed {
            return Ok(Turn::Reused);
        }
        let over = match found.state {
            SaveState::Posted => true,
            // What those who sent the same at the same time are told.
            SaveState::Failed => waited_since.is_some_and(|since| found.changed_ms >= since) && found.body == self.body,
            _ => false,
        };
        if over && found.lease.is_none() {
            return Ok(Turn::Over(Box::new(stored.data)));
        }
        let (record, run) = (found.clone(), RunId::new(self.ctx.entropy.id("r-", self.ctx.now_ms())?));
        let begin = |record: &mut SaveRecord| {
            if !over {
                self.begin(record, run);
            }
        };
        // One that is over and leased has no run: whoever worked on it died.
        Ok(match record::take(self.ctx, self.name(), stored, LEASE, begin).await? {
            Some(held) => Turn::Ours(Box::new(held)),
            None if over => Turn::Over(Box::new(record)),
            None => Turn::Others,
        })
    }

    fn fresh(&self) -> Result<SaveRecord> {
        let now = self.ctx.now_ms();
        Ok(SaveRecord {
            connection: self.call.barcode.connection.clone(),
            app: self.call.app.to_owned(),
            method: self.request.method.name.to_owned(),
            body: self.body.clone(),
            attempt: 1,
            state: SaveState::Claimed,
            run: RunId::new(self.ctx.entropy.id("r-", now)?),
            lease: None,
            taken_ms: 0,
            lease_until_ms: 0,
            mark: self.ctx.entropy.id("TN", now)?,
            sending: None,
            sent_ms: None,
            issue: None,
            document: None,
            code: None,
            message: None,
            claimed_ms: now,
            changed_ms: now,
        })
    }

    /// What failed begins anew with what is sent now. What may have been posted is looked for first.
    fn begin(&self, record: &mut SaveRecord, run: RunId) {
        if record.state == SaveState::Failed {
            (record.state, record.attempt, record.run) = (SaveState::Claimed, record.attempt + 1, run);
            (record.code, record.message, record.sending, record.sent_ms) = (None, None, None, None);
            record.claimed_ms = self.ctx.now_ms();
            record.method = self.request.method.name.to_owned();
            record.body.clone_from(&self.body);
        }
    }

    /// Does what is left to do, tells the run and gives the record back.
    async fn work(&self, mut held: LeasedSave) -> CallOutcome {
        let mut steps = Recorder::new(self.ctx, held.record.run.clone());
        steps.note("received", json!({ "app": self.call.app, "body": self.sent }));
        let is_over = matches!(held.record.state, SaveState::Posted | SaveState::Failed);
        let mut result = if is_over { Ok(()) } else { self.steps(&mut held, &mut steps).await };
        if let Err(no) = &result
            && held.record.state == SaveState::Claimed
        {
            // Whoever waits is told that nothing was done, and then nothing is done.
            let (code, message) = (no.code.clone(), no.message.clone());
            let failed = held.advance(self.ctx, SaveState::Failed, |record| {
                (record.code, record.message) = (Some(code), Some(message));
            });
            if let Err(lost) = failed.await {
                result = Err(self.not_done(&lost));
            }
        }
        let outcome = result.and_then(|()| of(&held.record, is_over)).map_err(|no| self.with_issue(&held.record, no));
        let failure = outcome.as_ref().err();
        let status = run::status(held.record.state);
        let message = match failure {
            Some(no) if held.record.state != SaveState::Issued => no.message.clone(),
            _ => run::summary(&held.record),
        };
        let run = run::RunSummary {
            id: held.record.run.clone(),
            document: held.record.document.as_ref().map(|document| document.key.clone()),
            status,
            started_ms: held.record.claimed_ms,
            message,
            code: failure.map(|no| no.code.as_str()),
        };
        run::record_run(self.ctx, self.call, &mut steps, run).await;
        if let Err(error) = held.release(self.ctx).await {
            // The lease ends by itself.
            tracing::warn!(error.code = error.code, error.message = %error, "a save's record was not given back");
        }
        outcome
    }

    async fn steps(&self, held: &mut LeasedSave, steps: &mut Recorder) -> std::result::Result<(), CallFailure> {
        let (ctx, call) = (self.ctx, self.call);
        let not_done = |error: Error| self.not_done(&error);
        breaker::admit(ctx, call.tenant, &[&call.barcode.connection]).await.map_err(not_done)?;
        let left = ctx.time_left().unwrap_or(ANSWERED_WITHIN);
        let posting = ctx.within_cut(left.saturating_sub(post::TO_LOOK));
        let b1 = call.b1(ctx).map_err(not_done)?;
        let poster = call.b1(&posting).map_err(not_done)?;
        let post = Post { ctx, call, b1: &b1, poster: &poster, request: self.request };
        post.through(held, steps).await.map_err(|failed| match failed {
            Failed::Refused(no) => no,
            Failed::Error(error) => self.not_done(&error),
        })
    }

    /// What the caller is told of an error. One that the end of its time has made is told as that.
    fn not_done(&self, error: &Error) -> CallFailure {
        let no = CallFailure::from(error);
        let is_late = self.ctx.time_left().is_some_and(|left| left < Duration::from_secs(1));
        if error.kind == ErrorKind::OutOfTime || (is_late && error.vendor_message.is_none()) {
            return CallFailure { code: "timeout".to_owned(), ..no };
        }
        no
    }

    /// A failure after which an issue is there says so.
    fn with_issue(&self, record: &SaveRecord, no: CallFailure) -> CallFailure {
        match &record.issue {
            Some(issue) => CallFailure { data: json!({ "issue": shown(issue) }).to_string(), ..no },
            None => no,
        }
    }
}

fn shown(posted: &Posted) -> Value {
    json!({ "DocEntry": posted.key, "DocNum": posted.number })
}

/// What a record that is over says.
fn of(record: &SaveRecord, repeated: bool) -> CallOutcome {
    let Some(document) = record.document.as_ref().filter(|_| record.state == SaveState::Posted) else {
        let code = record.code.as_deref().unwrap_or("barcode.open");
        return Err(CallFailure::new(code, run::summary(record)));
    };
    let mut data = shown(document);
    if let Value::Object(fields) = &mut data {
        fields.insert("issue".to_owned(), record.issue.as_ref().map_or(Value::Null, shown));
        if document.is_draft {
            fields.insert("draft".to_owned(), Value::Bool(true));
        }
    }
    Ok(Done { repeated, draft: document.is_draft, ..Done::of(data.to_string()) })
}
