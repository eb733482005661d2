//! Adding → written back: an approved draft becomes its document, where the flow says so. The ERP's answer proves
//! nothing, and may name nothing; what proves it is the draft, read before and after. It is sent once: what may be
//! under way is waited for, and only then is a draft that is still open added again.

use super::decision_check::{self, Compared};
use super::links::LeasedLink;
use super::shown::describe;
use super::work::{Work, stages};
use crate::source;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_connectors::SETTLES;
use tenon_connectors::erp::Adding;
use tenon_model::config::OnChanged;
use tenon_model::link::{Link, LinkState};
use tenon_platform::clock::SKEW;
use tenon_platform::runs::Recorder;
use tenon_platform::{Error, Result, Retry};

impl Work<'_> {
    /// Looks where the draft stands and adds it if that is to be done.
    pub(super) async fn add(&self, leased: &mut LeasedLink, steps: &mut Recorder) -> Result<()> {
        let compared = Box::pin(decision_check::compare(self.ctx, self.flow, &self.erp, leased, steps)).await?;
        let Some(compared) = compared else {
            let note = match leased.record.add_sent_ms {
                Some(_) => "the draft was being added and is not in the ERP any more",
                None => "the draft was not added, because it is not in the ERP any more",
            };
            return self.added(leased, note.to_owned());
        };
        match self.adding(steps, &compared).await? {
            Adding::Done => return self.added(leased, "the draft was added".to_owned()),
            Adding::Refused(why) => return self.added(leased, format!("the draft was not added: {why}")),
            Adding::Due => {}
        }
        if let Some(wait) = self.under_way(leased) {
            return Err(Error::new(
                "flow.add-unsettled",
                Retry::RateLimited(wait),
                "whether the draft was added is not known yet; it is looked at again",
            ));
        }
        if let Some(changed) = self.changed(&leased.record, &compared) {
            let note = format!("the draft was not added, because it has changed since it was approved: {changed}");
            return self.added(leased, note);
        }
        self.send_add(leased, steps).await
    }

    /// Sends it, once, and looks what came of it.
    async fn send_add(&self, leased: &mut LeasedLink, steps: &mut Recorder) -> Result<()> {
        let place = source::place(&self.flow.source, &leased.record.key);
        let now = self.ctx.now_ms();
        leased.amend(self.ctx, |l| l.add_sent_ms = Some(now)).await?;
        leased.note_sent(self.ctx);
        let outcome = steps
            .step("add draft", json!({ "draft": leased.record.key }), async {
                let named = stages(&self.erp)?.add(&place).await?;
                let note = json!({ "document": named });
                Ok((named, note))
            })
            .await;
        // Whatever was answered, the draft is the proof. Where it cannot be read, the next attempt reads it.
        let after = match self.erp.read_optional(&place).await? {
            Some(Value::Object(draft)) => stages(&self.erp)?.adding(&draft, true).await?,
            _ => Adding::Done,
        };
        match (outcome, after) {
            (Ok(Some(document)), Adding::Done) => {
                self.added(leased, format!("the draft was added as document {document}"))
            }
            (_, Adding::Done) => self.added(leased, "the draft was added".to_owned()),
            (Ok(_), Adding::Refused(why)) => {
                self.added(leased, format!("the ERP took the draft and did not add it: {why}"))
            }
            (Ok(_), Adding::Due) => Err(Error::transient(
                "b1.not-added",
                "the ERP accepted that the draft be added, and the draft is still open; it is looked at again",
            )),
            (Err(error), _) => {
                if error.retry != Retry::UnknownOutcome {
                    // Refused or never sent: nothing was added.
                    leased.amend(self.ctx, |l| l.add_sent_ms = None).await?;
                }
                Err(error)
            }
        }
    }

    async fn adding(&self, steps: &mut Recorder, compared: &Compared) -> Result<Adding> {
        steps
            .step("look whether the draft may be added", Value::Null, async {
                let adding = stages(&self.erp)?.adding(&compared.document.entity, self.flow.add_batches).await?;
                let note = match &adding {
                    Adding::Due => json!({ "may_be_added": true }),
                    Adding::Done => json!({ "added": true }),
                    Adding::Refused(why) => json!({ "may_be_added": false, "why": why }),
                };
                Ok((adding, note))
            })
            .await
    }

    /// How long an attempt that was sent may still be under way.
    fn under_way(&self, leased: &LeasedLink) -> Option<Duration> {
        let sent_ms = leased.record.add_sent_ms?;
        leased.unsettled(self.ctx, Some(sent_ms), self.write_timeout + SETTLES + SKEW)
    }

    /// What is otherwise than the people who approved were shown, unless that counts for nothing here.
    fn changed(&self, link: &Link, compared: &Compared) -> Option<String> {
        if compared.changes.is_empty() || self.flow.on_changed == OnChanged::Write {
            return None;
        }
        let accepted = link.accepted.is_some() && decision_check::is_as_accepted(self.flow, link, &compared.document);
        (!accepted).then(|| describe(&compared.changes))
    }

    /// Ends the attempt. What the decision's own note said stays.
    fn added(&self, leased: &mut LeasedLink, message: String) -> Result<()> {
        tracing::info!(flow = %leased.record.flow, document = %leased.record.key, outcome = message, "an approved draft");
        leased.advance_later(self.ctx, LinkState::WrittenBack, |l| {
            l.note = Some(match l.note.take() {
                Some(note) => format!("{note}; {message}"),
                None => message,
            });
        })
    }
}
