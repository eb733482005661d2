//! Several partitions read as one list, newest (greatest) first. Each is read only as far as it is needed, in
//! pieces whose size the reader states, so that what a list costs follows from what is shown of it.

use super::{Range, Stored, Table};
use crate::error::Result;
use futures::future::try_join_all;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;

/// Where the partitions of a list lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredIn {
    /// In the table itself.
    InTable,
    /// In the index, whose sort key must be the records' own.
    InIndex,
}

/// The list. Sort keys decide the order, so they must be of one form in all partitions.
pub struct Merged<T> {
    streams: Vec<Stream<T>>,
    after: Option<String>,
}

struct Stream<T> {
    partition: String,
    lies: StoredIn,
    range: Range,
    ahead: VecDeque<Stored<T>>,
    ended: bool,
}

impl<T: DeserializeOwned> Merged<T> {
    /// A list of these partitions. `range` says which records; its `limit` is how many are asked for at once.
    /// With `after`, the sort key where a former page ended, it begins behind that record.
    pub fn new(partitions: Vec<String>, lies: StoredIn, range: Range, after: Option<String>) -> Self {
        let up_to = match (range.up_to, &after) {
            (Some(up_to), Some(after)) => Some(up_to.min(after.clone())),
            (up_to, after) => up_to.or_else(|| after.clone()),
        };
        let range = Range { backwards: true, up_to, ..range };
        let stream = |partition| Stream { partition, lies, range: range.clone(), ahead: VecDeque::new(), ended: false };
        Self { streams: partitions.into_iter().map(stream).collect(), after }
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn next(&mut self, table: &Table) -> Result<Option<Stored<T>>> {
        loop {
            if self.streams.iter().any(Stream::is_exhausted) {
                try_join_all(self.streams.iter_mut().map(|stream| stream.look_ahead(table))).await?;
            }
            let newest = self.streams.iter_mut().filter(|s| !s.ahead.is_empty()).max_by(|a, b| a.sort().cmp(&b.sort()));
            let Some(stored) = newest.and_then(|stream| stream.ahead.pop_front()) else { return Ok(None) };
            if self.after.as_ref() != Some(&stored.sort) {
                return Ok(Some(stored));
            }
        }
    }

    /// Passes over so many records; returns whether there were as many.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn pass(&mut self, table: &Table, records: usize) -> Result<bool> {
        for _ in 0..records {
            if self.next(table).await?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl<T: DeserializeOwned> Stream<T> {
    /// Whether there may be more in the table than is known.
    fn is_exhausted(&self) -> bool {
        self.ahead.is_empty() && !self.ended
    }

    fn sort(&self) -> Option<&str> {
        self.ahead.front().map(|stored| stored.sort.as_str())
    }

    async fn look_ahead(&mut self, table: &Table) -> Result<()> {
        while self.is_exhausted() {
            let page = match self.lies {
                StoredIn::InTable => table.query::<T>(&self.partition, self.range.clone()).await?,
                StoredIn::InIndex => table.query_index::<T>(&self.partition, self.range.clone()).await?,
            };
            self.ahead.extend(page.items);
            self.ended = page.next.is_none();
            self.range.start = page.next;
        }
        Ok(())
    }
}

impl Table {
    /// The newest (greatest) records of one partition, at most so many.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn newest<T: DeserializeOwned>(
        &self,
        partition: &str,
        range: Range,
        most: u32,
    ) -> Result<Vec<Stored<T>>> {
        let range = Range { limit: Some(most), ..range };
        let mut list = Merged::new(vec![partition.to_owned()], StoredIn::InTable, range, None);
        let mut found = Vec::new();
        for _ in 0..most {
            match list.next(self).await? {
                Some(stored) => found.push(stored),
                None => break,
            }
        }
        Ok(found)
    }
}
