//! How a flow was configured before.

use super::{loaded, missing};
use crate::Page;
use crate::difference::{self, Change};
use serde::Serialize;
use serde_json::Value;
use tenon_model::{FlowId, TenantId};
use tenon_platform::config_store::Changed;
use tenon_platform::{Context, Rejection};

/// How a flow read from a moment on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Version {
    /// Its id, which is the cursor behind it.
    pub id: String,
    /// Epoch ms.
    pub at_ms: i64,
    /// Who changed it.
    pub by: String,
    /// What was done.
    pub did: Changed,
    /// How it read since then; null when it was removed.
    pub value: Value,
    /// Against the version before.
    pub diff: Vec<Change>,
}

/// The versions of a flow, newest first, behind this one.
///
/// # Errors
/// 404 when there is no such flow and never was; 400 for a cursor that is none; those of the table.
pub async fn versions(
    ctx: &Context,
    tenant: &TenantId,
    id: &FlowId,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<Version>, Rejection> {
    let loaded = loaded(ctx, tenant).await?.ok_or_else(|| missing(id))?;
    let is_id = |text: &str| text.strip_prefix("cv-").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    if after.is_some_and(|after| !is_id(after)) {
        return Err(Rejection::field("cursor", "不是本接口返回的游标"));
    }
    // One more than is shown is what the oldest of them is held against.
    let most = u32::try_from(limit.saturating_add(1)).unwrap_or(u32::MAX);
    let stored = ctx.config.flow_versions(tenant, id, after, most).await?;
    if stored.is_empty() && after.is_none() && loaded.flow(id).is_err() {
        return Err(missing(id));
    }
    let before = stored.iter().skip(1).map(|version| Some(&version.value)).chain([None]);
    let listed = stored.iter().zip(before).map(|(version, before)| Version {
        id: version.id.clone(),
        at_ms: version.at_ms,
        by: version.by.name.clone(),
        did: version.did,
        value: version.value.clone(),
        diff: before.map_or_else(Vec::new, |before| difference::between(before, &version.value)),
    });
    Ok(Page::of(listed.collect(), limit, |version: &Version| version.id.clone()))
}
