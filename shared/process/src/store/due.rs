//! Instances with something due: a reminder, a deadline, a timer. An instance stands in the index by the time of the next.

use super::instances::{Acted, Processes};
use super::keys::{self, SHARDS};
use crate::run::{Event, Instance};
use tenon_crypto::digest::sha256;
use tenon_model::TenantId;
use tenon_platform::table::{Range, Write};
use tenon_platform::{Context, Result};

/// Instances of a shard that are found at once.
const PAGE: u32 = 100;

/// An instance with something due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub tenant: TenantId,
    /// Its running number.
    pub number: String,
    /// Since when, epoch ms.
    pub at_ms: i64,
}

/// Instances of all tenants with something due by now: those due longest first, some hundreds at most. What was done is
/// not found again.
///
/// # Errors
/// Those of the table.
pub async fn due(ctx: &Context) -> Result<Vec<Due>> {
    let mut all = Vec::new();
    for shard in 0..SHARDS {
        // Behind every entry of this ms: `~` comes after whatever follows the time.
        let up_to = Some(format!("{:013}~", ctx.now_ms().max(0)));
        let range = Range { up_to, limit: Some(PAGE), ..Range::default() };
        let page = ctx.table.query_index::<Instance>(&keys::due(shard), range).await?;
        for stored in page.items {
            let instance = stored.data;
            let Some(at_ms) = instance.next_due_ms() else { continue };
            let tenant = TenantId::new(instance.tenant);
            all.push(Due { tenant, number: instance.number, at_ms });
        }
    }
    all.sort_by_key(|due| due.at_ms);
    Ok(all)
}

/// Enters an instance in the index, or keeps it out.
pub(super) fn indexed(write: Write, instance: &Instance) -> Write {
    let Some(at_ms) = instance.next_due_ms() else { return write };
    let shard = sha256(instance.number.as_bytes()).first().copied().unwrap_or(0) % SHARDS;
    let tenant = instance.tenant.replace('%', "%25").replace('#', "%23");
    write.indexed(keys::due(shard), format!("{:013}#{tenant}#{}", at_ms.max(0), instance.number))
}

impl Processes<'_> {
    /// Does what is due of an instance.
    ///
    /// # Errors
    /// As [`act`](Self::act).
    pub async fn tick(&self, number: &str) -> std::result::Result<Acted, super::Failure> {
        self.act(number, &Event::Timer).await
    }
}
