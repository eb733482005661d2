//! How far a flow has looked: the newest change that the other system showed, and not the time of day, which is another on
//! its clock; and where a look that did not end in one go goes on.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tenon_model::{FlowId, TenantId};
use tenon_platform::table::{Expect, Key, Write};
use tenon_platform::{Context, Result};

/// How far a flow has looked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress<M> {
    /// What was looked at last.
    pub mark: M,
    /// What the flow was when it looked: another one looks anew.
    #[serde(default)]
    pub mapping: String,
}

fn key(tenant: &TenantId, flow: &FlowId) -> Key {
    Key::new(tenant, "PROGRESS", &[flow.as_str()], "mark")
}

/// How far the flow has looked; `None` before its first look.
pub(super) async fn load<M: DeserializeOwned>(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
) -> Result<Option<Progress<M>>> {
    Ok(ctx.table.get::<Progress<M>>(&key(tenant, flow)).await?.map(|stored| stored.data))
}

/// Stores it. Two looks at once may set it back, never ahead of what both have seen.
pub(super) async fn store<M: Serialize>(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    progress: &Progress<M>,
) -> Result<()> {
    ctx.table.write(Write::put(key(tenant, flow), progress, Expect::Anything)?).await.map(drop)
}
