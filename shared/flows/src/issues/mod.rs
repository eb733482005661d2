//! Issues for production: what was fed into operations in the MES leaves the ERP's stock on the order it was fed for.
//!
//! An event only tells which feedings there are (`intake`); what is issued is read from the MES again, and the order
//! and the item from the ERP (`work`). A feeding is one record, however often it is told of, and its issue one document
//! of the ERP: it is made as the documents of other flows are (`documents::create`), with the feeding's id as the key it
//! carries. Feedings that no event told of are found by looking (`find`). What a person has to do (material taken back,
//! reports changed) is a run that says so (`note`).

mod body;
mod compare;
mod decide;
mod find;
pub mod intake;
mod kind;
pub mod message;
mod note;
mod owner;
mod preview;
mod reading;
mod retry;
mod search;
pub mod seen;
mod work;

pub use work::{on_dead_letter, run};

use crate::documents::record::Name;
use std::time::Duration;
use tenon_model::blacklake::FedRecord;
use tenon_model::config::{Flow, ProductionIssuesFlow};
use tenon_model::document::{DocumentRecord, DocumentState};
use tenon_model::{ConnectionId, FlowId, RunId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::table::RecordKind;
use tenon_platform::{Context, Error, Result};

/// Its kinds of records.
pub(crate) const KINDS: [RecordKind; 2] =
    [RecordKind::of::<seen::Seen>("CALLBACK-SEEN"), RecordKind::of::<find::Mark>("POLL")];

/// What is made in the ERP.
const OBJECT: &str = "InventoryGenExits";
/// Its key.
const KEY: &str = "DocEntry";
/// How long a worker has a feeding for itself: longer than any function may run.
pub const LEASE: Duration = Duration::from_secs(150);

/// The flows that issue what is fed in a factory, in the configuration's order.
fn flows_of<'l>(loaded: &'l Loaded, mes: &ConnectionId) -> Vec<&'l ProductionIssuesFlow> {
    let all = loaded.flows().iter().filter_map(Flow::as_production_issues);
    all.filter(|flow| flow.mes == *mes && flow.enabled).collect()
}

/// The flow of this id.
fn flow<'l>(loaded: &'l Loaded, id: &FlowId) -> Result<&'l ProductionIssuesFlow> {
    let flow = loaded.flow(id)?;
    flow.as_production_issues().ok_or_else(|| {
        let message = format!("flow {id} is of kind {} now, and issues nothing", flow.kind());
        Error::permanent("flow.kind", message)
    })
}

/// The key that the issue of a feeding carries.
fn mark_of(feeding: i64) -> String {
    format!("MES-F {feeding}")
}

/// The work order that a feeding was told to be for.
fn order_of(record: &DocumentRecord) -> Option<i64> {
    serde_json::from_str::<FedRecord>(record.pushed.as_deref()?).ok()?.order
}

/// Names the record of a feeding.
fn name<'a>(tenant: &'a TenantId, flow: &'a ProductionIssuesFlow, request: &'a str) -> Name<'a> {
    Name { tenant, oa: &flow.mes, flow: &flow.id, request }
}

/// A record that is about to be claimed for the first time.
fn fresh(ctx: &Context, flow: &ProductionIssuesFlow, feeding: FedRecord) -> Result<DocumentRecord> {
    let now = ctx.now_ms();
    let hint = serde_json::to_string(&feeding)
        .map_err(|e| Error::permanent("platform.table", format!("a feeding could not be written: {e}")))?;
    Ok(DocumentRecord {
        flow: flow.id.clone(),
        oa: flow.mes.clone(),
        erp: flow.erp.clone(),
        object: OBJECT.to_owned(),
        request: feeding.id.to_string(),
        attempt: 1,
        state: DocumentState::Claimed,
        run: RunId::new(ctx.entropy.id("r-", now)?),
        lease: None,
        taken_ms: 0,
        lease_until_ms: 0,
        pushed: Some(hint),
        fingerprint: None,
        corrected: None,
        mark: Some(mark_of(feeding.id)),
        create_sent_ms: None,
        key: None,
        is_draft: false,
        code: None,
        message: None,
        claimed_ms: now,
        changed_ms: now,
        check_after_ms: now + millis(LEASE),
    })
}
