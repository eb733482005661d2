//! A saving whose answer was lost: the row is looked for by its key before anything is sent again, and only when the
//! call can no longer arrive is it made again.

use super::rows::{key_of, mapped, no_key};
use super::work::{Over, Piece, Work};
use serde_json::json;
use tenon_connectors::base_data::Found;
use tenon_model::base_data::RecordState;
use tenon_model::config::OnLost;
use tenon_platform::clock::SKEW;
use tenon_platform::{Error, ErrorKind, Result, Retry};

impl Work<'_> {
    /// Finds out what became of a saving that was sent before, if one was. Afterwards the record's saving may be sent.
    pub async fn settle(&self, piece: &mut Piece<'_>) {
        if let Err(error) = self.settle_one(piece).await {
            piece.end(Over::of(error));
        }
    }

    async fn settle_one(&self, piece: &mut Piece<'_>) -> Result<()> {
        let accepted = piece.asked.accept;
        let Some(held) = piece.open() else { return Ok(()) };
        if !matches!(held.record.state, RecordState::Sending | RecordState::Unknown) {
            return Ok(());
        }
        if accepted || held.record.sent_ms.is_none() {
            return held.advance(self.ctx, RecordState::Idle, |record| record.sent_ms = None).await;
        }
        // A change may be made again, and so may what the other system itself keeps one row of.
        if !held.record.creates || self.flow.form.on_lost == OnLost::Repeat {
            return self.send_again(piece).await;
        }
        if held.record.state == RecordState::Sending {
            held.advance(self.ctx, RecordState::Unknown, |_| {}).await?;
        }
        match self.look(piece).await? {
            Some(row) => self.adopt(piece, row).await,
            None => self.send_again(piece).await,
        }
    }

    /// Looks for the row of a record that was never sent, where others may have made it.
    pub async fn look_first(&self, piece: &mut Piece<'_>) {
        if !self.flow.form.look_first {
            return;
        }
        let is_new = piece.open().is_some_and(|held| held.record.row.is_none() && !held.record.is_there);
        if !is_new || !piece.is_due {
            return;
        }
        let outcome = async {
            if let Some(found) = self.look(piece).await?
                && let Some(held) = piece.open()
            {
                held.amend(self.ctx, |record| {
                    record.row = Some(found.id);
                    record.is_there = true;
                })
                .await?;
            }
            Ok(())
        };
        if let Err(error) = outcome.await {
            piece.end(Over::of(error));
        }
    }

    async fn adopt(&self, piece: &mut Piece<'_>, found: Found) -> Result<()> {
        let Some(held) = piece.open() else { return Ok(()) };
        held.advance(self.ctx, RecordState::Idle, |record| {
            record.row = Some(found.id);
            record.is_there = true;
            record.sent_ms = None;
        })
        .await
    }

    /// Sends again what was not found, or what may be repeated, when the former call can no longer be under way: late,
    /// it would make a second row, or undo what was sent since.
    async fn send_again(&self, piece: &mut Piece<'_>) -> Result<()> {
        let Some(held) = piece.open() else { return Ok(()) };
        let settles = self.target.settles_within() + SKEW;
        if let Some(left) = held.unsettled(self.ctx, held.record.sent_ms, settles) {
            return Err(Error::new(
                "flow.create-unsettled",
                Retry::RateLimited(left),
                "the saving's answer was lost and it may still be carried out; it is looked at again",
            ));
        }
        held.advance(self.ctx, RecordState::Idle, |record| record.sent_ms = None).await
    }

    async fn look(&self, piece: &mut Piece<'_>) -> Result<Option<Found>> {
        let reading = match &piece.reading {
            Some(reading) => reading,
            None => return Err(no_key()),
        };
        let (column, text) = key_of(self.flow, &mapped(self.flow, reading)?).ok_or_else(no_key)?;
        let look = async {
            let found = self.target.find(self.listing(), &column, &text).await.map_err(not_listed)?;
            let ids: Vec<&str> = found.iter().map(|row| row.id.as_str()).collect();
            let note = json!({ "rows": ids });
            Ok((found, note))
        };
        let mut found = piece.steps.step("look for row", json!({ &column: text }), look).await?;
        if found.len() > 1 {
            let ids: Vec<&str> = found.iter().map(|row| row.id.as_str()).collect();
            let message = format!(
                "{} rows have {column} {text}: {}; delete all but one in the OA, then retry the run",
                ids.len(),
                ids.join(", ")
            );
            return Err(Error::permanent("flow.row-unclear", message));
        }
        Ok(found.pop())
    }
}

fn not_listed(error: Error) -> Error {
    if !matches!(error.kind(), ErrorKind::Refused | ErrorKind::Unintelligible) {
        return error;
    }
    let message = format!(
        "whether the OA has the record is not known, and its rows cannot be listed ({error}), so it is not sent a second \
         time. Name the interface that lists rows in form.look_up; or look for the row in the OA, delete it if it is \
         there, and `tenon retry RUN --accept-change`"
    );
    error.renamed("flow.row-unclear", message)
}
