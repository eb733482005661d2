//! Forms of an ERP as tables: what columns a form has, and its rows page by page behind a key, so that nothing is
//! repeated or lost while others change. Of which ERP it is, is known here alone.

mod b1;
mod kingdee;
mod odoo;

use crate::b1::B1;
use crate::kingdee::Kingdee;
use crate::odoo::Odoo;
use async_trait::async_trait;
use serde_json::Value;
use tenon_model::TenantId;
use tenon_model::config::{Connection, DataSyncFlow};
use tenon_platform::Context;
use tenon_platform::error::Result;

/// A form of an ERP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its id, as the ERP spells it.
    pub id: String,
    /// What people call it.
    pub caption: String,
    /// Its head, and the entries that were asked for.
    pub tables: Vec<DescribedTable>,
    /// The field with the date of the last change, where it has one.
    pub date: Option<String>,
    /// The field by which its records belong to organisations.
    pub organisation: Option<String>,
}

/// The head of a form, or an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedTable {
    /// The entry; none for the head.
    pub entry: Option<String>,
    /// What people call it.
    pub caption: String,
    /// The columns that tell rows apart, first.
    pub key: Vec<DescribedField>,
    /// The others.
    pub fields: Vec<DescribedField>,
}

/// A column of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedField {
    /// What is asked for: `FCustId.FNumber`.
    pub path: String,
    /// The field it is of: `FCustId`.
    pub field: String,
    /// A name for a column: `FCustId_FNumber`.
    pub name: String,
    /// What people call it.
    pub caption: String,
    /// The ERP's own word or number for its type.
    pub code: String,
    /// What that says of it.
    pub hint: Hint,
}

/// What a type of the ERP says of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// It tells records apart.
    Key,
    /// Numbers.
    Number,
    /// Dates.
    Time,
    /// Texts.
    Text,
    /// Nobody knows.
    Unknown,
}

/// The next rows of a table.
#[derive(Clone, Copy, Debug)]
pub struct PageQuery<'q> {
    /// The form, as [`Described::id`].
    pub form: &'q str,
    /// What is asked for, those of the key first.
    pub fields: &'q [String],
    /// How many of them are the key.
    pub key: usize,
    /// The key behind which the page begins.
    pub after: Option<&'q [Value]>,
    /// The dates within which records were changed last.
    pub window: Option<Window<'q>>,
    /// The organisation whose records are asked for: the field, the number.
    pub organisation: Option<(&'q str, &'q str)>,
    /// A condition in the ERP's own words.
    pub filter: Option<&'q str>,
    /// Rows, at most.
    pub limit: u32,
}

/// From a date on and before another, in the ERP's local time: `2026-01-31 00:00:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window<'q> {
    /// The field with the date.
    pub field: &'q str,
    /// The first that counts.
    pub from: &'q str,
    /// The first that counts no more; none for no end.
    pub until: Option<&'q str>,
}

/// Which of some records there are.
#[derive(Clone, Copy, Debug)]
pub struct KeysQuery<'q> {
    /// The form, as [`Described::id`].
    pub form: &'q str,
    /// The field that tells its records apart.
    pub key: &'q str,
    /// Their keys.
    pub keys: &'q [Value],
    /// The organisation they belong to: the field, the number.
    pub organisation: Option<(&'q str, &'q str)>,
}

/// An ERP whose forms can be read as tables.
#[async_trait]
pub trait Forms: Send + Sync {
    /// What a form has.
    ///
    /// # Errors
    /// The ERP's, for a form or an entry that there is not.
    async fn describe(&self, flow: &DataSyncFlow, form: &str) -> Result<Described>;

    /// The next rows, in the order of their keys. Only an empty page is the end.
    ///
    /// # Errors
    /// The ERP's, in its own words.
    async fn page(&self, query: &PageQuery<'_>) -> Result<Vec<Vec<Value>>>;

    /// Those of the keys that there are.
    ///
    /// # Errors
    /// The ERP's, in its own words.
    async fn present(&self, query: &KeysQuery<'_>) -> Result<Vec<Value>>;

    /// The numbers of the organisations that records may belong to.
    ///
    /// # Errors
    /// The ERP's, in its own words.
    async fn organisations(&self) -> Result<Vec<String>>;

    /// Rows of one page, at most.
    fn page_size(&self) -> u32;

    /// The zone of its dates.
    fn time_zone(&self) -> &str;

    /// Whether the rows of a record's entry stand on one page, all of them.
    fn shows_whole_entries(&self) -> bool {
        false
    }

    /// Whether a key of an entry is one: a record without entries comes as a row of its own.
    fn is_key_of_entry(&self, key: Option<&str>) -> bool {
        key.is_some_and(|key| !key.is_empty())
    }
}

/// One of them.
pub type Source<'a> = Box<dyn Forms + 'a>;

/// The forms of a stored connection; `None` for one that has none.
pub fn source<'a>(ctx: &'a Context, tenant: &TenantId, connection: &Connection, revision: u64) -> Option<Source<'a>> {
    Some(match connection {
        Connection::Kingdee(connection) => Box::new(Kingdee::new(ctx, tenant, (**connection).clone(), revision)),
        Connection::B1(connection) => Box::new(B1::new(ctx, tenant, connection.clone(), revision)),
        Connection::Odoo(connection) => Box::new(Odoo::new(ctx, tenant, connection.clone(), revision)),
        _ => return None,
    })
}
