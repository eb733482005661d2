//! Marking an order that the MES has, and only the one that was sent. The ERP knows no versions of these orders, so the
//! order is read before the mark and after it: a change that was made meanwhile goes to the MES too.

use super::order::Order;
use super::send::Sender;
use crate::manufacturing::settle;
use crate::manufacturing::work::Piece;
use serde_json::{Value, json};
use tenon_connectors::SETTLES;
use tenon_connectors::erp::Update;
use tenon_model::manufacturing::{OrderWork, Tracked};
use tenon_platform::{ErrorKind, Result};

/// What marking came to.
pub(super) enum Marked {
    /// It is marked, or cannot be; what is to be told.
    Done(String),
    /// It is not the order any more that was sent.
    Changed,
}

/// What one try came to.
enum Tried {
    Marked { flagged: bool },
    Refused(String),
    Changed,
    Gone,
}

impl Sender<'_> {
    /// A mark whose answer was lost may still be written, over a change that comes until then.
    pub(super) fn settle_mark(&self, piece: &Piece<'_, OrderWork>) -> Result<()> {
        match piece.held.record.of.marking {
            true => settle::settled(self.ctx, &piece.held, self.longest_write + SETTLES),
            false => Ok(()),
        }
    }

    /// Marks the order, when it still is what was sent.
    pub(super) async fn mark(&self, piece: &mut Piece<'_, OrderWork>, sent: &Order) -> Result<Marked> {
        let said = piece.held.record.of.said.clone();
        let key = piece.asked.key.clone();
        let now = self.ctx.now_ms();
        // Whoever comes after a crash knows that the mark may have been written.
        piece.held.amend(self.ctx, |record| (record.of.marking, record.sent_ms) = (true, Some(now))).await?;
        piece.held.note_sent(self.ctx);
        let fingerprint = piece.held.record.sent.clone().unwrap_or_default();
        let marks = &self.flow.marks;
        let input = json!({ &marks.synced: marks.synced_value, &marks.flag: marks.flag_value });
        let marking = async {
            let tried = self.mark_once(&key, sent, &fingerprint).await?;
            let note = match &tried {
                Tried::Marked { flagged } => json!({ "flag_stands": flagged }),
                Tried::Refused(why) => json!({ "refused": why }),
                Tried::Changed => json!({ "changed_since_read": true }),
                Tried::Gone => json!({ "gone": true }),
            };
            Ok((tried, note))
        };
        let tried = piece.steps.step("mark order", input, marking).await?;
        let unmarkable = matches!(tried, Tried::Refused(_)).then(|| fingerprint.clone());
        piece
            .held
            .amend(self.ctx, |record: &mut Tracked<OrderWork>| {
                (record.of.marking, record.of.unmarkable) = (false, unmarkable);
            })
            .await?;
        Ok(match tried {
            Tried::Changed => Marked::Changed,
            Tried::Marked { flagged: false } => Marked::Done(format!("{said}; order marked")),
            Tried::Marked { flagged: true } => Marked::Done(format!(
                "{said}; order marked. {} still says {}: B1's transaction procedure for production orders is missing, and \
                 later changes will not be sent",
                marks.flag, marks.flag_value
            )),
            Tried::Refused(why) => Marked::Done(format!(
                "{said}; B1 refuses the mark, so the order stays unmarked and is left alone: {why}"
            )),
            Tried::Gone => {
                Marked::Done(format!("{said}; the order is not in B1 any more, so there is nothing to mark"))
            }
        })
    }

    async fn mark_once(&self, key: &tenon_model::DocumentKey, read: &Order, sent: &str) -> Result<Tried> {
        // The first read may be as old as the MES's answers took.
        let Some(now) = self.read(key).await? else { return Ok(Tried::Gone) };
        if now.fingerprint != sent || read.fingerprint != sent {
            return self.unmark(key, &now).await;
        }
        if !now.is_synced(self.flow) {
            let marks = &self.flow.marks;
            let body = json!({ &marks.synced: marks.synced_value, &marks.flag: marks.flag_value });
            let update = Update { version: now.etag.clone(), ..Update::default() };
            match self.erp.update(&Self::place(key), &body, update).await {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Tried::Gone),
                Err(error) if error.kind() == ErrorKind::Changed => return Ok(Tried::Changed),
                Err(error) if error.kind() == ErrorKind::Refused => return Ok(Tried::Refused(error.message)),
                Err(error) => return Err(error),
            }
        }
        let Some(after) = self.read(key).await? else { return Ok(Tried::Gone) };
        if after.fingerprint != sent {
            return self.unmark(key, &after).await;
        }
        Ok(Tried::Marked { flagged: after.is_flagged(self.flow) })
    }

    /// The order has changed. When our mark hides that, it is taken away again.
    async fn unmark(&self, key: &tenon_model::DocumentKey, now: &Order) -> Result<Tried> {
        if now.is_synced(self.flow) {
            let marks = &self.flow.marks;
            let body = json!({ &marks.synced: marks.unsynced_value });
            match self.erp.update(&Self::place(key), &body, Update::default()).await {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Tried::Gone),
                Err(error) => return Err(error),
            }
        }
        Ok(Tried::Changed)
    }
}

/// What a mark writes.
pub(super) fn body(flow: &tenon_model::config::MesWorkOrdersFlow) -> Value {
    let marks = &flow.marks;
    json!({ &marks.synced: marks.synced_value, &marks.flag: marks.flag_value })
}
