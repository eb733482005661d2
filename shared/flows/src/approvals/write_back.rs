//! Taking the OA's decision to the ERP: marked → decided → written back. What the event says is
//! checked against the instance, and what the ERP shows is read before anything is written.

use super::document::{self, b1, source};
use super::links::{self, Held};
use super::revoked;
use super::story;
use super::submit::write_marks;
use super::turn;
use super::verdict::{self, Given, Next, give, look};
use crate::{prices, zone};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenon_connectors::b1::{B1, Query, WriteOptions, draft_number};
use tenon_connectors::dingtalk::{Dingtalk, Instance, InstanceResult, InstanceStatus};
use tenon_connectors::time::{Told, settle};
use tenon_model::TenantId;
use tenon_model::b1::{Verdict, cut, cut_remarks};
use tenon_model::config::{DateStyle, DocumentKind, Flow, FlowKind, Withdrawn};
use tenon_model::dingtalk::Change;
use tenon_model::link::{Decision, LinkState};
use tenon_model::message::WriteBack;
use tenon_model::run::RunStatus;
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
        // A later attempt has replaced the one this instance belongs to.
        if stored.data.attempt != pointer.attempt || stored.data.state.is_finished() {
            return Ok(Written::Already);
        }
        let flow = loaded.flow(&pointer.flow)?;
        let _places = turn::take(ctx, tenant, loaded, &flow, "write-back").await?;
        let held = links::hold(ctx, tenant, stored).await?;
        let work = Work::new(ctx, tenant, loaded, &flow)?;
        if let (Some(DocumentKind::Draft), Some(draft)) =
            (flow.source.as_ref().map(|s| s.document), draft_number(&pointer.key))
        {
            work.b1.pair(document::entity(source(&flow)?, &pointer.key), draft);
        }
        return work.go_on(held, message).await;
    }
    let Some(code) = &message.process_code else {
        return Ok(Written::NotOurs);
    };
    let (mut creating, mut approvals) = (false, false);
    for flow in loaded.flows_of_form(&message.connection, code) {
        match flow.kind {
            FlowKind::Price if flow.enabled => {
                let _places = turn::take(ctx, tenant, loaded, flow, "write-back").await?;
                return prices::apply(ctx, tenant, loaded, flow, message).await;
            }
            FlowKind::Price => {}
            FlowKind::Approval => {
                approvals = true;
                creating = creating || links::any_creating(ctx, tenant, &flow.id).await?;
            }
        }
    }
    // The event can be faster than the answer to our create; the index that tells lags a little.
    if creating || attempt == 0 {
        let wait = Duration::from_secs(if attempt == 0 { 3 } else { 15 });
        return Err(Error::new(
            "flow.instance-unknown",
            Retry::RateLimited(wait),
            "the instance is not linked to a document yet; it is looked up again",
        ));
    }
    if approvals && message.change == Change::Agreed {
        revoked::tell(ctx, tenant, loaded, message).await?;
    }
    Ok(Written::NotOurs)
}

struct Work<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    flow: &'a Flow,
    time_zone: String,
    b1: B1<'a>,
    oa: Dingtalk<'a>,
}

impl<'a> Work<'a> {
    fn new(ctx: &'a Context, tenant: &'a TenantId, loaded: &Loaded, flow: &'a Flow) -> Result<Self> {
        let time_zone = loaded.b1(&flow.erp)?.time_zone;
        let oa = Dingtalk::new(ctx, tenant, loaded.dingtalk(&flow.oa)?, loaded.revision(&flow.oa));
        Ok(Self { ctx, tenant, flow, time_zone, b1: b1(ctx, tenant, loaded, flow)?, oa })
    }

    async fn go_on(&self, mut held: Held, message: &WriteBack) -> Result<Written> {
        let mut steps = Recorder::new(self.ctx, held.link.run.clone());
        let result = self.drive(&mut held, &mut steps, message).await;
        match &result {
            Ok(()) => {
                let status =
                    if held.link.state == LinkState::WrittenBack { RunStatus::Succeeded } else { RunStatus::Ended };
                let text = held.link.note.clone().unwrap_or_else(|| self.summary(&held));
                story::tell(self.ctx, self.tenant, &mut steps, &held.link, status, text).await;
            }
            Err(error) => story::tell_failure(self.ctx, self.tenant, &mut steps, &held.link, error).await,
        }
        held.let_go(self.ctx).await?;
        result.map(|()| Written::Done)
    }

    fn summary(&self, held: &Held) -> String {
        match held.link.decision.as_ref().map(|d| (d.change, d.approver.as_deref().unwrap_or("the OA"))) {
            Some((Change::Agreed, by)) => format!("approved by {by} and written back"),
            Some((Change::Refused, by)) => format!("refused by {by} and written back"),
            Some((Change::Terminated, _)) => "withdrawn in the OA".to_owned(),
            Some((Change::Deleted, _)) => "deleted in the OA".to_owned(),
            None => String::new(),
        }
    }

    async fn drive(&self, held: &mut Held, steps: &mut Recorder, message: &WriteBack) -> Result<()> {
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
                _ => return Ok(()),
            }
        }
    }

    /// What the OA decided. The instance is the truth; the event serves where the instance is gone.
    async fn decision(&self, sent_ms: Option<i64>, steps: &mut Recorder, message: &WriteBack) -> Result<Decision> {
        let from_event =
            |change| Decision { change, approver: None, at_ms: message.at_ms, comments: None, asked: None };
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
        })
    }

    async fn write(&self, held: &mut Held, steps: &mut Recorder) -> Result<()> {
        let Some(decision) = held.link.decision.clone() else {
            return Err(Error::permanent("flow.transition", "a decided link carries no decision; this is a bug"));
        };
        match decision.change {
            Change::Terminated | Change::Deleted => self.withdraw(held, steps, decision.change).await,
            Change::Agreed | Change::Refused => match source(self.flow)?.document {
                DocumentKind::Draft => self.write_draft(held, steps, &decision).await,
                DocumentKind::Document => self.write_document(held, steps, &decision).await,
            },
        }
    }

    async fn write_draft(&self, held: &mut Held, steps: &mut Recorder, decision: &Decision) -> Result<()> {
        let verdict = if decision.change == Change::Agreed { Verdict::Approved } else { Verdict::NotApproved };
        let follows = self.decision_fields(decision)?;
        if !follows.is_empty() {
            self.b1.will_change(document::entity(source(self.flow)?, &held.link.key), Value::Object(follows));
        }
        let remarks = cut_remarks(decision.comments.as_deref().unwrap_or_default()).to_owned();
        let input = json!({ "draft": held.link.key, "status": verdict.word(), "remarks": remarks });
        let given = steps
            .step("decide approval request", input, async {
                let source = source(self.flow)?;
                let given = match look(&self.b1, source, &held.link.key, verdict, decision.asked).await? {
                    Next::Settled(given) => given,
                    Next::Decide(asked, before) => {
                        // Stored first: after a lost answer the next stage is not to be decided in its place.
                        held.amend(self.ctx, |l| {
                            if let Some(decision) = &mut l.decision {
                                decision.asked = Some(asked);
                            }
                        })
                        .await?;
                        give(&self.b1, source, (asked, before), verdict, &remarks).await?
                    }
                };
                let note = verdict::note(&given);
                Ok((given, note))
            })
            .await?;
        if let Given::Otherwise(why) = given {
            return held
                .advance(self.ctx, LinkState::Closed, |l| l.note = Some(format!("the decision was not written: {why}")))
                .await;
        }
        let mut fields = self.decision_fields(decision)?;
        if given == Given::NoRequest {
            fields.insert(self.flow.marks.result.clone(), self.result_value(decision.change));
        }
        if !fields.is_empty() && !self.write_fields(held, steps, fields, "write approver to draft").await? {
            return self.close_gone(held).await;
        }
        held.advance(self.ctx, LinkState::WrittenBack, |_| {}).await
    }

    async fn write_document(&self, held: &mut Held, steps: &mut Recorder, decision: &Decision) -> Result<()> {
        let mut fields = self.decision_fields(decision)?;
        fields.insert(self.flow.marks.result.clone(), self.result_value(decision.change));
        if self.write_fields(held, steps, fields, "write result").await? {
            held.advance(self.ctx, LinkState::WrittenBack, |_| {}).await
        } else {
            self.close_gone(held).await
        }
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

    /// Writes fields of the document, unless it shows them already. `false` when it is gone.
    async fn write_fields(
        &self,
        held: &Held,
        steps: &mut Recorder,
        fields: Map<String, Value>,
        name: &str,
    ) -> Result<bool> {
        let entity = document::entity(source(self.flow)?, &held.link.key);
        let body = Value::Object(fields.clone());
        steps
            .step(name, body.clone(), async {
                let Some(present) = self.b1.read_optional(&entity, &Query::default()).await? else {
                    return Ok((false, json!({ "gone": true })));
                };
                if fields.iter().all(|(name, value)| present.get(name).is_some_and(|p| same(p, value))) {
                    return Ok((true, json!({ "already": true })));
                }
                match self.b1.change(&entity, &body, WriteOptions::default()).await {
                    Ok(()) => Ok((true, Value::Null)),
                    Err(error) if error.kind() == ErrorKind::NotFound => Ok((false, json!({ "gone": true }))),
                    Err(error) => Err(error),
                }
            })
            .await
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
        let marks = &self.flow.marks;
        let fields = Map::from_iter([
            (marks.synced.clone(), Value::from(marks.unsynced_value.as_str())),
            (marks.instance.clone(), Value::Null),
        ]);
        if !self.write_fields(held, steps, fields, "clear marks").await? {
            return self.close_gone(held).await;
        }
        held.advance(self.ctx, LinkState::Released, |l| {
            l.note = Some(format!(
                "the instance was {words} in the OA; the marks are cleared, so the document can be sent again"
            ));
        })
        .await
    }

    async fn close_gone(&self, held: &mut Held) -> Result<()> {
        held.advance(self.ctx, LinkState::Closed, |l| {
            l.note = Some("the document no longer exists in the ERP".to_owned());
        })
        .await
    }
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
