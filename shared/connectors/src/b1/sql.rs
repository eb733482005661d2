//! Stored SQL queries. B1 runs only statements that were stored under a code.

use super::entity::literal;
use super::page::Answered;
use super::{B1, Cursor, Entity, Page, Query, WriteOptions};
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use tenon_model::{ConnectionId, DocumentKey, TenantId};
use tenon_platform::error::{Error, ErrorKind, Result, Retry};

/// Rows read at once.
const ROWS: u32 = 200;

/// The code of a stored query.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SqlCode(String);

impl SqlCode {
    /// The code of a text: the same text always has the same.
    pub fn of(sql_text: &str) -> Self {
        let hash = tenon_crypto::digest::hex_lower(&tenon_crypto::digest::sha256(sql_text.trim().as_bytes()));
        Self(format!("tenon{}", hash.get(..14).unwrap_or_default()))
    }
}

impl fmt::Display for SqlCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The codes this process knows to be stored.
#[derive(Default)]
struct Known(Mutex<HashSet<(TenantId, ConnectionId, SqlCode)>>);

impl B1<'_> {
    /// Makes sure that the text is stored in B1. One that is there already is fine.
    pub async fn sql_ensure(&self, sql_text: &str) -> Result<SqlCode> {
        let code = SqlCode::of(sql_text);
        let known = self.remote.ctx.extensions.get_or_init::<Known>();
        let name = (self.remote.tenant.clone(), self.connection.id.clone(), code.clone());
        if known.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&name) {
            return Ok(code);
        }
        let body = json!({"SqlCode": code.0, "SqlName": code.0, "SqlText": sql_text.trim()});
        match self.create("SQLQueries", &body, WriteOptions::default()).await {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Exists => {}
            // Duplicates are told under several codes, and without an answer it may be stored.
            Err(error) if matches!(error.retry, Retry::Permanent | Retry::UnknownOutcome) => {
                let entity = Entity::new("SQLQueries").key(&DocumentKey::Text(code.0.clone()));
                if self.read_optional(&entity, &Query::new().select(["SqlCode"])).await?.is_none() {
                    let retry = if error.retry == Retry::UnknownOutcome { Retry::Transient } else { error.retry };
                    return Err(Error { retry, ..error });
                }
            }
            Err(error) => return Err(error),
        }
        known.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        Ok(code)
    }

    /// One page of a stored query's rows. Put an `ORDER BY` into the text: pages are stable only
    /// over an order. Numbers and texts are bound to the text's `:name`.
    pub async fn sql_page(
        &self,
        code: &SqlCode,
        params: &[(&str, &DocumentKey)],
        page_size: Option<u32>,
        cursor: Option<Cursor>,
    ) -> Result<Page> {
        let entity = Entity::new("SQLQueries").key(&DocumentKey::Text(code.0.clone())).then("List");
        let pairs = params.iter().map(|(name, value)| ((*name).to_owned(), literal(value, false))).collect();
        let result = self.page_of(entity.path(), &entity.to_string(), pairs, page_size, cursor).await;
        result.map_err(|error| self.perhaps_deleted(code, error))
    }

    /// All rows of a query's text.
    pub(crate) async fn sql_rows(&self, text: &str, params: &[(&str, &DocumentKey)]) -> Result<Vec<Value>> {
        let code = self.sql_ensure(text).await?;
        let (mut rows, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.sql_page(&code, params, Some(ROWS), cursor).await?;
            rows.extend(page.values);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(rows),
            }
        }
    }

    /// The first row of a query's text.
    pub(crate) async fn sql_row(
        &self,
        text: &str,
        params: &[(&str, &DocumentKey)],
    ) -> Result<Option<Map<String, Value>>> {
        let code = self.sql_ensure(text).await?;
        let page = self.sql_page(&code, params, Some(ROWS), None).await?;
        Ok(page.values.into_iter().find_map(|value| match value {
            Value::Object(row) => Some(row),
            _ => None,
        }))
    }

    /// One page of a stored query's rows, without following a link.
    pub(super) async fn sql_answered(
        &self,
        code: &SqlCode,
        params: &[(&str, &DocumentKey)],
        page_size: Option<u32>,
    ) -> Result<Answered> {
        let entity = Entity::new("SQLQueries").key(&DocumentKey::Text(code.0.clone())).then("List");
        let pairs = params.iter().map(|(name, value)| ((*name).to_owned(), literal(value, false))).collect();
        let result = self.answered(entity.path(), &entity.to_string(), pairs, page_size).await;
        result.map_err(|error| self.perhaps_deleted(code, error))
    }

    /// Somebody may have deleted the query in B1: it is stored anew next time.
    fn perhaps_deleted(&self, code: &SqlCode, error: Error) -> Error {
        if error.kind() != ErrorKind::NotFound {
            return error;
        }
        let known = self.remote.ctx.extensions.get_or_init::<Known>();
        let name = (self.remote.tenant.clone(), self.connection.id.clone(), code.clone());
        known.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        Error { retry: Retry::Transient, ..error }
    }
}
