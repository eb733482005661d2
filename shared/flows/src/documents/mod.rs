//! Document flows: what the OA pushes, or a form that was approved there, becomes one document of the ERP.
//!
//! Exactly one for each connection, flow and request, however often it is handed over, by how many at once, and
//! whatever dies: the right to create it is a record, a create is stored before it is sent, and one whose answer was
//! lost is looked for in the ERP by the request that it carries.

mod correct;
pub(crate) mod create;
mod form;
mod kind;
mod preview;
mod push;
pub(crate) mod record;
mod revoked;
pub(crate) mod run;
mod work;

pub use correct::{Input, Review, correct, input, review};
pub use form::apply;
pub use push::{ANSWERED_WITHIN, LEASE as LEASE_OF_PUSH, push};

use crate::decisions::message::{Operator, WriteBack};
use crate::messages::promise_write_back;
use crate::written::Written;
use record::{LeasedRecord, Name};
use std::time::Duration;
use tenon_model::config::{DocumentFlow, Flow};
use tenon_model::document::{DocumentRecord, DocumentState};
use tenon_model::oa::Outcome;
use tenon_model::{InstanceId, RunId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::outbox::Entry;
use tenon_platform::{Context, Error, ErrorKind, Result, Retry};

/// How long a worker of a queue has a record for itself: longer than any function may run.
pub const LEASE: Duration = Duration::from_secs(150);
/// How long what nobody tries any more by himself is left alone before it is looked at again.
const LEFT_ALONE: Duration = Duration::from_secs(6 * 3600);

/// A record that is about to be claimed for the first time.
fn fresh(ctx: &Context, loaded: &Loaded, flow: &DocumentFlow, request: &str) -> Result<DocumentRecord> {
    let now = ctx.now_ms();
    Ok(DocumentRecord {
        flow: flow.id.clone(),
        oa: flow.oa.clone(),
        erp: flow.erp.clone(),
        object: flow.object.clone(),
        request: request.to_owned(),
        attempt: 1,
        state: DocumentState::Claimed,
        run: RunId::new(ctx.entropy.id("r-", now)?),
        lease: None,
        taken_ms: 0,
        lease_until_ms: 0,
        pushed: None,
        fingerprint: None,
        corrected: None,
        mark: Some(mark_of(loaded, flow, request)),
        create_sent_ms: None,
        key: None,
        is_draft: false,
        code: None,
        message: None,
        claimed_ms: now,
        changed_ms: now,
        check_after_ms: now + tenon_platform::clock::millis(push::ANSWERED_WITHIN * 2),
    })
}

/// What the ERP's field says: the request, by which people know it. Where another flow creates the same object, the
/// flow as well, since one request may be handed over to both.
fn mark_of(loaded: &Loaded, flow: &DocumentFlow, request: &str) -> String {
    let others = loaded.flows().iter().filter_map(Flow::as_document);
    if !others.into_iter().any(|other| other.marks_alike(flow)) {
        return request.to_owned();
    }
    let mark = format!("{request}@{}", flow.id);
    if mark.encode_utf16().count() <= MARK_LENGTH {
        return mark;
    }
    tenon_crypto::digest::sha256_hex(mark.as_bytes())
}

/// Longest request, and longest mark, in UTF-16 units: the length that the field is to have.
const MARK_LENGTH: usize = 100;

/// Nothing was created; why is kept for whoever asks again.
pub(crate) async fn fail(ctx: &Context, held: &mut LeasedRecord, error: &Error) -> Result<()> {
    let (code, message) = (error.code.to_owned(), message_of(error));
    let holds = error.code != correct::CHANGED;
    held.advance(ctx, DocumentState::Failed, |record| {
        (record.code, record.message) = (Some(code), Some(message));
        record.corrected = record.corrected.take().filter(|_| holds);
    })
    .await
}

/// The words a caller is told: the ERP's own, where it has said something.
fn message_of(error: &Error) -> String {
    error.vendor_message.as_deref().cloned().unwrap_or_else(|| error.message.clone())
}

/// What is left to do for a document, as work of its queue. `operator` has a failed one tried again.
fn left(ctx: &Context, record: &DocumentRecord, operator: Option<Operator>) -> WriteBack {
    let instance = InstanceId::new(record.request.as_str());
    let found = crate::messages::looked_up(ctx, &record.oa, instance, None, Outcome::Agreed);
    WriteBack { flow: Some(record.flow.clone()), operator, ..found }
}

/// The promise of what is left to do for a document, to be stored with the change after which it is left.
fn promise(ctx: &Context, tenant: &TenantId, record: &DocumentRecord) -> Result<Entry> {
    promise_write_back(ctx, tenant, left(ctx, record, None))
}

/// Goes on with a document from what is stored.
pub async fn resume(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    flow: &DocumentFlow,
    message: &WriteBack,
) -> Result<Written> {
    if flow.form.template.is_some() {
        return form::apply(ctx, tenant, loaded, flow, message).await;
    }
    let name = Name { tenant, oa: &flow.oa, flow: &flow.id, request: message.instance.as_str() };
    let Some(stored) = record::get(ctx, name).await? else { return Ok(Written::NotOurs) };
    let wished = message.operator.is_some();
    if run::is_recorded(ctx, tenant, &stored.data, wished).await? {
        return Ok(Written::Already);
    }
    let pushed = work::stored_body(&stored.data)?;
    let _permit = crate::admission::acquire(ctx, tenant, loaded, (&flow.erp, &flow.oa), "write-back").await?;
    let held = take(ctx, tenant, stored, wished).await?;
    work::Doing { ctx, loaded, flow, is_awaited: false }.through(held, work::Source::Pushed(&pushed)).await
}

/// Takes a stored record for a worker of a queue; a failed one begins anew when an operator wishes it.
async fn take(
    ctx: &Context,
    tenant: &TenantId,
    stored: tenon_platform::table::Stored<DocumentRecord>,
    wished: bool,
) -> Result<LeasedRecord> {
    let anew = |record: &mut DocumentRecord| {
        if wished && record.state == DocumentState::Failed {
            (record.state, record.attempt) = (DocumentState::Claimed, record.attempt + 1);
        }
    };
    match record::take(ctx, tenant, stored, LEASE, anew).await? {
        Some(held) => Ok(held),
        None => Err(Error::new(
            "flow.busy",
            Retry::RateLimited(Duration::from_secs(5)),
            "another worker has this document in hand; it is tried again",
        )
        .with_kind(ErrorKind::Busy)),
    }
}

/// Tells the history that a document is not tried any more by itself. One that may exist is looked for again later.
pub async fn on_dead_letter(
    ctx: &Context,
    tenant: &TenantId,
    flow: &DocumentFlow,
    message: &WriteBack,
    error: &Error,
) -> Result<()> {
    let name = Name { tenant, oa: &flow.oa, flow: &flow.id, request: message.instance.as_str() };
    let Some(stored) = record::get(ctx, name).await?.filter(|stored| stored.data.state.is_open()) else {
        return Ok(());
    };
    let Some(mut held) = record::take(ctx, tenant, stored, LEASE, |_| {}).await? else { return Ok(()) };
    if held.record.state == DocumentState::Claimed {
        fail(ctx, &mut held, error).await?;
    }
    run::record_failure(ctx, tenant, &held.record, error).await?;
    record::release(held, ctx, LEFT_ALONE).await
}
