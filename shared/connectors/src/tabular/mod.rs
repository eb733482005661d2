//! Forms of an ERP as tables: what columns a form has, and its rows page by page behind a key, so that nothing is
//! repeated or lost while others change. Of which ERP it is, is known here alone.

mod kingdee;

use crate::kingdee::Kingdee;
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
    pub asked: String,
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
pub struct PageAsk<'q> {
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
    /// The records with these keys alone.
    pub keys: Option<&'q [Value]>,
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

/// An ERP whose forms can be read as tables.
pub enum Source<'a> {
    /// Kingdee K3Cloud.
    Kingdee(Box<Kingdee<'a>>),
}

impl<'a> Source<'a> {
    /// The source of a stored connection; `None` for one that has no forms.
    pub fn over(ctx: &'a Context, tenant: &TenantId, connection: &Connection, revision: u64) -> Option<Self> {
        match connection {
            Connection::Kingdee(connection) => {
                Some(Self::Kingdee(Box::new(Kingdee::new(ctx, tenant, (**connection).clone(), revision))))
            }
            _ => None,
        }
    }

    /// What a form has.
    ///
    /// # Errors
    /// The ERP's, for a form or an entry that there is not.
    pub async fn describe(&self, flow: &DataSyncFlow, form: &str) -> Result<Described> {
        match self {
            Self::Kingdee(kingdee) => kingdee::describe(kingdee, flow, form).await,
        }
    }

    /// The next rows, in the order of their keys. Fewer than the limit are the end.
    ///
    /// # Errors
    /// The ERP's, in its own words.
    pub async fn page(&self, ask: &PageAsk<'_>) -> Result<Vec<Vec<Value>>> {
        match self {
            Self::Kingdee(kingdee) => kingdee::page(kingdee, ask).await,
        }
    }

    /// The numbers of the organisations that records may belong to.
    ///
    /// # Errors
    /// The ERP's, in its own words.
    pub async fn organisations(&self) -> Result<Vec<String>> {
        match self {
            Self::Kingdee(kingdee) => kingdee::organisations(kingdee).await,
        }
    }

    /// Rows of one page, at most.
    pub fn page_size(&self) -> u32 {
        match self {
            Self::Kingdee(kingdee) => kingdee.connection().page_size,
        }
    }

    /// The zone of its dates.
    pub fn time_zone(&self) -> &str {
        match self {
            Self::Kingdee(kingdee) => &kingdee.connection().time_zone,
        }
    }
}
