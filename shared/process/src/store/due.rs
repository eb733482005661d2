//! Instances with something due: a reminder, a deadline, a timer. An instance stands in the index by the time of the next.

use super::instances::Processes;
use super::keys::{self, SHARDS};
use super::moves::Acted;
use crate::run::{Event, Instance};
use std::collections::VecDeque;
use tenon_crypto::digest::sha256;
use tenon_model::TenantId;
use tenon_platform::table::engine::Item;
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

/// Instances of all tenants with something due by the time at which it began: page after page, those due longest first in each.
/// What was done is not found again, and what cannot be done holds nobody up.
pub struct Backlog {
    up_to: String,
    of_a_page: u32,
    /// Shards that have more, and where each goes on.
    left: VecDeque<(u8, Option<Item>)>,
}

impl Backlog {
    /// What is due now.
    pub fn new(ctx: &Context) -> Self {
        // Behind every entry of this ms: `~` comes after whatever follows the time.
        let up_to = format!("{:013}~", ctx.now_ms().max(0));
        Self { up_to, of_a_page: PAGE, left: (0..SHARDS).map(|shard| (shard, None)).collect() }
    }

    /// With so many at once.
    #[must_use]
    pub fn by(self, of_a_page: u32) -> Self {
        Self { of_a_page, ..self }
    }

    /// The next of them, of one shard after the other; `None` when there are no more.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn next(&mut self, ctx: &Context) -> Result<Option<Vec<Due>>> {
        let Some((shard, start)) = self.left.pop_front() else { return Ok(None) };
        let range = Range { up_to: Some(self.up_to.clone()), limit: Some(self.of_a_page), start, ..Range::default() };
        let page = ctx.table.query_index::<Instance>(&keys::due(shard), range).await?;
        if page.next.is_some() {
            self.left.push_back((shard, page.next));
        }
        let due = page.items.into_iter().filter_map(|stored| {
            let instance = stored.data;
            let at_ms = instance.next_due_ms()?;
            Some(Due { tenant: TenantId::new(instance.tenant), number: instance.number, at_ms })
        });
        Ok(Some(due.collect()))
    }
}

/// Everything that is due now, those due longest first.
///
/// # Errors
/// Those of the table.
pub async fn due(ctx: &Context) -> Result<Vec<Due>> {
    let (mut backlog, mut all) = (Backlog::new(ctx), Vec::new());
    while let Some(page) = backlog.next(ctx).await? {
        all.extend(page);
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
