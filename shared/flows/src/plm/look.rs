//! What the ERP has. Many records are asked for together; few one by one, and all of them where a site's filter does
//! not take the question.

use super::job::Work;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryFutureExt};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use tenon_connectors::erp::Place;
use tenon_model::DocumentKey;
use tenon_platform::{Error, ErrorKind, Result, Retry};

/// Keys asked for in one call.
const TOGETHER: usize = 50;

type Rows = HashMap<DocumentKey, Shown>;

/// A record as the ERP shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its fields; of many that were asked for together those that were asked for.
    pub row: Map<String, Value>,
    /// The version that a change is to be held to. The ERP gives one of what was read alone, and of some objects none.
    pub version: Option<String>,
}

impl Work<'_> {
    /// The rows of an object by these keys, with these fields at least; those that are not there are left out.
    pub async fn look(&self, object: &str, key: &str, keys: &[DocumentKey], fields: &BTreeSet<&str>) -> Result<Rows> {
        if keys.len() <= self.at_once {
            return self.one_by_one(object, keys).await;
        }
        let mut select: Vec<&str> = vec![key];
        select.extend(fields.iter().filter(|name| **name != key));
        match self.together(object, key, keys, &select).await {
            // A field that the object does not have: the record that brings it is told so by its own write.
            Err(error) if is_rejected_query(&error) && select.len() > 1 => {
                match self.together(object, key, keys, &[key]).await {
                    Err(error) if is_rejected_query(&error) => self.one_by_one(object, keys).await,
                    outcome => outcome,
                }
            }
            Err(error) if is_rejected_query(&error) => self.one_by_one(object, keys).await,
            outcome => outcome,
        }
    }

    /// One row, as it is now.
    pub async fn look_at(&self, key: &DocumentKey) -> Result<Option<Shown>> {
        let place = self.place(key);
        self.patiently(|| self.shown(&place).boxed()).await
    }

    async fn shown(&self, place: &Place) -> Result<Option<Shown>> {
        match self.erp.read_with_version(place).await {
            Ok((Value::Object(row), version)) => Ok(Some(Shown { row, version })),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn together(&self, object: &str, key: &str, keys: &[DocumentKey], select: &[&str]) -> Result<Rows> {
        let mut calls: Vec<BoxFuture<'_, Result<Rows>>> = Vec::new();
        for keys in keys.chunks(TOGETHER) {
            let some = self.patiently(|| self.erp.fields_of(object, key, keys, select).boxed());
            // The version that a list shows of some fields is not the present one.
            let unversioned = |(key, row)| (key, Shown { row, version: None });
            calls.push(some.map_ok(move |rows| rows.into_iter().map(unversioned).collect()).boxed());
        }
        self.joined(calls).await
    }

    async fn one_by_one(&self, object: &str, keys: &[DocumentKey]) -> Result<Rows> {
        let mut calls: Vec<BoxFuture<'_, Result<Rows>>> = Vec::new();
        for key in keys {
            calls.push(self.one(object, key).boxed());
        }
        self.joined(calls).await
    }

    async fn one(&self, object: &str, key: &DocumentKey) -> Result<Rows> {
        let place = Place::new(object, key);
        let shown = self.patiently(|| self.shown(&place).boxed()).await?;
        Ok(shown.map(|shown| (key.clone(), shown)).into_iter().collect())
    }

    async fn joined(&self, calls: Vec<BoxFuture<'_, Result<Rows>>>) -> Result<Rows> {
        let mut calls = futures::stream::iter(calls).buffer_unordered(self.at_once);
        let mut found = HashMap::new();
        while let Some(rows) = calls.next().await {
            found.extend(rows?);
        }
        Ok(found)
    }
}

/// Whether the question itself was not taken.
fn is_rejected_query(error: &Error) -> bool {
    error.retry == Retry::Permanent
        && matches!(error.kind(), ErrorKind::Refused | ErrorKind::NotFound | ErrorKind::Other)
}
