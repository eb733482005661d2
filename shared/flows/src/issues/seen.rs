//! What came of the latest events of a connection, for people who set its address up.

use serde::{Deserialize, Serialize};
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::table::{Expect, Key, Write};
use tenon_platform::{Context, Result};

/// How long it is kept, in seconds.
const KEEP_S: i64 = 90 * 86_400;

/// What is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When an event was opened last, epoch ms.
    pub opened_ms: Option<i64>,
    /// By which setting.
    pub how: Option<String>,
    /// When one was refused last, epoch ms.
    pub refused_ms: Option<i64>,
    /// Why.
    pub why: Option<String>,
    /// Which setting would have opened it.
    pub would_open: Option<String>,
    /// Name of the last event that was dropped since nothing here and nothing public knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

fn key(tenant: &TenantId, connection: &ConnectionId) -> Key {
    Key::new(tenant, "CALLBACK-SEEN", &[connection.as_str()], "-")
}

/// What came of the latest events.
///
/// # Errors
/// Those of the table.
pub async fn get(ctx: &Context, tenant: &TenantId, connection: &ConnectionId) -> Result<Seen> {
    Ok(ctx.table.get::<Seen>(&key(tenant, connection)).await?.map(|stored| stored.data).unwrap_or_default())
}

/// Notes what came of one. Of two notes at once the later stays, which is no loss.
///
/// # Errors
/// Those of the table.
pub async fn note(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    change: impl FnOnce(&mut Seen),
) -> Result<()> {
    let mut seen = get(ctx, tenant, connection).await?;
    change(&mut seen);
    let write = Write::put(key(tenant, connection), &seen, Expect::Anything)?;
    ctx.table.write(write.expiring(Some(ctx.now_ms() / 1000 + KEEP_S))).await.map(drop)
}

impl Seen {
    /// In words, when there is something to say. A setting that is wrong for what comes now is said even when another
    /// event was opened before.
    pub fn warning(&self) -> Option<String> {
        let refused = self.refused_ms.filter(|at| self.opened_ms.is_none_or(|opened| *at > opened));
        if refused.is_some() {
            let why = self.why.as_deref().unwrap_or("it does not open");
            return Some(match &self.would_open {
                Some(setting) => {
                    format!("the last event was refused ({why}); it opens with {setting}: set that, if it is yours")
                }
                None => format!(
                    "the last event was refused ({why}), and no setting opens it: compare callback_secret with 回调内容密钥"
                ),
            });
        }
        let opened = self.how.as_ref().map(|how| format!("the last event opened with {how}"))?;
        Some(match &self.unknown {
            Some(name) => format!(
                "{opened}; events called {name} are dropped: if they tell of feedings, give their name in events of the \
                 connection, else unsubscribe from them"
            ),
            None => opened,
        })
    }
}
