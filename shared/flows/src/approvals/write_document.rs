//! Giving a decision to a document: comparing it with what was shown, writing its fields, clearing its marks.

use super::decision_check::{self, Compared, DecisionCheck};
use super::links::LeasedLink;
use super::shown::Change as FieldChange;
use super::work::Work;
use crate::source::Document;
use crate::{marks, source};
use serde_json::{Map, Value};
use tenon_model::config::Withdrawn;
use tenon_model::link::{ErpRequest, LinkState};
use tenon_model::oa::{Decision, Outcome};
use tenon_platform::Result;
use tenon_platform::runs::Recorder;

impl Work<'_> {
    pub(super) async fn write_document(
        &self,
        leased: &mut LeasedLink,
        steps: &mut Recorder,
        decision: &Decision,
    ) -> Result<()> {
        let mut fields = marks::decision(&self.flow.marks, decision, &self.time_zone)?;
        fields.extend([marks::result(&self.flow.marks, decision.outcome == Outcome::Agreed)]);
        let Some(Compared { document, changes }) =
            Box::pin(decision_check::compare(self.ctx, self.flow, &self.erp, leased, steps)).await?
        else {
            return self.close_gone(leased);
        };
        // What an interrupted attempt wrote was written to the document as it was shown.
        if !(leased.record.sent && marks::shows(&document.entity, &fields)) {
            if !self.check_decision(leased, steps, &document, None, &changes).await? {
                return Ok(());
            }
            leased.amend(self.ctx, |l| l.sent = true).await?;
        }
        if self.write_fields(leased, steps, fields, "write result", Some(&document)).await? {
            leased.advance_later(self.ctx, LinkState::WrittenBack, |_| {})
        } else {
            self.close_gone(leased)
        }
    }

    /// Whether the decision is to be written to the document as it is now; if not, what becomes of it is done.
    pub(super) async fn check_decision(
        &self,
        leased: &mut LeasedLink,
        steps: &mut Recorder,
        document: &Document,
        request: Option<ErpRequest>,
        changes: &[FieldChange],
    ) -> Result<bool> {
        match decision_check::judge(self.ctx, self.flow, leased, document, request, changes)? {
            DecisionCheck::Holds(None) => Ok(true),
            DecisionCheck::Holds(message) => leased.amend(self.ctx, |l| l.note = message).await.map(|()| true),
            DecisionCheck::OnHold => Ok(false),
            DecisionCheck::SentAgain(why) => self.send_again(leased, steps, &why).await.map(|()| false),
        }
    }

    /// The document goes to the OA again as it is now.
    async fn send_again(&self, leased: &mut LeasedLink, steps: &mut Recorder, why: &str) -> Result<()> {
        if !self.clear_marks(leased, steps).await? {
            return self.close_gone(leased);
        }
        let note = format!("the decision was not written, and the document is sent again: it has changed: {why}");
        leased.advance_later(self.ctx, LinkState::Released, |l| l.note = Some(note))
    }

    /// Writes fields of the document, unless it shows them already. `false` when it is gone. A document that
    /// was `read` must not have changed since, where the ERP can tell.
    pub(super) async fn write_fields(
        &self,
        leased: &mut LeasedLink,
        steps: &mut Recorder,
        fields: Map<String, Value>,
        name: &str,
        read: Option<&Document>,
    ) -> Result<bool> {
        leased.store(self.ctx).await?;
        let place = source::place(&self.flow.source, &leased.record.key);
        let read = read.map(|document| (&document.entity, document.etag.clone()));
        let input = Value::Object(fields.clone());
        steps.step(name, input, async { marks::write(&self.erp, &place, &fields, read).await }).await
    }

    pub(super) async fn withdraw(&self, leased: &mut LeasedLink, steps: &mut Recorder, outcome: Outcome) -> Result<()> {
        let words = outcome.word();
        if self.flow.form.on_withdrawn == Withdrawn::Keep {
            return leased.advance_later(self.ctx, LinkState::Closed, |l| {
                l.note = Some(format!("the instance was {words} in the OA; the document keeps its marks"));
            });
        }
        if !self.clear_marks(leased, steps).await? {
            return self.close_gone(leased);
        }
        leased.advance_later(self.ctx, LinkState::Released, |l| {
            l.note = Some(format!(
                "the instance was {words} in the OA; the marks are cleared, so the document can be sent again"
            ));
        })
    }

    /// `false` when the document is gone.
    async fn clear_marks(&self, leased: &mut LeasedLink, steps: &mut Recorder) -> Result<bool> {
        let fields = marks::cleared(&self.flow.marks);
        self.write_fields(leased, steps, fields, "clear marks", None).await
    }

    pub(super) fn close_gone(&self, leased: &mut LeasedLink) -> Result<()> {
        leased.advance_later(self.ctx, LinkState::Closed, |l| {
            l.note = Some("the document no longer exists in the ERP".to_owned());
        })
    }
}
