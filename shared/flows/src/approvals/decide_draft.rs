//! Giving a decision to a draft: to the approval request that people were shown, and to no other.

use super::decision_check::{self, Compared};
use super::links::LeasedLink;
use super::shown::Change as FieldChange;
use super::work::{Work, stages};
use crate::source::Document;
use crate::{marks, source};
use serde_json::{Map, Value, json};
use tenon_connectors::erp::{Given, Next, PendingRequest, Target};
use tenon_model::config::OnApproved;
use tenon_model::link::LinkState;
use tenon_model::oa::{Decision, Outcome};
use tenon_platform::Result;
use tenon_platform::runs::Recorder;

impl Work<'_> {
    pub(super) async fn write_draft(
        &self,
        leased: &mut LeasedLink,
        steps: &mut Recorder,
        decision: &Decision,
    ) -> Result<()> {
        let follows = marks::decision(&self.flow.marks, decision, &self.time_zone)?;
        if !follows.is_empty() {
            let place = source::place(&self.flow.source, &leased.record.key);
            stages(&self.erp)?.will_update(&place, Value::Object(follows));
        }
        let compared = Box::pin(decision_check::compare(self.ctx, self.flow, &self.erp, leased, steps)).await?;
        let next = self.next(leased, steps, decision.outcome, compared.as_ref()).await?;
        let Some(Compared { document, mut changes }) = compared else {
            // What was decided stands, though its draft was deleted since.
            return match next {
                Next::Settled(Given::Already) => leased.advance_later(self.ctx, LinkState::WrittenBack, |_| {}),
                _ => self.close_gone(leased),
            };
        };
        let shown = leased.record.shown.as_ref().and_then(|s| s.request.clone());
        let (given, decide, now) = match next {
            Next::Settled(Given::Otherwise(why)) => {
                let note = format!("the decision was not written: {why}");
                return leased.advance_later(self.ctx, LinkState::Closed, |l| l.note = Some(note));
            }
            Next::Settled(given) => (given, None, shown),
            Next::Decide(pending) => {
                // Another than was shown when an interrupted attempt was about to decide it, as was accepted.
                if let Some(was) = shown.as_ref().filter(|was| was.code != pending.request.code) {
                    changes.insert(0, another_request(was.code.to_string(), pending.request.code));
                }
                let now = pending.request.clone();
                (Given::Done, Some(pending), Some(now))
            }
            Next::Replaced { was, now, decide } => {
                changes.insert(0, another_request(was, now.code));
                (Given::Done, Some(decide), Some(now))
            }
        };
        if given != Given::Already && !self.check_decision(leased, steps, &document, now, &changes).await? {
            return Ok(());
        }
        if let Some(pending) = decide {
            self.decide(leased, steps, pending, decision).await?;
        }
        let mut fields = marks::decision(&self.flow.marks, decision, &self.time_zone)?;
        if given == Given::NoRequest {
            fields.extend([marks::result(&self.flow.marks, decision.outcome == Outcome::Agreed)]);
        }
        let name = "write approver to draft";
        // Our decision has changed the draft itself.
        let etag = document.etag.filter(|_| given == Given::NoRequest);
        let document = Document { etag, ..document };
        if !fields.is_empty() && !self.write_fields(leased, steps, fields, name, Some(&document)).await? {
            return self.close_gone(leased);
        }
        let adds = self.flow.on_approved == OnApproved::Add && decision.outcome == Outcome::Agreed;
        let next = if adds { LinkState::Adding } else { LinkState::WrittenBack };
        leased.advance_later(self.ctx, next, |_| {})
    }

    /// Where the draft's request stands.
    async fn next(
        &self,
        leased: &LeasedLink,
        steps: &mut Recorder,
        outcome: Outcome,
        compared: Option<&Compared>,
    ) -> Result<Next> {
        let (source, key) = (&self.flow.source, &leased.record.key);
        let none = Map::new();
        let entity = compared.map_or(&none, |c| &c.document.entity);
        let target = Target { shown: leased.record.shown.as_ref(), asked: leased.record.asked.as_ref() };
        steps
            .step("read approval request", json!({ "draft": key }), async {
                let next = stages(&self.erp)?.look(source, key, entity, outcome, target).await?;
                let note = next.note();
                Ok((next, note))
            })
            .await
    }

    async fn decide(
        &self,
        leased: &mut LeasedLink,
        steps: &mut Recorder,
        pending: PendingRequest,
        decision: &Decision,
    ) -> Result<()> {
        let approval = stages(&self.erp)?;
        let (status, remarks) = approval.words(decision.outcome, decision.comments.as_deref().unwrap_or_default());
        let input = json!({
            "draft": leased.record.key, "request": pending.request.code, "status": status, "remarks": remarks
        });
        steps
            .step("decide approval request", input, async {
                // Stored first, with the decision and the taking: after a lost answer the next stage is not to be decided in its place.
                leased.amend(self.ctx, |l| l.asked = Some(pending.progress.clone())).await?;
                approval.give(&self.flow.source, &pending, decision.outcome, remarks).await?;
                Ok(((), json!({ "decided": true })))
            })
            .await
    }
}

fn another_request(was: String, now: i64) -> FieldChange {
    FieldChange { field: "approval request".to_owned(), old: was, new: format!("{now} (waiting)") }
}
