//! Giving a decision to a draft: to the approval request that people were shown, and to no other.

use super::links::Held;
use super::shown::Change as FieldChange;
use super::standing::{self, Compared};
use super::verdict::{self, Given, Next, Target, give, look};
use super::work::Work;
use crate::source::Document;
use crate::{marks, source};
use serde_json::{Map, Value, json};
use tenon_model::b1::{Verdict, cut_remarks};
use tenon_model::link::{AskedStage, ErpRequest, LinkState};
use tenon_model::oa::{Decision, Outcome};
use tenon_platform::Result;
use tenon_platform::runs::Recorder;

impl Work<'_> {
    pub(super) async fn write_draft(&self, held: &mut Held, steps: &mut Recorder, decision: &Decision) -> Result<()> {
        let verdict = if decision.outcome == Outcome::Agreed { Verdict::Approved } else { Verdict::NotApproved };
        let follows = marks::decision(&self.flow.marks, decision, &self.time_zone)?;
        if !follows.is_empty() {
            self.b1.will_change(source::entity(&self.flow.source, &held.link.key), Value::Object(follows));
        }
        let compared = Box::pin(standing::compare(self.ctx, self.flow, &self.b1, held, steps)).await?;
        let next = self.next(held, steps, verdict, compared.as_ref()).await?;
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
        let mut fields = marks::decision(&self.flow.marks, decision, &self.time_zone)?;
        if given == Given::NoRequest {
            fields.extend([marks::result(&self.flow.marks, decision.outcome == Outcome::Agreed)]);
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

    /// Where the draft's request stands.
    async fn next(
        &self,
        held: &Held,
        steps: &mut Recorder,
        verdict: Verdict,
        compared: Option<&Compared>,
    ) -> Result<Next> {
        let (source, key) = (&self.flow.source, &held.link.key);
        let none = Map::new();
        let entity = compared.map_or(&none, |c| &c.document.entity);
        let target = Target { shown: held.link.shown.as_ref(), asked: held.link.asked };
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
                held.amend(self.ctx, |l| l.asked = Some(asked)).await?;
                give(&self.b1, source, (asked, before), verdict, &remarks).await?;
                Ok(((), json!({ "decided": true })))
            })
            .await
    }
}

fn another_request(was: String, now: i64) -> FieldChange {
    FieldChange { field: "approval request".to_owned(), old: was, new: format!("{now} (waiting)") }
}
