//! What each record of the configuration was before, and who changed it.

use super::{ConfigStore, KIND_OF_FLOW};
use crate::audit::Actor;
use crate::context::Context;
use crate::entropy::Entropy;
use crate::error::Result;
use crate::table::{Expect, Key, Range, RecordKind, Write};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_model::{FlowId, TenantId};

/// How long versions are kept, in seconds: two years.
const KEEP_S: i64 = 730 * 86_400;

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<ConfigVersion>("CONFIG-VERSION");

/// What was done to a record of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// It was not there before.
    Created,
    /// It reads otherwise.
    Changed,
    /// It is not there any more.
    Removed,
    /// It was switched on.
    On,
    /// It was switched off.
    Off,
}

/// How a record of the configuration read from a moment on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfigVersion {
    /// `cv-…`; sorts by time.
    pub id: String,
    /// Which record: `flow#purchase-request`.
    pub record: String,
    /// Epoch ms.
    pub at_ms: i64,
    /// Who changed it.
    pub by: Actor,
    /// What was done.
    pub did: Changed,
    /// A flow as it reads since then. Of anything else it is kept that it was changed: it holds secrets.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
}

/// The write that keeps a version, for the transaction that makes it; with a flow's value as it reads since then.
pub(super) fn write(
    tenant: &TenantId,
    entropy: &Entropy,
    (sort, did): (&str, Changed),
    (by, now_ms): (&Actor, i64),
    flow: Option<&Value>,
) -> Result<Write> {
    let version = ConfigVersion {
        id: entropy.id("cv-", now_ms)?,
        record: sort.to_owned(),
        at_ms: now_ms,
        by: by.clone(),
        did,
        value: flow.cloned().unwrap_or_default(),
    };
    let key = Key::new(tenant, "CONFIG-VERSION", &[sort], version.id.as_str());
    Ok(Write::put(key, &version, Expect::Anything)?.expiring(Some(now_ms / 1000 + KEEP_S)))
}

/// The same of a flow.
pub(super) fn of_flow(
    ctx: &Context,
    tenant: &TenantId,
    (flow, did): (&FlowId, Changed),
    by: &Actor,
    value: Option<&Value>,
) -> Result<Write> {
    write(tenant, &ctx.entropy, (&format!("{KIND_OF_FLOW}#{flow}"), did), (by, ctx.now_ms()), value)
}

impl ConfigStore {
    /// The versions of a flow, newest first, behind this one.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn flow_versions(
        &self,
        tenant: &TenantId,
        flow: &FlowId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ConfigVersion>> {
        let sort = format!("{KIND_OF_FLOW}#{flow}");
        let partition = Key::partition_of(tenant, "CONFIG-VERSION", &[&sort]);
        let range = Range { up_to: after.map(str::to_owned), ..Range::default() };
        let found = self.table.newest::<ConfigVersion>(&partition, range, limit.saturating_add(1)).await?;
        let versions = found.into_iter().map(|stored| stored.data).filter(|version| Some(version.id.as_str()) != after);
        Ok(versions.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
    }
}
