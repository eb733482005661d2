//! Whether the OA's decision still holds: the document is read again, and one that is not what people were
//! shown is not given the decision, unless the flow or an operator says so.

use super::links::LeasedLink;
use super::shown::{self, Change, describe};
use crate::source::{self, Document};
use serde_json::json;
use tenon_connectors::erp::Erp;
use tenon_model::config::{ApprovalFlow, OnChanged};
use tenon_model::link::{ErpRequest, Link, LinkState, Shown};
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Result};

/// The document as it is now, and what of it is otherwise.
pub struct Compared {
    /// The document.
    pub document: Document,
    /// What was shown otherwise.
    pub changes: Vec<Change>,
}

/// What becomes of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionCheck {
    /// It is written; with what the run is to say besides.
    Holds(Option<String>),
    /// It is not written; the link says why.
    OnHold,
    /// It is not written, and the document is to be sent again.
    SentAgain(String),
}

/// Reads the document again and compares it with what its form was made from. `None` when it is gone.
pub async fn compare(
    ctx: &Context,
    flow: &ApprovalFlow,
    erp: &Erp<'_>,
    leased: &LeasedLink,
    steps: &mut Recorder,
) -> Result<Option<Compared>> {
    const MAX_CHANGES: usize = 100;
    let key = &leased.record.key;
    steps
        .step("compare document", json!({ "key": key }), async {
            let Some(document) = source::read_again(erp, &flow.source, &flow.collections(), key).await? else {
                return Ok((None, json!({ "gone": true })));
            };
            let changes = shown::changes(ctx, leased.tenant(), flow, &leased.record, &document).await?;
            let note = match changes.is_empty() {
                true => json!({ "as_shown": true }),
                false => json!({ "changed": changes.get(..MAX_CHANGES).unwrap_or(&changes) }),
            };
            Ok((Some(Compared { document, changes }), note))
        })
        .await
}

/// Whether the document is the one whose change an operator accepted.
pub fn is_as_accepted(flow: &ApprovalFlow, link: &Link, document: &Document) -> bool {
    link.found.as_ref().is_some_and(|accepted| accepted.fingerprint == shown::found(flow, document))
}

/// Judges a decision about to be written. `request` is the one that waits now, `changes` everything that is
/// otherwise.
pub fn judge(
    ctx: &Context,
    flow: &ApprovalFlow,
    leased: &mut LeasedLink,
    document: &Document,
    request: Option<ErpRequest>,
    changes: &[Change],
) -> Result<DecisionCheck> {
    if changes.is_empty() {
        return Ok(DecisionCheck::Holds(None));
    }
    let found = Shown { fingerprint: shown::found(flow, document), request, differs: Vec::new() };
    let code = |shown: &Shown| shown.request.as_ref().map(|r| r.code);
    let is_accepted = leased
        .record
        .found
        .as_ref()
        .is_some_and(|accepted| accepted.fingerprint == found.fingerprint && code(accepted) == code(&found));
    if is_accepted && leased.record.accepted.is_some() {
        return Ok(DecisionCheck::Holds(Some(format!("what had changed: {}", describe(changes)))));
    }
    match flow.on_changed {
        OnChanged::Write => {
            Ok(DecisionCheck::Holds(Some(format!("the document had changed since: {}", describe(changes)))))
        }
        OnChanged::Resend => Ok(DecisionCheck::SentAgain(describe(changes))),
        OnChanged::Hold => {
            let (tenant, key, run) = (leased.tenant().clone(), leased.record.key.clone(), leased.record.run.clone());
            tracing::warn!(tenant = %tenant, flow = %flow.id, document = %key, run = %run, "a decision is on hold: its document has changed since it was shown");
            let once_more = if leased.record.accepted.is_some() { " again, after the change was accepted" } else { "" };
            let note = format!(
                "the decision was not written, because the document is not what people were shown: it has \
                 changed{once_more}: {}. Look at it; `tenon retry {run} --accept-change` writes the decision all the \
                 same, and clearing {} sends the document to the OA as it is now",
                describe(changes),
                flow.marks.synced
            );
            leased.advance_later(ctx, LinkState::OnHold, |l| {
                l.note = Some(note);
                l.found = Some(found);
                l.accepted = None;
            })?;
            Ok(DecisionCheck::OnHold)
        }
    }
}
