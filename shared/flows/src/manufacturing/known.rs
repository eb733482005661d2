//! What was read a moment ago, for work on many things that ask for the same: an order's head, an item, the operations of a
//! work order. Kept for a few seconds in the process, and read once however many ask at the same time.

use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_connectors::blacklake::Blacklake;
use tenon_connectors::erp::{Erp, Place};
use tenon_model::blacklake::Operations;
use tenon_model::{ConnectionId, DocumentKey, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::{Context, Result};
use tokio::sync::Mutex as Turn;

/// How long it counts. Long enough for one batch of work, too short for a change to be missed by the next look.
const COUNTS: Duration = Duration::from_secs(20);
/// Things that are kept.
const KEPT: usize = 2_000;

/// A record of the ERP as it was read; `None` when there is none.
pub(crate) type Read = Option<Arc<Map<String, Value>>>;

type Name = (TenantId, ConnectionId, String);
type Slot<T> = Arc<Turn<Option<(i64, T)>>>;

#[derive(Default)]
struct Known {
    records: Slots<Read>,
    operations: Slots<Arc<Operations>>,
}

struct Slots<T>(Mutex<HashMap<Name, Slot<T>>>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Slots<T> {
    fn slot(&self, name: Name) -> Slot<T> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= KEPT {
            slots.clear();
        }
        Arc::clone(slots.entry(name).or_default())
    }

    /// The value that is known, or the one that is read now, which is kept if it is worth it. Who waits for another's
    /// reading takes it.
    async fn get(
        &self,
        ctx: &Context,
        name: Name,
        read: impl Future<Output = Result<T>>,
        is_kept: impl Fn(&T) -> bool,
    ) -> Result<T> {
        let slot = self.slot(name);
        let mut slot = slot.lock().await;
        let now = ctx.clock.elapsed_ms();
        if let Some((at, value)) = slot.as_ref()
            && now - at < millis(COUNTS)
        {
            return Ok(value.clone());
        }
        let value = read.await?;
        *slot = is_kept(&value).then(|| (now, value.clone()));
        Ok(value)
    }
}

/// A record of the ERP, as it was a few seconds ago at most. One that is not there is looked for each time: whoever tries
/// again has just made it.
pub(crate) async fn record(
    ctx: &Context,
    tenant: &TenantId,
    (connection, erp): (&ConnectionId, &Erp<'_>),
    object: &str,
    key: &DocumentKey,
) -> Result<Read> {
    let known = ctx.extensions.get_or_init::<Known>();
    let name = (tenant.clone(), connection.clone(), format!("{object}/{}", key.sort_key()));
    let read = async {
        match erp.read_optional(&Place::new(object, key)).await? {
            Some(Value::Object(fields)) => Ok(Some(Arc::new(fields))),
            _ => Ok(None),
        }
    };
    known.records.get(ctx, name, read, Option::is_some).await
}

/// The operations of a work order, as they were a few seconds ago at most.
pub(super) async fn operations(
    ctx: &Context,
    tenant: &TenantId,
    (connection, mes): (&ConnectionId, &Blacklake<'_>),
    work_order: i64,
) -> Result<Arc<Operations>> {
    let known = ctx.extensions.get_or_init::<Known>();
    let name = (tenant.clone(), connection.clone(), work_order.to_string());
    known.operations.get(ctx, name, async { mes.operations(work_order).await.map(Arc::new) }, |_| true).await
}
