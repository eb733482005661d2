//! From a claimed record to what B1 has of it: the document, and before it the issue of a backflush, both at once or one
//! after the other. What may have been carried out is looked for, by the key that it carries, before anything is sent
//! again.

use super::CompanyCall;
use super::answer::CallFailure;
use super::backflush;
use super::record::LeasedSave;
use super::request::Request;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenon_connectors::SETTLES;
use tenon_connectors::b1::{B1, Batch, Change, Entity, Query, WriteOptions};
use tenon_connectors::erp;
use tenon_model::DocumentKey;
use tenon_model::barcode::{Posted, SaveState, Sending};
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error, ErrorKind, Result, Retry};

/// What is kept of a call's time for looking what became of a post that was not answered.
pub(super) const TO_LOOK: Duration = Duration::from_secs(4);
/// The set of issues.
const ISSUES: &str = "InventoryGenExits";

/// Why a save is not done.
#[derive(Debug)]
pub(super) enum Failed {
    /// A reason for the caller.
    Refused(CallFailure),
    /// An error.
    Error(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<CallFailure> for Failed {
    fn from(no: CallFailure) -> Self {
        Self::Refused(no)
    }
}

/// What B1 shows of a save.
#[derive(Debug, Default)]
struct Found {
    issue: Option<Posted>,
    document: Option<Posted>,
}

/// What came of a post.
enum Sent {
    /// It is there.
    Posted(Found),
    /// The Service Layer has no `$batch`, and nothing was done.
    NoBatch,
}

/// One save's work.
pub(super) struct Post<'a> {
    pub ctx: &'a Context,
    pub call: &'a CompanyCall<'a>,
    /// For looking.
    pub b1: &'a B1<'a>,
    /// For posting: it gives up while there is time to look.
    pub poster: &'a B1<'a>,
    pub request: &'a Request,
}

impl Post<'_> {
    /// Goes on from what is stored until all of it is posted.
    pub async fn through(&self, held: &mut LeasedSave, steps: &mut Recorder) -> std::result::Result<(), Failed> {
        if held.record.state.is_unclear() {
            self.clear_up(held, steps).await?;
        }
        // An issue, then its receipt; what stands still is an error above.
        for _ in 0..3 {
            match held.record.state {
                SaveState::Posted => return Ok(()),
                SaveState::Claimed => self.begin(held, steps).await?,
                SaveState::Issued => self.document(held, steps).await?,
                SaveState::Posting | SaveState::Unknown | SaveState::Failed => break,
            }
        }
        match held.record.state {
            SaveState::Posted => Ok(()),
            state => Err(Error::permanent("flow.transition", format!("a save stands still at {state:?}")).into()),
        }
    }

    async fn begin(&self, held: &mut LeasedSave, steps: &mut Recorder) -> std::result::Result<(), Failed> {
        let Some(backflush) = &self.request.backflush else { return self.document(held, steps).await };
        let Some(issue) = backflush::plan(self, backflush, steps).await? else {
            return self.document(held, steps).await;
        };
        if self.call.barcode.changeset && self.both(held, &issue, steps).await? {
            return Ok(());
        }
        self.issue(held, &issue, steps).await
    }

    /// Posts the document itself.
    async fn document(&self, held: &mut LeasedSave, steps: &mut Recorder) -> std::result::Result<(), Failed> {
        let body = self.marked(Sending::Document, &self.request.document, &held.record.mark);
        let set = self.request.object.as_str();
        let call = async {
            let answer = self.poster.create(set, &body, WriteOptions::default()).await?;
            Ok(Sent::Posted(Found { issue: None, document: posted(&answer, &self.request.key) }))
        };
        let input = json!({ "set": set, "document": body });
        self.send(held, Sending::Document, input, call, steps).await.map(|_| ())
    }

    /// Posts the issue alone.
    async fn issue(
        &self,
        held: &mut LeasedSave,
        issue: &Map<String, Value>,
        steps: &mut Recorder,
    ) -> std::result::Result<(), Failed> {
        let body = self.marked(Sending::Issue, issue, &held.record.mark);
        let call = async {
            let answer = self.poster.create(ISSUES, &body, WriteOptions::default()).await?;
            Ok(Sent::Posted(Found { issue: posted(&answer, "DocEntry"), document: None }))
        };
        let input = json!({ "set": ISSUES, "document": body });
        self.send(held, Sending::Issue, input, call, steps).await.map(|_| ())
    }

    /// Posts issue and document in one changeset; `false` when there is none, and nothing was done.
    async fn both(
        &self,
        held: &mut LeasedSave,
        issue: &Map<String, Value>,
        steps: &mut Recorder,
    ) -> std::result::Result<bool, Failed> {
        let issue = self.marked(Sending::Issue, issue, &held.record.mark);
        let document = self.marked(Sending::Document, &self.request.document, &held.record.mark);
        let set = self.request.object.as_str();
        let input =
            json!({ "changeset": [{ "set": ISSUES, "document": issue }, { "set": set, "document": document }] });
        let batch = Batch::new().changes([Change::create(ISSUES, issue), Change::create(set, document)]);
        let call = async {
            let answers = match self.poster.batch(&batch).await {
                Err(error) if has_no_batch(&error) => return Ok(Sent::NoBatch),
                answers => answers?,
            };
            let mut found = Found::default();
            for answer in answers {
                let entity = answer.result?;
                match answer.change {
                    Some(0) => found.issue = posted(&entity, "DocEntry"),
                    Some(1) => found.document = posted(&entity, &self.request.key),
                    _ => {}
                }
            }
            Ok(Sent::Posted(found))
        };
        self.send(held, Sending::Both, input, call, steps).await
    }

    /// Sends something once, and stores what came of it. Whether it was sent at all.
    async fn send(
        &self,
        held: &mut LeasedSave,
        sending: Sending,
        input: Value,
        call: impl Future<Output = Result<Sent>>,
        steps: &mut Recorder,
    ) -> std::result::Result<bool, Failed> {
        let now = self.ctx.now_ms();
        held.advance(self.ctx, SaveState::Posting, |record| {
            (record.sending, record.sent_ms) = (Some(sending), Some(now));
        })
        .await?;
        held.note_sent(self.ctx);
        let name = match sending {
            Sending::Document => "post document",
            Sending::Issue => "post issue",
            Sending::Both => "post issue and document",
        };
        let sent = steps.step(name, input, async {
            let sent = self.in_time(call, TO_LOOK / 2).await?;
            let note = match &sent {
                Sent::Posted(found) => json!({ "issue": found.issue, "document": found.document }),
                Sent::NoBatch => json!("the Service Layer takes no $batch"),
            };
            Ok((sent, note))
        });
        match sent.await {
            Ok(Sent::NoBatch) => {
                held.advance(self.ctx, SaveState::Claimed, |record| record.sent_ms = None).await?;
                Ok(false)
            }
            Ok(Sent::Posted(found)) if found.is_whole(sending) => self.settle(held, found).await.map(|()| true),
            // Some sites answer without the document.
            Ok(Sent::Posted(_)) => {
                held.advance(self.ctx, SaveState::Unknown, |_| {}).await?;
                self.clear_up(held, steps).await.map(|()| true)
            }
            Err(error) => self.not_answered(held, error, steps).await.map(|()| true),
        }
    }

    /// What an error means for what was sent.
    async fn not_answered(
        &self,
        held: &mut LeasedSave,
        error: Error,
        steps: &mut Recorder,
    ) -> std::result::Result<(), Failed> {
        let refused = matches!(error.kind(), ErrorKind::Refused | ErrorKind::Exists) && error.vendor_message.is_some();
        if error.retry == Retry::UnknownOutcome && !refused {
            held.advance(self.ctx, SaveState::Unknown, |_| {}).await?;
            return match self.clear_up(held, steps).await {
                // It was just looked for, and what B1 said first is what helps.
                Err(Failed::Error(open)) if open.code == "barcode.open" => {
                    Err(Failed::Error(open.with_answer_of(&error)))
                }
                other => other,
            };
        }
        // What it says has happened, or not, by now: an approval procedure that takes the document is told as an error
        // by some.
        if refused && error.retry != Retry::Permanent {
            match self.look(held, steps).await {
                Ok(found) if held.record.sending.is_some_and(|sending| found.is_whole(sending)) => {
                    return self.settle(held, found).await;
                }
                Ok(_) => {}
                Err(unseen) if error.retry == Retry::UnknownOutcome => {
                    held.advance(self.ctx, SaveState::Unknown, |_| {}).await?;
                    return Err(unseen.into());
                }
                Err(_) => {}
            }
        }
        let error = if error.retry == Retry::UnknownOutcome { erp::refusal(error) } else { error };
        self.nothing_done(held, &error).await?;
        Err(error.into())
    }

    /// Nothing of what was sent is there, and nothing will be. An issue of before stays.
    async fn nothing_done(&self, held: &mut LeasedSave, error: &Error) -> Result<()> {
        let no = CallFailure::from(error);
        let next = if held.record.issue.is_some() { SaveState::Issued } else { SaveState::Failed };
        held.advance(self.ctx, next, |record| (record.code, record.message) = (Some(no.code), Some(no.message))).await
    }

    async fn settle(&self, held: &mut LeasedSave, found: Found) -> std::result::Result<(), Failed> {
        let next = if found.document.is_some() { SaveState::Posted } else { SaveState::Issued };
        held.advance(self.ctx, next, |record| {
            record.issue = found.issue.or(record.issue.take());
            record.document = found.document.or(record.document.take());
            (record.code, record.message) = (None, None);
        })
        .await
        .map_err(Failed::from)
    }

    /// Looks for what may have been posted. Afterwards it is known: posted, or not and never.
    ///
    /// # Errors
    /// `barcode.open` while it still may appear.
    async fn clear_up(&self, held: &mut LeasedSave, steps: &mut Recorder) -> std::result::Result<(), Failed> {
        let sending = held.record.sending.unwrap_or(Sending::Document);
        let found = self.look(held, steps).await?;
        if found.is_whole(sending) {
            return self.settle(held, found).await;
        }
        if held.record.state == SaveState::Posting {
            held.advance(self.ctx, SaveState::Unknown, |_| {}).await?;
        }
        if let (Sending::Both, Some(document)) = (sending, &found.document) {
            let message = format!(
                "of an issue and a receipt that B1 posts both or not at all, it shows the receipt {} alone; look in B1",
                document.key
            );
            return Err(Error::permanent("barcode.half", message).into());
        }
        let within = self.b1.connection().timeouts.write + SETTLES;
        if let Some(left) = held.unsettled(self.ctx, held.record.sent_ms, within) {
            return Err(open(held, left).into());
        }
        if self.mark_field(sending).is_none() {
            return Err(Error::permanent(
                "barcode.unseen",
                "whether B1 carried it out cannot be looked up, since the object has no field for its key (key_field); \
                 look in B1, and send it under another request id if it is not there",
            )
            .into());
        }
        let next = match (found.issue, &held.record.issue) {
            (Some(issue), _) => {
                held.record.issue = Some(issue);
                SaveState::Issued
            }
            (None, Some(_)) => SaveState::Issued,
            (None, None) => SaveState::Claimed,
        };
        held.advance(self.ctx, next, |record| record.sent_ms = None).await.map_err(Failed::from)
    }

    /// What B1 shows of what was sent last.
    async fn look(&self, held: &LeasedSave, steps: &mut Recorder) -> Result<Found> {
        let sending = held.record.sending.unwrap_or(Sending::Document);
        let mark = held.record.mark.clone();
        steps
            .step("look for what was posted", json!({ "mark": mark }), async {
                let mut found = Found::default();
                if sending != Sending::Document {
                    found.issue = self.shown(Sending::Issue, ISSUES, "DocEntry", &mark).await?;
                }
                if sending != Sending::Issue {
                    let (set, key) = (&self.request.object, &self.request.key);
                    found.document = self.shown(Sending::Document, set, key, &mark).await?;
                }
                let note = json!({ "issue": found.issue, "document": found.document });
                Ok((found, note))
            })
            .await
    }

    async fn shown(&self, sending: Sending, set: &str, key: &str, mark: &str) -> Result<Option<Posted>> {
        let Some(field) = self.mark_field(sending) else { return Ok(None) };
        let value = self.mark_value(sending, mark);
        let made = self.in_time(self.b1.made(set, key, field, &value), Duration::ZERO).await?;
        let Some(first) = made.into_iter().next() else { return Ok(None) };
        let shown_in = if first.is_draft { "Drafts" } else { set };
        let entity = Entity::new(shown_in).key(&first.key);
        let query = Query::new().select(["DocNum"]);
        let read = self.b1.read_optional(&entity, &query);
        // A custom object has no number of this name.
        let number = self.in_time(read, Duration::ZERO).await.ok().flatten();
        let number = number.and_then(|row| row.get("DocNum").and_then(Value::as_i64));
        Ok(Some(Posted { key: first.key, number, is_draft: first.is_draft }))
    }

    /// The field that carries our key; `None` where a custom object has none.
    fn mark_field(&self, sending: Sending) -> Option<&str> {
        match &self.call.barcode.key_field {
            Some(field) => Some(field),
            None if sending != Sending::Issue && self.request.method.set.is_none() => None,
            None => Some("Comments"),
        }
    }

    fn mark_value(&self, sending: Sending, mark: &str) -> String {
        let own =
            self.request.comments().filter(|_| sending != Sending::Issue && self.call.barcode.key_field.is_none());
        own.map_or_else(|| mark.to_owned(), |own| format!("{own} {mark}"))
    }

    /// A document with our key in it.
    fn marked(&self, sending: Sending, document: &Map<String, Value>, mark: &str) -> Value {
        let mut document = document.clone();
        if let Some(field) = self.mark_field(sending) {
            document.insert(field.to_owned(), self.mark_value(sending, mark).into());
        }
        Value::Object(document)
    }

    /// Calls wait for a session, and whoever waits for them does not wait for ever. `keep` of the time is for what
    /// comes after.
    pub async fn in_time<T>(&self, call: impl Future<Output = Result<T>>, keep: Duration) -> Result<T> {
        let Some(left) = self.ctx.time_left() else { return call.await };
        tokio::time::timeout(left.saturating_sub(keep).max(Duration::from_secs(1)), call).await.unwrap_or_else(|_| {
            let message = "B1 has not answered in the time there is; what became of the call is looked up";
            Err(Error::new("barcode.open", Retry::UnknownOutcome, message))
        })
    }
}

impl Found {
    fn is_whole(&self, sending: Sending) -> bool {
        match sending {
            Sending::Document => self.document.is_some(),
            Sending::Issue => self.issue.is_some(),
            Sending::Both => self.document.is_some() && self.issue.is_some(),
        }
    }
}

/// A document as B1 answers with it. Some hand back the draft that an approval procedure took.
fn posted(answer: &Value, key: &str) -> Option<Posted> {
    Some(Posted {
        key: answer.get(key).or_else(|| answer.get("DocEntry")).and_then(DocumentKey::from_json)?,
        number: answer.get("DocNum").and_then(Value::as_i64),
        is_draft: erp::shows_draft(answer),
    })
}

/// The address is not served, or not by this method: nothing was looked at.
fn has_no_batch(error: &Error) -> bool {
    matches!(error.status, Some(404 | 405 | 501))
}

fn open(held: &LeasedSave, left: Duration) -> Error {
    Error::new(
        "barcode.open",
        Retry::RateLimited(left.max(Duration::from_secs(1))),
        format!(
            "B1 was asked to post the {} and has not answered; it does not show it yet and may still carry it out. Send \
             the request again for its result: it is posted again only after {} s, when it can no longer appear",
            held.record.method,
            left.as_secs() + 1
        ),
    )
}
