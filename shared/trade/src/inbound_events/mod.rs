//! Inbound events: business events of the production system.
//!
//! An event, what it changes, what will be pushed and the message that asks for its fan-out are stored in **one**
//! transaction, on the condition that no event of this id is there. A process that dies before the transaction has
//! done nothing; one that dies after it, before the queue has the message, leaves it to the outbox's sweeper.

mod bulk;
mod logistics_update;
mod order_status;
mod plan;
mod quality_result;
mod reconciliation_created;

pub use bulk::{Addressee, BULK_LIMIT, apply_each};

use crate::error::{Result, TradeError};
use crate::rules;
use plan::Plan;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use tenon_crypto::digest::sha256_hex;
use tenon_delivery::events;
use tenon_model::openapi::{LogisticsUpdateEvent, OrderStatusEvent, QualityResultEvent, ReconciliationCreatedEvent};
use tenon_model::webhook::WebhookEvent;
use tenon_model::{AppId, EventKind, TenantId};
use tenon_platform::body;
use tenon_platform::outbox::Entry;
use tenon_platform::table::Transacted;
use tenon_platform::{Context, Error, shared_requests};

/// How often one event is tried when others stand in its way.
const ATTEMPTS: u32 = 6;
/// Mean wait before the next try; longer each time.
const WAIT: Duration = Duration::from_millis(40);

/// An event that is stored and queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its id.
    pub event_id: String,
    /// Whether it was stored before.
    pub repeated: bool,
    /// With an event that was stored before: apps whose endpoint was off, and that have not been sent it
    /// since.
    pub skipped: Vec<AppId>,
}

/// An event of any kind. `tenantId` is no part of it: the caller says whose it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Incoming {
    OrderStatus(OrderStatusEvent),
    QualityResult(QualityResultEvent),
    LogisticsUpdate(LogisticsUpdateEvent),
    ReconciliationCreated(ReconciliationCreatedEvent),
}

/// An event that is stored, and the message that the queue does not have yet.
struct Taken {
    applied: Applied,
    promised: Option<Entry>,
}

impl Taken {
    async fn queued(self, ctx: &Context) -> Result<Applied> {
        if let Some(promised) = self.promised {
            promised.send(ctx).await?;
        }
        Ok(self.applied)
    }
}

/// Takes one event of the tenant in: stores it with what it changes, and queues its fan-out. Returns
/// only after the queue has it.
///
/// # Errors
/// `Bad` names the field, `eventId` when its event was stored with other content; `NotFound` for an
/// order that is not the tenant's; failures of table and queue, after which the same event is to be
/// handed in again.
pub async fn apply(ctx: &Context, tenant: &TenantId, kind: EventKind, event: &Value) -> Result<Applied> {
    store(ctx, tenant, kind, event).await?.queued(ctx).await
}

/// Stores an event with what it changes. What it promises is to be queued.
async fn store(ctx: &Context, tenant: &TenantId, kind: EventKind, event: &Value) -> Result<Taken> {
    let incoming = Incoming::read(kind, event)?;
    let id = incoming.id().to_owned();
    rules::event_id(&id)?;
    incoming.check()?;
    let hash = incoming.hash(kind)?;
    for attempt in 1..=ATTEMPTS {
        if let Some(known) = events::get(ctx, tenant, &id).await? {
            let applied = repeat(ctx, tenant, known.data, &hash).await?;
            return Ok(Taken { applied, promised: None });
        }
        let now = ctx.now_ms();
        let plan = incoming.plan(ctx, tenant, now).await?;
        let stored = WebhookEvent {
            id: id.clone(),
            kind,
            at_ms: now,
            body: plan.body,
            payload_hash: hash.clone(),
            fanned_out: false,
            skipped: Vec::new(),
        };
        let promised = events::promise(ctx, tenant, &id)?;
        let mut writes = vec![events::write(tenant, &stored, now)?, promised.write()?];
        writes.extend(plan.writes);
        match shared_requests::change(ctx, writes).await {
            Ok(Transacted::Done) => {
                let applied = Applied { event_id: id, repeated: false, skipped: Vec::new() };
                return Ok(Taken { applied, promised: Some(promised) });
            }
            // The event or a record it changes was written meanwhile: look again.
            Ok(Transacted::Conflict(_)) => {}
            Err(error) if TradeError::is_transient(&error) && attempt < ATTEMPTS => {
                ctx.clock.sleep(ctx.entropy.jitter(WAIT * attempt)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(TradeError::busy("a record of the event"))
}

/// An event that was stored before. Its fan-out is asked for again unless it is known to be done: who
/// hands an event in twice may have had no answer the first time, because we died before the queue.
async fn repeat(ctx: &Context, tenant: &TenantId, known: WebhookEvent, hash: &str) -> Result<Applied> {
    if known.payload_hash != hash {
        return Err(TradeError::bad("eventId", "该事件已存在，且内容不同"));
    }
    if !known.fanned_out {
        events::queue(ctx, tenant, &known.id).await?;
    }
    let skipped = events::still_skipped(ctx, tenant, &known).await?;
    Ok(Applied { event_id: known.id, repeated: true, skipped })
}

impl Incoming {
    fn read(kind: EventKind, event: &Value) -> Result<Self> {
        let mut read = match kind {
            EventKind::OrderStatus => Self::OrderStatus(body::from_value(event)?),
            EventKind::QualityResult => Self::QualityResult(body::from_value(event)?),
            EventKind::LogisticsUpdate => Self::LogisticsUpdate(body::from_value(event)?),
            EventKind::ReconciliationCreated => Self::ReconciliationCreated(body::from_value(event)?),
            // Nobody hands these in: they are told of the tenant's own standing.
            EventKind::EndpointDisabled | EventKind::AppExpiring | EventKind::QuotaReached => {
                return Err(TradeError::bad("event", "该事件不能提交"));
            }
        };
        *match &mut read {
            Self::OrderStatus(event) => &mut event.tenant_id,
            Self::QualityResult(event) => &mut event.tenant_id,
            Self::LogisticsUpdate(event) => &mut event.tenant_id,
            Self::ReconciliationCreated(event) => &mut event.tenant_id,
        } = None;
        Ok(read)
    }

    fn id(&self) -> &str {
        match self {
            Self::OrderStatus(event) => &event.event_id,
            Self::QualityResult(event) => &event.event_id,
            Self::LogisticsUpdate(event) => &event.event_id,
            Self::ReconciliationCreated(event) => &event.event_id,
        }
    }

    /// SHA-256 of kind and content, whatever the order and spacing of its fields were.
    fn hash(&self, kind: EventKind) -> Result<String> {
        let text = serde_json::to_string(self).map_err(|e| Error::permanent("platform.message", e.to_string()))?;
        Ok(sha256_hex(format!("{kind}\n{text}").as_bytes()))
    }

    fn check(&self) -> Result<()> {
        match self {
            Self::OrderStatus(event) => order_status::check(event),
            Self::QualityResult(event) => quality_result::check(event),
            Self::LogisticsUpdate(event) => logistics_update::check(event),
            Self::ReconciliationCreated(event) => reconciliation_created::check(event),
        }
    }

    /// What is to be written and pushed, given what is stored now.
    async fn plan(&self, ctx: &Context, tenant: &TenantId, now_ms: i64) -> Result<Plan> {
        match self {
            Self::OrderStatus(event) => order_status::plan(ctx, tenant, event, now_ms).await,
            Self::QualityResult(event) => quality_result::plan(ctx, tenant, event, now_ms).await,
            Self::LogisticsUpdate(event) => logistics_update::plan(ctx, tenant, event, now_ms).await,
            Self::ReconciliationCreated(event) => reconciliation_created::plan(ctx, tenant, event, now_ms).await,
        }
    }
}
