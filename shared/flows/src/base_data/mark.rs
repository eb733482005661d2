//! Marking a record that is there, and only the one that was sent: a change that was made meanwhile is not hidden by
//! the mark. Where the ERP knows versions, the mark is written to the version that was sent; where it does not, the
//! record is read before and after.

use super::reading::{self, Reading, place};
use super::work::{Over, Piece, Work};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use tenon_connectors::erp::Update;
use tenon_model::base_data::RecordState;
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::{ErrorKind, Result};

/// Objects of connections whose lists give versions that are not those of the records, so that nothing is won by them.
#[derive(Default)]
struct Worthless(Mutex<HashSet<(ConnectionId, String)>>);

/// What marking came to.
enum Marked {
    /// It is marked.
    Done(Value),
    /// It is not the record any more that was sent; this is.
    Changed(Box<Reading>),
    /// It is gone.
    Gone,
}

impl Work<'_> {
    /// Marks a record that the other system has. One that has changed is due again.
    pub async fn mark(&self, piece: &mut Piece<'_>) {
        let is_saved = piece.open().is_some_and(|held| held.record.state == RecordState::Saved);
        let Some(sent) = piece.reading.clone().filter(|_| is_saved && !piece.is_due) else { return };
        let key = piece.asked.key.clone();
        let marking = async {
            let marked = self.mark_one(&key, &sent).await?;
            let note = match &marked {
                Marked::Done(note) => note.clone(),
                Marked::Changed(_) => json!({ "changed_since_read": true }),
                Marked::Gone => json!({ "gone": true }),
            };
            Ok((marked, note))
        };
        let input = json!({ &self.flow.marks.synced: self.flow.marks.synced_value });
        match piece.steps.step("mark record", input, marking).await {
            Ok(Marked::Done(_)) => {
                let row = piece.open().and_then(|held| held.record.row.clone());
                let row = row.map_or_else(String::new, |row| format!(" as row {row}"));
                piece.end(Over::Done(format!("saved{row} and marked")));
            }
            Ok(Marked::Changed(now)) => {
                piece.reading = Some(*now);
                piece.is_due = true;
            }
            Ok(Marked::Gone) => {
                let gone = "saved; the record no longer exists in the ERP, so there is nothing to mark";
                piece.end(Over::Done(gone.to_owned()));
            }
            Err(error) => piece.end(Over::of(error)),
        }
    }

    async fn mark_one(&self, key: &DocumentKey, sent: &Reading) -> Result<Marked> {
        if let Some(etag) = sent.etag.clone().filter(|_| !self.versions_are_worthless()) {
            match self.set(key, &self.flow.marks.synced_value, Some(etag)).await {
                Ok(()) => return Ok(Marked::Done(Value::Null)),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Marked::Gone),
                Err(error) if error.kind() == ErrorKind::Changed => {}
                Err(error) => return Err(error),
            }
        }
        let Some(now) = reading::read(&self.erp, self.flow, key).await? else { return Ok(Marked::Gone) };
        if now.fingerprint != sent.fingerprint {
            return Ok(Marked::Changed(Box::new(now)));
        }
        if now.is_marked {
            return Ok(Marked::Done(json!({ "already": true })));
        }
        if sent.etag.is_some() && sent.etag != now.etag {
            self.note_worthless();
        }
        let versioned = now.etag.is_some();
        match self.set(key, &self.flow.marks.synced_value, now.etag).await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Marked::Gone),
            Err(error) => return Err(error),
        }
        if versioned { Ok(Marked::Done(Value::Null)) } else { self.hold_against(key, sent).await }
    }

    /// The ERP knows no versions of these records: what came between the reading and the mark is seen after it.
    async fn hold_against(&self, key: &DocumentKey, sent: &Reading) -> Result<Marked> {
        let Some(now) = reading::read(&self.erp, self.flow, key).await? else { return Ok(Marked::Gone) };
        if now.fingerprint == sent.fingerprint {
            return Ok(Marked::Done(json!({ "compared": true })));
        }
        if now.is_marked {
            self.set(key, &self.flow.marks.unsynced_value, None).await?;
        }
        Ok(Marked::Changed(Box::new(Reading { is_marked: false, ..now })))
    }

    async fn set(&self, key: &DocumentKey, value: &str, version: Option<String>) -> Result<()> {
        let body = json!({ &self.flow.marks.synced: value });
        self.erp.update(&place(self.flow, key), &body, Update { version, ..Update::default() }).await
    }

    fn versions_are_worthless(&self) -> bool {
        let worthless = self.ctx.extensions.get_or_init::<Worthless>();
        let name = (self.flow.erp.clone(), self.flow.source.object.clone());
        worthless.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&name)
    }

    fn note_worthless(&self) {
        let worthless = self.ctx.extensions.get_or_init::<Worthless>();
        let name = (self.flow.erp.clone(), self.flow.source.object.clone());
        worthless.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    }
}
