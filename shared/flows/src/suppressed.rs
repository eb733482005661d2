//! Documents that failed for good before they were claimed. Nothing in the ERP or the OA says so, and
//! the next poll would find them as new; so they are remembered for a while, and left alone until the
//! configuration they failed under has changed, an operator wishes it, or the time is up.

use crate::kinds::Scope;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::time::Duration;
use tenon_crypto::digest::sha256_hex;
use tenon_model::config::Flow;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::table::{Expect, Key, RecordKind, Write};
use tenon_platform::{Context, Error, Result};

/// How long a document is left alone the first time, doubled each time that it fails again. Its cause may be
/// mended where we do not see it, in the ERP say.
const REMEMBERED: Duration = Duration::from_secs(3600);
/// The longest it is left alone.
const MAX_PAUSE: Duration = Duration::from_secs(86_400);
/// How long its failures are counted after that.
const COUNTED: Duration = Duration::from_secs(2 * 86_400);

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Suppressed>("GIVEN-UP");

#[derive(Debug, Serialize, Deserialize)]
struct Suppressed {
    /// What it failed under, see [`definition`].
    definition: String,
    /// Epoch ms; DynamoDB removes what has expired a while later only.
    until_ms: i64,
    /// How often it has failed under the same definition.
    #[serde(default)]
    times: u32,
}

fn key(tenant: &TenantId, flow: &FlowId, document: &DocumentKey) -> Key {
    Key::new(tenant, "GIVEN-UP", &[flow.as_str()], document.sort_key())
}

/// Changes when the flow or one of its connections is applied anew.
pub(crate) fn definition(loaded: &Loaded, flow: &Flow) -> Result<String> {
    let revisions: Vec<u64> = flow.connections().iter().map(|needed| loaded.revision(needed.id)).collect();
    let parts = (flow, revisions);
    let text = serde_json::to_vec(&parts).map_err(|e| Error::permanent("config.stored", e.to_string()))?;
    Ok(sha256_hex(&text))
}

/// Remembers a document; nothing when its flow exists no more.
pub async fn remember(ctx: &Context, tenant: &TenantId, flow: &FlowId, document: &DocumentKey) -> Result<()> {
    let loaded = ctx.config.load(tenant).await?;
    let Ok(flow) = loaded.flow(flow) else { return Ok(()) };
    let (definition, key) = (definition(&loaded, flow)?, key(tenant, flow.id(), document));
    let before = ctx.table.get::<Suppressed>(&key).await?.filter(|before| before.data.definition == definition);
    let times = before.map_or(0, |before| before.data.times).saturating_add(1);
    let left_alone = REMEMBERED.saturating_mul(1 << times.saturating_sub(1).min(10)).min(MAX_PAUSE);
    let until_ms = ctx.now_ms() + millis(left_alone);
    let record = Suppressed { definition, until_ms, times };
    let write = Write::put(key, &record, Expect::Anything)?;
    ctx.table.write(write.expiring(Some((until_ms + millis(COUNTED)) / 1000))).await.map(|_| ())
}

/// Forgets a document, so that the next poll takes it as new.
pub async fn forget(ctx: &Context, tenant: &TenantId, flow: &FlowId, document: &DocumentKey) -> Result<()> {
    ctx.table.write(Write::delete(key(tenant, flow, document), Expect::Anything)).await.map(|_| ())
}

/// Of these documents, those to be left alone.
pub async fn among<'a>(
    at: Scope<'_>,
    flow: &FlowId,
    documents: impl Iterator<Item = &'a DocumentKey>,
) -> Result<HashSet<DocumentKey>> {
    let documents: Vec<(&DocumentKey, Key)> = documents.map(|d| (d, key(at.tenant, flow, d))).collect();
    if documents.is_empty() {
        return Ok(HashSet::new());
    }
    let keys: Vec<Key> = documents.iter().map(|(_, key)| key.clone()).collect();
    let remembered = at.ctx.table.get_many::<Suppressed>(&keys).await?;
    let (definition, now) = (definition(at.loaded, at.loaded.flow(flow)?)?, at.ctx.now_ms());
    let holds = |key: &Key| {
        remembered
            .get(key)
            .is_some_and(|suppressed| suppressed.data.definition == definition && now < suppressed.data.until_ms)
    };
    Ok(documents.into_iter().filter(|(_, key)| holds(key)).map(|(document, _)| document.clone()).collect())
}
