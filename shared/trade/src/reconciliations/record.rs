//! A reconciliation in the table: under its number, with a pointer from its id.

use crate::rules::ID_LIMIT;
use crate::time;
use serde::{Deserialize, Serialize};
use tenon_model::TenantId;
use tenon_model::openapi::{NumberOrText, PaymentStatus, ReconciliationState, Yuan};
use tenon_platform::table::{Expect, Key, RecordKind, Stored, Write};
use tenon_platform::{Context, Result};

/// A reconciliation as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reconciliation {
    pub id: NumberOrText,
    pub no: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_no: Option<String>,
    pub total_fen: i64,
    pub state: ReconciliationState,
    pub created_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
}

/// How it was paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub method: String,
    pub reference: String,
    pub at_ms: i64,
}

/// What an id points at.
#[derive(Debug, Serialize, Deserialize)]
struct Pointer {
    no: String,
}

/// The kinds of records of reconciliations.
pub(crate) const KINDS: [RecordKind; 2] =
    [RecordKind::of::<Reconciliation>("RECONCILIATION"), RecordKind::of::<Pointer>("RECONCILIATION-ID")];

impl Reconciliation {
    /// What a caller is told about it.
    pub fn status(&self) -> PaymentStatus {
        let payment = self.payment.as_ref();
        PaymentStatus {
            reconciliation_id: self.id.clone(),
            reconciliation_no: self.no.clone(),
            order_no: self.order_no.clone(),
            total_amount: Yuan::from_fen(self.total_fen),
            status: self.state,
            create_time: time::text(self.created_ms),
            paid_at: payment.map(|p| time::text(p.at_ms)),
            payment_method: payment.map(|p| p.method.clone()),
            payment_ref: payment.map(|p| p.reference.clone()),
        }
    }
}

pub(super) fn key(tenant: &TenantId, no: &str) -> Key {
    Key::new(tenant, "RECONCILIATION", &[no], "-")
}

fn id_key(tenant: &TenantId, id: &str) -> Key {
    Key::new(tenant, "RECONCILIATION-ID", &[id], "-")
}

/// One reconciliation by its number.
pub(crate) async fn find_by_no(ctx: &Context, tenant: &TenantId, no: &str) -> Result<Option<Stored<Reconciliation>>> {
    if no.is_empty() || no.chars().count() > ID_LIMIT {
        return Ok(None);
    }
    ctx.table.get(&key(tenant, no)).await
}

/// One reconciliation by its id.
pub(crate) async fn find_by_id(ctx: &Context, tenant: &TenantId, id: &str) -> Result<Option<Stored<Reconciliation>>> {
    if id.is_empty() || id.chars().count() > ID_LIMIT {
        return Ok(None);
    }
    match ctx.table.get::<Pointer>(&id_key(tenant, id)).await? {
        Some(pointer) => find_by_no(ctx, tenant, &pointer.data.no).await,
        None => Ok(None),
    }
}

/// One reconciliation by its number, or else by its id.
pub(crate) async fn find(ctx: &Context, tenant: &TenantId, name: &str) -> Result<Option<Stored<Reconciliation>>> {
    match find_by_no(ctx, tenant, name).await? {
        Some(found) => Ok(Some(found)),
        None => find_by_id(ctx, tenant, name).await,
    }
}

/// Writes that store a reconciliation over the version it was read at, or as a new one.
pub(crate) fn writes(tenant: &TenantId, new: &Reconciliation, version: Option<u64>, now_ms: i64) -> Result<Vec<Write>> {
    let expect = version.map_or(Expect::AbsentAt(now_ms), Expect::Version);
    let mut writes = vec![Write::put(key(tenant, &new.no), new, expect)?];
    if version.is_none() {
        let pointer = Pointer { no: new.no.clone() };
        writes.push(Write::put(id_key(tenant, &new.id.to_string()), &pointer, Expect::AbsentAt(now_ms))?);
    }
    Ok(writes)
}
