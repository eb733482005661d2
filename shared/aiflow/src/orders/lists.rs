//! What people have of an order, as records.

use crate::tasks::{self, Entry, Place};
use std::collections::BTreeMap;
use tenon_model::TenantId;
use tenon_platform::table::{Expect, Write};
use tenon_platform::{Context, Result};

/// How long an entry stays that is in no list any more, in seconds.
const GONE_S: i64 = 86_400;

/// What people have of an order, as it is to be written.
pub(super) struct Lists {
    pub tenant: TenantId,
    pub enterprise: String,
    pub changed: BTreeMap<Place, Entry>,
}

impl Lists {
    /// Who shall have nothing of it any more.
    pub fn leaving(&self) -> Vec<Place> {
        let gone = self.changed.iter().filter(|(_, entry)| entry.list.is_none());
        gone.map(|(place, _)| place.clone()).collect()
    }

    pub fn writes(&self, ctx: &Context) -> Result<Vec<Write>> {
        self.changed.iter().map(|(place, entry)| self.write(ctx, place, entry)).collect()
    }

    fn write(&self, ctx: &Context, place: &Place, entry: &Entry) -> Result<Write> {
        let write = Write::put(tasks::key(&self.tenant, &self.enterprise, place), entry, Expect::Anything)?;
        Ok(match entry.list {
            Some(list) => write.indexed(tasks::listed_in(&self.tenant, &self.enterprise, &place.0, list), entry.sort()),
            None => write.expiring(Some(ctx.now_ms().div_euclid(1000) + GONE_S)),
        })
    }
}
