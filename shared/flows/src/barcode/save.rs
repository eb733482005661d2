//! A save, answered with what became of it in B1, and done once however often it is sent.

use super::answer::{Done, NotDone, Told};
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
pub async fn save(site: &CompanyCall<'_>, key: Option<&str>, body: &[u8]) -> Told {
    let sent = match tenon_model::json::from_slice(body) {
        Ok(Value::Object(sent)) => sent,
        Ok(_) => return Err(NotDone::at("", "请求体应为 JSON 对象")),
        Err(error) => return Err(NotDone::at("", format!("请求体不是 JSON：{error}"))),
    };
    let request = Request::read(site.barcode, &sent)?;
    let key = key.or(request.named.as_deref());
    if key.is_some_and(|key| key.is_empty() || key.len() > LONGEST_KEY) {
        return Err(NotDone::at("Idempotency-Key", format!("须为 1 至 {LONGEST_KEY} 个字符")));
    }
    let bounded = site.ctx.within_cut(ANSWERED_WITHIN - TO_STORE);
    let text = number::write(&Value::Object(sent.clone()));
    let saving = Saving {
        site,
        ctx: &bounded,
        request: &request,
        sent: &sent,
        hash: record::hash(site.app, key, &text),
        body: sha256_hex(text.as_bytes()),
    };
    let told = saving.answer().await.unwrap_or_else(|error| Err(saving.not_done(&error)));
    erp::release(site.ctx).await;
    told
}

/// One call.
struct Saving<'a> {
    site: &'a CompanyCall<'a>,
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
    async fn answer(&self) -> Result<Told> {
        let mut waited_since = None;
        loop {
            match self.turn(waited_since).await? {
                Turn::Over(record) => return Ok(of(&record, true)),
                Turn::Ours(held) => return Ok(self.work(*held).await),
                Turn::Reused => {
                    let message = "该请求号已用于内容不同的请求；请换一个请求号";
                    return Ok(Err(NotDone::new("barcode.key-reused", message)));
                }
                Turn::Others => {}
            }
            waited_since.get_or_insert_with(|| self.ctx.now_ms());
            if self.ctx.time_left().is_some_and(|left| left < LOOK_AGAIN * 2) {
                let message = "相同的请求正在处理，尚未完成；请稍后重发以取得结果";
                return Ok(Err(NotDone::new("barcode.in-progress", message)));
            }
            self.ctx.clock.sleep(self.ctx.entropy.jitter(LOOK_AGAIN)).await;
        }
    }

    fn name(&self) -> Name<'_> {
        Name { tenant: self.site.tenant, connection: &self.site.barcode.connection, hash: &self.hash }
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
            connection: self.site.barcode.connection.clone(),
            app: self.site.app.to_owned(),
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
    async fn work(&self, mut held: LeasedSave) -> Told {
        let mut steps = Recorder::new(self.ctx, held.record.run.clone());
        steps.note("received", json!({ "app": self.site.app, "body": self.sent }));
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
        let told = result.and_then(|()| of(&held.record, is_over)).map_err(|no| self.with_issue(&held.record, no));
        let failure = told.as_ref().err();
        let status = run::status(held.record.state);
        let message = match failure {
            Some(no) if held.record.state != SaveState::Issued => no.message.clone(),
            _ => run::summary(&held.record),
        };
        let run = run::Told {
            id: held.record.run.clone(),
            document: held.record.document.as_ref().map(|document| document.key.clone()),
            status,
            started_ms: held.record.claimed_ms,
            message,
            code: failure.map(|no| no.code.as_str()),
        };
        run::tell(self.ctx, self.site, &mut steps, run).await;
        if let Err(error) = held.release(self.ctx).await {
            // The lease ends by itself.
            tracing::warn!(error.code = error.code, error.message = %error, "a save's record was not given back");
        }
        told
    }

    async fn steps(&self, held: &mut LeasedSave, steps: &mut Recorder) -> std::result::Result<(), NotDone> {
        let (ctx, site) = (self.ctx, self.site);
        let told = |error: Error| self.not_done(&error);
        breaker::admit(ctx, site.tenant, &[&site.barcode.connection]).await.map_err(told)?;
        let left = ctx.time_left().unwrap_or(ANSWERED_WITHIN);
        let posting = ctx.within_cut(left.saturating_sub(post::TO_LOOK));
        let b1 = site.b1(ctx).map_err(told)?;
        let poster = site.b1(&posting).map_err(told)?;
        let post = Post { ctx, site, b1: &b1, poster: &poster, request: self.request };
        post.through(held, steps).await.map_err(|failed| match failed {
            Failed::Refused(no) => no,
            Failed::Error(error) => self.not_done(&error),
        })
    }

    /// What the caller is told of an error. One that the end of its time has made is told as that.
    fn not_done(&self, error: &Error) -> NotDone {
        let no = NotDone::from(error);
        let is_late = self.ctx.time_left().is_some_and(|left| left < Duration::from_secs(1));
        if error.kind == ErrorKind::OutOfTime || (is_late && error.said.is_none()) {
            return NotDone { code: "timeout".to_owned(), ..no };
        }
        no
    }

    /// A failure after which an issue is there says so.
    fn with_issue(&self, record: &SaveRecord, no: NotDone) -> NotDone {
        match &record.issue {
            Some(issue) => NotDone { data: json!({ "issue": shown(issue) }).to_string(), ..no },
            None => no,
        }
    }
}

fn shown(posted: &Posted) -> Value {
    json!({ "DocEntry": posted.key, "DocNum": posted.number })
}

/// What a record that is over says.
fn of(record: &SaveRecord, repeated: bool) -> Told {
    let Some(document) = record.document.as_ref().filter(|_| record.state == SaveState::Posted) else {
        let code = record.code.as_deref().unwrap_or("barcode.open");
        return Err(NotDone::new(code, run::summary(record)));
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
