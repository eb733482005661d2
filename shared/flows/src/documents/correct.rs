//! A person puts right what could not be mapped of what was handed over, and the document is created of that.
//!
//! Only values that the mapping refuses are anybody's to correct: what it can read is what people approved. A correction holds
//! for what was shown: the flow, the input, and what the document would become are named by one digest, which is compared
//! when it is confirmed and, of the document's fields, once more before they are sent.

use super::record::{self, Name};
use super::{LEASE, promise, work};
use crate::agreed;
use crate::kinds::{Retried, Scope};
use crate::map::{self, Wrong, of_row, row_of};
use crate::retrying;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tenon_connectors::oa::Oa;
use tenon_crypto::digest::sha256_hex;
use tenon_model::InstanceId;
use tenon_model::config::DocumentFlow;
use tenon_model::document::{Corrected, CorrectedValue, DocumentRecord, DocumentState};
use tenon_model::json::number;
use tenon_model::run::Run;
use tenon_platform::clock::millis;
use tenon_platform::table::Stored;
use tenon_platform::{Error, ErrorKind, Result};

type Row = Map<String, Value>;

/// The correction that a document was to be created with does not hold any more.
pub(super) const CHANGED: &str = "flow.correction-changed";

/// The fields that a document is created of: what was handed over, as it was corrected.
pub(super) fn fields(
    flow: &DocumentFlow,
    record: &DocumentRecord,
    source: &Row,
    map: fn(&DocumentFlow, &Row) -> Result<Row>,
) -> Result<Row> {
    let Some(corrected) = &record.corrected else { return map(flow, source) };
    let fields = map(flow, &map::correct(flow, source, Some(corrected))?)?;
    if map::digest(&fields) == corrected.result {
        return Ok(fields);
    }
    let message = format!(
        "what would be created is not what {} confirmed with the correction of the input; correct it again",
        corrected.by
    );
    Err(Error::permanent(CHANGED, message))
}

/// What the history says of a mapping.
pub(super) fn noted(fields: &Row, record: &DocumentRecord) -> Value {
    match &record.corrected {
        Some(corrected) => json!({ "fields": fields, "corrected": corrected.values, "by": corrected.by }),
        None => json!({ "fields": fields }),
    }
}

/// What may be corrected of a run's input, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Names what is shown.
    pub revision: String,
    /// The values that could not be mapped.
    pub wrong: Vec<Wrong>,
}

/// What a correction would change, to be confirmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// Names what is shown.
    pub revision: String,
    /// By their places, what stood there and what would count instead.
    pub changes: BTreeMap<String, CorrectedValue>,
    /// The fields of the document that would be created.
    pub fields: Row,
}

/// How a document stands that waits for a correction.
struct PendingCorrection {
    stored: Stored<DocumentRecord>,
    source: Row,
    /// Corrections of before, as long as they hold.
    before: BTreeMap<String, CorrectedValue>,
}

fn refused(run: &Run, why: &str) -> Error {
    Error::permanent("run.not-correctable", format!("the input of run {} is not to be corrected: {why}", run.id))
}

async fn pending(at: Scope<'_>, flow: &DocumentFlow, run: &Run) -> Result<PendingCorrection> {
    let request = run.instance.clone().unwrap_or_default();
    let name = Name { tenant: at.tenant, oa: &flow.oa, flow: &flow.id, request: &request };
    let Some(stored) = record::get(at.ctx, name).await? else {
        return Err(refused(run, "nothing is kept of it; retry it"));
    };
    let record = &stored.data;
    if record.run != run.id {
        let message =
            format!("run {} is of an earlier push of request {request}; the latest is run {}", run.id, record.run);
        return Err(Error::permanent("run.superseded", message));
    }
    if record.state != DocumentState::Failed || record.lease.is_some() {
        return Err(refused(run, "it does not stand as failed, or what came of it is not known yet"));
    }
    let source = match &flow.form.template {
        None if record.pushed.is_some() => work::stored_body(record)?,
        None => return Err(refused(run, "what was pushed is not kept; have it pushed again")),
        Some(_) => {
            let oa = Oa::open(at.ctx, at.tenant, at.loaded, &flow.oa)?;
            let form = agreed::read(&oa, &InstanceId::new(request)).await?;
            if form.revokes.is_some() {
                return Err(refused(run, "the form takes another one back"));
            }
            row_of(&form.fields)
        }
    };
    let before = record.corrected.as_ref().map(|own| own.values.clone()).unwrap_or_default();
    let holds = map::put(flow, &source, &before).is_ok();
    let before = if holds { before } else { BTreeMap::new() };
    Ok(PendingCorrection { stored, source, before })
}

impl PendingCorrection {
    fn input(&self, flow: &DocumentFlow, run: &Run) -> Result<Input> {
        let wrong = map::wrong(flow, &map::put(flow, &self.source, &self.before)?);
        if wrong.is_empty() {
            return Err(refused(run, "no value of it alone keeps it from being mapped; mend what its message names"));
        }
        let shown = json!([
            run.id,
            self.stored.data.attempt,
            flow,
            self.before,
            number::write(&Value::Object(self.source.clone()))
        ]);
        Ok(Input { revision: sha256_hex(shown.to_string().as_bytes()), wrong })
    }
}

/// What may be corrected of a run's input.
///
/// # Errors
/// `run.not-correctable`, `run.superseded`; those of the table and the OA.
pub async fn input(at: Scope<'_>, flow: &DocumentFlow, run: &Run) -> Result<Input> {
    pending(at, flow, run).await?.input(flow, run)
}

/// What a correction of the input that was shown would change. `values` are by their places.
///
/// # Errors
/// `run.input-changed` when it is not what was shown; `run.not-correctable` when one of the values is none that could not be
/// mapped; `flow.mapping` when it could not be mapped either.
pub async fn review(
    at: Scope<'_>,
    flow: &DocumentFlow,
    run: &Run,
    shown: &str,
    values: &BTreeMap<String, String>,
) -> Result<Review> {
    let pending = pending(at, flow, run).await?;
    reviewed(&pending, flow, run, shown, values)
}

fn reviewed(
    pending: &PendingCorrection,
    flow: &DocumentFlow,
    run: &Run,
    shown: &str,
    values: &BTreeMap<String, String>,
) -> Result<Review> {
    let input = pending.input(flow, run)?;
    if input.revision != shown {
        return Err(Error::permanent(
            "run.input-changed",
            format!("the input of run {} is not what was shown, or its flow is not; look at it again", run.id),
        ));
    }
    if let Some(other) = values.keys().find(|path| input.wrong.iter().all(|wrong| wrong.path != **path)) {
        let why = format!("{other} is none of the values that could not be mapped");
        return Err(refused(run, &why));
    }
    let mut changes = pending.before.clone();
    for wrong in input.wrong {
        let Some(is) = values.get(&wrong.path).map(|value| value.trim()).filter(|value| !value.is_empty()) else {
            continue;
        };
        let was = match pending.before.get(&wrong.path) {
            Some(before) => before.was.clone(),
            None => wrong.value,
        };
        changes.insert(wrong.path, CorrectedValue { was, is: is.to_owned() });
    }
    let fields = of_row(flow, &map::put(flow, &pending.source, &changes)?)?;
    let shown = json!([shown, changes, map::digest(&fields)]);
    Ok(Review { revision: sha256_hex(shown.to_string().as_bytes()), changes, fields })
}

/// Has a document created of the input as it was corrected, shown and confirmed.
///
/// # Errors
/// `run.input-changed` when anything of it is not what was confirmed; `flow.busy` when somebody else has it in hand.
pub async fn correct(
    at: Scope<'_>,
    flow: &DocumentFlow,
    run: &Run,
    (shown, confirmed): (&str, &str),
    values: &BTreeMap<String, String>,
    by: &str,
) -> Result<Retried> {
    let (ctx, tenant) = (at.ctx, at.tenant);
    let pending = pending(at, flow, run).await?;
    let Review { revision, changes, fields } = reviewed(&pending, flow, run, shown, values)?;
    if revision != confirmed {
        let message = format!("the correction of run {} is not the one that was confirmed; look at it again", run.id);
        return Err(Error::permanent("run.input-changed", message));
    }
    let text = format!("request {} is corrected by {by} and queued", pending.stored.data.request);
    let details = json!({ "result": text, "corrected": changes });
    let corrected = Corrected { by: by.to_owned(), at_ms: ctx.now_ms(), values: changes, result: map::digest(&fields) };
    let check_after_ms = ctx.now_ms() + millis(LEASE);
    let anew = |record: &mut DocumentRecord| {
        (record.state, record.attempt) = (DocumentState::Claimed, record.attempt + 1);
        (record.code, record.message) = (None, None);
        (record.corrected, record.check_after_ms) = (Some(corrected), check_after_ms);
    };
    // Whoever dies from here on leaves an open record, which the reconciliation looks after.
    let Some(held) = record::take(ctx, tenant, pending.stored, LEASE, anew).await? else {
        let message = "somebody else has this document in hand; look at it again";
        return Err(Error::transient("flow.busy", message).with_kind(ErrorKind::Busy));
    };
    retrying::record_details(ctx, tenant, run, details).await?;
    let promised = promise(ctx, tenant, &held.record)?;
    record::hand_on(held, ctx, promised).await?;
    Ok(Retried::PutBack(text))
}
