//! Several records at a time: of several kinds in one read, and each with an outcome of its own in one write.

use super::access::Doing;
use super::engine::Item;
use super::{Key, Outcome, Stored, Table, Transacted, Write, read};
use crate::error::{ErrorKind, Result};
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};

/// Writes of one transaction, at most, as DynamoDB takes them.
const MAX_WRITES: usize = 100;
/// Bytes of one transaction, at most, or about so; DynamoDB takes 4 MB.
const MAX_BYTES: usize = 3 << 20;

/// A change with its place among those that were asked for.
type Numbered = (usize, Vec<Write>);

/// Records as they were read together, of whatever kinds.
#[derive(Clone, Debug, Default)]
pub struct Several(HashMap<Key, Item>);

impl Several {
    /// Takes out the record of this key; `None` when there is none, or when it was taken out before.
    ///
    /// # Errors
    /// When it has not the shape of its kind: it alone cannot be read then.
    pub fn take<T: DeserializeOwned>(&mut self, key: &Key) -> Result<Option<Stored<T>>> {
        self.0.remove(key).map(read).transpose()
    }

    /// Those of these keys alone.
    #[must_use]
    pub(crate) fn of(&self, keys: &[Key]) -> Self {
        Self(keys.iter().filter_map(|key| Some((key.clone(), self.0.get(key)?.clone()))).collect())
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
        let outcomes = self.change_each(writes.into_iter().map(|write| vec![write]).collect()).await;
        let each = outcomes.into_iter().map(|outcome| match outcome? {
            Transacted::Done => Ok(Outcome::Done),
            Transacted::Conflict(_) => Ok(Outcome::Conflict),
        });
        each.collect()
    }

    /// As [`write_each`](Self::write_each), for changes of several writes each: all of a change are made or none, at
    /// most a hundred. One that is not made says which of its own writes were in the way.
    pub async fn change_each(&self, changes: Vec<Vec<Write>>) -> Vec<Result<Transacted>> {
        let mut outcomes: Vec<Option<Result<Transacted>>> = changes.iter().map(|_| None).collect();
        let mut left: Vec<Numbered> = changes.into_iter().enumerate().collect();
        while !left.is_empty() {
            let (now, later) = fitting(left);
            left = later;
            match self.some(&now).await {
                Some(Ok(Transacted::Done)) => {
                    now.iter().for_each(|(n, _)| put(&mut outcomes, *n, Ok(Transacted::Done)));
                }
                Some(Ok(Transacted::Conflict(places))) => {
                    let (mut begin, mut again) = (0, Vec::with_capacity(now.len() + left.len()));
                    for (n, writes) in now {
                        let end = begin + writes.len();
                        let own =
                            places.iter().filter(|place| (begin..end).contains(*place)).map(|place| place - begin);
                        let own: Vec<usize> = own.collect();
                        match own.is_empty() {
                            true => again.push((n, writes)),
                            false => put(&mut outcomes, n, Ok(Transacted::Conflict(own))),
                        }
                        begin = end;
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
                    let alone = now.into_iter().map(|(n, writes)| async move { (n, self.alone(writes).await) });
                    for (n, outcome) in futures::future::join_all(alone).await {
                        put(&mut outcomes, n, outcome);
                    }
                }
            }
        }
        outcomes.into_iter().flatten().collect()
    }

    /// Makes these together; `None` when it is one change, which is made by itself.
    async fn some(&self, changes: &[Numbered]) -> Option<Result<Transacted>> {
        if changes.len() < 2 {
            return None;
        }
        Some(self.transact_each(changes.iter().flat_map(|(_, writes)| writes).cloned().collect()).await)
    }

    /// One write needs no transaction.
    async fn alone(&self, mut writes: Vec<Write>) -> Result<Transacted> {
        match writes.pop() {
            None => Ok(Transacted::Done),
            Some(write) if writes.is_empty() => Ok(match self.write(write).await? {
                Outcome::Done => Transacted::Done,
                Outcome::Conflict => Transacted::Conflict(vec![0]),
            }),
            Some(last) => {
                writes.push(last);
                self.transact_each(writes).await
            }
        }
    }
}

fn put<T>(outcomes: &mut [Option<Result<T>>], n: usize, outcome: Result<T>) {
    if let Some(place) = outcomes.get_mut(n) {
        *place = Some(outcome);
    }
}

/// The first changes, of different records, that fit one transaction, and the others.
fn fitting(changes: Vec<Numbered>) -> (Vec<Numbered>, Vec<Numbered>) {
    let (mut seen, mut later, mut bytes) = (HashSet::new(), HashSet::new(), 0);
    changes.into_iter().partition(|(_, writes)| {
        let (keys, more) = (writes.iter().map(Write::key), writes.iter().map(Write::bytes).sum::<usize>());
        // The first is made however large it is.
        let fits = seen.is_empty() || (seen.len() + writes.len() <= MAX_WRITES && bytes + more <= MAX_BYTES);
        let fits = fits && keys.clone().all(|key| !seen.contains(key) && !later.contains(key));
        if fits {
            bytes += more;
            seen.extend(keys.cloned());
        } else {
            later.extend(keys.cloned());
        }
        fits
    })
}
