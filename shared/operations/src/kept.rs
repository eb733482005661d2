//! What was kept for a person, and what reconciliation fails at.

use crate::At;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::borrow::Cow;
use std::collections::BTreeMap;
use tenon_flows::unit_failures::{self, UnitFailure};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::kept::{self, Kept, Kind};
use tenon_platform::{Context, Rejection};

/// Everything that waits for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct All {
    /// What is kept, without its contents.
    pub kept: Vec<Kept>,
    /// Units that fail, by connection.
    pub failing: BTreeMap<ConnectionId, Vec<UnitFailure>>,
}

/// One that is kept, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whole {
    /// What it is.
    pub kept: Kept,
    /// Its contents.
    pub text: String,
}

/// Everything that waits for a person.
///
/// # Errors
/// Those of the table.
pub async fn list(ctx: &Context, tenant: &TenantId) -> Result<All, Rejection> {
    let mut all = All::default();
    for kind in Kind::ALL {
        all.kept.extend(kept::of_kind(ctx, tenant, kind).await?);
    }
    if *tenant != TenantId::operator() {
        return Ok(all);
    }
    let loaded = ctx.config.load(tenant).await?;
    for connection in loaded.connections().filter(|connection| connection.oa_times().is_some()) {
        let units = unit_failures::of(ctx, tenant, connection.id()).await?;
        if !units.is_empty() {
            all.failing.insert(connection.id().clone(), units);
        }
    }
    Ok(all)
}

fn missing(id: &str) -> Rejection {
    Rejection::NotFound(Cow::Owned(format!("没有留存{id}")))
}

/// One, opened.
///
/// # Errors
/// 404 when there is none; those of the table.
pub async fn one(ctx: &Context, tenant: &TenantId, id: &str) -> Result<Whole, Rejection> {
    let (kept, bytes) = kept::open(ctx, tenant, id).await?.ok_or_else(|| missing(id))?;
    Ok(Whole { kept, text: String::from_utf8_lossy(&bytes).into_owned() })
}

/// Forgets one: it is dealt with.
///
/// # Errors
/// 404 when there is none; 400 for a list that is not taken in yet; those of the table.
pub async fn forget(at: &At<'_>, id: &str) -> Result<(), Rejection> {
    let (found, _) = kept::open(at.ctx, at.tenant, id).await?.ok_or_else(|| missing(id))?;
    if found.kind == Kind::List {
        let message = format!("{id}由下一次对账取走，届时自动删除");
        return Err(Rejection::NotSupported(Cow::Owned(message)));
    }
    at.note("forget-kept", id, json!({ "source": found.source, "why": found.why })).await?;
    Ok(kept::forget(at.ctx, at.tenant, &found).await?)
}
