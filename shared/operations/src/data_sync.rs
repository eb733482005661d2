//! Runs that fill tables of a SQL database, newest first.

use crate::Page;
use crate::runs::{self, Filter};
use std::borrow::Cow;
use tenon_flows::data_sync::record::{self, Sync};
use tenon_model::{RunId, TenantId};
use tenon_platform::{Context, Rejection};

/// Runs of the flows that fill tables.
///
/// # Errors
/// 400 for a cursor that is none; those of the table.
pub async fn list(
    ctx: &Context,
    tenant: &TenantId,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<Sync>, Rejection> {
    if *tenant != TenantId::operator() {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let loaded = ctx.config.load(tenant).await?;
    let flows: Vec<_> =
        loaded.flows().iter().filter(|flow| flow.kind() == "data-sync").map(|flow| flow.id().clone()).collect();
    if flows.is_empty() {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let filter = Filter { flows, ..Filter::default() };
    let listed = runs::list(ctx, tenant, &filter, after, limit).await?;
    let mut items = Vec::new();
    for run in &listed.runs {
        items.extend(record::get(ctx, tenant, &run.id).await?.map(|stored| stored.data));
    }
    Ok(Page { items, next: listed.next })
}

/// One of them, with its plan and how far it is.
///
/// # Errors
/// 404 when there is none; those of the table.
pub async fn one(ctx: &Context, tenant: &TenantId, id: &RunId) -> Result<Sync, Rejection> {
    let missing = || Rejection::NotFound(Cow::Owned(format!("没有数据同步运行{id}")));
    Ok(record::get(ctx, tenant, id).await?.ok_or_else(missing)?.data)
}
