//! Records of one partition, in the order of their sort keys.

use super::access::Doing;
use super::engine::{Item, Wanted};
use super::retry::patiently;
use super::{INDEX, Stored, Table, key, read};
use crate::error::{ErrorKind, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

const BETWEEN: &str = " AND {sk} BETWEEN :from AND :up_to";
const FROM: &str = " AND {sk} >= :from";
const UP_TO: &str = " AND {sk} <= :up_to";

/// One page of a query.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The records.
    pub items: Vec<Stored<T>>,
    /// Where the next page begins; absent at the end.
    pub next: Option<Item>,
}

/// Which records of a partition are wanted.
#[derive(Clone, Debug, Default)]
pub struct Range {
    /// Sort keys that begin with this.
    pub prefix: Option<String>,
    /// Sort keys from this on, itself included; not together with `prefix`.
    pub from: Option<String>,
    /// Sort keys up to and including this; not together with `prefix`.
    pub up_to: Option<String>,
    /// Newest (greatest) first.
    pub backwards: bool,
    /// At most this many.
    pub limit: Option<u32>,
    /// Where a former page ended.
    pub start: Option<Item>,
}

impl Table {
    /// Records of one partition, by sort key.
    pub async fn query<T: DeserializeOwned>(&self, partition: &str, range: Range) -> Result<Page<T>> {
        self.run_query(None, ("pk", "sk"), partition, range).await
    }

    /// Records of one index partition, by index sort key; eventually consistent.
    pub async fn query_index<T: DeserializeOwned>(&self, partition: &str, range: Range) -> Result<Page<T>> {
        self.run_query(Some(INDEX), ("gsi1pk", "gsi1sk"), partition, range).await
    }

    /// Every record of one partition within the range, page after page. Only for collections that cannot grow without
    /// end: those of the configuration, of the modules, of a connection's slots. What grows is read by pages
    /// ([`query`](Self::query), [`Merged`], [`newest`](Self::newest)).
    pub async fn query_all<T: DeserializeOwned>(&self, partition: &str, mut range: Range) -> Result<Vec<Stored<T>>> {
        let mut all = Vec::new();
        loop {
            let page = self.query(partition, range.clone()).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => range.start = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// As [`query_all`](Self::query_all), each record with its sort key by itself: one that this version does not read
    /// stops no other.
    pub async fn query_each<T: DeserializeOwned>(&self, partition: &str) -> Result<Vec<(String, Result<Stored<T>>)>> {
        let (mut all, mut range) = (Vec::new(), Range::default());
        loop {
            let (items, next) = self.run(None, ("pk", "sk"), partition, range.clone()).await?;
            all.extend(items.into_iter().map(|item| {
                let sort = item.get("sk").and_then(|sort| sort.as_s().ok()).cloned().unwrap_or_default();
                (sort, read(item))
            }));
            match next {
                Some(next) => range.start = Some(next),
                None => return Ok(all),
            }
        }
    }

    async fn run_query<T: DeserializeOwned>(
        &self,
        index: Option<&'static str>,
        sorted_by: (&str, &str),
        partition: &str,
        range: Range,
    ) -> Result<Page<T>> {
        let (found, next) = self.run(index, sorted_by, partition, range).await?;
        let mut items = Vec::with_capacity(found.len());
        for item in found {
            match read(item) {
                // A list of work is passed over by whoever cannot do it; what decides by a record waits for it.
                Err(error) if index.is_some() && error.kind() == ErrorKind::Newer => {
                    tracing::warn!(partition, error.code = error.code, error.message = %error, "a record of a newer version is left alone");
                }
                read => items.push(read?),
            }
        }
        Ok(Page { items, next })
    }

    async fn run(
        &self,
        index: Option<&'static str>,
        (pk, sk): (&str, &str),
        partition: &str,
        range: Range,
    ) -> Result<(Vec<Item>, Option<Item>)> {
        if partition.len() > key::PARTITION_LIMIT {
            return Ok((Vec::new(), None));
        }
        self.may("Query", if index.is_some() { Doing::List } else { Doing::Read }, partition)?;
        let mut values = Item::from([(":pk".to_owned(), AttributeValue::S(partition.to_owned()))]);
        let mut condition = format!("{pk} = :pk");
        if let Some(prefix) = range.prefix {
            condition.push_str(&format!(" AND begins_with({sk}, :prefix)"));
            values.insert(":prefix".to_owned(), AttributeValue::S(prefix));
        } else {
            condition.push_str(match (&range.from, &range.up_to) {
                (Some(_), Some(_)) => BETWEEN,
                (Some(_), None) => FROM,
                (None, Some(_)) => UP_TO,
                (None, None) => "",
            });
            condition = condition.replace("{sk}", sk);
            for (name, bound) in [(":from", range.from), (":up_to", range.up_to)] {
                values.extend(bound.map(|bound| (name.to_owned(), AttributeValue::S(bound))));
            }
        }
        let wanted =
            Wanted { index, condition, values, backwards: range.backwards, limit: range.limit, start: range.start };
        let found = patiently(&self.clock, || self.engine.query(&self.name, wanted.clone())).await?;
        Ok((found.items, found.next.filter(|key| !key.is_empty())))
    }
}
