//! What each record of the configuration was before, and who changed it.

use super::{ConfigStore, KIND_OF_FLOW, Record, record, unreadable};
use crate::audit::{self, Actor};
use crate::context::Context;
use crate::entropy::Entropy;
use crate::error::{Error, Result};
use crate::table::{Expect, Key, Outcome, Range, RecordKind, Write};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_model::config::Flow;
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

/// The write that keeps a version, for the transaction that makes it.
pub(super) fn write(
    tenant: &TenantId,
    entropy: &Entropy,
    (sort, did): (&str, Changed),
    (by, now_ms): (&Actor, i64),
    record: Option<&Record>,
) -> Result<Write> {
    let version = ConfigVersion {
        id: entropy.id("cv-", now_ms)?,
        record: sort.to_owned(),
        at_ms: now_ms,
        by: by.clone(),
        did,
        value: match record {
            Some(Record::Flow { value, .. }) => value.clone(),
            _ => Value::Null,
        },
    };
    let key = Key::new(tenant, "CONFIG-VERSION", &[sort], version.id.as_str());
    Ok(Write::put(key, &version, Expect::Anything)?.expiring(Some(now_ms / 1000 + KEEP_S)))
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

    /// Switches a flow on or off, until a file is applied that has it otherwise. `None` when there is no such flow;
    /// `Some(false)` when it stands so already.
    ///
    /// # Errors
    /// `config.conflict` when somebody else changes it at the same moment; those of the table.
    pub async fn switch_flow(
        &self,
        ctx: &Context,
        tenant: &TenantId,
        (flow, on): (&FlowId, bool),
        by: &Actor,
    ) -> Result<Option<bool>> {
        let sort = format!("{KIND_OF_FLOW}#{flow}");
        let key = Key::new(tenant, "CONFIG", &[], sort.as_str());
        let Some(stored) = self.table.get::<Value>(&key).await? else { return Ok(None) };
        let Record::Flow { mut value, since_ms } = record(&stored)? else { return Ok(None) };
        let before: Flow = serde_json::from_value(value.clone()).map_err(|why| unreadable(&stored.sort, why))?;
        if before.is_enabled() == on {
            return Ok(Some(false));
        }
        if let Some(fields) = value.as_object_mut() {
            fields.insert("enabled".to_owned(), on.into());
        }
        let changed = Record::Flow { value, since_ms };
        let (did, word) = if on { (Changed::On, "switch-flow-on") } else { (Changed::Off, "switch-flow-off") };
        let writes = vec![
            Write::put(key, &changed, Expect::Version(stored.version))?,
            write(tenant, &ctx.entropy, (&sort, did), (by, ctx.now_ms()), Some(&changed))?,
            audit::write(ctx, tenant, by, (word, flow.as_str()), Value::Null)?,
        ];
        if self.table.transact(writes).await? == Outcome::Conflict {
            let message = format!("{sort} was changed by somebody else at the same moment; do it again");
            return Err(Error::transient("config.conflict", message).with_kind(crate::error::ErrorKind::Overtaken));
        }
        self.forget();
        Ok(Some(true))
    }
}
