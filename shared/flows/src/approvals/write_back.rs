//! Taking the OA's decision to the ERP: marked → decided → written back. What the event says is
//! checked against the instance, and what the ERP shows is read before anything is written.

use super::document::{self, Document, b1};
use super::links::{self, Held};
use super::resubmitted;
use super::shown::Change as FieldChange;
use super::standing::{self, Compared, Standing};
use super::story;
use super::submit::write_marks;
use super::turn;
use super::verdict::{self, Given, Next, Target, give, look};
use crate::{prices, zone};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenon_connectors::b1::{B1, Entity, Query, WriteOptions, draft_number};
use tenon_connectors::dingtalk::{Dingtalk, Instance, InstanceResult, InstanceStatus};
use tenon_connectors::time::{Told, settle};
use tenon_model::TenantId;
use tenon_model::b1::{Verdict, cut, cut_remarks};
use tenon_model::config::{ApprovalFlow, DateStyle, DocumentKind, Flow, Withdrawn};
use tenon_model::dingtalk::Change;
use tenon_model::link::{AskedStage, Decision, ErpRequest, LinkState};
use tenon_model::message::WriteBack;
use tenon_platform::config_store::Loaded;
use tenon_platform::runs::Recorder;
use tenon_platform::text::beginning;
use tenon_platform::{Context, Error, ErrorKind, Result, Retry, events};

/// As much of an approver's words as is stored, in bytes; no field of the ERP takes as much.
const LONGEST_COMMENT: usize = 8 * 1024;

/// What a message came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The decision is in the ERP.
    Done,
    /// It had been there before.
    Already,
    /// The instance is none of ours.
    NotOurs,
}

/// Handles one message. `attempt` counts its failures so far.
pub async fn write_back(ctx: &Context, tenant: &TenantId, message: &WriteBack, attempt: u32) -> Result<Written> {
    let loaded = ctx.config.load(tenant).await?;
    let written = route(ctx, tenant, &loaded, message, attempt).await?;
    if let Some(event) = &message.event {
        events::tick_off(ctx, tenant, &message.connection, event).await?;
    }
    Ok(written)
}

async fn route(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    message: &WriteBack,
    attempt: u32,
) -> Result<Written> {
    if let Some(pointer) = links::of_instance(ctx, tenant, &message.connection, &message.instance).await? {
        let Some(stored) = links::get(ctx, tenant, &pointer.flow, &pointer.key).await? else {
            return Ok(Written::NotOurs);
        };
        // What is on hold goes on when an operator wishes it.
        let opened = stored.data.state == LinkState::OnHold && message.operator.is_some();
        // A later attempt has replaced the one this instance belongs to.
        if stored.data.attempt != pointer.attempt {
            return Ok(Written::Already);
        }
        if stored.data.state.is_finished() && !opened {
            // Here again because its process died, perhaps before it told the run; and nobody else asks an operator.
            story::settle(ctx, tenant, &stored.data).await?;
            return Ok(Written::Already);
        }
        let flow = super::flow(loaded, &pointer.flow)?;
        let _places = turn::take(ctx, tenant, loaded, (&flow.erp, &flow.oa), "write-back").await?;
        let held = links::hold(ctx, tenant, stored).await?;
        let work = Work::new(ctx, tenant, loaded, flow)?;
        if let (DocumentKind::Draft, Some(draft)) = (flow.source.document, draft_number(&pointer.key)) {
            work.b1.pair(document::entity(&flow.source, &pointer.key), draft);
        }
        return Box::pin(work.go_on(held, message)).await;
    }
    let Some(code) = &message.process_code else {
        return Ok(Written::NotOurs);
    };
    let (mut creating, mut approval) = (false, None);
    for flow in loaded.flows_of_form(&message.connection, code) {
        match flow {
            Flow::Price(flow) if flow.enabled => {
                let _places = turn::take(ctx, tenant, loaded, (&flow.erp, &flow.oa), "write-back").await?;
                return prices::apply(ctx, tenant, loaded, flow, message).await;
            }
            Flow::Price(_) => {}
            Flow::Approval(flow) => {
                approval = approval.or(Some(flow));
                creating = creating || links::any_creating(ctx, tenant, &flow.id).await?;
            }
        }
    }
    // The event can be faster than the answer to our create; the index that tells lags a little.
    if attempt == 0 {
        return Err(Error::new(
            "flow.instance-unknown",
            Retry::RateLimited(Duration::from_secs(3)),
            "the instance is not linked to a document yet; it is looked up again",
        ));
    }
    let Some(flow) = approval else { return Ok(Written::NotOurs) };
    let _places = turn::take(ctx, tenant, loaded, (&flow.erp, &flow.oa), "write-back").await?;
    match Box::pin(resubmitted::take(ctx, tenant, loaded, message, creating)).await? {
        Some(held) => {
            let flow = super::flow(loaded, &held.link.flow)?;
            Box::pin(Work::new(ctx, tenant, loaded, flow)?.go_on(held, message)).await
        }
        None => Ok(Written::NotOurs),
    }
}

struct Work<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    flow: &'a ApprovalFlow,
    time_zone: String,
    b1: B1<'a>,
    oa: Dingtalk<'a>,
}

impl<'a> Work<'a> {
    fn new(ctx: &'a Context, tenant: &'a TenantId, loaded: &Loaded, flow: &'a ApprovalFlow) -> Result<Self> {
        let time_zone = loaded.b1(&flow.erp)?.time_zone;
        let oa = Dingtalk::new(ctx, tenant, loaded.dingtalk(&flow.oa)?, loaded.revision(&flow.oa));
        Ok(Self { ctx, tenant, flow, time_zone, b1: b1(ctx, tenant, loaded, flow)?, oa })
    }

    async fn go_on(&self, mut held: Held, message: &WriteBack) -> Result<Written> {
        let mut steps = Recorder::new(self.ctx, held.link.run.clone());
        let result = self.drive(&mut held, &mut steps, message).await;
        let told = match &result {
            Ok(()) if held.link.state == LinkState::OnHold => {
                story::tell_on_hold(self.ctx, self.tenant, &mut steps, &held.link).await
            }
            Ok(()) => {
                let (status, text) = story::outcome(&held.link);
                story::tell(self.ctx, self.tenant, &mut steps, &held.link, status, text).await
            }
            Err(error) => {
                story::tell_failure(self.ctx, self.tenant, &mut steps, &held.link, error).await;
                true
            }
        };
        // An end that is not told stays in the index, where the reconciliation finds it.
        if told {
            held.let_go(self.ctx).await?;
        }
        result.map(|()| Written::Done)
    }

    async fn drive(&self, held: &mut Held, steps: &mut Recorder, message: &WriteBack) -> Result<()> {
        let mut opening = message.operator.is_some();
        loop {
            match held.link.state {
                LinkState::Created => {
                    write_marks(self.ctx, self.flow, &self.b1, held, steps, true).await?;
                }
                LinkState::Marked => {
                    let decision = self.decision(held.link.create_sent_ms, steps, message).await?;
                    held.advance(self.ctx, LinkState::Decided, |l| l.decision = Some(decision)).await?;
                }
                LinkState::Decided => self.write(held, steps).await?,
                LinkState::OnHold if opening => {
                    opening = false;
                    self.open(held, steps, message).await?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Takes up a decision that is on hold, because an operator accepts the change or has it looked at again.
    async fn open(&self, held: &mut Held, steps: &mut Recorder, message: &WriteBack) -> Result<()> {
        let operator = message.operator.as_ref();
        // He accepts what he was told, and a message may come again after the document has changed once more.
        let seen = operator.is_some_and(|operator| operator.seen == held.link.found);
        let accepted = operator.and_then(|operator| operator.accept.clone()).filter(|_| seen);
        if let Some(accepted) = &accepted {
            let what = held.link.note.clone();
            steps.note(
                "change accepted by operator",
                json!({ "by": accepted.by, "at_ms": accepted.at_ms, "what": what }),
            );
        }
        held.advance(self.ctx, LinkState::Decided, |l| {
            l.note = None;
            l.accepted = accepted;
        })
        .await
    }

    /// What the OA decided. The instance is the truth; the event serves where the instance is gone.
    async fn decision(&self, sent_ms: Option<i64>, steps: &mut Recorder, message: &WriteBack) -> Result<Decision> {
        let from_event = |change| Decision {
            change,
            approver: None,
            at_ms: message.at_ms,
            comments: None,
            asked: None,
            sent: false,
        };
        let read = steps
            .step("read instance", json!({ "instance": message.instance }), async {
                let instance = self.oa.instance(&message.instance).await?;
                let note = instance.as_ref().map_or(Value::Null, note_of);
                Ok((instance, note))
            })
            .await?;
        // The event is believed only when the OA says that the instance is gone.
        let Some(instance) = read else {
            return Ok(from_event(message.change));
        };
        let change = match (instance.status, instance.result) {
            (InstanceStatus::Completed, Some(InstanceResult::Agree)) => Change::Agreed,
            (InstanceStatus::Completed, Some(InstanceResult::Refuse)) => Change::Refused,
            (InstanceStatus::Terminated, _) => Change::Terminated,
            _ => {
                return Err(Error::new(
                    "flow.instance-running",
                    Retry::RateLimited(Duration::from_secs(5)),
                    "DingTalk announced the end of the instance and still shows it as running; it is read again",
                ));
            }
        };
        let last = instance.last_decision();
        // The event's epoch first: the instance's texts have no seconds and no true zone.
        let told = [message.ended_ms.map(Told::certain), instance.finished, last.and_then(|o| o.date)];
        let settled = settle(told.into_iter().flatten(), sent_ms, self.ctx.now_ms());
        if let Some((at_ms, true)) = settled {
            tracing::warn!(instance = %message.instance, decided.ms = at_ms, sent.ms = sent_ms, "the OA's times do not fit ours");
            let note = json!({ "at_ms": at_ms, "create_sent_ms": sent_ms, "now_ms": self.ctx.now_ms() });
            steps.note("doubtful time of the decision", note);
        }
        Ok(Decision {
            change,
            approver: last.map(|o| o.user.clone()).filter(|u| !u.is_empty()),
            at_ms: settled.map_or(message.at_ms, |(at_ms, _)| at_ms),
            comments: last
                .and_then(|o| o.remark.as_deref())
                .filter(|r| !r.trim().is_empty())
                .map(|r| beginning(r, LONGEST_COMMENT).to_owned()),
            asked: None,
            sent: false,
        })
    }

    async fn write(&self, held: &mut Held, steps: &mut Recorder) -> Result<()> {
        let Some(decision) = held.link.decision.clone() else {
            return Err(Error::permanent("flow.transition", "a decided link carries no decision; this is a bug"));
        };
        match decision.change {
            Change::Terminated | Change::Deleted => self.withdraw(held, steps, decision.change).await,
            Change::Agreed | Change::Refused => match self.flow.source.document {
                DocumentKind::Draft => Box::pin(self.write_draft(held, steps, &decision)).await,
                DocumentKind::Document => Box::pin(self.write_document(held, steps, &decision)).await,
            },
        }
    }

    async fn write_draft(&self, held: &mut Held, steps: &mut Recorder, decision: &Decision) -> Result<()> {
        let verdict = if decision.change == Change::Agreed { Verdict::Approved } else { Verdict::NotApproved };
        let follows = self.decision_fields(decision)?;
        if !follows.is_empty() {
            self.b1.will_change(document::entity(&self.flow.source, &held.link.key), Value::Object(follows));
        }
        let compared = Box::pin(standing::compare(self.ctx, self.flow, &self.b1, held, steps)).await?;
        let next = self.next(held, steps, decision, verdict, compared.as_ref()).await?;
        let Some(Compared { document, mut changes }) = compared else {
            // What was decided stands, though its draft was deleted since.
            return match next {
                Next::Settled(Given::Already) => held.advance(self.ctx, LinkState::WrittenBack, |_| {}).await,
                _ => self.close_gone(held).await,
            };
        };
        let shown = held.link.shown.as_ref().and_then(|s| s.request.clone());
        let (given, decide, now) = match next {
            Next::Settled(Given::Otherwise(why)) => {
                let note = format!("the decision was not written: {why}");
                return held.advance(self.ctx, LinkState::Closed, |l| l.note = Some(note)).await;
            }
            Next::Settled(given) => (given, None, shown),
            Next::Decide(asked, before) => {
                // Another than was shown when an interrupted attempt was about to decide it, as was accepted.
                if let Some(was) = shown.as_ref().filter(|was| was.code != asked.request) {
                    changes.insert(0, another_request(was.code.to_string(), asked.request));
                }
                let now = ErpRequest { code: asked.request, object_type: None, draft_type: None, stage: asked.stage };
                (Given::Done, Some((asked, before)), Some(now))
            }
            Next::Replaced { was, now, decide } => {
                changes.insert(0, another_request(was, now.code));
                (Given::Done, Some(decide), Some(now))
            }
        };
        if given != Given::Already && !self.stands(held, steps, &document, now, &changes).await? {
            return Ok(());
        }
        if let Some(decide) = decide {
            self.decide(held, steps, decide, verdict, decision).await?;
        }
        let mut fields = self.decision_fields(decision)?;
        if given == Given::NoRequest {
            fields.insert(self.flow.marks.result.clone(), self.result_value(decision.change));
        }
        let name = "write approver to draft";
        // Our decision has changed the draft itself.
        let etag = document.etag.filter(|_| given == Given::NoRequest);
        let document = Document { etag, ..document };
        if !fields.is_empty() && !self.write_fields(held, steps, fields, name, Some(&document)).await? {
            return self.close_gone(held).await;
        }
        held.advance(self.ctx, LinkState::WrittenBack, |_| {}).await
    }

    /// Whether the decision is to be written to the document as it is now; if not, what becomes of it is done.
    async fn stands(
        &self,
        held: &mut Held,
        steps: &mut Recorder,
        document: &Document,
        request: Option<ErpRequest>,
        changes: &[FieldChange],
    ) -> Result<bool> {
        match standing::judge(self.ctx, self.flow, held, document, request, changes).await? {
            Standing::Holds(None) => Ok(true),
            Standing::Holds(said) => held.amend(self.ctx, |l| l.note = said).await.map(|()| true),
            Standing::OnHold => Ok(false),
            Standing::SentAgain(why) => self.send_again(held, steps, &why).await.map(|()| false),
        }
    }

    /// Where the draft's request stands.
    async fn next(
        &self,
        held: &Held,
        steps: &mut Recorder,
        decision: &Decision,
        verdict: Verdict,
        compared: Option<&Compared>,
    ) -> Result<Next> {
        let (source, key) = (&self.flow.source, &held.link.key);
        let none = Map::new();
        let entity = compared.map_or(&none, |c| &c.document.entity);
        let target = Target { shown: held.link.shown.as_ref(), asked: decision.asked };
        steps
            .step("read approval request", json!({ "draft": key }), async {
                let next = look(&self.b1, source, key, entity, verdict, target).await?;
                let note = verdict::note_of(&next);
                Ok((next, note))
            })
            .await
    }

    async fn decide(
        &self,
        held: &mut Held,
        steps: &mut Recorder,
        (asked, before): (AskedStage, usize),
        verdict: Verdict,
        decision: &Decision,
    ) -> Result<()> {
        let remarks = cut_remarks(decision.comments.as_deref().unwrap_or_default()).to_owned();
        let input = json!({
            "draft": held.link.key, "request": asked.request, "status": verdict.word(), "remarks": remarks
        });
        steps
            .step("decide approval request", input, async {
                let source = &self.flow.source;
                // Stored first: after a lost answer the next stage is not to be decided in its place.
                held.amend(self.ctx, |l| {
                    if let Some(decision) = &mut l.decision {
                        decision.asked = Some(asked);
                    }
                })
                .await?;
                give(&self.b1, source, (asked, before), verdict, &remarks).await?;
                Ok(((), json!({ "decided": true })))
            })
            .await
    }

    async fn write_document(&self, held: &mut Held, steps: &mut Recorder, decision: &Decision) -> Result<()> {
        let mut fields = self.decision_fields(decision)?;
        fields.insert(self.flow.marks.result.clone(), self.result_value(decision.change));
        let Some(Compared { document, changes }) =
            Box::pin(standing::compare(self.ctx, self.flow, &self.b1, held, steps)).await?
        else {
            return self.close_gone(held).await;
        };
        // What an interrupted attempt wrote was written to the document as it was shown.
        if !(decision.sent && shows(&document.entity, &fields)) {
            if !self.stands(held, steps, &document, None, &changes).await? {
                return Ok(());
            }
            held.amend(self.ctx, |l| {
                if let Some(decision) = &mut l.decision {
                    decision.sent = true;
                }
            })
            .await?;
        }
        if self.write_fields(held, steps, fields, "write result", Some(&document)).await? {
            held.advance(self.ctx, LinkState::WrittenBack, |_| {}).await
        } else {
            self.close_gone(held).await
        }
    }

    /// The document goes to the OA again as it is now.
    async fn send_again(&self, held: &mut Held, steps: &mut Recorder, why: &str) -> Result<()> {
        if !self.clear_marks(held, steps).await? {
            return self.close_gone(held).await;
        }
        let note = format!("the decision was not written, and the document is sent again: it has changed: {why}");
        held.advance(self.ctx, LinkState::Released, |l| l.note = Some(note)).await
    }

    fn result_value(&self, change: Change) -> Value {
        let marks = &self.flow.marks;
        Value::from(if change == Change::Agreed { marks.approved.as_str() } else { marks.rejected.as_str() })
    }

    /// The optional fields that say who decided, when, and with what words.
    fn decision_fields(&self, decision: &Decision) -> Result<Map<String, Value>> {
        let marks = &self.flow.marks;
        let mut fields = Map::new();
        if let (Some(name), Some(approver)) = (&marks.approver, &decision.approver) {
            fields.insert(name.clone(), Value::from(approver.as_str()));
        }
        if let Some(name) = &marks.decided_at {
            let pattern = match marks.decided_at_style {
                DateStyle::Date => "%Y-%m-%d",
                DateStyle::Datetime => "%Y-%m-%d %H:%M:%S",
            };
            fields.insert(name.clone(), Value::from(zone::local(decision.at_ms, &self.time_zone, pattern)?));
        }
        if let (Some(name), Some(comments)) = (&marks.comments, &decision.comments) {
            fields.insert(name.clone(), Value::from(cut(comments, marks.comments_length.unwrap_or(usize::MAX))));
        }
        Ok(fields)
    }

    /// Writes fields of the document, unless it shows them already. `false` when it is gone. A document that
    /// was `read` must not have changed since, where B1 can tell.
    async fn write_fields(
        &self,
        held: &Held,
        steps: &mut Recorder,
        fields: Map<String, Value>,
        name: &str,
        read: Option<&Document>,
    ) -> Result<bool> {
        let entity = document::entity(&self.flow.source, &held.link.key);
        let body = Value::Object(fields.clone());
        steps
            .step(name, body.clone(), async {
                let fresh;
                let (present, etag) = match read {
                    Some(document) => (&document.entity, document.etag.clone()),
                    // What was read is what is changed: a write that arrives late must not undo a later one.
                    None => match self.b1.read_with_etag(&entity, &Query::default()).await {
                        Ok((Value::Object(present), etag)) => {
                            fresh = present;
                            (&fresh, etag)
                        }
                        Ok(_) => return Ok((false, json!({ "gone": true }))),
                        Err(error) if error.kind() == ErrorKind::NotFound => {
                            return Ok((false, json!({ "gone": true })));
                        }
                        Err(error) => return Err(error),
                    },
                };
                if shows(present, &fields) {
                    return Ok((true, json!({ "already": true })));
                }
                match self.change(&entity, &body, etag).await {
                    Ok(()) => Ok((true, Value::Null)),
                    Err(error) if error.kind() == ErrorKind::NotFound => Ok((false, json!({ "gone": true }))),
                    Err(error) => Err(error),
                }
            })
            .await
    }

    /// Changes an entity if it is still the one that was read. Where B1 refuses an ETag that it gives out all
    /// the same, the ETag is worth nothing and left out.
    async fn change(&self, entity: &Entity, body: &Value, etag: Option<String>) -> Result<()> {
        let options = WriteOptions { if_match: etag.clone(), ..WriteOptions::default() };
        match self.b1.change(entity, body, options).await {
            Err(error) if error.kind() == ErrorKind::Changed && etag.is_some() => {
                if self.b1.read_with_etag(entity, &Query::default()).await?.1 != etag {
                    return Err(error);
                }
                self.b1.change(entity, body, WriteOptions::default()).await
            }
            other => other,
        }
    }

    async fn withdraw(&self, held: &mut Held, steps: &mut Recorder, change: Change) -> Result<()> {
        let words = if change == Change::Terminated { "withdrawn" } else { "deleted" };
        if self.flow.form.on_withdrawn == Withdrawn::Keep {
            return held
                .advance(self.ctx, LinkState::Closed, |l| {
                    l.note = Some(format!("the instance was {words} in the OA; the document keeps its marks"));
                })
                .await;
        }
        if !self.clear_marks(held, steps).await? {
            return self.close_gone(held).await;
        }
        held.advance(self.ctx, LinkState::Released, |l| {
            l.note = Some(format!(
                "the instance was {words} in the OA; the marks are cleared, so the document can be sent again"
            ));
        })
        .await
    }

    /// `false` when the document is gone.
    async fn clear_marks(&self, held: &Held, steps: &mut Recorder) -> Result<bool> {
        let marks = &self.flow.marks;
        let fields = Map::from_iter([
            (marks.synced.clone(), Value::from(marks.unsynced_value.as_str())),
            (marks.instance.clone(), Value::Null),
        ]);
        self.write_fields(held, steps, fields, "clear marks", None).await
    }

    async fn close_gone(&self, held: &mut Held) -> Result<()> {
        held.advance(self.ctx, LinkState::Closed, |l| {
            l.note = Some("the document no longer exists in the ERP".to_owned());
        })
        .await
    }
}

fn another_request(was: String, now: i64) -> FieldChange {
    FieldChange { field: "approval request".to_owned(), old: was, new: format!("{now} (waiting)") }
}

/// Whether a document shows these values already.
fn shows(present: &Map<String, Value>, fields: &Map<String, Value>) -> bool {
    fields.iter().all(|(name, value)| present.get(name).is_some_and(|p| same(p, value)))
}

/// B1 gives dates back with a time, and empty texts as null.
fn same(present: &Value, wanted: &Value) -> bool {
    match (present, wanted) {
        (Value::String(p), Value::Null) => p.is_empty(),
        (Value::String(p), Value::String(w)) => {
            p == w || (w.len() == 10 && p.strip_prefix(w.as_str()).is_some_and(|r| r.starts_with('T')))
        }
        (p, w) => p == w,
    }
}

fn note_of(instance: &Instance) -> Value {
    json!({
        "status": instance.status, "result": instance.result, "title": instance.title,
        "operations": instance.operations.len(),
    })
}

/// Tells the history that a write-back is given up.
pub async fn abandoned(ctx: &Context, tenant: &TenantId, message: &WriteBack, error: &Error) -> Result<()> {
    let Some(pointer) = links::of_instance(ctx, tenant, &message.connection, &message.instance).await? else {
        return prices::abandoned(ctx, tenant, message, error).await;
    };
    match links::get(ctx, tenant, &pointer.flow, &pointer.key).await? {
        Some(stored) if stored.data.attempt == pointer.attempt => {
            story::tell_abandoned(ctx, tenant, &stored.data, error).await
        }
        _ => Ok(()),
    }
}
