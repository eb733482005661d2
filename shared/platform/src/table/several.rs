//! Several records at a time: of several kinds in one read, and each with an outcome of its own in one write.

use super::access::Doing;
use super::engine::Item;
use super::{Key, Outcome, Stored, Table, Transacted, Write, read};
use crate::error::{ErrorKind, Result};
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};

/// Writes of one transaction, at most, as DynamoDB takes them.
const MOST: usize = 100;

/// A write with its place among those that were asked for.
type Numbered = (usize, Write);

/// Records as they were read together, of whatever kinds.
#[derive(Debug, Default)]
pub struct Several(HashMap<Key, Item>);

impl Several {
    /// Takes out the record of this key; `None` when there is none, or when it was taken out before.
    ///
    /// # Errors
    /// When it has not the shape of its kind: it alone cannot be read then.
    pub fn take<T: DeserializeOwned>(&mut self, key: &Key) -> Result<Option<Stored<T>>> {
        self.0.remove(key).map(read).transpose()
    }
}

impl Table {
    /// Reads the records of several kinds, with strongly consistent reads, a hundred in one request. A key that is
    /// asked for twice is read once; one that no record can have finds none.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn get_several(&self, keys: impl IntoIterator<Item = Key>) -> Result<Several> {
        let mut seen = HashSet::new();
        let keys: Vec<Key> = keys.into_iter().filter(|key| key.can_exist() && seen.insert(key.clone())).collect();
        keys.iter().try_for_each(|key| self.may("BatchGetItem", Doing::Read, key.partition()))?;
        let found = self.items(&keys).await?;
        Ok(Several(found.into_iter().filter_map(|item| Some((Key::of(&item)?, item))).collect()))
    }

    /// Makes writes that have nothing to do with each other, up to a hundred in one request, and tells of each what
    /// became of it: one whose condition does not hold, or that cannot be made at all, keeps none of the others
    /// from being made. Of two of the same record the second sees what the first did.
    pub async fn write_each(&self, writes: Vec<Write>) -> Vec<Result<Outcome>> {
        let mut outcomes: Vec<Option<Result<Outcome>>> = writes.iter().map(|_| None).collect();
        let mut left: Vec<Numbered> = writes.into_iter().enumerate().collect();
        while !left.is_empty() {
            let (now, later) = distinct(left);
            left = later;
            match self.some(&now).await {
                Some(Ok(Transacted::Done)) => now.iter().for_each(|(n, _)| put(&mut outcomes, *n, Ok(Outcome::Done))),
                Some(Ok(Transacted::Conflict(places))) => {
                    let mut again = Vec::with_capacity(now.len() + left.len());
                    for (place, (n, write)) in now.into_iter().enumerate() {
                        match places.contains(&place) {
                            true => put(&mut outcomes, n, Ok(Outcome::Conflict)),
                            false => again.push((n, write)),
                        }
                    }
                    again.append(&mut left);
                    left = again;
                }
                // All of them were in somebody's way, or asked too much together.
                Some(Err(error)) if matches!(error.kind(), ErrorKind::Contended | ErrorKind::Throttled) => {
                    now.iter().for_each(|(n, _)| put(&mut outcomes, *n, Err(error.clone())));
                }
                // It is not told whose fault it is, so each is made by itself.
                None | Some(Err(_)) => {
                    let alone = now.into_iter().map(|(n, write)| async move { (n, self.write(write).await) });
                    for (n, outcome) in futures::future::join_all(alone).await {
                        put(&mut outcomes, n, outcome);
                    }
                }
            }
        }
        outcomes.into_iter().flatten().collect()
    }

    /// Makes these together; `None` when it is one, which needs no transaction.
    async fn some(&self, writes: &[Numbered]) -> Option<Result<Transacted>> {
        if writes.len() < 2 {
            return None;
        }
        Some(self.transact_each(writes.iter().map(|(_, write)| write.clone()).collect()).await)
    }
}

fn put(outcomes: &mut [Option<Result<Outcome>>], n: usize, outcome: Result<Outcome>) {
    if let Some(place) = outcomes.get_mut(n) {
        *place = Some(outcome);
    }
}

/// The first writes of different records that fit one transaction, and the others.
fn distinct(writes: Vec<Numbered>) -> (Vec<Numbered>, Vec<Numbered>) {
    let mut seen = HashSet::new();
    writes.into_iter().partition(|(_, write)| seen.len() < MOST && seen.insert(write.key().clone()))
}
