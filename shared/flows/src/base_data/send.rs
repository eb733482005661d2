//! Sending a message's records: each is saved at the other system, alone or with others in one call, and marked in the
//! ERP once it is there. One that is refused stops no other.

use super::reading;
use super::records;
use super::rows::Outgoing;
use super::run_history;
use super::work::{Over, Piece, Work};
use crate::admission;
use crate::approvals::in_flight;
use crate::base_data::message::SendRecords;
use crate::kinds::Scope;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_connectors::base_data::{Interface, Row, Saved};
use tenon_model::base_data::RecordState;
use tenon_model::message::Envelope;
use tenon_platform::clock::millis;
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error, Result, Retry};

/// How long a record counts as its page showed it.
const PAGE_COUNTS: Duration = Duration::from_secs(900);
/// How often a record that changes while it is sent is sent anew before it is left for the next poll.
const MAX_ROUNDS: u32 = 3;

/// Handles one message.
///
/// # Errors
/// When it has to come again.
pub async fn send(ctx: &Context, message: &Envelope<SendRecords>) -> Result<()> {
    let tenant = &message.tenant;
    let loaded = ctx.config.load(tenant).await?;
    let flow = super::flow(&loaded, &message.body.flow)?;
    if !flow.enabled {
        return leave(ctx, message, &format!("flow {} is disabled", flow.id)).await;
    }
    let _permit = match admission::acquire(ctx, tenant, &loaded, (&flow.erp, &flow.oa), "base-data").await {
        Ok(permit) => permit,
        Err(error) => {
            for record in message.body.records.iter().filter(|_| matches!(error.retry, Retry::PutOff(_))) {
                in_flight::renew(ctx, tenant, &flow.id, &record.key, &record.run).await?;
            }
            return Err(error);
        }
    };
    let work = Work::new(Scope { ctx, tenant, loaded: &loaded }, flow, &message.id)?;
    let mut pieces = Vec::with_capacity(message.body.records.len());
    for record in &message.body.records {
        let steps = Recorder::new(ctx, record.run.clone());
        let mut piece = Piece { asked: record, steps, held: None, reading: None, is_due: false, over: None };
        if let Err(error) = work.begin(&mut piece).await {
            piece.end(Over::of(error));
        }
        pieces.push(piece);
    }
    work.send_all(&mut pieces).await;
    work.finish(pieces).await
}

/// Nothing is to be done for these any more.
async fn leave(ctx: &Context, message: &Envelope<SendRecords>, why: &str) -> Result<()> {
    for record in &message.body.records {
        let mut steps = Recorder::new(ctx, record.run.clone());
        steps.end_retried(ctx, &message.tenant, &format!("nothing to send: {why}")).await?;
        in_flight::end(ctx, &message.tenant, &message.body.flow, &record.key, &record.run).await?;
    }
    Ok(())
}

impl Work<'_> {
    /// Takes a record in hand and reads it, as far as its page or an earlier attempt leaves something to do.
    async fn begin(&self, piece: &mut Piece<'_>) -> Result<()> {
        let (ctx, tenant, flow) = (self.ctx, self.tenant, self.flow);
        let (key, run) = (&piece.asked.key, &piece.asked.run);
        let stored = records::get(ctx, tenant, &flow.id, key).await?;
        let kept = stored.as_ref().map(|stored| stored.data.clone());
        if kept.as_ref().is_some_and(|kept| kept.done.as_deref() == Some(self.message)) {
            piece.end(Over::Before);
            return Ok(());
        }
        let held = records::acquire(ctx, tenant, &flow.id, (key, run), stored).await?;
        // What an earlier run began goes on in it.
        piece.steps = Recorder::new(ctx, held.record.run.clone());
        piece.held = Some(held);
        let saved = kept.as_ref().filter(|kept| kept.state == RecordState::Saved);
        // What the page showed is older than what was sent since.
        let now = ctx.now_ms();
        let fresh = |page: &&crate::base_data::message::RecordPage| {
            now - page.read_ms < millis(PAGE_COUNTS)
                && kept.as_ref().is_none_or(|kept| kept.state == RecordState::Idle && kept.changed_ms < page.read_ms)
        };
        if piece.asked.page.as_ref().filter(fresh).is_some() {
            piece.reading = reading::of_message(piece.asked);
        }
        if piece.reading.is_none() {
            let key = key.clone();
            let read = async {
                let read = reading::read(&self.erp, flow, &key).await?;
                let note = read.as_ref().map_or(Value::Null, |read| Value::Object(read.fields.clone()));
                Ok((read, note))
            };
            piece.reading = piece.steps.step("read record", json!({ "key": key }), read).await?;
        }
        let Some(reading) = &piece.reading else {
            piece.end(Over::NotDue("the record is not in the ERP any more".to_owned()));
            return Ok(());
        };
        match saved {
            // It is there, and perhaps marked: only what has changed since goes again.
            Some(kept) => piece.is_due = kept.sent.as_ref() != Some(&reading.fingerprint),
            None if reading.is_marked => piece.end(Over::NotDue("the record is marked as sent".to_owned())),
            None => piece.is_due = true,
        }
        Ok(())
    }

    async fn send_all(&self, pieces: &mut [Piece<'_>]) {
        for piece in pieces.iter_mut() {
            self.settle(piece).await;
            self.look_first(piece).await;
        }
        for _ in 0..MAX_ROUNDS {
            self.save_due(pieces).await;
            for piece in pieces.iter_mut() {
                self.mark(piece).await;
            }
            if pieces.iter().all(|piece| piece.over.is_some()) {
                return;
            }
        }
        for piece in pieces.iter_mut().filter(|piece| piece.over.is_none()) {
            let why = "the record changed each time while it was sent; the next poll sends it as it is then";
            piece.end(Over::NotDue(why.to_owned()));
        }
    }

    /// Sends what is due: what makes rows and what changes them apart, so many in a call as the flow says.
    async fn save_due(&self, pieces: &mut [Piece<'_>]) {
        let mut rows: Vec<(usize, Outgoing)> = Vec::new();
        for (place, piece) in pieces.iter_mut().enumerate().filter(|(_, piece)| piece.is_due && piece.over.is_none()) {
            match self.outgoing(piece).await {
                Ok(outgoing) => rows.push((place, outgoing)),
                Err(error) => piece.end(Over::of(error)),
            }
        }
        let is_change = |pieces: &[Piece<'_>], place: usize| {
            let held = pieces.get(place).and_then(|piece| piece.held.as_ref());
            held.is_some_and(|held| held.record.row.is_some() || held.record.is_there)
        };
        let is_alone = |pieces: &[Piece<'_>], place: usize| {
            pieces.get(place).and_then(|piece| piece.held.as_ref()).is_some_and(|held| held.record.alone)
        };
        let (alone, together): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(place, _)| is_alone(pieces, *place));
        let (changes, creates): (Vec<_>, Vec<_>) =
            together.into_iter().partition(|(place, _)| is_change(pieces, *place));
        let batch = usize::try_from(self.flow.form.batch).unwrap_or(1).max(1);
        let calls = [(alone, 1), (creates, batch), (changes, batch)];
        for (rows, size) in calls {
            let mut rows = rows.into_iter().peekable();
            while rows.peek().is_some() {
                let call: Vec<(usize, Outgoing)> = rows.by_ref().take(size).collect();
                let changes = call.first().is_some_and(|(place, _)| is_change(pieces, *place));
                self.save(pieces, self.saving(changes), call).await;
            }
        }
    }

    /// Makes one call. That it is about to be made is stored before, so that whoever comes after a crash knows that
    /// it may have arrived.
    async fn save(&self, pieces: &mut [Piece<'_>], at: Interface<'_>, call: Vec<(usize, Outgoing)>) {
        let mut sent: Vec<(usize, Outgoing)> = Vec::with_capacity(call.len());
        for (place, outgoing) in call {
            let Some(piece) = pieces.get_mut(place) else { continue };
            let fingerprint = piece.reading.as_ref().map(|reading| reading.fingerprint.clone());
            let Some(held) = piece.open() else { continue };
            let now = self.ctx.now_ms();
            let stored = held.advance(self.ctx, RecordState::Sending, |record| {
                record.sent_ms = Some(now);
                record.creates = record.row.is_none() && !record.is_there;
                record.sent = fingerprint;
            });
            match stored.await {
                Ok(()) => {
                    held.note_sent(self.ctx);
                    sent.push((place, outgoing));
                }
                Err(error) => piece.end(Over::of(error)),
            }
        }
        if sent.is_empty() {
            return;
        }
        let rows: Vec<Row> = sent.iter().map(|(_, outgoing)| outgoing.row.clone()).collect();
        let saved = self.target.save(at, &rows).await;
        for (index, (place, outgoing)) in sent.into_iter().enumerate() {
            let Some(piece) = pieces.get_mut(place) else { continue };
            let saved = match &saved {
                Ok(saved) => {
                    Ok(saved.get(index).cloned().unwrap_or(Saved::Unreported("nothing is said of it".to_owned())))
                }
                Err(error) => Err(error.clone()),
            };
            self.saved(piece, at, &outgoing, saved, rows.len()).await;
        }
    }

    /// Takes down what became of one row.
    async fn saved(
        &self,
        piece: &mut Piece<'_>,
        at: Interface<'_>,
        outgoing: &Outgoing,
        saved: Result<Saved>,
        together: usize,
    ) {
        let outcome = async {
            match saved? {
                Saved::As(row) => {
                    let note = json!({ "row": row });
                    Ok((row, note))
                }
                Saved::Refused(words) => Err(self.target.refused(&words)),
                Saved::Unreported(words) => Err(self.target.unreported(&words)),
            }
        };
        let input = json!({ "interface": at.name, "row": shown(&outgoing.row), "together_with": together - 1 });
        let outcome = piece.steps.step("save row", input, outcome).await;
        let Some(held) = piece.open() else { return };
        let stored = match &outcome {
            Ok(row) => {
                let (row, details) = (row.clone(), outgoing.details.clone());
                held.advance(self.ctx, RecordState::Saved, |record| {
                    record.row = row.or(record.row.take());
                    record.is_there = true;
                    record.details = details;
                    record.alone = false;
                })
                .await
            }
            Err(error) if error.retry == Retry::UnknownOutcome => {
                held.advance(self.ctx, RecordState::Unknown, |record| record.alone = together > 1).await
            }
            // Refused, or never sent: nothing was saved.
            Err(_) => held.advance(self.ctx, RecordState::Idle, |record| record.sent_ms = None).await,
        };
        match (stored, outcome) {
            (Err(error), _) | (Ok(()), Err(error)) => piece.end(Over::of(error)),
            (Ok(()), Ok(_)) => piece.is_due = false,
        }
    }

    /// Tells how each record's work ended and lets go of it.
    async fn finish(&self, pieces: Vec<Piece<'_>>) -> Result<()> {
        let mut again = None;
        for piece in pieces {
            let (key, run) = (&piece.asked.key, piece.asked.run.clone());
            match run_history::end(self, piece).await {
                Ok(None) => in_flight::end(self.ctx, self.tenant, &self.flow.id, key, &run).await?,
                Ok(Some(error)) | Err(error) => again = again.or(Some(error)),
            }
        }
        again.map_or(Ok(()), Err)
    }
}

/// A row for the history.
fn shown(row: &Row) -> Value {
    let columns = |columns: &[(String, String)]| -> Value {
        columns
            .iter()
            .map(|(name, text)| (name.clone(), Value::from(text.as_str())))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let mut shown = json!({ "mainTable": columns(&row.columns) });
    if let (Some(id), Some(main)) = (&row.id, shown.get_mut("mainTable").and_then(Value::as_object_mut)) {
        main.insert("id".to_owned(), Value::from(id.as_str()));
    }
    if let Some(shown) = shown.as_object_mut() {
        let tables = row.details.iter().map(|(table, rows)| {
            (table.clone(), rows.iter().map(|detail| columns(&detail.columns)).collect::<Value>())
        });
        shown.extend(tables);
    }
    shown
}

/// Tells the history that a message is given up. Its records are found again by and by.
///
/// # Errors
/// Those of the table.
pub async fn on_dead_letter(ctx: &Context, message: &Envelope<SendRecords>, error: &Error) -> Result<()> {
    let (tenant, flow) = (&message.tenant, &message.body.flow);
    let loaded = ctx.config.load(tenant).await?;
    for record in &message.body.records {
        let stored = records::get(ctx, tenant, flow, &record.key).await?;
        let done = stored.as_ref().is_some_and(|stored| stored.data.done.as_deref() == Some(message.id.as_str()));
        if !done
            && let Ok(known) = loaded.flow(flow)
            && let Ok(mut held) = records::acquire(ctx, tenant, flow, (&record.key, &record.run), stored).await
        {
            let page = record.page.as_ref().map(|page| page.fingerprint.clone());
            let failing = records::failing(held.record.failing.as_ref(), &loaded, known, page, ctx.now_ms())?;
            held.record.done = Some(message.id.clone());
            run_history::failed(ctx, tenant, &mut Recorder::new(ctx, held.record.run.clone()), &held.record, error)
                .await?;
            held.release_with(ctx, |record| record.failing = Some(failing)).await?;
        }
        in_flight::end(ctx, tenant, flow, &record.key, &record.run).await?;
    }
    Ok(())
}
